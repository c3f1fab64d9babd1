#!/usr/bin/env bash
# Makes the local Debian image that the example's Dockerfiles build on where no registry can be reached.
# It holds the packages those Dockerfiles would install, so that their builds need no network.
# Prints the image's name on the last line of standard output.
#
# Usage:   dev/images/base.sh
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); debootstrap; a Debian mirror.
#          DEBIAN_MIRROR (default http://deb.debian.org/debian).
# Changes: the image estiba-dev/debian:bookworm-build, only when what it is made from changed;
#          a temporary folder in TMPDIR (about 1 GB), removed at the end.
set -euo pipefail

readonly IMAGE=estiba-dev/debian:bookworm-build
readonly SUITE=bookworm
readonly MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
readonly PACKAGES=(ca-certificates busybox-static golang-go golang-github-lib-pq-dev)

WORK=
# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  if [[ -z $WORK ]]; then
    return 0
  fi
  # A debootstrap that is interrupted leaves its mounts behind.
  umount "$WORK/root/proc" "$WORK/root/sys" 2>/dev/null || true
  rm -rf --one-file-system "$WORK"
}

# What the image is made from: this file. The mirror only says where the same packages come from.
content() {
  sha256sum <"${BASH_SOURCE[0]}" | cut -c 1-16
}

built_content() {
  docker image inspect --format '{{index .Config.Labels "estiba.dev.content"}}' "$IMAGE" 2>/dev/null || true
}

build() {
  local packages
  printf -v packages '%s,' "${PACKAGES[@]}"
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/estiba-base.XXXXXX")
  if ! debootstrap --variant=minbase --include="${packages%,}" "$SUITE" "$WORK/root" "$MIRROR" >"$WORK/log" 2>&1; then
    printf 'debootstrap failed:\n' >&2
    tail -n 20 "$WORK/log" "$WORK/root/debootstrap/debootstrap.log" >&2 || true
    return 1
  fi
  find "$WORK/root/var/cache/apt" -name '*.deb' -delete
  tar -C "$WORK/root" --numeric-owner --one-file-system -c . |
    docker import \
      --change "LABEL estiba.dev.content=$(content)" \
      --change 'CMD ["bash"]' \
      - "$IMAGE" >/dev/null
}

main() {
  if (($# > 0)); then
    printf 'usage: dev/images/base.sh\n' >&2
    return 64
  fi
  if [[ $(built_content) == "$(content)" ]]; then
    printf '%s\n' "$IMAGE"
    return 0
  fi
  if ! command -v debootstrap >/dev/null; then
    printf 'debootstrap is missing: apt-get install --no-install-recommends debootstrap\n' >&2
    return 1
  fi
  build
  printf '%s\n' "$IMAGE"
}

main "$@"
exit
