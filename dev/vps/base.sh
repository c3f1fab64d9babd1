#!/usr/bin/env bash
# Makes the image of a bare Debian server: what a provider hands over, and nothing of ours.
# Prints the image's name on the last line of standard output.
#
# Usage:   dev/vps/base.sh bookworm|trixie
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); debootstrap; a Debian mirror, from here and from a container.
#          DEBIAN_MIRROR (default http://deb.debian.org/debian).
# Changes: the image estiba-dev/vps:<suite>, only when what it is made from changed; a temporary folder in TMPDIR
#          (about 400 MB), removed at the end.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
source "$HERE/common.sh"

readonly MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# systemd, ssh and sudo make it a server that somebody can log in to; the rest is what Debian's own cloud images have.
readonly PACKAGES=(systemd systemd-sysv dbus libpam-systemd openssh-server sudo iproute2 ca-certificates procps less nano)

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

content() {
  sha256sum <"${BASH_SOURCE[0]}" | cut -c 1-16
}

# Packages are added by Debian's own apt in a container: a debootstrap older than the suite stumbles over its newer ones.
write_dockerfile() {
  local suite=$1
  cat <<DOCKERFILE
FROM estiba-dev/vps-bootstrap:$suite-$$
RUN printf '%s\n' \
      'deb http://deb.debian.org/debian $suite main' \
      'deb http://deb.debian.org/debian $suite-updates main' \
      'deb http://deb.debian.org/debian-security $suite-security main' >/etc/apt/sources.list \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ${PACKAGES[*]} \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* /var/log/*.log \
 && : >/etc/machine-id \
 && useradd --create-home --shell /bin/bash deploy \
 && printf 'deploy ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/deploy \
 && chmod 0440 /etc/sudoers.d/deploy
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
DOCKERFILE
}

build() {
  local suite=$1 bootstrap
  bootstrap="estiba-dev/vps-bootstrap:$suite-$$"
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/estiba-vps.XXXXXX")
  if ! debootstrap --variant=minbase "$suite" "$WORK/root" "$MIRROR" >"$WORK/log" 2>&1; then
    tail -n 20 "$WORK/log" "$WORK/root/debootstrap/debootstrap.log" >&2 || true
    fail 'debootstrap failed'
  fi
  tar -C "$WORK/root" --numeric-owner --one-file-system -c . | docker import - "$bootstrap" >/dev/null
  mkdir "$WORK/context"
  write_dockerfile "$suite" >"$WORK/context/Dockerfile"
  # The client of newer Docker needs the buildx plugin unless it is told to use the daemon's own builder.
  if ! DOCKER_BUILDKIT=0 docker build --force-rm --no-cache --pull=false --label "estiba.dev.content=$(content)" \
    -t "$(vps_image "$suite")" "$WORK/context" >"$WORK/log" 2>&1; then
    docker rmi "$bootstrap" >/dev/null
    tail -n 30 "$WORK/log" >&2
    fail 'docker build failed'
  fi
  # Only the name: the layers are the image's own.
  docker rmi --no-prune "$bootstrap" >/dev/null
}

main() {
  if (($# != 1)); then
    printf 'usage: dev/vps/base.sh bookworm|trixie\n' >&2
    return 64
  fi
  check_suite "$1"
  need_docker
  mkdir -p "$TOOLS_CACHE/vps"
  # Two runs at once would build the same image twice.
  exec 9>"$TOOLS_CACHE/vps/base-$1.lock"
  flock 9
  if [[ $(built_content "$(vps_image "$1")") != "$(content)" ]]; then
    command -v debootstrap >/dev/null || fail 'debootstrap is missing: apt-get install --no-install-recommends debootstrap'
    build "$1"
  fi
  vps_image "$1"
}

main "$@"; exit
