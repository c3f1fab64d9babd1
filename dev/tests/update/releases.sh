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
  make_images "1.0.$NUMBER"
}

make_images() {
  VERSION=$1
  REPOSITORY=$IMAGES_OF_THIS_RUN TAG=prod "$ROOT/dev/images/apps.sh" "$VERSION" >/dev/null
  docker image tag "$IMAGES_OF_THIS_RUN-app-server:prod" "$VPS-app:prod"
  docker image tag "$IMAGES_OF_THIS_RUN-web-client:prod" "$VPS-web:prod"
}

remove_images() {
  docker image rm "$IMAGES_OF_THIS_RUN-app-server:prod" "$IMAGES_OF_THIS_RUN-web-client:prod" "$VPS-app:prod" "$VPS-web:prod" "$VPS-broken:prod" >/dev/null 2>&1 || true
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

# send_all UPDATES: in the background and in turn, every release of this run: while one comes into force, the next is on
# its way. $WORK/releases/LABEL says what arrived: id and version.
send_all() {
  local number label
  mkdir "$WORK/releases"
  for ((number = 1; number <= $1; number++)); do
    next_version
    send_release
    release_is_there "good-$number"
  done
  # A version of their own, so that it would be seen if one of them answered.
  next_version
  for label in "${BAD[@]}"; do
    sed "${BAD_BY[$label]}" "$WORK/estiba.yml" >"$PROJECT/estiba.yml"
    generate
    send_release
    release_is_there "$label"
  done
}

release_is_there() {
  printf '%s %s\n' "$ID" "$VERSION" >"$WORK/releases/.new"
  mv "$WORK/releases/.new" "$WORK/releases/$1"
}

# take_release LABEL: sets ID and VERSION, as soon as it has arrived.
take_release() {
  while [[ ! -f $WORK/releases/$1 ]]; do
    kill -0 "$SENDER" 2>/dev/null || { printf 'not sent: %s\n' "$1"; return 1; }
    sleep 0.2
  done
  read -r ID VERSION <"$WORK/releases/$1"
}

run_release() {
  on "$UTILS/receive-release.sh $ID minimal --yes"
}

at_terminal() {
  python3 "$ROOT/dev/vps/typing.py" "$VPS : \$" "$VPS" -- ssh -t -F "$SSH_CONFIG" "deploy@$VPS" "sudo $1"
}

# --- releases that must not reach anybody -----------------------------------------------------------------------------

# Each by what changes the description; a label is what is shown. In the order in which they are tried.
BAD=()
declare -A BAD_BY=()
# Seconds after which each is given up at the latest.
declare -A BAD_WITHIN=()

# bad WITHIN LABEL SED
bad() {
  BAD+=("$2")
  BAD_WITHIN[$2]=$1
  BAD_BY[$2]=$3
}

describe_bad_releases() {
  # The application ends with an error when this is no number.
  bad 30 'a crash at the start' 's/DATABASE_HOST: database }/DATABASE_HOST: database, DRAIN_SECONDS: soon }/'
  bad 40 'a service that is never healthy' 's/DATABASE_HOST: database/DATABASE_HOST: nowhere/'
  # The program of nginx refuses it, and no rule of `check` knows it.
  bad 20 'a broken nginx file' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "send_timeout never;" }#'
  bad 20 'a failing migration' '0,/^    secrets: \[database_password\]/s//&\n    release: { before: [migrate] }/'
  [[ ${ESTIBA_TEST_MODE:-} == full ]] || return 0
  bad 30 'a page that answers 500' "s/$VPS-web:prod/$VPS-broken:prod/"
  bad 30 'a program that is not there' 's#^    image: .*-app:prod#&\n    command: [/no-such-program]#'
  bad 30 'a program that ends well and at once' 's#^    image: .*-app:prod#&\n    command: [/app-server, healthcheck]#'
  # Without a health check, the whole time is given to it.
  bad 310 'a port on which nothing listens' 's/path: \/, port: 8080/path: \/, port: 8081/'
  bad 30 'a health check that does not exist' 's#/app-server, healthcheck\]#/app-server, no-such-check]#'
  bad 30 'a user that is not there' 's#^    image: .*-app:prod#&\n    user: nobody-of-that-name#'
  bad 30 'a program that is a folder' 's#^    image: .*-web:prod#&\n    entrypoint: [/]#'
  bad 30 'a read-only page' 's#^    image: .*-web:prod#&\n    entrypoint: [/bin/false]#'
  bad 20 'too few buffers for nginx' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "proxy_buffers 1 4k;" }#'
  bad 20 'a broken expression in nginx' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "rewrite ([ / break;" }#'
  bad 20 'a number that nginx refuses' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "proxy_read_timeout soon;" }#'
  bad 20 'an nginx file that is not there' 's#path: /, port: 8080 }#path: /, port: 8080, nginx: "error_log /nowhere/log;" }#'
  bad 20 'a migration that is not there' '0,/^    secrets: \[database_password\]/s//&\n    release: { before: [\/no-such-program] }/'
  bad 20 'a migration that is not allowed' '0,/^    secrets: \[database_password\]/s//&\n    release: { before: [\/] }/'
  bad 30 'a database that is somewhere else' 's/DATABASE_HOST: database }/DATABASE_HOST: database, DATABASE_PORT: "1" }/'
}

