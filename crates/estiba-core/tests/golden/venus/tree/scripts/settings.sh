# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2209 # `$` in a value is the value's own; read elsewhere; a project may be named as a command is
# Every value of this project that a script needs, and nothing else. Sourced, never run.
# A change belongs into estiba.yml: this file is generated again from it.

PROJECT=venus
LANGUAGE=en
DEFAULT_MODE='minimal'
HAS_MONITORING=no

SERVER_HOST=vps.venus.example
SERVER_USER=ship
SERVER_PATH=/srv/apps/venus
SERVER_ARCH=arm64

PROXY_RUNS='host'
PROXY_SERVICE=''

# The group of nginx' workers: a number in the container (the image's own `nginx`), a name on the host.
PROXY_WORKER_GROUP=www-data

# How nginx sees srv/ and its configuration.
PROXY_SRV=/srv/apps/venus/srv
PROXY_CONF=/srv/apps/venus/srv/live-nginx/nginx/nginx.conf
RELEASE_PORT=8089

TLS_EMAIL=ops+tls@venus.example
TLS_CA_URL=https://acme.example:14000/dir

# Public hosts, each with a certificate of its own.
HOSTS=(
  admin.venus.example
  docs.venus.example
  old.venus.example
  venus.example
  www.venus.example
  venus.example.org
)
declare -A HOST_ALIASES=()

# Services in the order in which they can start.
SERVICES=(
  venus-database
  venus-migrate
  venus-shop
  venus-worker
)
ONE_SHOT_SERVICES=(
  venus-migrate
)
# A second container of these must not run beside the first: it would share a volume, a namespace or an address.
STOP_FIRST_SERVICES=(
  venus-database
  venus-migrate
  venus-shop
)
# What an update runs in the new image before anybody is sent to it, one word a line.
declare -A RELEASE_BEFORE=(
  [venus-shop]='shop
migrate
--note=it'\''s "new" $5'
)
declare -A WEB_PORT=(
  [venus-shop]=3000
)

declare -A SERVICE_IMAGE=(
  [venus-database]=mysql:8.4
  [venus-migrate]=venus-migrate:prod
  [venus-shop]=ghcr.io/venus/shop:2.1
  [venus-worker]=ghcr.io/venus/shop:2.1
  [venus-tools]=ghcr.io/venus/tools@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
)
# Images of the services and of nginx; several services may share one.
IMAGES=(
  ghcr.io/venus/shop:2.1
  ghcr.io/venus/tools@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  mysql:8.4
  venus-migrate:prod
)
# image → the service of local-prod that builds it; every other image is pulled.
declare -A BUILT_IMAGE=(
  [venus-migrate:prod]=venus-migrate
  [ghcr.io/venus/shop:2.1]=venus-shop
)

# Secrets: generated on the server where a length in characters stands, asked otherwise.
SECRETS=(
  database_password
  api_token
  spare
)
declare -A SECRET_GENERATE=(
  [database_password]=24
)
declare -A SECRET_FORMAT=(
  [api_token]=url
)

# What nginx passes requests to; the servers of each stand in state/nginx/upstreams/<name>.conf.
UPSTREAMS=(
  venus-shop
  venus-shop.3001
)
declare -A UPSTREAM_SERVICE=(
  [venus-shop]=venus-shop
  [venus-shop.3001]=venus-shop
)
# The other way round: all that lead to a service.
declare -A SERVICE_UPSTREAMS=(
  [venus-shop]='venus-shop venus-shop.3001'
)
# The port inside the container.
declare -A UPSTREAM_PORT=(
  [venus-shop]=3000
  [venus-shop.3001]=3001
)
# The first of the two loopback ports that nginx on the host asks.
declare -A UPSTREAM_LOOPBACK=(
  [venus-shop]=23470
  [venus-shop.3001]=28786
)

NETWORKS=(
  venus_private
  venus_edge
  venus_back
)
VOLUMES=(
  venus_database
  venus_uploads
)

# Databases are backed up by their own tools.
POSTGRES_SERVICES=(
)
MYSQL_SERVICES=(
  venus-database
)
declare -A DATABASE_USER=(
  [venus-database]=root
)
declare -A DATABASE_VOLUME=(
  [venus-database]=venus_database
)

BACKUP_KEEP=7
KEEP_RELEASES=3

# What hybrid adds to minimal.
MONITORING_SERVICES=(
)
MONITORING_IMAGES=(
)
MONITORING_SECRETS=(
)
MONITORING_HOSTS=(
)
# What each admin page answers with 200 when it is well, whatever its front page is.
declare -A MONITORING_PROBE=(
)
MONITORING_UPSTREAMS=(
)
DATA_DIRECTORIES=(
)
# The users inside the official images.
declare -A DATA_OWNER=(
)
AUTH_USER=''
AUTH_FILE=monitoring.htpasswd
AUTH_FILES=(
)
