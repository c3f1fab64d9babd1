#!/usr/bin/env bash
# Makes a folder that holds one program of a Debian suite with exactly the libraries that it needs, ready for chroot:
#   chroot.sh NAME SUITE VERSION-PATTERN PACKAGE PROGRAM [KEEP…]
# e.g. chroot.sh nginx-1.26 trixie '1.26.*' nginx /usr/sbin/nginx /etc/nginx/mime.types
# The folder is $ESTIBA_DEV_CACHE/chroots/NAME; its file VERSION says what it holds. A second run does nothing.
#
# Needs: apt, Debian's mirror, root or sudo (chroot, to ask the suite's own loader which libraries the program wants).
# Changes: the cache folder only.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=dev/tools/common.sh
source "$here/common.sh"
# shellcheck source=dev/tools/suite.sh
source "$here/suite.sh"

# The loader of this suite, asked inside its own files: this machine's `ldd` would answer with this machine's libraries.
libraries_of() {
    local root=$1 program=$2 loader
    loader=$(cd "$root" && find usr/lib64 usr/lib -name 'ld-linux*.so.*' -print -quit)
    # A static program is none of the loader's business (--verify says so); that it runs is proved at the end.
    [[ -n $loader ]] && as_root chroot "$root" "/$loader" --verify "$program" || return 0
    as_root chroot "$root" "/$loader" --list "$program" | grep -o '/[^ ]*' | LC_ALL=C sort -u
}

# Before usrmerge reached the packages (Debian 12) they name /lib and /lib64; one layout for all.
merge_usr() {
    local root=$1 name
    for name in lib lib64 bin sbin; do
        mkdir -p "$root/usr/$name"
        if [[ -d $root/$name && ! -L $root/$name ]]; then
            cp -a "$root/$name/." "$root/usr/$name/"
            rm -rf "${root:?}/$name"
        fi
        ln -sfn "usr/$name" "$root/$name"
    done
}

# Follows links as they would be inside: an absolute one (Debian 12's loader is one) means the suite's file, not this machine's.
copy() {
    local from=$1 to=$2 path=$3 file=$3 link
    while [[ -L $from$file ]]; do
        link=$(readlink "$from$file")
        if [[ $link == /* ]]; then file=$link; else file=$(dirname "$file")/$link; fi
    done
    [[ -f $from$file ]] || fail "the suite's packages have no $path"
    mkdir -p "$to$(dirname "$path")"
    cp "$from$file" "$to$path"
}

main() {
    [[ $# -ge 5 ]] || { printf 'usage: %s NAME SUITE VERSION-PATTERN PACKAGE PROGRAM [KEEP…]\n' "${0##*/}" >&2; exit 64; }
    local name=$1 suite=$2 pattern=$3 package=$4 program=$5 target stamp version path
    shift 5
    target="$TOOLS_CACHE/chroots/$name"
    stamp="$(recipe_of "$here/chroot.sh" "$here/suite.sh") $name $suite $pattern $package $program $*"
    if [[ -r $target/RECIPE && "$(<"$target/RECIPE")" == "$stamp" ]]; then
        note "$name: $(<"$target/VERSION")"
        return
    fi
    need_debian_family "$package of Debian $suite"
    mkdir -p "$TOOLS_CACHE/apt" "$TOOLS_CACHE/chroots"
    suite_update "$suite"
    version=$(suite_version "$suite" "$package")
    # shellcheck disable=SC2053 # the right side is a pattern, on purpose
    [[ $version == $pattern ]] || fail "Debian $suite has $package $version, but $pattern is needed: the suite has moved on"

    work=$(mktemp -d "$TOOLS_CACHE/chroots/.new.XXXXXX") # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    local -a libraries
    mapfile -t libraries < <(suite_libraries "$suite" "$package")
    suite_unpack "$suite" "$work/all" "$package" "${EXTRA_PACKAGES[@]}" "${libraries[@]}"
    merge_usr "$work/all"
    mkdir -p "$work/root"
    merge_usr "$work/root"
    local -a files=("$program" "$@")
    mapfile -t -O "${#files[@]}" files < <(libraries_of "$work/all" "$program")
    for path in "${files[@]}"; do
        copy "$work/all" "$work/root" "$path"
    done
    mkdir -p "$work/root"/{etc,dev,run,tmp,var/log}
    as_root chroot "$work/root" "$program" -h >/dev/null 2>"$work/said" || fail "$program does not run in its folder: $(<"$work/said")"
    printf '%s\n' "$version" >"$work/root/VERSION"
    printf '%s\n' "$stamp" >"$work/root/RECIPE"
    chmod 0755 "$work/root"

    rm -rf "$target"
    mv "$work/root" "$target"
    note "$name: $version"
}

# Packages without a program of their own that a KEEP path comes from.
read -r -a EXTRA_PACKAGES <<<"${CHROOT_EXTRA_PACKAGES:-}"

main "$@"; exit
