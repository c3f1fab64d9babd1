# shellcheck shell=bash
# How the file system of one image comes about: files of Debian packages, and exactly the libraries that their programs
# name. Sourced, never run; a recipe (recipes.sh) calls these in a folder of its own.
#
# Needs:   WORK; dev/tools/suite.sh; root, to ask a suite's own loader inside that suite's files.
# Changes: WORK, and the image that `finish` is told.

# take SUITE PACKAGE…: from now on `put` copies out of these. Packages of a suite are unpacked once for all images.
take() {
  local suite=$1 package
  local -a wanted=() missing=()
  shift
  FROM=$WORK/$suite
  MADE_FROM="Debian $suite:"
  mkdir -p "$FROM/.unpacked" "$TOOLS_CACHE/apt"
  suite_update "$suite"
  for package in "$@"; do
    MADE_FROM+=" $package $(suite_version "$suite" "$package")"
  done
  # A compiler for queries that no test needs, larger than all the rest.
  mapfile -t wanted < <(printf '%s\n' "$@"; suite_libraries "$suite" "$@" | grep -vE '^lib(llvm|z3)')
  for package in "${wanted[@]}"; do
    [[ -e $FROM/.unpacked/$package ]] || missing+=("$package")
  done
  if ((${#missing[@]} > 0)); then
    suite_unpack "$suite" "$FROM" "${missing[@]}"
    (cd "$FROM/.unpacked" && touch "${missing[@]}")
  fi
  link_merged_folders "$FROM"
}

# Packages name /lib and /usr/lib for the same place; unpacking leaves out the links that `base-files` would make.
link_merged_folders() {
  local name
  for name in bin sbin lib lib64; do
    mkdir -p "$1/usr/$name"
    if [[ ! -L $1/$name ]]; then
      [[ ! -d $1/$name ]] || cp -a "$1/$name/." "$1/usr/$name/"
      rm -rf "${1:?}/$name"
      ln -s "usr/$name" "$1/$name"
    fi
  done
}

# What every image has: users, names, a place for temporary files, and busybox's tools as the official images have them.
begin() {
  ROOT=$WORK/image
  rm -rf --one-file-system "$ROOT"
  mkdir -p "$ROOT"/{etc/ssl/certs,dev,proc,sys,run,tmp,usr,var/log}
  link_merged_folders "$ROOT"
  ln -s ../run "$ROOT/var/run"
  chmod 1777 "$ROOT/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$ROOT/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$ROOT/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$ROOT/etc/nsswitch.conf"
}

# user NAME UID GID [HOME]
user() {
  printf '%s:x:%s:%s:%s:%s:/bin/sh\n' "$1" "$2" "$3" "$1" "${4:-/}" >>"$ROOT/etc/passwd"
  (($3 == 0)) || printf '%s:x:%s:\n' "$1" "$3" >>"$ROOT/etc/group"
}

# folder OWNER MODE PATH…
folder() {
  local owner=$1 mode=$2 path
  shift 2
  for path in "$@"; do
    install -d -o "${owner%:*}" -g "${owner#*:}" -m "$mode" "$ROOT$path"
  done
}

# put PATH [TARGET]: a file of the packages, with the libraries that it names; they stay where the loader looks for them.
put() {
  local path=$1 target=${2:-$1} library
  place "$path" "$target"
  while read -r library; do
    place "$library" "$library"
  done < <(libraries_of "$path")
}

# Follows links as they would be inside the packages; an absolute one means the suite's file, not this machine's.
place() {
  local file=$1 link
  [[ ! -e $ROOT$2 ]] || return 0
  while [[ -L $FROM$file ]]; do
    link=$(readlink "$FROM$file")
    if [[ $link == /* ]]; then file=$link; else file=$(dirname "$file")/$link; fi
  done
  [[ -f $FROM$file ]] || fail "the packages have no $1"
  mkdir -p "$ROOT$(dirname "$2")"
  cp -p "$FROM$file" "$ROOT$2"
}

# Asked of the suite's loader inside its own files: this machine's `ldd` would answer with this machine's libraries.
libraries_of() {
  local loader
  loader=$(cd "$FROM" && find usr/lib64 usr/lib -name 'ld-linux*.so.*' -print -quit)
  # It refuses static programs and scripts, which name none.
  chroot "$FROM" "/$loader" --verify "$1" 2>/dev/null || return 0
  chroot "$FROM" "/$loader" --list "$1" | grep -o '/[^ ]*' | LC_ALL=C sort -u
}

put_busybox() {
  local applet
  put /bin/busybox /usr/bin/busybox
  while read -r applet; do
    [[ -e $ROOT/usr/bin/$applet ]] || ln -s busybox "$ROOT/usr/bin/$applet"
  done < <(chroot "$ROOT" /bin/busybox --list)
}

# Whom programs trust that ask others over TLS. The package makes this file at installation; here no package's script runs.
put_authorities() {
  local -a certificates
  mapfile -t certificates < <(find "$FROM/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort)
  awk 1 "${certificates[@]}" >"$ROOT/etc/ssl/certs/ca-certificates.crt"
}

# finish IMAGE CONTENT LINE…: the root becomes the image, in one layer; the lines are a Dockerfile's.
# Not `docker import`: before Docker 23 it refuses STOPSIGNAL.
finish() {
  local image=$1 content=$2 context=$WORK/context log
  shift 2
  rm -rf "$context"
  mkdir "$context"
  tar -C "$ROOT" --numeric-owner --sort=name -cf "$context/root.tar" .
  printf '%s\n' 'FROM scratch' 'ADD root.tar /' "LABEL estiba.dev.made-from=\"$MADE_FROM\"" "$@" >"$context/Dockerfile"
  # See dev/images/apps.sh for DOCKER_BUILDKIT.
  if ! log=$(DOCKER_BUILDKIT=0 docker build --force-rm --network none --label "estiba.dev.content=$content" \
    -t "$image" "$context" 2>&1); then
    printf '%s\n' "$log" >&2
    return 1
  fi
}
