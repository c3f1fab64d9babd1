# shellcheck shell=bash
# What the scripts of this folder share: where the cache stands, how to become root, how to say what is missing.
# Sourced, never run. Changes nothing by itself.

# Everything fetched lives here, outside the repository; removing the folder is always safe.
TOOLS_CACHE="${ESTIBA_DEV_CACHE:-$HOME/.cache/estiba-dev}"
# Rust tests and other scripts find the programs here; each is a link or a small wrapper.
# shellcheck disable=SC2034 # read by the scripts that source this file
TOOLS_BIN="$TOOLS_CACHE/bin"

note() { printf '  %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        fail "needs root to run: $* (run as root, or install sudo)"
    fi
}

need_debian_family() {
    # apt is what is used; the distribution's name is only for the message.
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && return
    local system='this system'
    # shellcheck disable=SC1091 # a file of the machine
    [[ -r /etc/os-release ]] && system=$(. /etc/os-release && printf '%s' "${PRETTY_NAME:-}")
    fail "$system has no apt: install by hand what $0 installs: $1"
}

# The hash of the given files: a recipe that changed makes what it made stale.
recipe_of() { cat -- "$@" | sha256sum | cut -c1-16; }
