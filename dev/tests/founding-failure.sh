#!/usr/bin/env bash
# The failure that this project began with, for real: nginx with a container's name and no such container, in an image and
# as the distribution's own; and the cipher order that Debian's nginx.conf sets a second time. Each is broken by hand into
# the example's generated tree, named offline by `estiba check`, and then said by nginx at the same file and line; the
# tree as it was generated passes where that one fails.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/founding-failure.sh
# Needs:   root (chroot), openssl, python3; dev/tools/judges.sh to have been run; what dev/images/{dockerd,server-images}.sh
#          need; cargo, or a built estiba named by ESTIBA.
# Changes: while it runs, a network and containers of this run's name and a folder in TMPDIR; after it, only the images of
#          dev/images/ are left. Stops the Docker daemon if it started it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
readonly RUN=estiba-founding-$$
readonly IMAGE=estiba-dev/nginx:server
readonly LITERAL=nginx/conf.d/alertmanager.conf
readonly INSTALL=deployment/scripts/hybrid/install-hybrid-first-time.sh

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"

WORK=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  docker rm --force "$RUN" >/dev/null 2>&1 || true
  docker network rm "$RUN" >/dev/null 2>&1 || true
  [[ -z $WORK ]] || rm -rf --one-file-system "$WORK"
  leave_dockerd
}

# --- trees ------------------------------------------------------------------------------------------------------------

# make_tree PROXY: the example with nginx there, as $WORK/PROXY.
make_tree() {
  mkdir "$WORK/description-$1"
  tar -C "$ROOT/examples/jupiter" --exclude ./vps-infrastructure -c . | tar -C "$WORK/description-$1" -x
  sed -i "s/^proxy: .*/proxy: { runs: $1 }/" "$WORK/description-$1/estiba.yml"
  "$ESTIBA" generate "$WORK/description-$1" >/dev/null
  mv "$WORK/description-$1/vps-infrastructure" "$WORK/$1"
}

# with_literal TREE NEW: a copy in which the admin page is passed on to a container's name and to nothing else, as it was
# then. Beside an `upstream` of that name nginx would say something else: that it may not have a port.
with_literal() {
  cp -a "$1" "$2"
  sed -i '/^upstream jupiter-alertmanager {/,/^}/d' "$2/nginx/modes/hybrid.conf"
  sed -i 's,proxy_pass http://jupiter-alertmanager;,proxy_pass http://jupiter-alertmanager:9093;,' "$2/$LITERAL"
}

# nginx_first TREE: its installation configures nginx before the monitors are started.
nginx_first() {
  python3 - "$1/$INSTALL" <<'MOVE'
import sys
path = sys.argv[1]
lines = open(path).read().splitlines(True)
moved = next(line for line in lines if 'scripts/configure-nginx.sh"' in line)
lines.remove(moved)
before = next(at for at, line in enumerate(lines) if 'setup-monitoring-prerequisites.sh"' in line)
lines.insert(before, moved)
open(path, 'w').write(''.join(lines))
MOVE
}

# line_of FILE TEXT: the one line of a file that holds a text.
line_of() {
  grep -nF -- "$2" "$1" | cut -d : -f 1
}

# named TREE RULE: where `estiba check` names it as an error, `file:line` each.
named() {
  { "$ESTIBA" check --format json "$1" || true; } | python3 -c '
import json, sys
for finding in json.load(sys.stdin)["findings"]:
    if finding["rule"] == sys.argv[1] and finding["level"] == "error":
        print(*("{path}:{line}".format(**at) for at in finding["locations"] if at["primary"]))' "$2"
}

errors() {
  { "$ESTIBA" check --format json "$1" || true; } | python3 -c 'import json, sys; print(json.load(sys.stdin)["summary"]["errors"])'
}

# --- nginx ------------------------------------------------------------------------------------------------------------

