# shellcheck shell=bash
# Debian packages of another suite than this machine's, fetched beside the machine's own apt and verified by the same
# keyring. Nothing is installed: callers unpack what they need. Sourced, never run.
#
# Needs: apt, Debian's mirror, debian-archive-keyring (Ubuntu has that package too).
# Changes: the cache folder only.

SUITE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
SUITE_MIRROR="${ESTIBA_DEBIAN_MIRROR:-http://deb.debian.org/debian}"

# suite_apt SUITE PROGRAM ARGS…: apt-get or apt-cache, reading that suite and nothing of this machine's configuration of sources.
suite_apt() {
    local suite=$1 program=$2 home
    shift 2
    home="$TOOLS_CACHE/apt/$suite"
    # Sandbox::User: apt would drop to `_apt`, which may not enter a home folder; what it fetches is verified either way.
    # Cache::pkgcache: images of Debian for containers switch it off, and each question would read the whole index again.
    # State::status: an empty one, so that answers do not depend on what this machine has installed.
    "$program" -qq \
        -o Dir::Etc::sourcelist="$home/sources.list" \
        -o Dir::Etc::sourceparts=- \
        -o Dir::State="$home/state" \
        -o Dir::State::lists="$home/lists" \
        -o Dir::State::status="$home/status" \
        -o Dir::Cache="$home/cache" \
        -o Dir::Cache::pkgcache=pkgcache.bin \
        -o APT::Sandbox::User=root \
        -o Acquire::Languages=none \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::Retries=3 \
        "$@"
}

suite_update() {
    local suite=$1 home
    home="$TOOLS_CACHE/apt/$suite"
    [[ -r $SUITE_KEYRING ]] || fail "$SUITE_KEYRING is missing: apt-get install debian-archive-keyring"
    # An index of a day ago may name files that the mirror has replaced; one of this run need not be fetched twice.
    [[ -n "$(find "$home/updated" -mmin -60 2>/dev/null)" ]] && return
    mkdir -p "$home"/{state,lists/partial,cache/archives/partial}
    : >"$home/status"
    printf 'deb [signed-by=%s] %s %s main\n' "$SUITE_KEYRING" "$SUITE_MIRROR" "$suite" >"$home/sources.list"
    suite_apt "$suite" apt-get update || fail "Debian's suite $suite cannot be read, or its signature not verified by $SUITE_KEYRING"
    touch "$home/updated"
}

# The version that a suite has of a package.
suite_version() { suite_apt "$1" apt-cache show --no-all-versions "$2" | sed -n 's/^Version: //p'; }

# suite_libraries SUITE PACKAGE…: every library package that these need, through others of that kind.
suite_libraries() {
    local suite=$1 package dependency
    shift
    local -a queue=("$@")
    local -A seen=()
    while [[ ${#queue[@]} -gt 0 ]]; do
        package=${queue[0]}
        queue=("${queue[@]:1}")
        while read -r dependency; do
            # Libraries are named lib*, by policy; zlib1g is the one old exception. libjs-* are scripts of web pages.
            [[ $dependency == @(lib*|zlib1g) && $dependency != libjs-* && -z "${seen[$dependency]:-}" ]] || continue
            seen[$dependency]=1
            queue+=("$dependency")
        done < <(suite_apt "$suite" apt-cache depends --important "$package" | sed -n 's/^ *|\?\(Pre\)\?Depends: //p')
    done
    [[ ${#seen[@]} -eq 0 ]] || printf '%s\n' "${!seen[@]}" | LC_ALL=C sort
}

# suite_unpack SUITE FOLDER PACKAGE…: fetches and unpacks; no maintainer script runs.
suite_unpack() {
    local suite=$1 folder=$2 debs deb
    shift 2
    debs=$(mktemp -d "$TOOLS_CACHE/apt/debs.XXXXXX")
    (cd "$debs" && suite_apt "$suite" apt-get download "$@") || fail "cannot fetch from $suite: $*"
    mkdir -p "$folder"
    for deb in "$debs"/*.deb; do
        dpkg-deb -x "$deb" "$folder"
    done
    rm -rf "$debs"
}
