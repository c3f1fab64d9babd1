#!/usr/bin/env bash
# Makes a disposable VPS: a bare Debian server with systemd and ssh, and an internet of its own (DNS, Debian's mirror,
# a CA that answers at Let's Encrypt's address). A VPS of the same name is removed first.
#
# Usage:   dev/vps/up.sh NAME bookworm|trixie [HOST…]     HOST…: names that DNS leads to the VPS
#          Then: ESTIBA_SSH_CONFIG="$(dev/vps/where.sh NAME folder)/ssh_config" …/deploy-hybrid.sh
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); what dev/vps/base.sh needs; ssh-keygen; python3.
# Changes: two containers, a network and two volumes labelled estiba.dev.vps=NAME; a folder with a throwaway ssh key;
#          kept for the next run: two images, and packages of Debian in the cache. dev/vps/down.sh removes the rest.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
source "$HERE/common.sh"

readonly OUTSIDE_IMAGE=estiba-dev/vps-outside:trixie
# The same internet as that of `estiba rehearse`.
readonly OUTSIDE_CONTEXT=$HERE/../../crates/estiba-host/rehearsal/outside
READY=no

# shellcheck disable=SC2317  # a trap calls it
remove_unfinished() {
  [[ $READY == yes ]] || "$HERE/down.sh" "$VPS" >&2 || true
}

