# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2209 # `$` in a value is the value's own; read elsewhere; a project may be named as a command is
# Every value of this project that a script needs, and nothing else. Sourced, never run.
# A change belongs into estiba.yml: this file is generated again from it.

PROJECT=jupiter
LANGUAGE=es
DEFAULT_MODE='hybrid'
HAS_MONITORING=yes

SERVER_HOST=vps.jupiter.example
SERVER_USER=deploy
SERVER_PATH=/opt/jupiter
SERVER_ARCH=amd64

PROXY_RUNS='container'
PROXY_SERVICE=jupiter-proxy

# The group of nginx' workers: a number in the container (the image's own `nginx`), a name on the host.
PROXY_WORKER_GROUP=101

# How nginx sees srv/ and its configuration.
PROXY_SRV=/srv/estiba
PROXY_CONF=/srv/estiba/live-nginx/nginx/nginx.conf
RELEASE_PORT=8089

TLS_EMAIL=ops@jupiter.example
TLS_CA_URL=https://acme-v02.api.letsencrypt.org/directory

# Public hosts, each with a certificate of its own.
HOSTS=(
  jupiter.example
)
declare -A HOST_ALIASES=()

# Services in the order in which they can start.
SERVICES=(
  jupiter-database
  jupiter-app-server
  jupiter-web-client
)
ONE_SHOT_SERVICES=(
)
# A second container of these must not run beside the first: it would share a volume, a namespace or an address.
STOP_FIRST_SERVICES=(
  jupiter-database
)
# What an update runs in the new image before anybody is sent to it, one word a line.
declare -A RELEASE_BEFORE=(
)
declare -A WEB_PORT=(
  [jupiter-app-server]=3000
  [jupiter-web-client]=8080
)

declare -A SERVICE_IMAGE=(
  [jupiter-database]=postgres:17
  [jupiter-app-server]=jupiter-app-server:prod
  [jupiter-web-client]=jupiter-web-client:prod
  [jupiter-proxy]=nginx:1.30.6
  [jupiter-alertmanager]=prom/alertmanager:v0.33.0
  [jupiter-blackbox-exporter]=prom/blackbox-exporter:v0.28.0
  [jupiter-grafana]=grafana/grafana:12.3.0
  [jupiter-nginx-exporter]=nginx/nginx-prometheus-exporter:1.5.1
  [jupiter-node-exporter]=prom/node-exporter:v1.10.2
  [jupiter-prometheus]=prom/prometheus:v3.5.3
)
# Images of the services and of nginx; several services may share one.
IMAGES=(
  jupiter-app-server:prod
  jupiter-web-client:prod
  nginx:1.30.6
  postgres:17
)
# image → the service of local-prod that builds it; every other image is pulled.
declare -A BUILT_IMAGE=(
  [jupiter-app-server:prod]=jupiter-app-server
  [jupiter-web-client:prod]=jupiter-web-client
)

# Secrets: generated on the server where a length in characters stands, asked otherwise.
SECRETS=(
  database_password
)
declare -A SECRET_GENERATE=(
  [database_password]=32
  [grafana_admin_password]=32
)
declare -A SECRET_FORMAT=(
  [alert_webhook]=url
)

# What nginx passes requests to; the servers of each stand in state/nginx/upstreams/<name>.conf.
UPSTREAMS=(
  jupiter-app-server
  jupiter-web-client
)
declare -A UPSTREAM_SERVICE=(
  [jupiter-app-server]=jupiter-app-server
  [jupiter-web-client]=jupiter-web-client
)
# The other way round: all that lead to a service.
declare -A SERVICE_UPSTREAMS=(
  [jupiter-app-server]='jupiter-app-server'
  [jupiter-web-client]='jupiter-web-client'
)
# The port inside the container.
declare -A UPSTREAM_PORT=(
  [jupiter-app-server]=3000
  [jupiter-web-client]=8080
)
# The first of the two loopback ports that nginx on the host asks.
declare -A UPSTREAM_LOOPBACK=(
)

NETWORKS=(
  jupiter_private
  jupiter_edge
  jupiter_monitoring
)
VOLUMES=(
  jupiter_database
)

# Databases are backed up by their own tools.
POSTGRES_SERVICES=(
  jupiter-database
)
MYSQL_SERVICES=(
)
declare -A DATABASE_USER=(
  [jupiter-database]=postgres
)
declare -A DATABASE_VOLUME=(
  [jupiter-database]=jupiter_database
)

BACKUP_KEEP=7
KEEP_RELEASES=3

# What hybrid adds to minimal.
MONITORING_SERVICES=(
  jupiter-alertmanager
  jupiter-blackbox-exporter
  jupiter-grafana
  jupiter-nginx-exporter
  jupiter-node-exporter
  jupiter-prometheus
)
MONITORING_IMAGES=(
  grafana/grafana:12.3.0
  nginx/nginx-prometheus-exporter:1.5.1
  prom/alertmanager:v0.33.0
  prom/blackbox-exporter:v0.28.0
  prom/node-exporter:v1.10.2
  prom/prometheus:v3.5.3
)
MONITORING_SECRETS=(
  alert_webhook
  grafana_admin_password
)
MONITORING_HOSTS=(
  alertmanager.jupiter.example
  grafana.jupiter.example
  prometheus.jupiter.example
)
# What each admin page answers with 200 when it is well, whatever its front page is.
declare -A MONITORING_PROBE=(
  [alertmanager.jupiter.example]=/-/healthy
  [grafana.jupiter.example]=/api/health
  [prometheus.jupiter.example]=/-/healthy
)
MONITORING_UPSTREAMS=(
  jupiter-alertmanager
  jupiter-grafana
  jupiter-prometheus
)
DATA_DIRECTORIES=(
  alertmanager
  grafana
  prometheus
)
# The users inside the official images.
declare -A DATA_OWNER=(
  [alertmanager]=65534:65534
  [grafana]=472:0
  [prometheus]=65534:65534
)
AUTH_USER='admin'
AUTH_FILE=monitoring.htpasswd
AUTH_FILES=(
  monitoring.htpasswd
)
