#!/usr/bin/env bash
# The outside programs that judge a generated tree: nginx of three generations, promtool, amtool, each in a folder for
# chroot with the libraries of its own suite; and Docker's Compose, which needs no such care.
#
# Needs: apt, Debian's mirror, root or sudo.
# Changes: the cache folder; copies docker-compose among Docker's plugins where `docker compose` is absent.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=dev/tools/common.sh
source "$here/common.sh"
# shellcheck source=dev/tools/suite.sh
source "$here/suite.sh"

nginx() {
    # mime.types stands in a package of its own.
    CHROOT_EXTRA_PACKAGES=nginx-common "$here/chroot.sh" "$1" "$2" "$3" nginx /usr/sbin/nginx /etc/nginx/mime.types
}

compose() {
    local folder="$TOOLS_CACHE/compose" version plugin
    if [[ ! -x $folder/docker-compose ]]; then
        need_debian_family 'docker-compose of Debian trixie'
        mkdir -p "$TOOLS_CACHE/apt"
        suite_update trixie
        version=$(suite_version trixie docker-compose)
        rm -rf "$folder.new" "$folder"
        suite_unpack trixie "$folder.new" docker-compose
        plugin=$(find "$folder.new" -type f -name docker-compose -perm -u+x -print -quit)
        [[ -n $plugin ]] || fail "Debian trixie's docker-compose $version holds no program of that name"
        mkdir -p "$folder"
        cp "$plugin" "$folder/docker-compose"
        printf '%s\n' "$version" >"$folder/VERSION"
        rm -rf "$folder.new"
    fi
    note "docker-compose: $(<"$folder/VERSION")"
    if command -v docker >/dev/null && ! docker compose version >/dev/null 2>&1; then
        as_root mkdir -p /usr/local/lib/docker/cli-plugins
        as_root cp "$folder/docker-compose" /usr/local/lib/docker/cli-plugins/docker-compose
        note 'docker compose: placed among the plugins, /usr/local/lib/docker/cli-plugins'
    fi
}

# Package indexes (some 100 MB) are only worth keeping until the last of these is made; what a killed test left, a day.
clean() {
    rm -rf "$TOOLS_CACHE/apt" "$TOOLS_CACHE"/chroots/.new.*
    [[ ! -d $TOOLS_CACHE/runs ]] || find "$TOOLS_CACHE/runs" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
}

main() {
    compose
    nginx nginx-1.22 bookworm '1.22.*'
    nginx nginx-1.26 trixie '1.26.*'
    # The generation whose upstreams follow Docker's DNS (`resolve`, free since 1.27.3); unstable moves, so only a floor.
    nginx nginx-newest unstable '1.@(2[89]|[3-9][0-9]|[1-9][0-9][0-9]).*'
    "$here/chroot.sh" promtool trixie '2.5[3-9].*' promtool /usr/bin/promtool
    "$here/chroot.sh" amtool trixie '0.2[89].*' prometheus-alertmanager /usr/bin/amtool
    clean
}

main "$@"; exit
