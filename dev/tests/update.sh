#!/usr/bin/env bash
# Updates a disposable server again and again while an open-loop client without retries uses it, and counts what the
# client lost: good releases, a rollback, releases that must not reach anybody. With ESTIBA_TEST_MODE=full a hundred
# updates and one that is killed, many more bad releases, the usual ways beside them on the same server, and nginx on the host.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed. The client's whole report and the
# figures go to FOLDER when it is given.
#
# Usage:   dev/tests/update.sh [container|host [UPDATES [FOLDER]]]      default: container, 5 updates
#          With 0 updates the usual ways alone.
# Needs:   root, curl, python3, OpenSSH; what dev/vps/up.sh and dev/images/{apps,server-images}.sh need; cargo, or
#          ESTIBA=PROGRAM and ESTIBA_LOAD=PROGRAM.
# Changes: while it runs, a disposable VPS and references of images on this machine's Docker; after it, only images
#          estiba-dev/… and the cache are left. Stops the Docker daemon if it started it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
readonly VPS=update-$$
readonly SERVER_PATH=/opt/jupiter
readonly UTILS=$SERVER_PATH/srv/current/deployment/scripts/utils
# Requests per second of the short kind, and of everything at least so many in the whole run.
readonly RATE=${ESTIBA_LOAD_RATE:-600}
readonly AT_LEAST=100000

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"
# shellcheck source=dev/tests/update/load.sh
source "$ROOT/dev/tests/update/load.sh"
# shellcheck source=dev/tests/update/releases.sh
source "$ROOT/dev/tests/update/releases.sh"
# shellcheck source=dev/tests/update/baselines.sh
source "$ROOT/dev/tests/update/baselines.sh"

WORK=
SENDER=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  [[ -z $SENDER ]] || kill "$SENDER" 2>/dev/null || true
  keep_load
  "$ROOT/dev/vps/down.sh" "$VPS" || true
  remove_images
  leave_image_names
  [[ -z $WORK ]] || rm -rf "$WORK"
  leave_dockerd
}

# on COMMAND: as root on the server, without a terminal.
on() {
  ssh -n -F "$SSH_CONFIG" "deploy@$VPS" "sudo $1"
}

# body PATH [HOST]
body() {
  local host=${2:-jupiter.example}
  curl --silent --max-time 15 --noproxy '*' --cacert "$FOLDER/root.pem" --resolve "$host:443:$ADDRESS" "https://$host$1" || true
}

served_version() {
  body /api/version | sed -n 's/.*"version":"\([^"]*\)".*/\1/p'
}

make_server() {
  local hosts
  hosts="news.jupiter.example $(bash -c 'source "$1" && printf "%s\n" "$SERVER_HOST" "${HOSTS[@]}"' bash "$TREE/scripts/settings.sh")"
  # shellcheck disable=SC2086 # a name a word
  "$ROOT/dev/vps/up.sh" "$VPS" trixie $hosts >/dev/null
  FOLDER=$("$ROOT/dev/vps/where.sh" "$VPS" folder)
  ADDRESS=$("$ROOT/dev/vps/where.sh" "$VPS" address)
  OUTSIDE=$("$ROOT/dev/vps/where.sh" "$VPS" outside)
  SSH_CONFIG=$FOLDER/ssh_config
}

test_install() {
  same 'the first installation ends well' 0 "$(deploy --run >"$WORK/said" 2>&1; echo $?)"
  same 'and serves the first version' "$VERSION" "$(served_version)"
}

# Each is a release of its own: the images are new, the tree is the same.
test_updates() {
  local number failed=0
  for ((number = 1; number <= $1; number++)); do
    take_release "good-$number"
    mark begin "update $number"
    run_release >"$WORK/said" 2>&1 || { failed=$((failed + 1)); tail -n 30 "$WORK/said"; }
    mark end
    [[ $(served_version) == "$VERSION" ]] || failed=$((failed + 1))
  done
  same "$1 updates, each to its version" 0 "$failed"
}

