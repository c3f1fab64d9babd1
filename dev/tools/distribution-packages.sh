#!/usr/bin/env bash
# Installs from this Debian or Ubuntu what the tests call by name. Does nothing, and asks no root, when all is there.
#
# Needs: apt, root or sudo (only when something is missing).
# Changes: packages of this machine.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=dev/tools/common.sh
source "$here/common.sh"

# package and a command or file that proves it; a tool that came from elsewhere counts.
PACKAGES=(
    'gcc:cc'                                            # the linker that rustc calls
    'libc6-dev:/usr/include/stdio.h'
    'ca-certificates:/etc/ssl/certs/ca-certificates.crt'
    'curl:curl'
    'openssl:openssl'
    'zstd:zstd'
    'shellcheck:shellcheck'
    'debootstrap:debootstrap'
    'docker.io:dockerd containerd runc docker'
    'apache2-utils:htpasswd'                            # a script of the tree runs it, with faults injected
    'iptables:iptables'                                 # dockerd does not start without it
    'time:/usr/bin/time'                                # peak memory in the benchmark
    'hyperfine:hyperfine'                               # for measuring by hand
    'python3:/usr/bin/python3'
    'strace:strace' # holds that generate starts no process and writes nowhere else
    'python3-jinja2:/usr/lib/python3/dist-packages/jinja2' # the peer of the benchmark, under /usr/bin/python3
    'debian-archive-keyring:/usr/share/keyrings/debian-archive-keyring.gpg'
)

have() {
    local proof
    for proof in $1; do
        if [[ $proof == /* ]]; then
            [[ -e $proof ]] || return 1
        else
            PATH="$PATH:/usr/sbin:/sbin" command -v "$proof" >/dev/null || return 1
        fi
    done
}

# shellcheck disable=SC2317 # called through quietly
install() {
    # Not only "no candidate" but also a list from last year: both are cured by an update, once.
    local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
    if ! as_root "${apt[@]}" install --no-install-recommends "$@"; then
        as_root "${apt[@]}" update
        as_root "${apt[@]}" install --no-install-recommends "$@"
    fi
}

quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        tail -20 "$log" >&2
        fail "failed: $* (its whole log: $log)"
    fi
    rm -f "$log"
}

main() {
    local entry
    local -a missing=()
    for entry in "${PACKAGES[@]}"; do
        have "${entry#*:}" || missing+=("${entry%%:*}")
    done
    if [[ ${#missing[@]} -eq 0 ]]; then
        note 'distribution packages: all there'
        return
    fi
    need_debian_family "${missing[*]}"
    note "distribution packages: installing ${missing[*]}"
    quietly install "${missing[@]}"
    # Since Debian 13 the client is a package of its own, which docker.io only recommends.
    command -v docker >/dev/null || quietly install docker-cli
}

main "$@"; exit