# place TREE SRV STATE: a server's folders as configure-nginx.sh leaves them before the first test.
place() {
  local tree=$1 srv=$2 state=$3 host folder
  rm -rf "$srv" "$state"
  mkdir -p "$srv/releases" "$state"/{certs,upstreams,auth,webroot}
  cp -a "$tree" "$srv/releases/0123456789abcdef"
  ln -s releases/0123456789abcdef "$srv/live-nginx"
  cp "$tree/nginx/upstreams/"*.conf "$state/upstreams/"
  echo 'include modes/hybrid.conf;' >"$state/mode.conf"
  echo 'return 200;' >"$state/release.conf"
  echo '# nobody' >"$state/auth/monitoring.htpasswd"
  for host in jupiter.example {grafana,prometheus,alertmanager}.jupiter.example; do
    folder=$state/certs/$host
    mkdir "$folder"
    cp "$WORK/fullchain.pem" "$WORK/privkey.pem" "$folder/"
  done
}

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=placeholder \
    -keyout "$WORK/privkey.pem" -out "$WORK/fullchain.pem" 2>/dev/null
}

# in_image TREE: what `nginx -t` of the proxy's image says, in a network of Docker's; its exit code in front.
in_image() {
  local said status=0
  place "$1" "$WORK/srv" "$WORK/state"
  said=$(docker run --rm --network "$RUN" --volume "$WORK/srv:/srv/estiba:ro" --volume "$WORK/state:/srv/estiba-state:ro" \
    --entrypoint nginx "$IMAGE" -t -q -c /srv/estiba/live-nginx/nginx/nginx.conf 2>&1) || status=$?
  printf '%s %s\n' "$status" "$(emergency <<<"$said")"
}

# make_host GENERATION: a copy of a distribution's nginx, to run with chroot.
make_host() {
  HOST=$WORK/$1
  if [[ ! -d $HOST ]]; then
    [[ -d $TOOLS_CACHE/chroots/$1 ]] || fail "$TOOLS_CACHE/chroots/$1 is missing: dev/tools/judges.sh"
    cp -a "$TOOLS_CACHE/chroots/$1" "$HOST"
    mkdir -p "$HOST"/var/log/nginx "$HOST"/var/lib/nginx "$HOST"/etc/nginx/conf.d
    printf 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/nonexistent:/bin/false\n' >"$HOST/etc/passwd"
    printf 'root:x:0:\nwww-data:x:33:\n' >"$HOST/etc/group"
  fi
}

# on_host CONF: what `nginx -t` of the distribution says.
on_host() {
  local said status=0
  said=$(chroot "$HOST" /usr/sbin/nginx -t -q -c "$1" 2>&1) || status=$?
  printf '%s %s\n' "$status" "$(emergency <<<"$said")"
}

# of_host TREE: the same, of a tree where it stands on a server.
of_host() {
  place "$1" "$HOST/opt/jupiter/srv" "$HOST/opt/jupiter/state/nginx"
  on_host /opt/jupiter/srv/live-nginx/nginx/nginx.conf
}

# The first line of that level, without the process's number.
emergency() {
  grep -m 1 -o '\[emerg\].*' | sed -E 's/ [0-9]+#[0-9]+:/ /; s/  / /' || true
}

# --- tests ------------------------------------------------------------------------------------------------------------

test_container() {
  local line where
  same 'nginx in a container: check passes the generated tree' 0 "$(errors "$WORK/container")"
  same 'and nginx starts with it before any service is there' '0 ' "$(in_image "$WORK/container")"

  with_literal "$WORK/container" "$WORK/literal"
  nginx_first "$WORK/literal"
  line=$(line_of "$WORK/literal/$LITERAL" 'proxy_pass http://jupiter-alertmanager:9093;')
  where=/srv/estiba/live-nginx/$LITERAL
  same 'a container'"'"'s name, and nginx before the containers: check names the line' "$LITERAL:$line" \
    "$(named "$WORK/literal" upstream-started-after-reload)"
  same 'and nginx says so at that line' "1 [emerg] host not found in upstream \"jupiter-alertmanager\" in $where:$line" \
    "$(in_image "$WORK/literal")"

  docker run --detach --name "$RUN" --network "$RUN" --network-alias jupiter-alertmanager --entrypoint /bin/busybox "$IMAGE" \
    sleep 600 >/dev/null
  same 'with the container there it would have started' '0 ' "$(in_image "$WORK/literal")"
  docker rm --force "$RUN" >/dev/null

  cp -a "$WORK/container" "$WORK/reordered"
  nginx_first "$WORK/reordered"
  same 'the generated files in that same order: no error' 0 "$(errors "$WORK/reordered")"
  same 'and nginx starts' '0 ' "$(in_image "$WORK/reordered")"

  with_literal "$WORK/container" "$WORK/absent"
  sed -i 's/jupiter-alertmanager:9093/jupiter-alertmanger:9093/' "$WORK/absent/$LITERAL"
  same 'the name of no service at all: check names the line' "$LITERAL:$line" "$(named "$WORK/absent" upstream-host-unknown)"
  same 'and nginx says so at that line' "1 [emerg] host not found in upstream \"jupiter-alertmanger\" in $where:$line" \
    "$(in_image "$WORK/absent")"
}

