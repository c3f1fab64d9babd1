#!/usr/bin/env bash
# Builds what people install: a program that needs no library of the system, and a Debian package with it, its manual pages
# and what shells complete commands with. The same commit gives the same bytes on the same toolchain.
#
# Usage:   dev/release/package.sh [FOLDER]        default: target/package
# Needs:   what program.sh beside it needs; Debian's dpkg-deb, gzip.
# Changes: target/ and FOLDER, whose files of these names are replaced.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT

WORK=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  [[ -z $WORK ]] || rm -rf "$WORK"
}

control() { # VERSION ARCHITECTURE KIBIBYTES
  cat <<EOF
Package: estiba
Version: $1
Architecture: $2
Maintainer: The Estiba authors <estiba@users.noreply.github.com>
Installed-Size: $3
Section: admin
Priority: optional
Recommends: openssh-client
Suggests: docker.io | docker-ce
Description: infrastructure of a VPS from one description, verified offline
 From one description to Compose files, nginx, TLS, monitoring and the scripts
 that install, update, back up and restore them, verified across all files
 before anything touches a server. Also checks trees that other people wrote.
EOF
}

copyright() {
  printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: The Estiba authors\nLicense: MIT or Apache-2.0\n\n'
  printf 'License: MIT\n'
  sed 's/^$/./; s/^/ /' "$ROOT/LICENSE-MIT"
  printf '\nLicense: Apache-2.0\n On Debian systems the whole text stands in /usr/share/common-licenses/Apache-2.0.\n'
}

# package PROGRAM VERSION ARCHITECTURE FILE
package() {
  local tree=$WORK/tree share=$WORK/tree/usr/share
  install -D -m 755 "$1" "$tree/usr/bin/estiba"
  mkdir -p "$tree/DEBIAN" "$share/man/man1" "$share/doc/estiba" \
    "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
  "$1" man "$share/man/man1" >/dev/null
  "$1" completions bash >"$share/bash-completion/completions/estiba"
  "$1" completions zsh >"$share/zsh/vendor-completions/_estiba"
  "$1" completions fish >"$share/fish/vendor_completions.d/estiba.fish"
  copyright >"$share/doc/estiba/copyright"
  cp "$ROOT/CHANGELOG.md" "$share/doc/estiba/changelog"
  gzip --best --no-name "$share/man/man1"/* "$share/doc/estiba/changelog"
  control "$2" "$3" "$(du --summarize --apparent-size --block-size=1024 "$tree/usr" | cut -f 1)" >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | sort --zero-terminated | xargs --null md5sum >DEBIAN/md5sums)
  find "$tree" -type d -exec chmod 755 {} +
  find "$tree/usr/share" "$tree/DEBIAN" -type f -exec chmod 644 {} +
  dpkg-deb --root-owner-group -Zxz --build "$tree" "$4" >/dev/null
}

main() {
  local folder=${1:-$ROOT/target/package} program version architecture name
  [[ $# -le 1 && $folder != -* ]] || { printf 'usage: dev/release/package.sh [FOLDER]\n' >&2; return 64; }
  trap cleanup EXIT
  WORK=$(mktemp -d)
  umask 022
  SOURCE_DATE_EPOCH=$(git -c safe.directory="$ROOT" -C "$ROOT" log -1 --format=%ct)
  export SOURCE_DATE_EPOCH
  program=$("$ROOT/dev/release/program.sh")
  version=$("$program" --version | cut -d ' ' -f 2)
  architecture=$(dpkg --print-architecture)
  name=estiba-$version-linux-$architecture
  mkdir -p "$folder"
  install -m 755 "$program" "$folder/$name"
  package "$program" "$version" "$architecture" "$folder/estiba_${version}_$architecture.deb"
  (cd "$folder" && sha256sum "$name" "estiba_${version}_$architecture.deb" >SHA256SUMS)
  printf 'Written to %s:\n' "$folder"
  (cd "$folder" && du --apparent-size -h "$name" "estiba_${version}_$architecture.deb" SHA256SUMS | sed 's/^/  /')
}

main "$@"; exit
