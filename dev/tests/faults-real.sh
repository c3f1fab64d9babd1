#!/usr/bin/env bash
# Strikes the first installation of a bare server, and its first update, at moments that SEED draws, and runs each again: with the
# real Docker, systemd, packages and ssh that dev/tests/faults.sh has stand-ins for. In turn the script is killed, all of it at
# once; Docker's daemon is killed; and the server is restarted. None of them is a power loss.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/faults-real.sh [NUMBER [SEED]]     NUMBER servers, one fault each (3); SEED: hexadecimal, the commit's
#          Of ./test it is part with --full only.
# Needs:   root, curl, python3, OpenSSH; what dev/vps/up.sh and dev/images/server-images.sh need; cargo, or ESTIBA=PROGRAM.
# Changes: as dev/tests/install.sh.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
VPS=${ESTIBA_TEST_VPS:-faults-$$}
readonly VPS
readonly SUITE=trixie PROXY=container MODE=hybrid
readonly STEPS=(setup-vps load-images start-services setup-monitoring-prerequisites setup-monitoring configure-nginx setup-tls
  setup-monitoring-auth)
readonly UPDATE_STEPS=(load-images test-nginx start-services setup-monitoring configure-nginx)
readonly FAULTS=(kill docker restart)

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

# draw WHAT BELOW: a number that the seed gives for it.
draw() {
  local digest
  digest=$(printf '%s %s' "$SEED" "$1" | sha256sum)
  printf '%s\n' "$((16#${digest:0:8} % $2))"
}

# What the laptop and the operator do before the installation: files, and the secret that a person types.
arrive() {
  deploy >"$WORK/sent" 2>&1
  ID=$(grep -oE '[0-9a-f]{16}' "$WORK/sent" | head -n 1)
  on "/home/deploy/estiba-incoming/$ID/tree/deployment/scripts/utils/receive-release.sh $ID" >"$WORK/received" 2>&1
  INSTALL=$SERVER_PATH/srv/releases/$ID/deployment/scripts/$MODE/install-$MODE-first-time.sh
  on "sh -c 'printf \"alert_webhook=%s\n\" $WEBHOOK | $SERVER_PATH/srv/releases/$ID/scripts/setup-secrets.sh $MODE --stdin --yes'" >/dev/null
}

# strike WHAT COMMAND STEP…: COMMAND begins, and so many tenths of a second after one of its steps began the fault of WHAT's
# number comes.
strike() {
  local what=$1 command=$2 step tenths fault began=$SECONDS
  local -a steps=("${@:3}")
  fault=${FAULTS[$(((${what##* } - 1) % ${#FAULTS[@]}))]}
  step=${steps[$(draw "step $what" ${#steps[@]})]}
  tenths=$(draw "tenths $what" 40)
  # A first run of a step may take minutes, its next ones a moment.
  on "systemd-run --quiet --unit=struck --property=StandardOutput=file:/var/tmp/struck --property=StandardError=file:/var/tmp/struck $command"
  until on "grep --quiet '^== $step\$' /var/tmp/struck"; do
    if ((SECONDS - began > 900)) || ! on 'systemctl is-active --quiet struck'; then
      break
    fi
    sleep 0.2
  done
  sleep "$((tenths / 10)).$((tenths % 10))"
  STRUCK=$(on 'systemctl is-active struck' || true)
  printf '        %s, %s.%s s into %s, %s s after the beginning\n' "$fault" "$((tenths / 10))" "$((tenths % 10))" "$step" "$((SECONDS - began))"
  case $fault in
    kill) on 'systemctl kill --signal=KILL struck' 2>/dev/null || true ;;
    # The script goes on without it, or stops.
    docker)
      on 'systemctl kill --signal=KILL docker.service' 2>/dev/null || true
      while on 'systemctl is-active --quiet struck'; do sleep 1; done
      ;;
    restart)
      docker restart "$CONTAINER" >/dev/null
      until on true 2>/dev/null; do sleep 1; done
      ;;
  esac
  on 'systemctl reset-failed struck' 2>/dev/null || true
}

# run_again WHAT COMMAND
run_again() {
  local status=0
  on "$2" >"$WORK/again" 2>&1 || status=$?
  same "$1 again ends well" 0 "$status"
  if [[ $status -ne 0 ]]; then
    tail -n 30 "$WORK/again" | sed 's/^/        /'
    return 1
  fi
}

# prove_end WHAT COMMAND: run again it ends as if there had been no fault, and then changes nothing.
prove_end() {
  same 'it was running' active "$STRUCK"
  run_again "$1" "$2" || return 1
  wait_all_up
  same 'every container is up and healthy' '' "$(not_up)"
  same 'every page answers' "$(all_well)" "$(pages)"
  same 'nothing temporary is left' '' "$(on "find $SERVER_PATH -xdev \( -name '*.estiba-*' -o -name '*.partial' -o -name '.last-good-*' -o -name '.monitoring-test' \)")"
  snapshot "$WORK/before"
  run_again "$1" "$2" || return 1
  snapshot "$WORK/after"
  unchanged 'and changes nothing the third time' "$WORK/before" "$WORK/after"
}

# A release in which one service that can run twice has other settings; the fault comes while the next container is made, asked
# or sent to.
arrive_next() {
  sed -i 's#path: /, port: 8080 }#&\n    environment: { GREETING: new }#' "$PROJECT/estiba.yml"
  "$ESTIBA" generate "$PROJECT" >/dev/null
  deploy >"$WORK/sent" 2>&1
  ID=$(grep -oE 'receive-release.sh [0-9a-f]{16}' "$WORK/sent" | tail -n 1 | cut -d ' ' -f 2)
  on "$UTILS/receive-release.sh $ID" >"$WORK/received" 2>&1
  UPDATE=$SERVER_PATH/srv/releases/$ID/deployment/scripts/$MODE/update-$MODE.sh
}

# Before anything is run again: after a restart everything starts once more.
answers_by_itself() {
  for _ in {1..60}; do
    [[ $(pages) != "$(all_well)" ]] || break
    sleep 1
  done
  same 'every page answers before anything is run again' "$(all_well)" "$(pages)"
}

prove_fault() {
  printf -- '-- fault %s of seed %s\n' "$1" "$SEED"
  make_project
  make_server
  arrive
  strike "install $1" "$INSTALL --yes" "${STEPS[@]}"
  prove_end 'the installation' "$INSTALL --yes" || return 0
  arrive_next
  strike "update $1" "$UPDATE --yes" "${UPDATE_STEPS[@]}"
  answers_by_itself
  prove_end 'the update' "$UPDATE --yes" || return 0
  same 'and one container of each service is left' '' "$(on "docker container ls --all --format '{{.Label \"com.docker.compose.service\"}}'" | sort | uniq -d)"
  "$ROOT/dev/vps/down.sh" "$VPS"
}

main() {
  local number count=${1:-}
  if [[ -z $count && ${ESTIBA_TEST_MODE:-full} != full ]]; then
    printf 'skipped: it belongs to the long suites\n'
    return 0
  fi
  SEED=${2:-$(git -c safe.directory="$ROOT" -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo 0)}
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  lock_image_names --shared
  need_dockerd
  WORK=$(mktemp -d)
  find_estiba
  for ((number = 1; number <= ${count:-3}; number++)); do
    prove_fault "$number"
  done
  summary
}

main "$@"; exit
