# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this file
# What the scripts of this folder share: names, labels and checks. Sourced, never run. Changes nothing by itself.

# shellcheck source-path=SCRIPTDIR source=../tools/common.sh
source "$HERE/../tools/common.sh"

export PATH="$PATH:/usr/sbin:/sbin"

VPS_SUITES=(bookworm trixie)
VPS_FIRST_NETWORK=10.213
# What a VPS fetched from Debian, for the next one.
VPS_MIRROR_CACHE="$TOOLS_CACHE/vps/mirror"
# One VPS: its ssh files and what the harness knows of it.
VPS_RUNS="$TOOLS_CACHE/vps/runs"

vps_image() { printf 'estiba-dev/vps:%s\n' "$1"; }
vps_container() { printf 'estiba-dev-vps-%s\n' "$1"; }
vps_outside() { printf 'estiba-dev-outside-%s\n' "$1"; }
vps_folder() { printf '%s/%s\n' "$VPS_RUNS" "$1"; }

check_name() {
  [[ $1 =~ ^[a-z][a-z0-9-]{0,30}$ ]] || fail "a name is of a-z, 0-9 and -, and begins with a letter: $1"
}

check_suite() {
  [[ " ${VPS_SUITES[*]} " == *" $1 "* ]] || fail "no such suite: $1 (one of: ${VPS_SUITES[*]})"
}

# built_content IMAGE: what an image was made from, as its label says.
built_content() {
  docker image inspect --format '{{index .Config.Labels "estiba.dev.content"}}' "$1" 2>/dev/null || true
}

need_docker() {
  docker version >/dev/null 2>&1 || fail 'no Docker daemon answers: dev/images/dockerd.sh start'
}
