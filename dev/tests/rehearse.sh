#!/usr/bin/env bash
# Runs `estiba rehearse` on the example as a person would, and asserts what it says, and that it leaves nothing: not after
# a whole life of the server, not after Ctrl-C in the middle, not of anybody else's.
# One line per assertion, "N passed, N failed" at the end; exit 1 when one failed.
#
# Usage:   dev/tests/rehearse.sh
# Needs:   root, python3, OpenSSH; what dev/vps/base.sh and dev/images/server-images.sh need; cargo, or ESTIBA=PROGRAM.
# Changes: while it runs, containers, networks and volumes of the rehearsals and of this test; after it, only images
#          estiba-dev/… and estiba-rehearsal/…, the volume estiba-rehearsal-packages and the cache are left. Stops the
#          Docker daemon if it started it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
readonly STRANGER=stranger-$$
# Names of the two images that the project builds: nobody else's, so that nobody else moves them meanwhile.
readonly APP=$STRANGER-app:prod
readonly WEB=$STRANGER-web:prod
readonly HEALTH=https://jupiter.example/api/health

# shellcheck source=dev/tools/common.sh
source "$ROOT/dev/tools/common.sh"
# shellcheck source=dev/tests/lib/assert.sh
source "$ROOT/dev/tests/lib/assert.sh"
# shellcheck source=dev/tests/lib/docker.sh
source "$ROOT/dev/tests/lib/docker.sh"
# shellcheck source=dev/tests/lib/estiba.sh
source "$ROOT/dev/tests/lib/estiba.sh"

WORK=
BEFORE=

# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  docker container rm --force --volumes "$STRANGER" >/dev/null 2>&1 || true
  docker network rm "$STRANGER" >/dev/null 2>&1 || true
  docker volume rm "$STRANGER" >/dev/null 2>&1 || true
  docker image rm "$WEB" >/dev/null 2>&1 || true
  [[ -z $WORK ]] || rm -rf "$WORK"
  leave_dockerd
}

make_project() {
  PROJECT=$WORK/project
  TREE=$PROJECT/vps-infrastructure
  mkdir "$PROJECT"
  tar -C "$ROOT/examples/jupiter" --exclude ./vps-infrastructure -c . | tar -C "$PROJECT" -x
  "$ESTIBA" generate "$PROJECT" >/dev/null
}

# What no registry can give here: the base of the servers, and every image of the tree.
find_images() {
  local reference image
  GIVEN=(--image "debian:trixie=$("$ROOT/dev/vps/base.sh" trixie | tail -n 1)")
  "$ROOT/dev/images/server-images.sh" >/dev/null
  while IFS=$'\t' read -r reference image; do
    case $reference in
      jupiter-app-server:prod) reference=$APP ;;
      jupiter-web-client:prod) reference=$WEB ;;
    esac
    GIVEN+=(--image "$reference=$image")
  done < <("$ROOT/dev/images/server-images.sh" --list "$TREE")
  sed -i -e "s/image: jupiter-app-server:prod/image: $APP/" -e "s/image: jupiter-web-client:prod/image: $WEB/" "$PROJECT/estiba.yml"
  "$ESTIBA" generate "$PROJECT" >/dev/null
}

# Somebody else's things, one of them with the label of a rehearsal that is not ours; and one of the two names means
# another image than the rehearsal gives it.
make_strangers() {
  docker image tag estiba-dev/nginx:server "$WEB"
  docker network create "$STRANGER" >/dev/null
  docker volume create "$STRANGER" >/dev/null
  docker run --detach --name "$STRANGER" --label estiba.rehearsal=00000000 --network "$STRANGER" \
    --volume "$STRANGER:/data" estiba-dev/jupiter-web-client:server >/dev/null
}

strangers() {
  docker container ls --no-trunc --filter "name=$STRANGER" --format '{{.ID}} {{.Names}} {{.State}}'
  docker network ls --no-trunc --filter "name=$STRANGER" --format '{{.ID}}'
  docker volume ls --filter "name=$STRANGER" --format '{{.Name}}'
}

rehearsed() {
  {
    docker container ls --all --filter label=estiba.rehearsal --format '{{.Names}}'
    docker network ls --filter label=estiba.rehearsal --format '{{.Name}}'
    docker volume ls --filter label=estiba.rehearsal --format '{{.Name}}'
    find "$WORK/cache/estiba/rehearsals" -mindepth 1 -maxdepth 1 2>/dev/null || true
  } | LC_ALL=C sort
}

# What a rehearsal of this test made and did not take away; its number is unknown, so every label is meant that was not
# here BEFORE: a machine that lost its power in the middle of a rehearsal, or of this test, keeps what they had.
left() {
  LC_ALL=C comm -13 <(printf '%s\n' "$BEFORE") <(rehearsed)
}

# What the two names mean.
references() {
  docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | grep "^$STRANGER-" | sort
}

tree() {
  (cd "$TREE" && find . -printf '%p %m %s %T@ %i\n' | sort)
}

rehearse() {
  XDG_CACHE_HOME=$WORK/cache "$ESTIBA" rehearse "$PROJECT" "${GIVEN[@]}" "$@"
}

# of EXPRESSION: of the result `d`, as Python says it.
of() {
  python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$WORK/result" "$1"
}