build_outside() {
  local content log
  content=$(cat "$HERE/base.sh" "$OUTSIDE_CONTEXT"/* | sha256sum | cut -c 1-16)
  exec 8>"$TOOLS_CACHE/vps/outside.lock"
  flock 8
  if [[ $(built_content "$OUTSIDE_IMAGE") != "$content" ]]; then
    "$HERE/base.sh" trixie >/dev/null
    log=$(DOCKER_BUILDKIT=0 docker build --force-rm --no-cache --pull=false --label "estiba.dev.content=$content" \
      --build-arg "BASE=$(vps_image trixie)" -t "$OUTSIDE_IMAGE" "$OUTSIDE_CONTEXT" 2>&1) || { printf '%s\n' "$log" >&2; fail 'docker build failed'; }
  fi
  exec 8>&-
}

# A network whose addresses are free, with ours in it the same after every restart.
make_network() {
  local number
  for ((number = 1; number < 250; number++)); do
    PREFIX=$VPS_FIRST_NETWORK.$number
    if docker network create --label "estiba.dev.vps=$VPS" --subnet "$PREFIX.0/24" "$CONTAINER" >/dev/null 2>&1; then
      return 0
    fi
  done
  fail "no network below $VPS_FIRST_NETWORK.0.0 is free"
}

# What serve.py is told: HOST… lead to the VPS.
told() {
  python3 -c 'import json, sys
own, vps, upstream, *names = sys.argv[1:]
print(json.dumps({
    "own": own, "server": vps, "names": names, "upstream": upstream,
    "mirrors": ["deb.debian.org", "security.debian.org"],
    "authority": {f"{name}.api.letsencrypt.org": "/directory" for name in ("acme-v02", "acme-staging-v02")},
    "sink": "hooks.example",
}))' "$PREFIX.2" "$PREFIX.3" "${DEBIAN_MIRROR_HOST:-http://deb.debian.org}" "$@"
}

start_outside() {
  mkdir -p "$VPS_MIRROR_CACHE"
  docker run -d --name "$OUTSIDE" --hostname outside --label "estiba.dev.vps=$VPS" --network "$CONTAINER" --ip "$PREFIX.2" \
    -v "$VPS_MIRROR_CACHE:/cache" "$OUTSIDE_IMAGE" "$(told "$@")" >/dev/null
}

# The line of a server that cannot be --privileged everywhere: systemd, a Docker of its own, mounts. `docker restart` is
# a reboot. What a real machine's boot does and systemd leaves out in a container, the command does: / is shared, and a
# first boot makes the ssh host keys.
start_vps() {
  docker volume create --label "estiba.dev.vps=$VPS" "$CONTAINER-docker" >/dev/null
  docker volume create --label "estiba.dev.vps=$VPS" "$CONTAINER-containerd" >/dev/null
  docker run -d --name "$CONTAINER" --hostname "$VPS" --label "estiba.dev.vps=$VPS" --network "$CONTAINER" --ip "$PREFIX.3" \
    --dns "$PREFIX.2" \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --cap-add=ALL --cap-drop=SYS_RESOURCE --device-cgroup-rule 'a *:* rwm' \
    --tmpfs /run --tmpfs /run/lock -v "$CONTAINER-docker:/var/lib/docker" -v "$CONTAINER-containerd:/var/lib/containerd" \
    -v /sys/fs/cgroup:/sys/fs/cgroup:rw "$(vps_image "$SUITE")" \
    /bin/sh -c 'mount --make-rshared / && ssh-keygen -A >/dev/null && exec /sbin/init' >/dev/null
}

make_ssh_files() {
  rm -rf "$FOLDER"
  install -d -m 0700 "$FOLDER"
  ssh-keygen -q -t ed25519 -N '' -C "estiba-dev $VPS" -f "$FOLDER/key"
  {
    printf 'Host *\n  HostName %s\n  IdentityFile "%s"\n  IdentitiesOnly yes\n' "$PREFIX.3" "$FOLDER/key"
    printf '  UserKnownHostsFile "%s"\n  GlobalKnownHostsFile /dev/null\n' "$FOLDER/known_hosts"
    printf '  HostKeyAlias %s\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n' "$VPS"
  } >"$FOLDER/ssh_config"
  docker exec -i -u deploy "$CONTAINER" sh -c 'umask 077; mkdir -p ~/.ssh; cat >~/.ssh/authorized_keys' <"$FOLDER/key.pub"
  docker exec "$CONTAINER" cat /etc/ssh/ssh_host_ed25519_key.pub | sed "s/^/$VPS /" >"$FOLDER/known_hosts"
}

wait_for() {
  local what=$1 i
  shift
  for ((i = 0; i < 300; i++)); do
    if "$@" >/dev/null 2>&1; then
      return 0
    fi
    sleep 0.2
  done
  docker logs --tail 20 "$OUTSIDE" >&2 || true
  fail "$what did not come up within a minute"
}

# The one thing of ours in the VPS: it trusts the CA that stands in for those behind Let's Encrypt's own address.
trust_outside() {
  docker exec "$OUTSIDE" cat /run/outside/ca.pem |
    docker exec -i "$CONTAINER" sh -c 'cat >/usr/local/share/ca-certificates/estiba-dev.crt && update-ca-certificates' >/dev/null 2>&1
  docker exec "$OUTSIDE" cat /run/outside/root.pem >"$FOLDER/root.pem"
}

main() {
  if (($# < 2)); then
    printf 'usage: dev/vps/up.sh NAME bookworm|trixie [HOST…]\n' >&2
    return 64
  fi
  VPS=$1 SUITE=$2
  shift 2
  check_name "$VPS"
  check_suite "$SUITE"
  need_docker
  CONTAINER=$(vps_container "$VPS")
  OUTSIDE=$(vps_outside "$VPS")
  FOLDER=$(vps_folder "$VPS")
  "$HERE/base.sh" "$SUITE" >/dev/null
  build_outside
  "$HERE/down.sh" "$VPS"
  trap remove_unfinished EXIT
  trap 'exit 130' INT TERM HUP
  make_network
  start_outside "$@"
  start_vps
  wait_for 'the internet of the VPS' docker exec "$OUTSIDE" test -s /run/outside/ca.pem
  # By then /tmp is mounted and the host keys are made.
  wait_for 'systemd' docker exec "$CONTAINER" systemctl is-active ssh.service
  make_ssh_files
  trust_outside
  wait_for 'ssh' ssh -n -F "$FOLDER/ssh_config" "deploy@$VPS" true
  printf '%s\n' "$PREFIX.3" >"$FOLDER/address"
  READY=yes
  printf '%s: Debian %s at %s; ssh -F %s deploy@%s\n' "$VPS" "$SUITE" "$PREFIX.3" "$FOLDER/ssh_config" "$VPS"
}

main "$@"; exit
