# shellcheck shell=bash
# A disposable server and the laptop that deploys the example to it, as install.sh and faults-real.sh use them. Sourced, never run;
# needs ROOT, VPS, ESTIBA, SUITE, PROXY and MODE, dev/tools/common.sh, docker.sh, and the images' names locked.

# Names are read by the scripts that source this file; another mode than $MODE is for some of them.
# shellcheck disable=SC2034,SC2119,SC2120

readonly LOGIN=correct-horse-battery-staple
readonly WEBHOOK=https://hooks.example/jupiter
readonly SERVER_PATH=/opt/jupiter
readonly UTILS=$SERVER_PATH/srv/current/deployment/scripts/utils

BEING_MADE=

# make_server: a bare one, and the images of the tree on this machine.
make_server() {
  # At once: with cold caches both have much to fetch.
  # shellcheck disable=SC2046 # a name a word
  "$ROOT/dev/vps/up.sh" "$VPS" "$SUITE" $(setting SERVER_HOST) $(setting 'HOSTS[@]') $(setting 'MONITORING_HOSTS[@]') >/dev/null &
  BEING_MADE=$!
  "$ROOT/dev/images/server-images.sh" --tag "$TREE" >/dev/null
  wait "$BEING_MADE"
  BEING_MADE=
  FOLDER=$("$ROOT/dev/vps/where.sh" "$VPS" folder)
  ADDRESS=$("$ROOT/dev/vps/where.sh" "$VPS" address)
  CONTAINER=$("$ROOT/dev/vps/where.sh" "$VPS" container)
  OUTSIDE=$("$ROOT/dev/vps/where.sh" "$VPS" outside)
  SSH_CONFIG=$FOLDER/ssh_config
}

take_server_away() {
  if [[ -n $BEING_MADE ]]; then
    # It takes back what it has begun.
    kill "$BEING_MADE" 2>/dev/null || true
    wait "$BEING_MADE" 2>/dev/null || true
  fi
  "$ROOT/dev/vps/down.sh" "$VPS" || true
}

# What was made outside of the server.
WORK=

# What a trap calls at the end of the test.
# shellcheck disable=SC2317
cleanup() {
  take_server_away
  leave_image_names
  [[ -z $WORK ]] || rm -rf "$WORK"
  leave_dockerd
}

# --- the laptop -------------------------------------------------------------------------------------------------------

make_project() {
  PROJECT=$WORK/project
  TREE=$PROJECT/vps-infrastructure
  rm -rf "$PROJECT"
  mkdir "$PROJECT"
  tar -C "$ROOT/examples/jupiter" --exclude ./vps-infrastructure -c . | tar -C "$PROJECT" -x
  sed -i -e "s/^mode: .*/mode: $MODE/" -e "s/^proxy: .*/proxy: { runs: $PROXY }/" "$PROJECT/estiba.yml"
  if [[ $SUITE == bookworm ]]; then
    # This suite has no Compose v2: the project brings the plugin.
    mkdir -p "$PROJECT/files"
    cp "$TOOLS_CACHE/compose/docker-compose" "$PROJECT/files/docker-compose"
  fi
  "$ESTIBA" generate "$PROJECT" >/dev/null
}

# setting NAME: a value of the tree's settings; NAME[@]: an array, one word a line. Not in this shell, which has names of
# its own.
setting() {
  # shellcheck disable=SC2016 # for that bash
  bash -c 'source "$1" && printf "%s\n" "${!2}"' bash "$TREE/scripts/settings.sh" "$1"
}

# typing [PATTERN ANSWER]… -- COMMAND: a terminal and somebody at it, who knows all answers. Prints what was shown.
typing() {
  python3 "$ROOT/dev/vps/typing.py" '\[s/N\] $' s 'alert_webhook .*: $' "$WEBHOOK" 'monitoring_auth_password .*: $' "$LOGIN" "$@"
}

deploy() {
  typing -- env "ESTIBA_SSH_CONFIG=$SSH_CONFIG" "XDG_CACHE_HOME=$WORK/cache" "PATH=${ESTIBA%/*}:$PATH" \
    "$TREE/deployment/scripts/$MODE/deploy-$MODE.sh" "$@"
}

# --- the server -------------------------------------------------------------------------------------------------------

# on COMMAND: as root on the server, without a terminal.
on() {
  ssh -n -F "$SSH_CONFIG" "deploy@$VPS" "sudo $1"
}

# at_terminal ANSWER COMMAND: as root on the server, with somebody who types ANSWER when the server's name is asked for.
at_terminal() {
  typing "$VPS : \$" "$1" -- ssh -t -F "$SSH_CONFIG" "deploy@$VPS" "sudo $2"
}

snapshot() {
  ssh -F "$SSH_CONFIG" "deploy@$VPS" "sudo bash -s $SERVER_PATH" <"$ROOT/crates/estiba-host/rehearsal/snapshot.sh" >"$1"
}

# ask PATH-AND-HOST [CURL-ARGUMENT…]: the status over HTTPS from outside, with the CA's own root and no other trust.
ask() {
  local url=$1
  shift
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 15 --noproxy '*' --cacert "$FOLDER/root.pem" \
    --resolve "${url%%/*}:443:$ADDRESS" "$@" "https://$url" || true
}

body() {
  local url=$1
  shift
  curl --silent --max-time 15 --noproxy '*' --cacert "$FOLDER/root.pem" --resolve "${url%%/*}:443:$ADDRESS" "$@" "https://$url" || true
}

# Every page of this mode as it is when all is well, on one line.
pages() {
  local host
  printf 'web %s, api %s' "$(ask jupiter.example/)" "$(ask jupiter.example/api/health)"
  if [[ ${1:-$MODE} == hybrid ]]; then
    for host in grafana prometheus alertmanager; do
      printf ', %s %s' "$host" "$(ask "$host.jupiter.example/")"
    done
  fi
  printf '\n'
}

all_well() {
  printf 'web 200, api 200'
  [[ ${1:-$MODE} != hybrid ]] || printf ', grafana 401, prometheus 401, alertmanager 401'
  printf '\n'
}

# Containers that are not up, or not healthy yet; `?` while Docker does not answer.
not_up() {
  on "docker container ls --all --format '{{.Names}} {{.Status}}'" 2>/dev/null | awk '$2 != "Up" || /starting|unhealthy/ { print $1 }' || echo '?'
}

wait_all_up() {
  local began=$SECONDS
  while [[ $(not_up) != '' || $(pages) != "$(all_well)" ]] && ((SECONDS - began < 150)); do
    sleep 1
  done
  TOOK=$((SECONDS - began))
}