# What a kill left, the same command brings to its end.
test_killed() {
  local status=0 running
  take_release "good-$1"
  mark begin 'a killed update'
  # Killed while the next containers stand beside the present ones.
  run_release >"$WORK/said" 2>&1 &
  running=$!
  wait_said 60 'nginx pregunta ahora\|el contenedor nuevo está listo'
  for ((i = 0; i < 20; i++)); do
    ! on "pkill -KILL -f '[s]rv/releases/[0-9a-f]*/(deployment|scripts)/'" || break
    sleep 0.2
  done
  wait "$running" || status=$?
  same 'a killed update says so' yes "$( ((status != 0)) && echo yes)"
  ((status != 0)) || tail -n 20 "$WORK/said"
  same 'and again it ends well' 0 "$(run_release >"$WORK/said" 2>&1; echo $?)"
  mark end
  same 'with its version' "$VERSION" "$(served_version)"
  same 'and one container a service' "$ALL_CONTAINERS" "$(containers)"
}

# wait_said SECONDS PATTERN: until the update has said so, or so long.
wait_said() {
  local i
  for ((i = 0; i < $1 * 10; i++)); do
    ! grep -q "$2" "$WORK/said" || return 0
    sleep 0.1
  done
}

containers() {
  on "docker container ls --all --format '{{.Label \"com.docker.compose.service\"}}'" | sort | uniq -c |
    awk '{ printf "%s%s %s", sep, $2, $1; sep = ", " }'
}

test_rollback() {
  local before=$VERSION began answered='' status=0 running
  mark begin rollback
  began=$(milliseconds)
  at_terminal "$UTILS/rollback-vps.sh" >"$WORK/said" 2>&1 &
  running=$!
  while [[ -z $answered ]] && (($(milliseconds) - began < 60000)); do
    [[ $(served_version) == "$before" ]] || answered=$(($(milliseconds) - began))
    sleep 0.05
  done
  wait "$running" || status=$?
  same 'a rollback ends well' 0 "$status"
  ((status == 0)) || tail -n 20 "$WORK/said"
  mark end
  at_most 'the release before answers after' "$ROLLBACK_LIMIT" "${answered:-60000}" ms
}

# A release that seems well, and ends while the containers of before end their last requests: they are still there.
test_ended_new() {
  local status=0 running current before delay slow=()
  before=$(served_version)
  current=$(on "readlink $SERVER_PATH/srv/current")
  sed -i 's#path: /, port: 8080 }#&\n    environment: { GREETING: short }#' "$PROJECT/estiba.yml"
  generate
  send_release
  # Something is always under way, so that there is something to end.
  for delay in 0 5; do
    (sleep "$delay" && while true; do body '/api/slow?seconds=10'; done) >/dev/null &
    slow+=("$!")
  done
  run_release >"$WORK/said" 2>&1 &
  running=$!
  wait_said 90 'Las últimas peticiones'
  # As a crash does: Docker starts it again.
  on "sh -c 'kill -KILL \$(docker container inspect --format \"{{.State.Pid}}\" \$(docker container ls --quiet --latest --filter label=com.docker.compose.service=jupiter-web-client))'"
  wait "$running" || status=$?
  kill "${slow[@]}"
  same 'a release that ends while people are sent to it: the update fails' 1 "$status"
  has 'and names the service' 'El contenedor nuevo de jupiter-web-client' "$(cat "$WORK/said")"
  same 'the release before is in force' "$current $before" "$(on "readlink $SERVER_PATH/srv/current") $(served_version)"
  same 'and nothing of the new one is left' "$ALL_CONTAINERS" "$(containers)"
  has 'and its page is served' '<' "$(body /)"
  restore_description
}

