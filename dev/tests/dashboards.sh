#!/usr/bin/env bash
# Starts the example's whole hybrid stack from the generated compose files, and holds the monitoring against it: every
# panel's query and every alert is executed by the real Prometheus with the tree's own configuration, every target
# answers, and Grafana's provisioning is what Grafana would read. Grafana itself is a stand-in.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/dashboards.sh
# Needs:   root, curl, openssl, python3, docker compose; what dev/images/{dockerd,server-images}.sh need; cargo, or a
#          built estiba named by ESTIBA.
# Changes: while it runs, containers, networks and a volume of a project of its own name, a folder in /opt and one in
#          TMPDIR; after it, only the images of dev/images/ are left. Stops the Docker daemon if it started it.
set -euo pipefail

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
readonly ROOT
readonly RUN=dashboards$$
readonly SERVER=/opt/estiba-$RUN
# Where the monitors find the files of their release.
readonly MONITORING_FILES=/srv/estiba/live-monitoring/common/monitoring
readonly READY_SECONDS=180

# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"

FOLDER=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  if [[ -n $FOLDER ]]; then
    [[ ! -e $FOLDER/override.yml ]] || compose down --volumes --timeout 5 >/dev/null 2>&1 || true
    rm -rf --one-file-system "$FOLDER" "$SERVER"
  fi
  leave_dockerd
}

compose() {
  docker compose -p "$RUN" -f "$SERVER/srv/current/common/docker-compose.prod.yml" \
    -f "$SERVER/srv/current/common/docker-compose.monitoring.yml" -f "$FOLDER/override.yml" "$@" </dev/null
}

address() {
  docker inspect --format "{{(index .NetworkSettings.Networks \"${RUN}_monitoring\").IPAddress}}" "$(compose ps -q "$RUN-$1")"
}

inside() {
  local service=$1
  shift
  compose exec -T "$RUN-$service" "$@"
}

# The example with a name and a folder that nobody else has.
generate() {
  find_estiba
  mkdir "$FOLDER/project"
  cp -r "$ROOT/examples/jupiter/apps" "$FOLDER/project/"
  sed -e "s/^project: .*/project: $RUN/" -e "s#path: /opt/jupiter,#path: $SERVER,#" \
    "$ROOT/examples/jupiter/estiba.yml" >"$FOLDER/project/estiba.yml"
  "$ESTIBA" generate "$FOLDER/project" >/dev/null
  TREE=$FOLDER/project/vps-infrastructure
  # Sourced in a function, its maps would be gone at the end of it.
  # shellcheck disable=SC1090 # a generated file
  source <(sed 's/^declare -A /declare -gA /' "$TREE/scripts/settings.sh")
}

# What the scripts of the tree make on a server, without those scripts: other tests run them.
make_server() {
  local name digest path
  mkdir -p "$SERVER"/{srv/{releases,files},state/nginx/{certs,auth,upstreams,webroot},secrets,data}
  chmod 0700 "$SERVER/secrets"
  cp -a "$TREE" "$SERVER/srv/releases/tested"
  for name in current live-nginx live-monitoring; do
    ln -s releases/tested "$SERVER/srv/$name"
  done
  while IFS=$'\t' read -r digest path; do
    mkdir "$SERVER/srv/files/$digest"
    cp -r "$TREE/${path%/}" "$SERVER/srv/files/$digest/"
  done <"$TREE/files.tsv"
  chmod -R a+rX "$SERVER/srv"
  for name in "${SECRETS[@]}" "${MONITORING_SECRETS[@]}"; do
    printf 'https://example.org/%s' "$RUN" >"$SERVER/secrets/$name"
    chmod 0444 "$SERVER/secrets/$name"
  done
  for name in "${DATA_DIRECTORIES[@]}"; do
    install -d -m 0750 -o "${DATA_OWNER[$name]%:*}" -g "${DATA_OWNER[$name]#*:}" "$SERVER/data/$name"
  done
  make_nginx_state
}

