#!/usr/bin/env bash
# Injects faults into every script of a generated tree: before each change that a script makes it is killed, refused,
# left without disk, interrupted, terminated or hung up, and after one more run everything must be as without the fault.
# What the scripts talk to (Docker, systemd, packages, the CA) are stand-ins that keep state; files, locks and programs are real.
#
# Usage:   dev/tests/faults.sh [SEED]
#          Some faults of each script of one of two trees, drawn by SEED, which is the commit's; with ESTIBA_TEST_MODE=full many
#          of each script of both.
# Needs:   root, Linux x86_64, python3, OpenSSL, htpasswd, Docker's Compose plugin (no daemon); cargo.
# Changes: nothing but a temporary folder while it runs. The scripts run in namespaces and a root of their own.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"

# So many faults of each script, so that this takes its share of ./test and no more; with ESTIBA_TEST_MODE=full so many.
readonly EACH=4
readonly EACH_FULL=45

WORK=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  [[ -z $WORK ]] || rm -rf "$WORK"
}

# The example, and the same with nginx on the host and no monitoring.
make_trees() {
  cp -r "$ROOT/examples/jupiter" "$WORK/hybrid-container"
  # One more service that keeps data, to be another's in the next release, and one more site.
  sed -i -e 's/^services:/&\n  cache: { image: "jupiter-web-client:prod", volumes: ["cache:\/data"] }/' \
    -e 's/^services:/&\n  shop: { image: "jupiter-web-client:prod", web: { host: shop.jupiter.example, path: \/, port: 8081 } }/' \
    -e 's/^volumes: {/& cache: {},/' \
    "$WORK/hybrid-container/estiba.yml"
  cp -r "$WORK/hybrid-container" "$WORK/minimal-host"
  sed -i 's/runs: container/runs: host/; s/^mode: hybrid/mode: minimal/' "$WORK/minimal-host/estiba.yml"
  make_next hybrid-container
  make_next minimal-host
  local tree
  for tree in hybrid-container hybrid-container-next minimal-host minimal-host-next; do
    "$ESTIBA" generate "$WORK/$tree" >/dev/null
  done
}

# The release after it: another image of what is built, other settings of three services, one that can run twice among
# them, a command before it, one service more, and one under another name.
make_next() {
  cp -r "$WORK/$1" "$WORK/$1-next"
  sed -i -e 's/^services:/&\n  worker: { image: "jupiter-app-server:prod", command: [\/app-server, work] }/' \
    -e 's/^  cache:/  store:/' -e 's/^    depends_on: .*/&\n    release: { before: [\/app-server, healthcheck] }/' \
    -e 's/path: \/, port: 8080 }/&\n    environment: { GREETING: new }/' \
    -e 's/path: \/, port: 8081/&, nginx: "tcp_nodelay on;"/' -e 's/POSTGRES_PASSWORD_FILE: [^ ]*/&, PGTZ: UTC/' -e 's/time: 15d/time: 14d/' "$WORK/$1-next/estiba.yml"
}

trees() {
  if [[ ${ESTIBA_TEST_MODE:-} == full || $((16#${1:0:4} % 2)) -eq 0 ]]; then
    echo hybrid-container
  fi
  if [[ ${ESTIBA_TEST_MODE:-} == full || $((16#${1:0:4} % 2)) -eq 1 ]]; then
    echo minimal-host
  fi
}

inject() {
  local tree=$1 seed=$2
  local -a amount=(--each "$EACH" --quick)
  [[ ${ESTIBA_TEST_MODE:-} != full ]] || amount=(--each "$EACH_FULL" --json "$ROOT/target/faults-$tree.json")
  mkdir -p "$ROOT/target"
  printf -- '-- %s\n' "$tree"
  /usr/bin/python3 "$ROOT/dev/faults/run.py" --tree "$WORK/$tree/vps-infrastructure" --next "$WORK/$tree-next/vps-infrastructure" \
    --stand-in "$STAND_IN" --seed "$seed" "${amount[@]}"
}

main() {
  local seed tree status=0
  seed=${1:-$(git -c safe.directory="$ROOT" -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo 0000)}
  printf 'seed %s\n' "$seed"
  find_estiba
  find_stand_in
  WORK=$(mktemp -d)
  trap cleanup EXIT
  make_trees
  for tree in $(trees "$seed"); do
    inject "$tree" "$seed" || status=1
  done
  return "$status"
}

main "$@"; exit