# What a person changes by hand is shown; a paused site stays paused, and opens again.
test_by_hand() {
  local edited=$SERVER_PATH/srv/current/nginx/nginx.conf
  same 'nothing differs from the release' 0 "$(on "$UTILS/drift-vps.sh" >"$WORK/said" 2>&1; echo $?)"
  on "sh -c 'cp -p $edited /root/before && sed -i \"s/keepalive_timeout 75s/keepalive_timeout 70s/\" $edited'"
  on "docker run --detach --name stranger --network jupiter_private --entrypoint sleep postgres:17 1000" >/dev/null
  same 'an edit and a stranger are drift' 1 "$(on "$UTILS/drift-vps.sh" >"$WORK/said" 2>&1; echo $?)"
  has 'the edit with its difference' '+    keepalive_timeout 70s;' "$(cat "$WORK/said")"
  has 'and the stranger on the network' 'stranger' "$(cat "$WORK/said")"
  on "sh -c 'cp -p /root/before $edited; docker rm --force stranger'" >/dev/null
  same 'a site is paused' 0 "$(on "$UTILS/pause-site.sh jupiter.example" >"$WORK/said" 2>&1; echo $?)"
  has 'people see the page' '<p>' "$(body /api/version)"
  same 'pausing it again changes nothing' 0 "$(on "$UTILS/pause-site.sh jupiter.example" >"$WORK/said" 2>&1; echo $?)"
  same 'and it opens again' 0 "$(on "$UTILS/resume-site.sh jupiter.example" >"$WORK/said" 2>&1; echo $?)"
  same 'with the version of before' "$1" "$(served_version)"
}

# What an update would do, told on the laptop from the files of the server.
test_plan_against() {
  same 'against the server, nothing changes' '0 Nothing changes in mode minimal' "$(plan_against)"
  sed -i 's#path: /, port: 8080 }#&\n    environment: { GREETING: new }#' "$PROJECT/estiba.yml"
  generate
  has 'a changed line is named' 'jupiter-web-client  recreated beside the present one, 0 s down' "$(plan_against)"
  has 'and the exit code tells' '1 ' "$(plan_against)"
  restore_description
}

# One site among several whose file nginx refuses: it stays as it is, and the rest of the release arrives.
test_held_site() {
  local page site=news.jupiter.example
  sed -i "s#^services:#&\n  news: { image: \"$VPS-web:prod\", web: { host: $site, path: /, port: 8080 } }#" "$PROJECT/estiba.yml"
  update_to_description
  same 'a release with one more site arrives' 0 "$STATUS"
  page=$(body / "$site")
  has 'and is served' '<' "$page"

  sed -i -e "s#$site, path: /, port: 8080#&, nginx: \"send_timeout never;\"#" \
    -e 's#host: jupiter.example, path: /, port: 8080 }#&\n    environment: { GREETING: new }#' "$PROJECT/estiba.yml"
  update_to_description
  same 'a release with a broken file of that site: the exit code tells' 1 "$STATUS"
  has 'and the site is named' "nginx/conf.d/$site.conf" "$(cat "$WORK/said")"
  same 'the others are of that release' "releases/$ID GREETING=new" \
    "$(on "readlink $SERVER_PATH/srv/current") $(on "sh -c 'docker container inspect \$(docker container ls --quiet --filter label=com.docker.compose.service=jupiter-web-client)'" | grep -o 'GREETING=new')"
  same 'the site is served as before' "$page" "$(body / "$site")"
  has 'the status names it' "$site" "$(on "$UTILS/status-vps.sh" || true)"
  has 'and so does the drift' "$site" "$(on "$UTILS/drift-vps.sh" || true)"
  run_release >"$WORK/said" 2>&1 && STATUS=0 || STATUS=$?
  same 'the same again ends the same' 1 "$STATUS"
  on "$(how_to_restart_proxy)" >/dev/null
  sleep 2
  same 'nginx starts again with the file of before' "$page" "$(body / "$site")"

  sed -i 's#, nginx: "send_timeout never;"##' "$PROJECT/estiba.yml"
  update_to_description
  same 'a release with the file mended arrives whole' 0 "$STATUS"
  same 'and nothing of before is kept' "releases/$ID " "$(on "readlink $SERVER_PATH/srv/live-nginx") $(on "ls $SERVER_PATH/srv/held")"
  restore_description
  update_to_description
  same 'the site goes again' '0 ' "$STATUS $(body / "$site")"
}

