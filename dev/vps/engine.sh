#!/usr/bin/env bash
# Gives a running VPS the Docker of Debian's unstable suite, as a provider would that hands servers over with a newer
# engine than the distribution's: setup-vps.sh leaves a Docker that is there as it is.
#
# Usage:   dev/vps/engine.sh NAME overlay2|containerd     the store that the daemon keeps its images in
# Needs:   root; a VPS of dev/vps/up.sh without Docker; Debian's mirror.
# Changes: that VPS; packages in the cache.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
source "$HERE/common.sh"
# shellcheck source=../tools/suite.sh
source "$HERE/../tools/suite.sh"

readonly SUITE=sid
# docker.io and docker-cli are one version; the libraries of the suite below are enough for these programs.
readonly PACKAGES=(docker.io docker-cli docker-compose containerd)
# Of the VPS's own suite: the newer runc wants a newer libc.
readonly NEEDED=(runc iptables nftables)

WORK=
# shellcheck disable=SC2317 # a trap calls it
cleanup() {
  [[ -z $WORK ]] || rm -rf "$WORK"
}

unpack() {
  local root="$TOOLS_CACHE/vps/engine"
  suite_update "$SUITE"
  if [[ $(cat "$root/version" 2>/dev/null) != "$(suite_version "$SUITE" docker.io)" ]]; then
    rm -rf "$root"
    suite_unpack "$SUITE" "$root/files" "${PACKAGES[@]}"
    suite_version "$SUITE" docker.io >"$root/version"
  fi
  printf '%s\n' "$root/files"
}

main() {
  local container files
  if (($# != 2)) || [[ $2 != overlay2 && $2 != containerd ]]; then
    printf 'usage: dev/vps/engine.sh NAME overlay2|containerd\n' >&2
    return 64
  fi
  need_docker
  container=$(vps_container "$1")
  docker exec "$container" sh -c '! command -v dockerd' >/dev/null || fail "$1 has a Docker already"
  trap cleanup EXIT
  WORK=$(mktemp -d)
  files=$(unpack)
  docker exec "$container" sh -c "apt-get update && apt-get install --yes --no-install-recommends ${NEEDED[*]}" >"$WORK/log" 2>&1 ||
    { tail -n 20 "$WORK/log" >&2; fail 'packages failed'; }
  tar -C "$files" --numeric-owner -c . | docker exec -i "$container" tar -C / --keep-directory-symlink -x
  docker exec "$container" sh -c "mkdir -p /etc/docker && printf '{ \"features\": { \"containerd-snapshotter\": %s } }\n' \
    $([[ $2 == containerd ]] && echo true || echo false) >/etc/docker/daemon.json && groupadd --system docker &&
    systemctl daemon-reload && systemctl enable --quiet --now containerd.service docker.socket docker.service"
  docker exec "$container" docker info --format '{{.ServerVersion}} {{.Driver}}'
}

main "$@"; exit
