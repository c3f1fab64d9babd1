# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # LOAD_RUN is load.sh's; the test that sources this sets WORK, VPS
# The usual ways to the same end, on the same server, with the same client: what they lose. Sourced, never run.

readonly BASELINE_UPDATES=5
readonly COMPOSE="docker compose -p jupiter -f $SERVER_PATH/srv/current/common/docker-compose.prod.yml"

baselines() {
  local way number failed
  LOAD_RUN=baseline
  name_services
  start_load
  for way in compose rollout; do
    failed=0
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
  for way in compose rollout; do
    printf '        %s: %s\n' "$way" "$(figure "(lambda w: '%d of %d short requests failed, %d of all, in %d updates' % (sum(x['short']['failed'] for x in w), sum(x['short']['requests'] for x in w), sum(x['all_failed'] for x in w), len(w)))([x for x in r['windows'] if x['label'] == '$way'])")"
  done
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