how_to_restart_proxy() {
  if [[ $PROXY == container ]]; then
    echo 'docker container restart jupiter-jupiter-proxy-1'
  else
    echo 'systemctl restart nginx'
  fi
}

# Sets STATUS, how the update to what the description says now ended, and ID.
update_to_description() {
  STATUS=0
  generate
  send_release
  run_release >"$WORK/said" 2>&1 || STATUS=$?
}

# As the server has it.
restore_description() {
  cp "$WORK/estiba.yml" "$PROJECT/estiba.yml"
  generate
}

# "CODE TEXT"
plan_against() {
  local said status=0
  said=$(ESTIBA_SSH_CONFIG=$SSH_CONFIG "$ESTIBA" plan "$PROJECT" --against "deploy@$VPS:" --exit-code 2>&1) || status=$?
  printf '%s %s\n' "$status" "$said"
}

milliseconds() {
  date +%s%3N
}

# Requests that were under way on a connection that nginx closed: a distribution's nginx has no `keepalive_min_timeout`.
allow_closed_connections() {
  local requests failed
  requests=$(figure 'r["requests"]')
  failed=$(figure 'r["failed"]')
  at_most 'of 100,000 requests, failed' 20 "$((failed * 100000 / requests))"
}

main() {
  local proxy=${1:-container} updates=${2:-5} began=$SECONDS killed=0 label
  # The published figure is judged in full mode; how fast a busy machine is, is no reason to fail.
  ROLLBACK_LIMIT=${ESTIBA_ROLLBACK_LIMIT:-20000}
  PROXY=$proxy
  FIGURES=${3:-}
  if [[ ! $proxy =~ ^(container|host)$ || ! $updates =~ ^[0-9]+$ || $# -gt 3 ]]; then
    printf 'usage: dev/tests/update.sh [container|host [UPDATES [FOLDER]]]\n' >&2
    return 64
  fi
  SOCKET_SECONDS=10
  if [[ ${ESTIBA_TEST_MODE:-default} == full ]]; then
    [[ $# -gt 1 ]] || updates=100
    killed=1
    ROLLBACK_LIMIT=${ESTIBA_ROLLBACK_LIMIT:-5000}
    SOCKET_SECONDS=25
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  lock_image_names --shared
  need_dockerd
  WORK=$(mktemp -d)
  ALL_CONTAINERS='jupiter-app-server 1, jupiter-database 1, jupiter-proxy 1, jupiter-web-client 1'
  [[ $proxy != host ]] || ALL_CONTAINERS=${ALL_CONTAINERS/jupiter-proxy 1, /}
  find_estiba
  find_load
  make_project "$proxy"
  next_version
  make_server
  test_install
  printf '        a server with the first release: %s s\n' "$((SECONDS - began))"

  if ((updates > 0)); then
    describe_bad_releases
    [[ ${ESTIBA_TEST_MODE:-} != full ]] || make_broken_image
    send_all "$((updates + killed))" >"$WORK/sending" 2>&1 &
    SENDER=$!
    start_load
    test_updates "$updates"
    ((killed == 0)) || test_killed "$((updates + 1))"
    test_rollback
    GOOD_VERSION=$(served_version)
    for label in "${BAD[@]}"; do
      try_bad "$label"
    done
    wait "$SENDER" || { cat "$WORK/sending"; return 1; }
    SENDER=
    [[ ${ESTIBA_TEST_MODE:-} != full ]] || test_another_architecture
    end_load
    judge_load
    # The last bad release left its own.
    restore_description
    test_ended_new
    test_by_hand "$(served_version)"
    test_plan_against
    test_held_site
  fi
  if [[ ${ESTIBA_TEST_MODE:-default} == full || $updates -eq 0 ]]; then
    baselines
  fi
  printf '        all of it: %s s\n' "$((SECONDS - began))"
  if [[ ${ESTIBA_TEST_MODE:-default} == full && $# -eq 0 ]]; then
    "${BASH_SOURCE[0]}" host 2 || failed
  fi
  summary
}

main "$@"; exit
