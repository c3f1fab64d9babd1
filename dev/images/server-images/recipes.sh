# shellcheck shell=bash
# One function per image: which packages, which files, and what of the official image's interface the generated tree
# relies on (program names, users, folders, entrypoint). Sourced, never run.
#
# A recipe gets the image's name and content label. RECIPE says which recipe makes what; STANDS_FOR, which repository of
# a tree is served by it.

# shellcheck disable=SC2034 # read by server-images.sh
declare -A RECIPE=(
  [estiba-dev/nginx:server]=make_nginx
  [estiba-dev/postgres:17]=make_postgres
  [estiba-dev/prometheus:server]=make_prometheus
  [estiba-dev/alertmanager:server]=make_alertmanager
  [estiba-dev/node-exporter:server]=make_node_exporter
  [estiba-dev/blackbox-exporter:server]=make_blackbox_exporter
  [estiba-dev/nginx-exporter:server]=make_nginx_exporter
  [estiba-dev/grafana-stand-in:server]=make_grafana_stand_in
)

# Repository of a reference in a tree → the image here.
# shellcheck disable=SC2034 # read by server-images.sh
declare -A STANDS_FOR=(
  [nginx]=estiba-dev/nginx:server
  [postgres]=estiba-dev/postgres:17
  [prom/prometheus]=estiba-dev/prometheus:server
  [prom/alertmanager]=estiba-dev/alertmanager:server
  [prom/node-exporter]=estiba-dev/node-exporter:server
  [prom/blackbox-exporter]=estiba-dev/blackbox-exporter:server
  [nginx/nginx-prometheus-exporter]=estiba-dev/nginx-exporter:server
  [grafana/grafana]=estiba-dev/grafana-stand-in:server
  [jupiter-app-server]=estiba-dev/jupiter-app-server:server
  [jupiter-web-client]=estiba-dev/jupiter-web-client:server
)

# The official image's user is 101:101, which the tree's scripts give the user file of the login to.
make_nginx() {
  take unstable nginx nginx-common busybox
  begin
  user nginx 101 101
  put /usr/sbin/nginx
  put /etc/nginx/mime.types
  put_busybox
  install -m 0755 "$HERE/server-images/nginx-entrypoint.sh" "$ROOT/docker-entrypoint.sh"
  # Debian's nginx makes its temporary folders under /var/lib/nginx, the official one under /var/cache/nginx.
  folder 0:0 0755 /var/lib/nginx /var/cache/nginx /var/log/nginx /docker-entrypoint.d
  ln -s /dev/stdout "$ROOT/var/log/nginx/access.log"
  ln -s /dev/stderr "$ROOT/var/log/nginx/error.log"
  finish "$1" "$2" 'ENTRYPOINT ["/docker-entrypoint.sh"]' 'CMD ["nginx", "-g", "daemon off;"]' 'EXPOSE 80' 'STOPSIGNAL SIGQUIT'
}

# Of the official image's interface: POSTGRES_PASSWORD(_FILE), PGDATA, the folder of the data, psql and the dump tools.
make_postgres() {
  local version=17 file
  take trixie "postgresql-$version" "postgresql-client-$version" libpq5 libc-bin tzdata bash util-linux busybox
  begin
  user postgres 999 999 /var/lib/postgresql
  for file in "$FROM/usr/lib/postgresql/$version/bin"/* "$FROM/usr/lib/postgresql/$version/lib"/*.so; do
    # The compiler for queries and what belongs to it; see `take`.
    [[ $file == */llvmjit* ]] || put "${file#"$FROM"}"
  done
  for file in "$ROOT/usr/lib/postgresql/$version/bin"/*; do
    ln -s "../lib/postgresql/$version/bin/${file##*/}" "$ROOT/usr/bin/${file##*/}"
  done
  put /bin/bash /usr/bin/bash
  put /usr/bin/setpriv
  put_busybox
  mkdir -p "$ROOT/usr/share/postgresql" "$ROOT/usr/local/bin" "$ROOT/usr/lib/locale"
  # Debian's C library reads C.UTF-8 from a file of libc-bin.
  cp -a "$FROM/usr/lib/locale/C.utf8" "$ROOT/usr/lib/locale/"
  cp -a "$FROM/usr/share/postgresql/$version" "$ROOT/usr/share/postgresql/"
  rm -rf "$ROOT/usr/share/postgresql/$version/man"
  cp -a "$FROM/usr/share/zoneinfo" "$ROOT/usr/share/"
  install -m 0755 "$HERE/server-images/postgres-entrypoint.sh" "$ROOT/usr/local/bin/docker-entrypoint.sh"
  folder 999:999 0700 /var/lib/postgresql /var/lib/postgresql/data
  folder 999:999 3777 /run/postgresql
  finish "$1" "$2" 'ENV PGDATA=/var/lib/postgresql/data' 'ENV LANG=C.UTF-8' 'VOLUME /var/lib/postgresql/data' 'EXPOSE 5432' \
    'STOPSIGNAL SIGINT' 'ENTRYPOINT ["docker-entrypoint.sh"]'
}

