# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2209 # `$` in a value is the value's own; read elsewhere; a project may be named as a command is
# Every value of this project that a script needs, and nothing else. Sourced, never run.
# A change belongs into estiba.yml: this file is generated again from it.

PROJECT=dot
LANGUAGE=en
DEFAULT_MODE='minimal'
HAS_MONITORING=no

SERVER_HOST=dot.example
SERVER_USER=deploy
SERVER_PATH=/opt/dot
SERVER_ARCH=amd64

PROXY_RUNS='container'
PROXY_SERVICE=dot-proxy

# The group of nginx' workers: a number in the container (the image's own `nginx`), a name on the host.
PROXY_WORKER_GROUP=101

# How nginx sees srv/ and its configuration.
PROXY_SRV=/srv/estiba
PROXY_CONF=/srv/estiba/live-nginx/nginx/nginx.conf
RELEASE_PORT=8089

TLS_EMAIL=ops@dot.example
TLS_CA_URL=https://acme-v02.api.letsencrypt.org/directory

# Public hosts, each with a certificate of its own.
HOSTS=(
)
declare -A HOST_ALIASES=()

# Services in the order in which they can start.
SERVICES=(
  dot-app
)
ONE_SHOT_SERVICES=(
)
# A second container of these must not run beside the first: it would share a volume, a namespace or an address.
STOP_FIRST_SERVICES=(
)
# What an update runs in the new image before anybody is sent to it, one word a line.
declare -A RELEASE_BEFORE=(
)
declare -A WEB_PORT=(
)

declare -A SERVICE_IMAGE=(
  [dot-app]=dot:1
  [dot-proxy]=nginx:1.30.6
)
# Images of the services and of nginx; several services may share one.
IMAGES=(
  dot:1
  nginx:1.30.6
)
# image → the service of local-prod that builds it; every other image is pulled.
declare -A BUILT_IMAGE=(
)

# Secrets: generated on the server where a length in characters stands, asked otherwise.
SECRETS=(
)
declare -A SECRET_GENERATE=(
)
declare -A SECRET_FORMAT=(
)

# What nginx passes requests to; the servers of each stand in state/nginx/upstreams/<name>.conf.
UPSTREAMS=(
)
declare -A UPSTREAM_SERVICE=(
)
# The other way round: all that lead to a service.
declare -A SERVICE_UPSTREAMS=(
)
# The port inside the container.
declare -A UPSTREAM_PORT=(
)
# The first of the two loopback ports that nginx on the host asks.
declare -A UPSTREAM_LOOPBACK=(
)

NETWORKS=(
  dot_private
  dot_edge
)
VOLUMES=(
)

# Databases are backed up by their own tools.
POSTGRES_SERVICES=(
)
MYSQL_SERVICES=(
)
declare -A DATABASE_USER=(
)
declare -A DATABASE_VOLUME=(
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
