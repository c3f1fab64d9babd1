#!/usr/bin/env bash
#
# Unpacks the nginx of Debian 12, 13 and unstable into ROOTS/<suite>, each with its own C library, so that every
# generation runs here by chroot.
#
# usage: roots.sh ROOTS
#
# Needs: root, apt-get and Debian's keyring, network to a Debian mirror, openssl.
# Changes: only ROOTS. Nothing is installed.
set -euo pipefail

readonly MIRROR=http://deb.debian.org/debian
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly -a PACKAGES=(nginx libnginx-mod-stream libnginx-mod-mail
    libnginx-mod-http-geoip libnginx-mod-http-image-filter libnginx-mod-http-perl libnginx-mod-http-xslt-filter
    libnginx-mod-stream-geoip libc6 libcrypt1 libpcre2-8-0 zlib1g libzstd1)

apt_of() {
    local -r suite="$1" place="$2"
    shift 2
    apt-get -qq -o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=- \
        -o "Dir::State::lists=$place/lists" -o "Dir::Cache=$place/cache" -o APT::Sandbox::User=root \
        -o "APT::Default-Release=$suite" "$@"
}

unpack() {
    local -r suite="$1" tls="$2" roots="$3"
    local -r root="$roots/$suite" place="$roots/apt/$suite"
    mkdir -p "$place"/{lists/partial,cache/archives/partial,packages} "$root"
    printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$MIRROR" "$suite" >"$place/sources.list"
    apt_of "$suite" "$place" update
    (cd "$place/packages" && apt_of "$suite" "$place" download "${PACKAGES[@]/%//$suite}" "$tls/$suite")
    local package
    for package in "$place"/packages/*.deb; do
        dpkg -x "$package" "$root"
    done
    furnish "$root"
}

# What nginx -t opens or asks for besides its configuration.
furnish() {
    local -r root="$1"
    [[ -e $root/lib64 ]] || ln -s usr/lib64 "$root/lib64"
    [[ -e $root/lib ]] || ln -s usr/lib "$root/lib"
    mkdir -p "$root"/{dev,tmp,run,etc/nginx,var/lock,var/log/nginx,var/lib/nginx,usr/share/nginx}
    ln -sfn /usr/lib/nginx/modules "$root/usr/share/nginx/modules"
    [[ -e $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3
    [[ -e $root/dev/urandom ]] || mknod -m 666 "$root/dev/urandom" c 1 9
    printf '%s:x:%s::/:/bin/sh\n' root 0:0 nobody 65534:65534 www-data 33:33 >"$root/etc/passwd"
    printf '%s:x:%s:\n' root 0 nogroup 65534 www-data 33 >"$root/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"

    local -r etc="$root/etc/nginx"
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 3650 -keyout "$etc/k.pem" -out "$etc/c.pem" 2>/dev/null
    openssl dhparam -dsaparam -out "$etc/dh.pem" 2048 2>/dev/null
    openssl rand -out "$etc/t80" 80
    openssl rand -out "$etc/t81" 80
    openssl rand -out "$etc/host.key" 32
    printf 'x\n' >"$etc/p"
    local name
    for name in k c dh; do cp "$etc/$name.pem" "$etc/${name}2.pem"; done
    cp "$etc/c.pem" "$etc/crl.pem"
    cp "$etc/c.pem" "$etc/crl2.pem"
    cp "$etc/host.key" "$etc/host2.key"
    cp "$etc/p" "$etc/p2"
    : >"$etc/empty.conf"
    : >"$etc/empty2.conf"
}

main() {
    [[ $# -eq 1 ]] || { printf 'usage: %s ROOTS\n' "${0##*/}" >&2; exit 64; }
    mkdir -p "$1"
    local roots
    roots="$(cd "$1" && pwd)"
    unpack bookworm libssl3 "$roots"
    unpack trixie libssl3t64 "$roots"
    unpack sid libssl3t64 "$roots"
}

main "$@"; exit
