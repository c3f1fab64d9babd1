#!/usr/bin/env bash
# Takes bare Debian servers from nothing to the example's whole infrastructure over the real path (deploy script on this
# machine, ssh, receive-release.sh, the install script, a CA), and asks everything from outside. Not one byte of the
# generated tree is changed for it.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/install.sh [SUITE PROXY MODE ENGINE]      bookworm|trixie container|host minimal|hybrid
#          ENGINE: debian (the suite's own Docker), or the newest of Debian with one of its two image stores, overlay2|containerd
#          Without them one combination, another one with every commit; with ESTIBA_TEST_MODE=full all of them.
# Needs:   root, curl, python3, OpenSSH; what dev/vps/up.sh and dev/images/server-images.sh need; cargo, or ESTIBA=PROGRAM.
# Changes: while it runs, a disposable VPS and references of images on this machine's Docker; after it, only images
#          estiba-dev/… and the cache are left. Stops the Docker daemon if it started it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
readonly VPS=test-$$

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"
# shellcheck source=dev/tests/lib/server.sh
source "$ROOT/dev/tests/lib/server.sh"
# shellcheck source=dev/tests/install/host.sh
source "$ROOT/dev/tests/install/host.sh"
# shellcheck source=dev/tests/install/renewal.sh
source "$ROOT/dev/tests/install/renewal.sh"
# shellcheck source=dev/tests/install/guards.sh
source "$ROOT/dev/tests/install/guards.sh"

# --- the combination --------------------------------------------------------------------------------------------------

combinations() {
  local suite proxy mode
  for suite in trixie bookworm; do
    for proxy in container host; do
      for mode in hybrid minimal; do
        printf '%s %s %s debian\n' "$suite" "$proxy" "$mode"
      done
    done
  done
  printf 'trixie container hybrid %s\n' overlay2 containerd
}

combination_of_commit() {
  local commit
  commit=$(git -c safe.directory="$ROOT" -C "$ROOT" rev-parse HEAD 2>/dev/null || echo 0)
  combinations | sed -n "$((16#${commit:0:4} % $(combinations | wc -l) + 1))p"
}

# --- tests ------------------------------------------------------------------------------------------------------------

test_tree() {
  same 'check finds nothing in the tree' 0 "$("$ESTIBA" check "$TREE" >"$WORK/check" 2>&1; echo $?)"
  has 'and decides everything' ' 0 errors' "$(grep 'references verified' "$WORK/check")"
}

test_unattended_refusal() {
  local status=0 said
  deploy >"$WORK/sent" 2>&1
  ID=$(grep -oE '[0-9a-f]{16}' "$WORK/sent" | head -n 1)
  has 'deploy prints the one command' "receive-release.sh $ID $MODE" "$(<"$WORK/sent")"
  if [[ $MODE == hybrid ]]; then
    said=$(on "/home/deploy/estiba-incoming/$ID/tree/deployment/scripts/utils/receive-release.sh $ID $MODE --yes" 2>&1) || status=$?
    same 'unattended, with a secret that nobody gave: refused' 1 "$status"
    has 'and it is named' alert_webhook "$said"
    same 'and nothing was installed' no "$(on 'test -x /usr/bin/restic && echo yes' || echo no)"
  fi
}

test_first_install() {
  local began=$SECONDS status=0 watcher
  # shellcheck disable=SC2046 # a host a word
  docker exec -i "$OUTSIDE" python3 -u - "$ADDRESS" $(setting 'MONITORING_HOSTS[@]') <"$ROOT/dev/vps/watch.py" >"$WORK/watched" &
  watcher=$!
  deploy --run >"$WORK/installed" 2>&1 || status=$?
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  same 'the first installation ends well' 0 "$status"
  if [[ $status -ne 0 ]]; then
    tail -n 40 "$WORK/installed" | sed 's/^/        /'
    return 1
  fi
  printf '        first installation: %s s, of it %s\n' "$((SECONDS - began))" "$(step_times)"
  same 'no admin page was open for a moment' '' "$(awk '$2 == "https" && $3 != 401 || $2 == "http" && $3 != 301 && $3 != 404 { print }' "$WORK/watched")"
  if [[ $MODE == hybrid ]]; then
    same 'and each was seen closed' 3 "$(grep -c ' https 401$' "$WORK/watched")"
  fi
}