test_host() {
  local generation=$1 line
  make_host "$generation"
  same "nginx on the host, $generation: starts with the generated tree before any service is there" '0 ' "$(of_host "$WORK/host")"
  line=$(line_of "$WORK/host-literal/$LITERAL" 'proxy_pass http://jupiter-alertmanager:9093;')
  same 'a container'"'"'s name is what it says' \
    "1 [emerg] host not found in upstream \"jupiter-alertmanager\" in /opt/jupiter/srv/live-nginx/$LITERAL:$line" \
    "$(of_host "$WORK/host-literal")"
}

# test_stock GENERATION NUMBER: the nginx.conf of Debian's package, and our TLS parameters in its conf.d.
test_stock() {
  local stock="$ROOT/dev/tests/founding-failure/debian-$2-nginx.conf" tree=$WORK/stock-$2 line
  make_host "$1"
  mkdir -p "$tree/nginx/conf.d"
  cp "$stock" "$tree/nginx/nginx.conf"
  cp "$WORK/host/nginx/snippets/ssl-params.conf" "$tree/nginx/conf.d/"
  cp -a "$tree/nginx/." "$HOST/etc/nginx/"
  # Something must say that this is an nginx, as the hand-written trees of those days did.
  cat >"$tree/docker-compose.yml" <<'COMPOSE'
services:
  proxy:
    image: nginx:stable
    volumes: ["./nginx/nginx.conf:/etc/nginx/nginx.conf:ro", "./nginx/conf.d:/etc/nginx/conf.d:ro"]
COMPOSE
  line=$(line_of "$tree/nginx/conf.d/ssl-params.conf" 'ssl_prefer_server_ciphers ')
  same "Debian $2's nginx.conf and TLS parameters beside it: check names the line" "nginx/conf.d/ssl-params.conf:$line" \
    "$(named "$tree" duplicate-directive)"
  same 'and nginx says so at that line' \
    "1 [emerg] \"ssl_prefer_server_ciphers\" directive is duplicate in /etc/nginx/conf.d/ssl-params.conf:$line" \
    "$(on_host /etc/nginx/nginx.conf)"
  same 'on the same server the generated tree passes' '0 ' "$(of_host "$WORK/host")"
}

main() {
  local line
  if (($# > 0)); then
    printf 'usage: dev/tests/founding-failure.sh\n' >&2
    return 64
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  need_dockerd
  WORK=$(mktemp -d)
  find_estiba
  "$ROOT/dev/images/server-images.sh" --only "$IMAGE" >/dev/null
  docker network create "$RUN" >/dev/null
  make_certificate
  make_tree container
  make_tree host

  test_container

  same 'nginx on the host: check passes the generated tree' 0 "$(errors "$WORK/host")"
  with_literal "$WORK/host" "$WORK/host-literal"
  line=$(line_of "$WORK/host-literal/$LITERAL" 'proxy_pass http://jupiter-alertmanager:9093;')
  same 'a container'"'"'s name, which no order makes resolve there: check names the line' "$LITERAL:$line" \
    "$(named "$WORK/host-literal" dns-name-from-host-network)"
  test_host nginx-1.22
  test_host nginx-1.26
  test_stock nginx-1.22 12
  test_stock nginx-1.26 13
  summary
}

main "$@"
exit