make_nginx_state() {
  local state=$SERVER/state/nginx host names
  cp "$TREE"/nginx/upstreams/*.conf "$state/upstreams/"
  printf 'include modes/hybrid.conf;\n' >"$state/mode.conf"
  printf 'return 200 "tested\\n";\n' >"$state/release.conf"
  printf '%s:%s\n' "$AUTH_USER" "$(openssl passwd -apr1 "$RUN")" >"$state/auth/$AUTH_FILE"
  chgrp "$PROXY_WORKER_GROUP" "$state/auth/$AUTH_FILE"
  chmod 0640 "$state/auth/$AUTH_FILE"
  printf -v names 'DNS:%s,' "${HOSTS[@]}" "${MONITORING_HOSTS[@]}"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 60 -subj "/O=$RUN" \
    -addext "subjectAltName=${names%,}" -keyout "$FOLDER/key.pem" -out "$SERVER/authority.pem" 2>/dev/null
  for host in "${HOSTS[@]}" "${MONITORING_HOSTS[@]}"; do
    mkdir "$state/certs/$host"
    cp "$SERVER/authority.pem" "$state/certs/$host/fullchain.pem"
    cp "$FOLDER/key.pem" "$state/certs/$host/privkey.pem"
  done
}

# Images under their local names, no port of this machine, the public names inside the network alone, and an authority
# that the prober trusts. `rslave` asks for a shared root, which systemd makes and not every machine of a test has.
write_override() {
  local service reference image
  local -A local_image=()
  while IFS=$'\t' read -r reference image; do
    local_image[$reference]=$image
  done < <("$ROOT/dev/images/server-images.sh" --list "$TREE")
  {
    printf 'services:\n'
    for service in "${!SERVICE_IMAGE[@]}"; do
      printf '  %s:\n    image: %s\n' "$service" "${local_image[${SERVICE_IMAGE[$service]}]}"
      case $service in
        "$PROXY_SERVICE")
          printf '    ports: !reset []\n    networks:\n      monitoring:\n        aliases:\n'
          printf '          - %s\n' "${HOSTS[@]}" "${MONITORING_HOSTS[@]}"
          ;;
        "$RUN-blackbox-exporter")
          printf '    environment: { SSL_CERT_FILE: /authority.pem }\n    volumes: [ "%s/authority.pem:/authority.pem:ro" ]\n' "$SERVER"
          ;;
        "$RUN-node-exporter") printf '    volumes: !override [ "/:/host:ro" ]\n' ;;
      esac
    done
  } >"$FOLDER/override.yml"
}

prepare() {
  need_dockerd
  FOLDER=$(mktemp -d)
  "$ROOT/dev/images/server-images.sh" >/dev/null
  generate
  make_server
  write_override
}

test_start() {
  local service status=0
  compose up -d --wait --wait-timeout "$READY_SECONDS" >"$FOLDER/up" 2>&1 || status=$?
  same 'compose up --wait of the whole hybrid stack' 0 "$status"
  if ((status > 0)); then
    tail -n 30 "$FOLDER/up"
  fi
  for service in "${!SERVICE_IMAGE[@]}"; do
    same "$service: started once, and runs" 'running 0' \
      "$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' "$(compose ps -aq "$service")")"
  done
}

test_own_checkers() {
  local folder=$MONITORING_FILES status=0
  inside prometheus promtool check config "$folder/prometheus/prometheus.yml" >/dev/null || status=$?
  same 'promtool takes the configuration' 0 "$status"
  status=0
  inside alertmanager amtool check-config "$folder/alertmanager/alertmanager.yml" >/dev/null || status=$?
  same 'amtool takes the configuration' 0 "$status"
}

reloaded() {
  curl -sS --noproxy '*' "http://$(address "$1"):$2/metrics" | awk -v name="$3" '$1 == name { print $2 }'
}

test_configuration() {
  local name
  same 'Prometheus runs with the configuration of the tree' 1 \
    "$(reloaded prometheus 9090 prometheus_config_last_reload_successful)"
  same 'Alertmanager runs with the configuration of the tree' 1 \
    "$(reloaded alertmanager 9093 alertmanager_config_last_reload_successful)"
  for name in "${MONITORING_SECRETS[@]}"; do
    [[ $name == grafana_* ]] || same "Alertmanager's user can read the secret $name" 0 \
      "$(inside alertmanager test -r "/run/secrets/$name" >/dev/null 2>&1; printf '%s' $?)"
  done
  # The same questions, asked more often: otherwise a certificate would take its two minutes.
  sed -i -E 's/^( *(scrape_interval|evaluation_interval|scrape_timeout): ).*/\12s/' \
    "$SERVER/srv/current/common/monitoring/prometheus/prometheus.yml"
  compose kill -s HUP "$RUN-prometheus" 2>/dev/null
}