# step_times: seconds of each step of the last installation, from the server's journal.
step_times() {
  on "cat $SERVER_PATH/state/journal" | awk -F '\t' '
    { split($2, t, /[-T:Z]/); at = (t[4] * 60 + t[5]) * 60 + t[6] }
    $5 == "begun" { began[$4] = at }
    $5 == "done" && $4 in began && $4 !~ /install/ { printf "%s %d, ", $4, at - began[$4] }' | sed 's/, $//'
}

test_outside() {
  local host
  same 'every page, from outside' "$(all_well)" "$(pages)"
  has 'the application answers' '"version"' "$(body jupiter.example/api/version)"
  same 'an order is taken' 201 "$(ask jupiter.example/api/orders -d '{"id":"first"}')"
  same 'http leads to https' "301 https://jupiter.example/a?b" "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' \
    --noproxy '*' --resolve "jupiter.example:80:$ADDRESS" 'http://jupiter.example/a?b')"
  same 'a name that nobody described is not answered' 000 "$(ask other.example/ --insecure)"
  if [[ $MODE == hybrid ]]; then
    for host in $(setting 'MONITORING_HOSTS[@]'); do
      same "$host: a wrong password is refused" 401 "$(ask "$host/" -u admin:wrong)"
      same "$host: the login opens it" 200 "$(ask "$host$(probe "$host")" -u "admin:$LOGIN")"
    done
    same 'Prometheus reaches everything that it watches' '' "$(down_targets)"
  fi
  same 'only ssh, http and https answer from outside' '22 80 443' \
    "$(docker exec "$OUTSIDE" python3 /usr/local/lib/estiba/scan.py "$ADDRESS" | paste --serial --delimiters ' ')"
}

# probe HOST: the path at which an admin page says that it is well.
probe() {
  setting "MONITORING_PROBE[$1]"
}

