#!/usr/bin/env bash
# Builds the example's two images and proves the application through HTTP against a real PostgreSQL.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/example-app.sh
# Needs:   root, curl; what dev/images/{dockerd,base,server-images}.sh need.
# Changes: while it runs, containers, a network, a folder and image tags that carry this run's name; after it,
#          only the images and the build cache of dev/images/ are left. Stops the Docker daemon if it started it.
set -euo pipefail

readonly ROOT=${BASH_SOURCE[0]%/*}/../..
readonly RUN=estiba-example-app-$$
readonly IMAGE_TAG=test-$$
readonly VERSION=1.2.3-test
readonly HARDENED=(--read-only --cap-drop ALL --security-opt no-new-privileges)

# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"

FOLDER=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  local ids
  ids=$(docker ps -aq --filter "label=estiba.dev.run=$RUN" 2>/dev/null || true)
  if [[ -n $ids ]]; then
    # A paused container cannot be removed by every engine.
    xargs -n 1 docker unpause <<<"$ids" >/dev/null 2>&1 || true
    xargs docker rm -fv <<<"$ids" >/dev/null || true
  fi
  docker network rm "$RUN" >/dev/null 2>&1 || true
  docker rmi "jupiter-app-server:$IMAGE_TAG" "jupiter-web-client:$IMAGE_TAG" >/dev/null 2>&1 || true
  if [[ -n $FOLDER ]]; then
    rm -rf "$FOLDER"
  fi
  leave_dockerd
}

now_ms() {
  printf '%s' $((${EPOCHREALTIME/[.,]/} / 1000))
}

start() {
  local name=$1
  shift
  docker run -d --name "$RUN-$name" --label "estiba.dev.run=$RUN" --network "$RUN" --network-alias "$name" "$@" >/dev/null
}

start_app() {
  local name=$1
  shift
  start "$name" "${HARDENED[@]}" -p 127.0.0.1::3000 -e DATABASE_HOST=database \
    -v "$FOLDER/database_password:/run/secrets/database_password:ro" "$@" "jupiter-app-server:$IMAGE_TAG"
}

# Docker chooses another port at every start.
url() {
  printf 'http://%s' "$(docker port "$RUN-$1" "$2/tcp" | head -n 1)"
}

# Status code, a space, the body; 000 when nothing answered.
ask() {
  local body code
  body=$(curl --noproxy '*' -sS -m 20 -w '\n%{http_code}' "$@" 2>/dev/null) || true
  code=${body##*$'\n'}
  printf '%s %s' "$code" "${body%$'\n'*}"
}

code() {
  local answer
  answer=$(ask "$@")
  printf '%s' "${answer%% *}"
}

order() {
  ask -X POST -H 'Content-Type: application/json' -d "{\"id\":\"$2\"}" "$1/orders"
}

wait_code() {
  local expected=$1 i
  shift
  for ((i = 0; i < 300; i++)); do
    if [[ $(code "$@") == "$expected" ]]; then
      break
    fi
    sleep 0.2
  done
  code "$@"
}

healthcheck() {
  local status=0
  docker exec "$RUN-$1" /app-server healthcheck >/dev/null 2>&1 || status=$?
  printf '%s' "$status"
}

exit_code() {
  docker inspect -f '{{.State.ExitCode}}' "$RUN-$1"
}

prepare() {
  need_dockerd
  FOLDER=$(mktemp -d)
  chmod 0711 "$FOLDER"
  # Every character that a connection string could trip over.
  printf '%s\n' "it's \\ \"quoted\" \$x =&" >"$FOLDER/database_password"
  chmod 0444 "$FOLDER/database_password"
  "$ROOT/dev/images/server-images.sh" --only estiba-dev/postgres:17 >/dev/null
  TAG=$IMAGE_TAG "$ROOT/dev/images/apps.sh" "$VERSION" >/dev/null
  docker network create --label "estiba.dev.run=$RUN" "$RUN" >/dev/null
}

test_images() {
  local name
  for name in app-server web-client; do
    same "$name: the image runs as a numeric user who is not root" 10001:10001 \
      "$(docker image inspect -f '{{.Config.User}}' "jupiter-$name:$IMAGE_TAG")"
  done
}

test_without_database() {
  start_app app-server
  local app
  app=$(url app-server 3000)
  same 'without a database: /health answers 503' 503 "$(wait_code 503 "$app/health")"
  same 'without a database: healthcheck exits 1' 1 "$(healthcheck app-server)"
  same 'without a database: an order answers 503' 503 "$(code -X POST -d '{"id":"early"}' "$app/orders")"
  same 'without a database: /version answers' 200 "$(code "$app/version")"
}

test_start_of_database() {
  local app
  app=$(url app-server 3000)
  start database -e POSTGRES_PASSWORD_FILE=/run/secrets/database_password \
    -v "$FOLDER/database_password:/run/secrets/database_password:ro" estiba-dev/postgres:17
  same 'the database appears: /health turns to 200' '200 {"database":"up","status":"ok"}' \
    "$(wait_code 200 "$app/health" >/dev/null; ask "$app/health")"
  same 'healthcheck exits 0' 0 "$(healthcheck app-server)"
  same '/version is the one that was built' "200 {\"version\":\"$VERSION\"}" "$(ask "$app/version")"
}

test_orders() {
  local app second answers i
  app=$(url app-server 3000)
  same 'no orders yet' '200 {"count":0}' "$(ask "$app/orders/count")"
  same 'an order the first time: 201' '201 {"id":"order-1","status":"created"}' "$(order "$app" order-1)"
  same 'the same order again: 200' '200 {"id":"order-1","status":"existing"}' "$(order "$app" order-1)"
  same 'one order' '200 {"count":1}' "$(ask "$app/orders/count")"

  start_app app-server-2
  second=$(url app-server-2 3000)
  same 'a second server becomes healthy' 200 "$(wait_code 200 "$second/health")"
  same 'the second server knows the order' '200 {"id":"order-1","status":"existing"}' "$(order "$second" order-1)"
  mkdir "$FOLDER/race"
  for ((i = 0; i < 20; i++)); do
    code -X POST -d '{"id":"race"}' "$app/orders" >"$FOLDER/race/a$i" &
    code -X POST -d '{"id":"race"}' "$second/orders" >"$FOLDER/race/b$i" &
  done
  wait
  answers=$(awk 1 "$FOLDER"/race/* | sort | uniq -c | awk '{ printf "%s x %s;", $2, $1 }')
  same 'of 40 equal orders at once, over two servers, one is new' '200 x 39;201 x 1;' "$answers"
  same 'two orders' '200 {"count":2}' "$(ask "$app/orders/count")"
}

test_bad_input() {
  local app
  app=$(url app-server 3000)
  same 'no JSON: 400' 400 "$(code -X POST -d 'id=1' "$app/orders")"
  same 'an empty id: 400' 400 "$(code -X POST -d '{"id":""}' "$app/orders")"
  same 'an id of 65 characters: 400' 400 "$(code -X POST -d "{\"id\":\"$(printf 'a%.0s' {1..65})\"}" "$app/orders")"
  same 'an id with a quote: 400' 400 "$(code -X POST -d "{\"id\":\"a';--\"}" "$app/orders")"
  same 'an unknown key: 400' 400 "$(code -X POST -d '{"id":"a","price":1}' "$app/orders")"
  same 'two values: 400' 400 "$(code -X POST -d '{"id":"a"}{"id":"b"}' "$app/orders")"
  same 'a body above 1 KiB: 413' 413 "$(code -X POST -d "{\"id\":\"$(printf 'a%.0s' {1..2000})\"}" "$app/orders")"
  same 'GET /orders: 405' 405 "$(code "$app/orders")"
  same 'an unknown path: 404' 404 "$(code "$app/nothing")"
  same '/slow beyond its limit: 400' 400 "$(code "$app/slow?seconds=61")"
  same 'nothing of it was stored' '200 {"count":2}' "$(ask "$app/orders/count")"
}

test_metrics() {
  local text
  text=$(ask "$(url app-server 3000)/metrics")
  has '/metrics counts requests' 'app_http_requests_total{route="/orders",code="413"} 1' "$text"
  has '/metrics counts new orders' 'app_orders_total{result="created"} ' "$text"
  has '/metrics knows the database' 'app_database_up 1' "$text"
  has '/metrics names the version' "app_build_info{version=\"$VERSION\"} 1" "$text"
}

test_lost_database() {
  local app before
  app=$(url app-server 3000)
  docker pause "$RUN-database" >/dev/null
  before=$(now_ms)
  same 'a silent database: /health answers 503' 503 "$(code "$app/health")"
  at_most 'and within its time' 4000 $(($(now_ms) - before)) ms
  same 'a silent database: healthcheck exits 1' 1 "$(healthcheck app-server)"
  docker unpause "$RUN-database" >/dev/null
  same 'the database goes on: 200' 200 "$(wait_code 200 "$app/health")"
  docker stop "$RUN-database" >/dev/null
  same 'a stopped database: 503' 503 "$(code "$app/health")"
  docker start "$RUN-database" >/dev/null
  same 'the database is back: 200' 200 "$(wait_code 200 "$app/health")"
  same 'no order was lost' '200 {"count":2}' "$(ask "$app/orders/count")"
  docker exec "$RUN-database" psql -qU postgres -c 'DROP TABLE orders' >/dev/null
  same 'a database without the table is prepared again' 200 "$(code "$app/health")"
  same 'and takes orders' 201 "$(code -X POST -d '{"id":"again"}' "$app/orders")"
}

test_stop() {
  local app before client
  app=$(url app-server 3000)
  ask "$app/slow?seconds=3" >"$FOLDER/slow" &
  client=$!
  sleep 1
  docker stop -t 10 "$RUN-app-server" >/dev/null
  wait "$client"
  same 'stop: the open request is answered' '200 {"seconds":3}' "$(<"$FOLDER/slow")"
  same 'stop: exit code 0' 0 "$(exit_code app-server)"
  has 'stop: the log says so' 'every request was answered' "$(docker logs "$RUN-app-server" 2>&1)"

  start_app app-server-3 -e DRAIN_SECONDS=1
  app=$(url app-server-3 3000)
  wait_code 200 "$app/health" >/dev/null
  ask "$app/slow?seconds=15" >/dev/null &
  client=$!
  sleep 1
  before=$(now_ms)
  docker stop -t 10 "$RUN-app-server-3" >/dev/null
  at_most 'stop: a request that never ends is cut off' 5000 $(($(now_ms) - before)) ms
  same 'stop: exit code 1 then' 1 "$(exit_code app-server-3)"
  wait "$client"
}

test_bad_configuration() {
  docker run --label "estiba.dev.run=$RUN" --name "$RUN-bad" "jupiter-app-server:$IMAGE_TAG" >"$FOLDER/bad" 2>&1 || true
  same 'without a password file: exit code 1' 1 "$(exit_code bad)"
  has 'and the reason' 'DATABASE_PASSWORD_FILE' "$(<"$FOLDER/bad")"
}

test_web_client() {
  local web page before
  start web-client "${HARDENED[@]}" -p 127.0.0.1::8080 "jupiter-web-client:$IMAGE_TAG"
  web=$(url web-client 8080)
  same 'web client: the page answers' 200 "$(wait_code 200 "$web/")"
  page=$(ask "$web/")
  has 'web client: in Spanish' '<html lang="es">' "$page"
  has 'web client: with a button' 'Hacer un pedido' "$page"
  has 'web client: the script asks under /api' 'fetch(`/api' "$(ask "$web/app.js")"
  same 'web client: nothing of the page comes from elsewhere' '' \
    "$(grep -rhoE '(https?:)?//[a-z0-9.-]+\.[a-z]+' "$ROOT/examples/jupiter/apps/jupiter/web-client/www" | grep -v 'http://www.w3.org' || true)"
  same 'web client: type of the page' 'text/html;charset=utf-8' "$(curl -sS -o /dev/null -w '%{content_type}' "$web/")"
  same 'web client: type of the script' 'text/javascript;charset=utf-8' "$(curl -sS -o /dev/null -w '%{content_type}' "$web/app.js")"
  same 'web client: type of the style' 'text/css;charset=utf-8' "$(curl -sS -o /dev/null -w '%{content_type}' "$web/style.css")"
  same 'web client: its version' "200 $VERSION" "$(ask "$web/version.txt")"
  same 'web client: an unknown path is 404' 404 "$(code "$web/nothing")"
  same 'web client: nothing outside its folder' no \
    "$([[ $(code --path-as-is "$web/../bin/busybox") == 200 ]] && printf yes || printf no)"
  before=$(now_ms)
  docker stop -t 10 "$RUN-web-client" >/dev/null
  at_most 'web client: stops at once' 3000 $(($(now_ms) - before)) ms
  same 'web client: exit code 0' 0 "$(exit_code web-client)"
}

main() {
  if (($# > 0)); then
    printf 'usage: dev/tests/example-app.sh\n' >&2
    return 64
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  prepare
  test_images
  test_without_database
  test_start_of_database
  test_orders
  test_bad_input
  test_metrics
  test_lost_database
  test_stop
  test_bad_configuration
  test_web_client
  summary
}

main "$@"
exit
