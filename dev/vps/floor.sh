#!/usr/bin/env bash
# Measures what the installation costs beyond the bare minimum: on one server whose images and containers were removed,
# install-hybrid-first-time.sh from the beginning of load-images to the end of configure-nginx, and by hand the same work with
# nothing around it: `docker load`, two `docker compose up --wait`, a reload.
#
# Usage:   dev/vps/floor.sh NAME [TIMES]      NAME: a VPS of dev/vps/up.sh, installed in hybrid mode with nginx in a
#          container. TIMES (default 3) of each, in turn.
# Needs:   root; ssh.
# Changes: on that VPS: containers, images and volumes of the project are removed and made again, its data is lost.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# shellcheck disable=SC2317 # runs on the server
on_server() {
  set -euo pipefail
  times=$1
  cd -P /opt/jupiter/srv/current
  release=$(basename "$PWD")
  # shellcheck disable=SC1091 # a file of the server
  source scripts/settings.sh
  compose=(docker compose -p jupiter -f common/docker-compose.prod.yml -f common/docker-compose.monitoring.yml)
  bundle=/opt/jupiter/srv/bundles/$release
  mkdir -p "$bundle" /root/floor
  while IFS=$'\t' read -r _ reference digest; do
    [[ -f /root/floor/${digest#sha256:}.tar ]] || docker save --output "/root/floor/${digest#sha256:}.tar" "$reference"
  done <images.tsv

  remove_all() {
    "${compose[@]}" down --volumes --timeout 5 >/dev/null 2>&1
    docker image ls --format '{{.Repository}}:{{.Tag}}' | xargs --no-run-if-empty docker image rm --force >/dev/null
    mkdir -p "$bundle"
    rm -f "$bundle"/*
    ln /root/floor/*.tar "$bundle/"
    sync
  }
  by_hand() {
    local archive at=${EPOCHREALTIME/[.,]/}
    for archive in /root/floor/*.tar; do
      docker load --quiet --input "$archive" >/dev/null
    done
    printf '  load %d ms\n' "$(((${EPOCHREALTIME/[.,]/} - at) / 1000))"
    "${compose[@]}" up --detach --wait "${SERVICES[@]}" >/dev/null 2>&1
    printf '  services %d ms\n' "$(((${EPOCHREALTIME/[.,]/} - at) / 1000))"
    "${compose[@]}" up --detach --wait "${MONITORING_SERVICES[@]}" "$PROXY_SERVICE" >/dev/null 2>&1
    docker exec jupiter-jupiter-proxy-1 nginx -t -q -c "$PROXY_CONF" 2>/dev/null
    docker exec jupiter-jupiter-proxy-1 nginx -s reload -c "$PROXY_CONF" 2>/dev/null
  }
  # The steps around these find everything as they left it.
  by_scripts() {
    local line at=0 began=0
    while IFS= read -r line; do
      case $line in
        '== load-images') began=${EPOCHREALTIME/[.,]/} at=$began ;;
        '== '*': '*) printf '  %s %d ms\n' "${line#== }" "$(((${EPOCHREALTIME/[.,]/} - at) / 1000))" ;;
        '== '*) at=${EPOCHREALTIME/[.,]/} ;;
      esac
      [[ $line != '== configure-nginx: '* ]] || took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
    done < <(deployment/scripts/hybrid/install-hybrid-first-time.sh --yes 2>&1)
  }
  for ((i = 0; i < times; i++)); do
    for way in by_hand by_scripts; do
      remove_all
      began=${EPOCHREALTIME/[.,]/} took=
      "$way"
      printf '%s %d ms\n' "$way" "${took:-$(((${EPOCHREALTIME/[.,]/} - began) / 1000))}"
    done
  done
  rm -rf /root/floor "$bundle"
}

main() {
  if (($# < 1)); then
    printf 'usage: dev/vps/floor.sh NAME [TIMES]\n' >&2
    return 64
  fi
  { declare -f on_server; printf 'on_server %d\n' "${2:-3}"; } |
    ssh -F "$("$HERE/where.sh" "$1" folder)/ssh_config" "deploy@$1" 'sudo bash -s'
}

main "$@"; exit
