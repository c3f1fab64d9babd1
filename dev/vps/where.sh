#!/usr/bin/env bash
# Says where the things of a disposable VPS are.
#
# Usage:   dev/vps/where.sh NAME address|folder|container|outside
#          folder: ssh_config, key, known_hosts, and root.pem, the root of the CA that gave the VPS its certificates.
# Needs:   dev/vps/up.sh NAME to have been run.
# Changes: nothing.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
source "$HERE/common.sh"

main() {
  if (($# != 2)); then
    printf 'usage: dev/vps/where.sh NAME address|folder|container|outside\n' >&2
    return 64
  fi
  check_name "$1"
  [[ -d $(vps_folder "$1") ]] || fail "no such VPS: $1"
  case $2 in
    address) cat "$(vps_folder "$1")/address" ;;
    folder) vps_folder "$1" ;;
    container) vps_container "$1" ;;
    outside) vps_outside "$1" ;;
    *) fail "unknown: $2" ;;
  esac
}

main "$@"; exit