make_prometheus() {
  take unstable prometheus promtool ca-certificates tzdata busybox
  begin
  put /usr/bin/prometheus
  put /usr/bin/promtool
  # Debian builds it without its web page; this one says so, and is what `/` leads to.
  put /usr/share/prometheus/web/no-ui/index.html
  put_authorities
  put_busybox
  folder 65534:65534 0755 /prometheus /etc/prometheus
  finish "$1" "$2" 'USER nobody' 'EXPOSE 9090' 'VOLUME /prometheus' 'WORKDIR /prometheus' 'ENTRYPOINT ["/bin/prometheus"]' \
    'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]'
}

make_alertmanager() {
  take unstable prometheus-alertmanager ca-certificates busybox
  begin
  put /usr/bin/prometheus-alertmanager /usr/bin/alertmanager
  put /usr/bin/amtool
  put_authorities
  put_busybox
  put_template_files
  folder 65534:65534 0755 /alertmanager /etc/alertmanager
  finish "$1" "$2" 'USER nobody' 'EXPOSE 9093' 'VOLUME /alertmanager' 'WORKDIR /alertmanager' 'ENTRYPOINT ["/bin/alertmanager"]' \
    'CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]'
}

# Debian's Alertmanager reads its page and its texts from files, the official one holds them inside.
put_template_files() {
  if [[ -d $FROM/usr/share/prometheus/alertmanager ]]; then
    mkdir -p "$ROOT/usr/share/prometheus"
    cp -a "$FROM/usr/share/prometheus/alertmanager" "$ROOT/usr/share/prometheus/"
  fi
}

make_node_exporter() {
  take unstable prometheus-node-exporter busybox
  begin
  put /usr/bin/prometheus-node-exporter /usr/bin/node_exporter
  put_busybox
  finish "$1" "$2" 'USER nobody' 'EXPOSE 9100' 'ENTRYPOINT ["/bin/node_exporter"]'
}

make_blackbox_exporter() {
  take unstable prometheus-blackbox-exporter ca-certificates busybox
  begin
  put /usr/bin/prometheus-blackbox-exporter /usr/bin/blackbox_exporter
  put_authorities
  put_busybox
  folder 0:0 0755 /etc/blackbox_exporter
  finish "$1" "$2" 'USER nobody' 'EXPOSE 9115' 'ENTRYPOINT ["/bin/blackbox_exporter"]' \
    'CMD ["--config.file=/etc/blackbox_exporter/config.yml"]'
}

# One program and nothing else, as in the official image: a healthcheck could not work there, so none may work here.
make_nginx_exporter() {
  take unstable prometheus-nginx-exporter
  begin
  put /usr/bin/prometheus-nginx-exporter /usr/bin/nginx-prometheus-exporter
  finish "$1" "$2" 'USER 1001:1001' 'EXPOSE 9113' 'ENTRYPOINT ["/usr/bin/nginx-prometheus-exporter"]'
}

# Not Grafana, which no registry at hand has; see grafana-stand-in/main.go for what it does.
make_grafana_stand_in() {
  local base
  take unstable ca-certificates busybox
  MADE_FROM='a stand-in that answers as Grafana does to health, login and metrics; it draws nothing'
  begin
  user grafana 472 0 /usr/share/grafana
  put_busybox
  base=$("$HERE/base.sh" | tail -n 1)
  docker run --rm --network none --label estiba.dev=server-images -v "$(cd "$HERE/server-images/grafana-stand-in" && pwd):/src:ro" \
    -v "$ROOT/usr/bin:/out" -w /src -e GO111MODULE=off -e CGO_ENABLED=0 -e GOCACHE=/tmp/go-build "$base" \
    go build -trimpath -ldflags '-s -w' -o /out/grafana-stand-in .
  folder 472:0 0775 /var/lib/grafana
  finish "$1" "$2" 'LABEL estiba.dev.stand-in=grafana' 'USER 472' 'EXPOSE 3000' 'ENTRYPOINT ["/bin/grafana-stand-in"]'
}
