# shellcheck shell=bash
# shellcheck disable=SC2153 # the test that sources this sets VPS, WORK, SSH_CONFIG
# The project that is updated, its releases, and those that must not reach anybody. Sourced, never run.

readonly IMAGES_OF_THIS_RUN=estiba-dev/$VPS
NUMBER=0

# make_project PROXY: the example with images that no other run on this machine has.
make_project() {
  PROJECT=$WORK/project
  TREE=$PROJECT/vps-infrastructure
  mkdir "$PROJECT"
  tar -C "$ROOT/examples/jupiter" --exclude ./vps-infrastructure -c . | tar -C "$PROJECT" -x
  sed -i -e 's/^mode: .*/mode: minimal/' -e "s/^proxy: .*/proxy: { runs: $1 }/" \
    -e "s/jupiter-app-server:prod/$VPS-app:prod/" -e "s/jupiter-web-client:prod/$VPS-web:prod/" "$PROJECT/estiba.yml"
  cp "$PROJECT/estiba.yml" "$WORK/estiba.yml"
  generate
  "$ROOT/dev/images/server-images.sh" >/dev/null
  give_references
}

generate() {
  "$ESTIBA" generate "$PROJECT" >"$WORK/generated" 2>&1 || { cat "$WORK/generated"; return 1; }
}

# What the tree names beside the two applications.
give_references() {
  docker image inspect postgres:17 >/dev/null 2>&1 || docker image tag estiba-dev/postgres:17 postgres:17
  docker image inspect nginx:1.30.6 >/dev/null 2>&1 || docker image tag estiba-dev/nginx:server nginx:1.30.6
}

# Sets VERSION; its images are what the next release ships.
next_version() {
  NUMBER=$((NUMBER + 1))
  VERSION=1.0.$NUMBER
  REPOSITORY=$IMAGES_OF_THIS_RUN TAG=prod "$ROOT/dev/images/apps.sh" "$VERSION" >/dev/null
  docker image tag "$IMAGES_OF_THIS_RUN-app-server:prod" "$VPS-app:prod"
  docker image tag "$IMAGES_OF_THIS_RUN-web-client:prod" "$VPS-web:prod"
}

remove_images() {
  docker image rm "$IMAGES_OF_THIS_RUN-app-server:prod" "$IMAGES_OF_THIS_RUN-web-client:prod" "$VPS-app:prod" "$VPS-web:prod" >/dev/null 2>&1 || true
}

# shellcheck disable=SC2120 # the test gives it --run
deploy() {
  python3 "$ROOT/dev/vps/typing.py" '\[s/N\] $' s 'alert_webhook .*: $' https://hooks.example/jupiter -- \
    env "ESTIBA_SSH_CONFIG=$SSH_CONFIG" "XDG_CACHE_HOME=$WORK/cache" "PATH=${ESTIBA%/*}:$PATH" \
    "$TREE/deployment/scripts/minimal/deploy-minimal.sh" "$@"
}

# Sets ID: what was sent and not run yet.
send_release() {
  # shellcheck disable=SC2119
  deploy >"$WORK/sent" 2>&1 || { cat "$WORK/sent"; return 1; }
  ID=$(grep -oE 'receive-release.sh [0-9a-f]{16}' "$WORK/sent" | tail -n 1 | cut -d ' ' -f 2)
}

run_release() {
  on "$UTILS/receive-release.sh $ID minimal --yes"
}

at_terminal() {
  python3 "$ROOT/dev/vps/typing.py" "$VPS : \$" "$VPS" -- ssh -t -F "$SSH_CONFIG" "deploy@$VPS" "sudo $1"
}

# --- releases that must not reach anybody -----------------------------------------------------------------------------

# bad WHAT SED: the description changed by SED makes a release that is refused, with nobody noticing.
bad() {
  local before current status=0 began
  before=$(served_version)
  current=$(on "readlink $SERVER_PATH/srv/current")
  cp "$WORK/estiba.yml" "$PROJECT/estiba.yml"
  sed -i "$2" "$PROJECT/estiba.yml"
  generate
  send_release
  mark begin "bad: $1"
  began=$SECONDS
  run_release >"$WORK/said" 2>&1 || status=$?
  mark end
  same "$1: the update fails" 1 "$status"
  [[ $status -eq 1 ]] || tail -n 20 "$WORK/said"
  at_most "$1: it is given up after" "$3" "$((SECONDS - began))"
  same "$1: the release before is in force" "$current $before" "$(on "readlink $SERVER_PATH/srv/current") $(served_version)"
  same "$1: and nothing of the new one is left" "$ALL_CONTAINERS" "$(containers)"
  cp "$WORK/estiba.yml" "$PROJECT/estiba.yml"
}

test_bad_releases() {
  # The application ends with an error when this is no number.
  bad 'a crash at the start' 's/environment: { DATABASE_HOST: database }/environment: { DATABASE_HOST: database, DRAIN_SECONDS: soon }/' 30
  bad 'a service that is never healthy' 's/DATABASE_HOST: database/DATABASE_HOST: nowhere/' 40
  # The program of nginx refuses it, and no rule of `check` knows it.
  bad 'a broken nginx file' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "limit_req zone=nowhere;" }#' 20
  bad 'a failing migration' '0,/^    secrets: \[database_password\]/s//&\n    release: { before: [migrate] }/' 20
}
