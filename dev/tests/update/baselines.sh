# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # LOAD_RUN is load.sh's; the test that sources this sets WORK, VPS
# The usual ways to the same end, on the same server, with the same client: what they lose. Sourced, never run.

readonly BASELINE_UPDATES=5
readonly WAYS=(compose rollout swarm)
readonly COMPOSE="docker compose -p jupiter -f $SERVER_PATH/srv/current/common/docker-compose.prod.yml"

baselines() {
  local way number failed
  LOAD_RUN=baseline
  name_services
  start_load
  for way in "${WAYS[@]}"; do
    failed=0
    [[ $way != swarm ]] || make_swarm >"$WORK/said" 2>&1 || { cat "$WORK/said"; return 1; }
    for ((number = 1; number <= BASELINE_UPDATES; number++)); do
      next_image_on_server
      mark begin "$way"
      "baseline_$way" >"$WORK/said" 2>&1 || { failed=$((failed + 1)); tail -n 20 "$WORK/said"; }
      # Requests that began before the end and fail after it are its own too.
      sleep 12
      mark end
      [[ $(served_version) == "$VERSION" ]] || failed=$((failed + 1))
    done
    same "$BASELINE_UPDATES updates by $way, each to its version" 0 "$failed"
  done
  end_load
  for way in "${WAYS[@]}"; do
    printf '        %s: %s\n' "$way" "$(figure "(lambda w: '%d of %d short requests failed, %d of all, in %d updates' % (sum(x['short']['failed'] for x in w), sum(x['short']['requests'] for x in w), sum(x['all_failed'] for x in w), len(w)))([x for x in r['windows'] if x['label'] == '$way'])")"
  done
}

# The same two services as those of a swarm, start-first, which nginx asks by their names. By DNS, `dnsrr`: an address for the
# service itself would need the kernel's IPVS.
make_swarm() {
  { printf 'set -eu\napp=%q\nweb=%q\nserver_path=%q\n' "$VPS-app:prod" "$VPS-web:prod" "$SERVER_PATH" && cat <<'SWARM'; } | ssh -F "$SSH_CONFIG" "deploy@$VPS" 'sudo bash -s'
docker swarm init --advertise-addr 127.0.0.1 </dev/null
docker network create --driver overlay --attachable swarm </dev/null
docker network connect --alias database swarm jupiter-jupiter-database-1 </dev/null
docker network connect swarm jupiter-jupiter-proxy-1 </dev/null
docker stack deploy --resolve-image never -c - swarm <<STACK
version: "3.8"
services:
  app:
    image: "$app"
    environment: { DATABASE_HOST: database }
    healthcheck: { test: [CMD, /app-server, healthcheck], interval: 2s }
    volumes: ["$server_path/secrets/database_password:/run/secrets/database_password:ro"]
    networks: [swarm]
    deploy: { endpoint_mode: dnsrr, update_config: { order: start-first } }
  web:
    image: "$web"
    networks: [swarm]
    deploy: { endpoint_mode: dnsrr, update_config: { order: start-first } }
networks: { swarm: { external: true } }
STACK
for ((i = 0; i < 60; i++)); do
  [[ $(docker service ls --format '{{.Replicas}}' </dev/null | grep -c '^1/1$') -ne 2 ]] || break
  sleep 1
done
docker service ls </dev/null
sed -i -e 's/jupiter-app-server:/swarm_app:/' -e 's/jupiter-web-client:/swarm_web:/' "$server_path"/state/nginx/upstreams/*.conf
docker exec jupiter-jupiter-proxy-1 nginx -s reload -c /srv/estiba/live-nginx/nginx/nginx.conf </dev/null
SWARM
  # Until the last worker of before has ended.
  sleep 65
}

baseline_swarm() {
  on "docker service update --quiet --force --no-resolve-image --image $VPS-app:prod swarm_app"
  on "docker service update --quiet --force --no-resolve-image --image $VPS-web:prod swarm_web"
}

# As the release was written: nginx asks for the service by its name, and Docker's DNS says who that is.
name_services() {
  on "sh -c 'for f in $SERVER_PATH/srv/current/nginx/upstreams/*.conf; do cp \$f $SERVER_PATH/state/nginx/upstreams/; done; docker exec jupiter-jupiter-proxy-1 nginx -s reload -c /srv/estiba/live-nginx/nginx/nginx.conf'"
  sleep 65
}

# Another image under the reference that the compose file names; which version does not matter.
next_image_on_server() {
  next_version
  docker image save "$VPS-app:prod" "$VPS-web:prod" | ssh -F "$SSH_CONFIG" "deploy@$VPS" 'sudo docker image load' >/dev/null
}

baseline_compose() {
  on "$COMPOSE up -d jupiter-database jupiter-app-server jupiter-web-client"
}

# docker-rollout (https://github.com/wowu/docker-rollout): twice as many, wait until they are healthy (ten seconds where
# there is no health check), then stop and remove the old.
baseline_rollout() {
  local service
  for service in jupiter-app-server jupiter-web-client; do
    { printf 'set -eu\nservice=%q\ncompose=%q\n' "$service" "$COMPOSE" && cat <<'ROLLOUT'; } | ssh -F "$SSH_CONFIG" "deploy@$VPS" 'sudo bash -s'
old=$($compose ps --quiet "$service" </dev/null)
$compose up --detach --scale "$service=2" --no-recreate --no-deps "$service" </dev/null
new=$($compose ps --quiet "$service" </dev/null | grep -vF "$old")
if [[ $(docker inspect --format '{{if .State.Health}}yes{{end}}' "$new") == yes ]]; then
  for ((i = 0; i < 60; i++)); do
    [[ $(docker inspect --format '{{.State.Health.Status}}' "$new") != healthy ]] || break
    sleep 1
  done
else
  sleep 10
fi
docker stop "$old"
docker rm "$old"
ROLLOUT
  done
}