# Targets that have been asked and do not answer. Probes of the sites are no targets of ours: the CA is not trusted there.
down_targets() {
  local i found=''
  for ((i = 0; i < 60; i++)); do
    found=$(body 'prometheus.jupiter.example/api/v1/query?query=up' -u "admin:$LOGIN" |
      python3 -c 'import json, sys
for r in json.load(sys.stdin)["data"]["result"]:
    if r["value"][1] != "1": print(r["metric"]["job"])' 2>&1)
    if [[ -z $found ]]; then
      return 0
    fi
    sleep 1
  done
  printf '%s\n' "$found"
}

test_server() {
  local status=0
  same 'no secret can be read by others' 700 "$(on "stat --format %a $SERVER_PATH/secrets")"
  same 'nobody was given the right to Docker' '' "$(on 'getent group docker' | cut -d : -f 4)"
  same 'the deploy user writes only into incoming/' "$SERVER_PATH/incoming" \
    "$(ssh -n -F "$SSH_CONFIG" "deploy@$VPS" "find $SERVER_PATH -xdev -writable ! -type l 2>/dev/null" || true)"
  same 'no secret stands in a log or in the journal' '' \
    "$(on "grep -rlF -e '$WEBHOOK' -e '$LOGIN' $SERVER_PATH/logs $SERVER_PATH/state --include=* --exclude-dir=nginx" || true)"
  if [[ $SUITE == bookworm ]]; then
    same 'Compose is the one that the release brought' "$(sha256sum <"$PROJECT/files/docker-compose" | cut -d ' ' -f 1)" \
      "$(on 'sha256sum /usr/local/lib/docker/cli-plugins/docker-compose' | cut -d ' ' -f 1)"
    has 'and its manifest holds it' "$(sha256sum <"$PROJECT/files/docker-compose" | cut -d ' ' -f 1)  files/docker-compose" \
      "$(on "cat $SERVER_PATH/srv/current/MANIFEST.sha256")"
  fi
  on "$UTILS/status-vps.sh --format json" >"$WORK/status" || status=$?
  same 'status: one thing needs a look, the missing backup' '1 1' \
    "$status $(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["attention"]))' <"$WORK/status")"
}

test_second_run() {
  local began
  snapshot "$WORK/before"
  began=$SECONDS
  same 'the installation again ends well' 0 "$(on "$SERVER_PATH/srv/current/deployment/scripts/$MODE/install-$MODE-first-time.sh --yes" >"$WORK/again" 2>&1; echo $?)"
  printf '        second run: %s s\n' "$((SECONDS - began))"
  snapshot "$WORK/after"
  unchanged 'and changes nothing: container, file, unit, rule' "$WORK/before" "$WORK/after"
  same 'the laptop sends the same release again: nothing to do' 0 "$(deploy --run >"$WORK/again" 2>&1; echo $?)"
  snapshot "$WORK/after"
  unchanged 'and that changes nothing' "$WORK/before" "$WORK/after"
}

# Somebody else's things on the same server, among them an image of our layers under another name.
make_strangers() {
  on "sh -c 'docker image tag jupiter-web-client:prod stranger:1 && docker network create stranger && mkdir -p /srv/stranger &&
    docker run --detach --name stranger --volume stranger-data:/data stranger:1 && echo theirs >/srv/stranger/file'" >/dev/null
}

# What strangers have, without times: a reboot starts their container as they said, or does not.
strangers() {
  on "sh -c 'docker container ls --all --no-trunc --format \"{{.ID}} {{.Names}}\"; docker image ls --no-trunc --format \"{{.ID}} {{.Repository}}\"; docker volume ls --quiet; docker network ls --quiet --no-trunc --filter name=stranger; cat /srv/stranger/file'" |
    grep -E 'stranger|theirs|^[0-9a-f]{64}$' | sort
}

test_reboot() {
  docker restart "$CONTAINER" >/dev/null
  wait_all_up
  # The stranger said nothing about restarts.
  at_most 'after a reboot everything is healthy' 120 "$TOOK"
  same 'and every page answers' "$(all_well)" "$(pages)"
}

restart_proxy() {
  if [[ $PROXY == host ]]; then
    on 'systemctl restart nginx.service'
  else
    on 'docker restart jupiter-jupiter-proxy-1' >/dev/null
  fi
}

# F19: one service is gone, nginx starts without it, and every other page serves.
test_dead_service() {
  local expected
  expected=$(all_well | sed 's/api 200/api 502/')
  on 'docker rm --force jupiter-jupiter-app-server-1' >/dev/null
  restart_proxy
  sleep 1
  same 'a removed service, then a start of nginx: every other page serves' "$expected" "$(pages)"
  docker restart "$CONTAINER" >/dev/null
  local i
  for ((i = 0; i < 60; i++)); do
    [[ $(pages) != "$expected" ]] || break
    sleep 1
  done
  same 'and after a reboot' "$expected" "$(pages)"
  same 'the next start-services.sh brings it back' 0 "$(on "$SERVER_PATH/srv/current/scripts/start-services.sh --yes" >"$WORK/again" 2>&1; echo $?)"
  wait_all_up
  same 'with no word to nginx' "$(all_well)" "$(pages)"
}

test_mode_switch() {
  local script=$SERVER_PATH/srv/current/scripts/monitoring/setup-monitoring-mode.sh before
  [[ $MODE == hybrid ]] || return 0
  before=$(on "find $SERVER_PATH/data -type f" | wc -l)
  same 'to minimal' 0 "$(on "$script minimal --yes" >"$WORK/again" 2>&1; echo $?)"
  same 'the services go on' "$(all_well minimal)" "$(pages minimal)"
  same 'the admin pages are gone' 000 "$(ask grafana.jupiter.example/)"
  same 'what the monitors recorded stays' yes "$( (($(on "find $SERVER_PATH/data -type f" | wc -l) >= before - 2)) && echo yes)"
  same 'and back to hybrid' 0 "$(on "$script hybrid --yes" >"$WORK/again" 2>&1; echo $?)"
  same 'every page answers again' "$(all_well)" "$(pages)"
  same 'with the login from before' 200 "$(ask grafana.jupiter.example/api/health -u "admin:$LOGIN")"
}

test_backup() {
  local status=0
  same 'a backup' 0 "$(on "$UTILS/backup-vps.sh --yes" >"$WORK/again" 2>&1; echo $?)"
  on "$UTILS/status-vps.sh" >"$WORK/status" 2>&1 || status=$?
  same 'status: all is well' 0 "$status"
  same 'an order after it' 201 "$(ask jupiter.example/api/orders -d '{"id":"second"}')"
  same 'a restore with the wrong name is refused' 1 "$(at_terminal "${VPS^^}" "$UTILS/restore-vps.sh" >"$WORK/again" 2>&1; echo $?)"
  same 'and nothing was lost' '{"count":2}' "$(body jupiter.example/api/orders/count)"
  same 'a restore' 0 "$(at_terminal "$VPS" "$UTILS/restore-vps.sh" >"$WORK/again" 2>&1; echo $?)"
  same 'brings back what was there' '{"count":1}' "$(body jupiter.example/api/orders/count)"
}

# One more service of the image that is there.
readonly SECOND='image: "jupiter-app-server:prod", environment: { DATABASE_HOST: database }, secrets: [database_password]'

test_update() {
  local before after first
  first=$(on "readlink $SERVER_PATH/srv/current")
  sed -i -e 's/^  web-client:$/&\n    environment: { REVISION: two }/' -e "s/^services:$/&\n  second: { $SECOND }/" "$PROJECT/estiba.yml"
  "$ESTIBA" generate "$PROJECT" >/dev/null
  before=$(on 'docker container ls --no-trunc --format "{{.Names}} {{.ID}}"' | sort)
  same 'an update that changes one service and brings another' 0 "$(deploy --run >"$WORK/updated" 2>&1; echo $?)"
  after=$(on 'docker container ls --no-trunc --format "{{.Names}} {{.ID}}"' | sort)
  # The number grows: the next container stands beside the present one until it is asked.
  same 'replaces that one, starts the other, and touches no more' $'jupiter-jupiter-second\njupiter-jupiter-web-client' "$(comm -13 <(echo "$before") <(echo "$after") | cut -d ' ' -f 1 | sed 's/-[0-9]*$//')"
  same 'and every page answers' "$(all_well)" "$(pages)"
  roll_back "$first"
  same 'leads to the release from before' "$first" "$(on "readlink $SERVER_PATH/srv/current")"
  same 'and every page answers then' "$(all_well)" "$(pages)"
  same 'what that release does not have is gone' '' "$(on 'docker container ls --all --quiet --filter label=com.docker.compose.service=jupiter-second')"
}

# roll_back LINK: to the release that srv/current led to; how long it takes until nginx has its files is told.
roll_back() {
  local began running status=0 served=
  began=$(date +%s%3N)
  at_terminal "$VPS" "$UTILS/rollback-vps.sh" >"$WORK/updated" 2>&1 &
  running=$!
  while [[ -z $served ]] && kill -0 "$running" 2>/dev/null; do
    [[ $(on "readlink $SERVER_PATH/srv/live-nginx") != "$1" ]] || served=$(($(date +%s%3N) - began))
  done
  wait "$running" || status=$?
  same 'rolling it back' 0 "$status"
  printf '        nginx has the files of the release before after %s ms\n' "${served:--}"
}

test_reset() {
  local reset=$UTILS/reset-vps.sh before
  before=$(strangers)
  snapshot "$WORK/before"
  same 'a reset without a terminal is refused' 1 "$(on "$reset" >"$WORK/again" 2>&1; echo $?)"
  same "with yes | too" 1 "$(on "sh -c 'yes | $reset'" >"$WORK/again" 2>&1; echo $?)"
  same 'with --yes too' 1 "$(on "$reset --yes" >"$WORK/again" 2>&1; echo $?)"
  same 'with the name in the wrong case too' 1 "$(at_terminal "${VPS^^}" "$reset" >"$WORK/again" 2>&1; echo $?)"
  same 'with the end of input too' 1 "$(at_terminal '^D' "$reset" >"$WORK/again" 2>&1; echo $?)"
  same 'with an interruption too' 130 "$(at_terminal '^C' "$reset" >"$WORK/again" 2>&1; echo $?)"
  snapshot "$WORK/after"
  unchanged 'and nothing was changed' "$WORK/before" "$WORK/after"

  same 'a reset with the name typed' 0 "$(at_terminal "$VPS" "$reset --with-backups" >"$WORK/again" 2>&1; echo $?)"
  same "what strangers have is as it was" "$before" "$(strangers)"
  same 'no container, network or volume of ours is left' '' "$(on "sh -c 'docker container ls --all --filter label=estiba.project --quiet; docker network ls --filter label=estiba.project --quiet; docker volume ls --filter label=estiba.project --quiet'")"
  same 'nor a file' '' "$(on "find $SERVER_PATH /etc -xdev -path '*jupiter*'" 2>/dev/null || true)"
  same 'nor a rule of a firewall' '' "$(on 'nft list tables' 2>/dev/null | grep estiba || true)"
}

# --- all of it --------------------------------------------------------------------------------------------------------

# prove_combination SUITE PROXY MODE ENGINE
prove_combination() {
  local began=$SECONDS
  SUITE=$1 PROXY=$2 MODE=$3 ENGINE=$4
  printf -- '-- Debian %s, nginx %s, %s, Docker: %s\n' "$SUITE" "$([[ $PROXY == host ]] && echo 'on the host' || echo 'in a container')" \
    "$MODE" "$ENGINE"
  make_project
  make_server
  [[ $ENGINE == debian ]] || printf '        Docker %s\n' "$("$ROOT/dev/vps/engine.sh" "$VPS" "$ENGINE")"
  printf '        a bare server: %s s\n' "$((SECONDS - began))"
  test_tree
  test_unattended_refusal
  [[ $PROXY != host ]] || host_before_install
  # Nothing of what follows makes sense without it.
  test_first_install || return 0
  [[ $PROXY != host ]] || host_after_install
  test_outside
  test_server
  test_second_run
  test_guards
  test_renewal
  test_reboot
  test_dead_service
  test_mode_switch
  test_backup
  test_update
  [[ $PROXY != host ]] || host_before_reset
  make_strangers
  test_reset
  [[ $PROXY != host ]] || host_after_reset
  "$ROOT/dev/vps/down.sh" "$VPS"
  printf '        this combination: %s s\n' "$((SECONDS - began))"
}

main() {
  local combination
  local -a chosen=()
  case $# in
    0)
      if [[ ${ESTIBA_TEST_MODE:-default} == full ]]; then
        mapfile -t chosen < <(combinations)
      else
        chosen=("$(combination_of_commit)")
      fi
      ;;
    4) chosen=("$*") ;;
  esac
  if [[ ${#chosen[@]} -eq 0 ]] || ! grep -qxF "${chosen[0]}" < <(combinations); then
    printf 'usage: dev/tests/install.sh [bookworm|trixie container|host minimal|hybrid debian|overlay2|containerd]\n' >&2
    return 64
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  lock_image_names --shared
  need_dockerd
  WORK=$(mktemp -d)
  find_estiba
  for combination in "${chosen[@]}"; do
    # shellcheck disable=SC2086 # four words
    prove_combination $combination
  done
  summary
}

main "$@"; exit