# --- tests ------------------------------------------------------------------------------------------------------------

test_no_docker() {
  local status=0
  DOCKER_HOST=unix://$WORK/none rehearse >"$WORK/said" 2>&1 || status=$?
  same 'without Docker: the environment failed' 3 "$status"
  has 'and it says so' 'no Docker answers' "$(<"$WORK/said")"
}

test_wrong_usage() {
  local status=0
  rehearse --step lod-images >"$WORK/said" 2>&1 || status=$?
  same 'a step that nobody knows is wrong usage' 2 "$status"
  has 'and the one that was meant is named' 'did you mean' "$(<"$WORK/said")"
}

test_keep() {
  local status=0
  rehearse --step bare-server --keep --format json >"$WORK/result" 2>"$WORK/said" || status=$?
  same 'up to a bare server, which stays' 0 "$status"
  has 'its rights are said before it starts' 'every capability but SYS_RESOURCE' "$(<"$WORK/said")"
  same 'and so is how to look inside' vps "$(bash -c "$(of 'd["kept"]["look"]') uname -n" </dev/null 2>&1)"
  # shellcheck disable=SC2046 # words
  XDG_CACHE_HOME=$WORK/cache "$ESTIBA" $(of 'd["kept"]["remove"]' | cut -d ' ' -f 2-)
  same 'and its removal removes it' '' "$(left)"
}

# In the middle of the installation: images are lent, ssh is open, the server works.
test_interruption() {
  local pid status=0 i
  XDG_CACHE_HOME=$WORK/cache "$ESTIBA" rehearse "$PROJECT" "${GIVEN[@]}" >"$WORK/said" 2>&1 &
  pid=$!
  for ((i = 0; i < 1800; i++)); do
    ! grep -q 'receive-release' "$WORK/said" || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  # A shell starts what is in the background deaf to SIGINT; this one is heard all the same.
  kill -INT "$pid"
  wait "$pid" || status=$?
  same 'Ctrl-C in the middle of the installation' 130 "$status"
  has 'is said' Interrupted "$(<"$WORK/said")"
  same 'and leaves nothing' '' "$(left)"
}

test_life() {
  local status=0 guide
  rehearse --probe "$HEALTH=200" --format json >"$WORK/result" 2>"$WORK/said" || status=$?
  same 'the whole life of a server' 0 "$status"
  if [[ $status -ne 0 ]]; then
    tail -n 60 "$WORK/said" | sed 's/^/        /'
  fi
  printf '        %s s: %s\n' "$(of 'd["seconds"]')" "$(of '", ".join("%s %.0f" % (s["id"], s["seconds"]) for s in d["steps"] if not s["within"])')"
  guide=$(sha256sum <"$TREE/GUIDE.md" | cut -d ' ' -f 1)
  same 'version and verdict' '1 True' "$(of '"%s %s" % (d["version"], d["ok"])')"
  same 'it names the guide that it proved' "$guide" "$(of 'd["guide"]["sha256"]')"
  same 'every step is well' True "$(of 'all(s["ok"] for s in d["steps"])')"
  same 'the steps of the installation have their times' True \
    "$(of '{"setup-vps", "setup-secrets", "load-images", "start-services", "setup-monitoring", "configure-nginx", "setup-tls", "setup-monitoring-auth"} <= {s["id"] for s in d["steps"]}')"
  same 'the application answers from outside' 200 "$(of "next(p[\"detail\"] for p in d[\"probes\"] if p[\"what\"] == \"$HEALTH\")")"
  same 'admin pages are closed without the login' '401 401 401 401 401 401' \
    "$(of '" ".join(p["detail"] for p in d["probes"] if ".jupiter." in p["what"] and "login" not in p["what"])')"
  same 'and open with it' '200 200 200' "$(of '" ".join(p["detail"] for p in d["probes"] if "login" in p["what"])')"
  same 'only ssh, http and https answer' '[22, 80, 443]' "$(of 'd["open_ports"]')"
  same 'the second run changed nothing' 0 "$(of 'd["second_run"]["changed"]')"
  same 'everything came back after the reboot' True "$(of 'd["reboot"]["healthy"]')"
  same 'what of the guide was not run is told with a reason' 6 "$(of 'len(d["guide"]["not_run"])')"
  same 'nothing is left' '' "$(left)"
}

main() {
  local before references tree
  if (($# != 0)); then
    printf 'usage: dev/tests/rehearse.sh\n' >&2
    return 64
  fi
  trap cleanup EXIT
  trap 'exit 130' INT TERM HUP
  need_dockerd
  # Other tests give images these names and take them away; not meanwhile.
  lock_image_names --exclusive
  WORK=$(mktemp -d)
  find_estiba
  make_project
  find_images
  make_strangers
  BEFORE=$(rehearsed)
  before=$(strangers)
  references=$(references)
  tree=$(tree)
  test_no_docker
  test_wrong_usage
  test_keep
  test_interruption
  test_life
  same "what strangers have is as it was" "$before" "$(strangers)"
  same 'a name of an image means what it meant, and one that meant nothing is gone' "$references" "$(references)"
  same 'and not a byte of the tree was touched' "$tree" "$(tree)"
  summary
}

main "$@"; exit