# A release that is refused, with nobody noticing.
try_bad() {
  local label=$1 before=$GOOD_VERSION current status=0 began
  current=$(on "readlink $SERVER_PATH/srv/current")
  take_release "$label"
  mark begin "bad: $label"
  began=$SECONDS
  run_release >"$WORK/said" 2>&1 || status=$?
  mark end
  same "$label: the update fails" 1 "$status"
  [[ $status -eq 1 ]] || tail -n 20 "$WORK/said"
  at_most "$label: it is given up after" "${BAD_WITHIN[$label]}" "$((SECONDS - began))" s
  same "$label: the release before is in force" "$current $before" "$(on "readlink $SERVER_PATH/srv/current") $(served_version)"
  same "$label: and nothing of the new one is left" "$ALL_CONTAINERS" "$(containers)"
}

# Nothing of it leaves the laptop.
test_another_architecture() {
  local status=0
  foreign_image "$VPS-web:prod" | docker image load --quiet >/dev/null
  deploy >"$WORK/sent" 2>&1 || status=$?
  same 'an image for another architecture is not sent' '1 yes' "$status $(grep -q arm64 "$WORK/sent" && echo yes)"
  docker image tag "$IMAGES_OF_THIS_RUN-web-client:prod" "$VPS-web:prod"
}

# foreign_image REFERENCE: an archive of an image for arm64. Docker 20.10 takes `import --platform` and does not heed it.
foreign_image() {
  python3 - "$1" <<'PYTHON'
import hashlib, io, json, sys, tarfile

def packed(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()

layer = packed([("x", b"x")])
layers = {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}
config = json.dumps({"architecture": "arm64", "os": "linux", "config": {}, "rootfs": layers, "history": [{}]}).encode()
name = hashlib.sha256(config).hexdigest() + ".json"
manifest = json.dumps([{"Config": name, "RepoTags": [sys.argv[1]], "Layers": ["layer.tar"]}]).encode()
sys.stdout.buffer.write(packed([(name, config), ("layer.tar", layer), ("manifest.json", manifest)]))
PYTHON
}

# The page's image, answering everything with an error.
make_broken_image() {
  printf '%s\n' 'FROM estiba-dev/nginx:server' \
    "ENTRYPOINT [\"/bin/sh\", \"-c\", \"echo 'events {} http { server { listen 8080; return 500; } }' >/tmp/c && exec nginx -g 'daemon off;' -c /tmp/c\"]" |
    DOCKER_BUILDKIT=0 docker build --quiet --network none --pull=false -t "$VPS-broken:prod" - >/dev/null
}
