#!/usr/bin/env bash
# Removes a disposable VPS and everything that belongs to it. Removing what is not there is no mistake.
#
# Usage:   dev/vps/down.sh NAME | --all
# Needs:   root; a Docker daemon.
# Changes: containers, volumes and networks labelled estiba.dev.vps=NAME (--all: with any name), the folder of its ssh key.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
source "$HERE/common.sh"

remove() {
  local filter=$1 ids
  ids=$(docker ps -aq --filter "label=$filter")
  if [[ -n $ids ]]; then
    xargs docker rm -fv <<<"$ids" >/dev/null
  fi
  ids=$(docker network ls -q --filter "label=$filter")
  if [[ -n $ids ]]; then
    xargs docker network rm <<<"$ids" >/dev/null
  fi
  ids=$(docker volume ls -q --filter "label=$filter")
  if [[ -n $ids ]]; then
    xargs docker volume rm <<<"$ids" >/dev/null
  fi
}

main() {
  if (($# != 1)); then
    printf 'usage: dev/vps/down.sh NAME | --all\n' >&2
    return 64
  fi
  need_docker
  if [[ $1 == --all ]]; then
    remove estiba.dev.vps
    rm -rf "$VPS_RUNS"
    return
  fi
  check_name "$1"
  remove "estiba.dev.vps=$1"
  rm -rf "$(vps_folder "$1")"
}

main "$@"; exit