# Compose reads YAML and writes JSON; keys beginning with x- are nobody's.
as_json() {
  {
    printf 'services: {}\nx-file:\n'
    sed 's/^/  /' "$1"
  } | docker compose -f - config --no-interpolate --format json |
    python3 -c 'import json, sys; json.dump(json.load(sys.stdin)["x-file"], sys.stdout)'
}

test_grafana_files() {
  local folder=$TREE/common/monitoring/grafana/provisioning url path
  printf '{"datasources": %s, "dashboards": %s}' "$(as_json "$folder/datasources/datasources.yml")" \
    "$(as_json "$folder/dashboards/dashboards.yml")" >"$FOLDER/provisioning.json"
  while read -r url; do
    same "from Grafana's container, $url answers" 0 \
      "$(inside grafana wget -q -O /dev/null "$url/-/ready" >/dev/null 2>&1; printf '%s' $?)"
  done < <(sed -n 's/^ *url: //p' "$folder/datasources/datasources.yml")
  path=$(sed -n 's/^ *path: //p' "$folder/dashboards/dashboards.yml")
  same "in Grafana's container, the provider's folder holds the dashboards" \
    "$(cd "$TREE/common/monitoring/grafana/dashboards" && printf '%s ' *.json)" \
    "$(inside grafana sh -c "cd '$path' && printf '%s ' *.json")"
  # shellcheck disable=SC2016 # expanded in the container
  same "in Grafana's container, the home dashboard is there" 0 \
    "$(inside grafana sh -c 'test -s "$GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"' >/dev/null 2>&1; printf '%s' $?)"
}

# Status code of a page behind nginx, asked from outside the containers.
page() {
  local host=$1
  shift
  curl -sS --noproxy '*' -o "$FOLDER/page" -w '%{http_code}' --cacert "$SERVER/authority.pem" \
    --resolve "$host:443:$(address proxy)" "$@" 2>&1 || true
}

test_pages() {
  local host login=(-u "$AUTH_USER:$RUN") password
  for host in "${MONITORING_HOSTS[@]}"; do
    same "$host: without the login 401" 401 "$(page "$host" "https://$host/")"
    same "$host: with the login 200" 200 "$(page "$host" "${login[@]}" --location "https://$host/")"
  done
  host=$(printf '%s\n' "${MONITORING_HOSTS[@]}" | grep grafana)
  password=$(<"$SERVER/secrets/grafana_admin_password")
  same "Grafana's own login refuses a wrong password" 401 \
    "$(page "$host" "${login[@]}" -d 'user=admin&password=wrong' "https://$host/login")"
  same "Grafana's own login takes the secret of the first start" 302 \
    "$(page "$host" "${login[@]}" -c "$FOLDER/cookies" --data-urlencode "password=$password" -d user=admin "https://$host/login")"
  same 'and then the dashboards are listed' 200 \
    "$(page "$host" "${login[@]}" -b "$FOLDER/cookies" "https://$host/api/search")"
  same "https://${HOSTS[0]}/api/health by way of nginx" 200 "$(page "${HOSTS[0]}" "https://${HOSTS[0]}/api/health")"
}

test_questions() {
  local status=0 passed failed
  # Requests, so that nginx has something to report.
  page "${HOSTS[0]}" "https://${HOSTS[0]}/" >/dev/null
  python3 "$ROOT/dev/tests/dashboards/questions.py" "$TREE" "http://$(address prometheus):9090" "$FOLDER/provisioning.json" \
    2>"$FOLDER/counts" || status=$?
  if ! read -r passed failed <"$FOLDER/counts" || [[ ! $passed$failed =~ ^[0-9]+$ ]]; then
    same 'the questions came to an end' 0 "$status"
    cat "$FOLDER/counts"
    return 0
  fi
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed))
}

main() {
  if (($# > 0)); then
    printf 'usage: dev/tests/dashboards.sh\n' >&2
    return 64
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  prepare
  test_start
  test_own_checkers
  test_configuration
  test_grafana_files
  test_pages
  test_questions
  summary
}

main "$@"
exit
