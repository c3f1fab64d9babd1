#!/usr/bin/env bash
# Makes every image that the example's generated tree names, where no registry can be reached: Debian's own programs with
# the libraries they name, and the example's two applications. What is not the real program says so: grafana-stand-in.
#
# Usage:   dev/images/server-images.sh                 builds what is not there yet, prints one image per line
#          dev/images/server-images.sh --only IMAGE    that one, by its name here, e.g. estiba-dev/postgres:17
#          dev/images/server-images.sh --tag [TREE]    and gives each the reference of the tree that is absent on this daemon
#          dev/images/server-images.sh --untag         takes exactly those references away again
#          dev/images/server-images.sh --list [TREE]   prints each reference of the tree and the image here that stands for it
#          TREE: a generated vps-infrastructure/ (default: the example's).
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); what dev/images/base.sh needs; a Debian mirror
#          (ESTIBA_DEBIAN_MIRROR, default http://deb.debian.org/debian).
# Changes: images estiba-dev/…, only those whose recipe changed; with --tag, references and the record of them in
#          /var/lib/estiba-dev/; a temporary folder in TMPDIR (about 1 GB), removed at the end.
set -euo pipefail

HERE=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly HERE
readonly STATE=/var/lib/estiba-dev
# What the applications of the example say that they are.
readonly APP_VERSION=1.0.0

# shellcheck source=dev/tools/common.sh
source "$HERE/../tools/common.sh"
# shellcheck source=dev/tools/suite.sh
source "$HERE/../tools/suite.sh"
# shellcheck source=dev/images/server-images/root.sh
source "$HERE/server-images/root.sh"
# shellcheck source=dev/images/server-images/recipes.sh
source "$HERE/server-images/recipes.sh"

WORK=
# shellcheck disable=SC2317  # a trap calls it
cleanup() {
  [[ -z $WORK ]] || rm -rf --one-file-system "$WORK"
}

id_of() {
  docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true
}

content_of() {
  docker image inspect --format '{{index .Config.Labels "estiba.dev.content"}}' "$1" 2>/dev/null || true
}

# The recipe's own text and what all recipes use: a change of one image's recipe leaves the others as they are. How
# packages are fetched is no part of it.
recipe_content() {
  local -a files=("$HERE/server-images/root.sh")
  case $1 in
    make_nginx) files+=("$HERE/server-images/nginx-entrypoint.sh") ;;
    make_postgres) files+=("$HERE/server-images/postgres-entrypoint.sh") ;;
    make_grafana_stand_in) files+=("$HERE/server-images/grafana-stand-in/main.go") ;;
  esac
  { declare -f "$1"; cat "${files[@]}"; } | sha256sum | cut -c 1-16
}

apps_content() {
  { cat "$HERE/apps.sh" "$HERE/base.sh"; find "$HERE/../../examples/jupiter/apps" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat; } |
    sha256sum | cut -c 1-16
}

# What a name meant before stays behind without one; an image that a container still needs stays until the next run.
drop_nameless() {
  local id
  for id in $(docker image ls --quiet --filter dangling=true --filter label=estiba.dev.made-from); do
    docker image rm "$id" >/dev/null 2>&1 || true
  done
}

build_recipe() {
  local image=$1 recipe=${RECIPE[$1]} content
  content=$(recipe_content "$recipe")
  if [[ $(content_of "$image") != "$content" ]]; then
    "$recipe" "$image" "$content"
  fi
  printf '%s\n' "$image"
}

build_apps() {
  local content name image stale=no
  content=$(apps_content)
  for name in app-server web-client; do
    [[ $(content_of "estiba-dev/jupiter-$name:server") == "$content" ]] || stale=yes
  done
  if [[ $stale == yes ]]; then
    REPOSITORY=estiba-dev/jupiter TAG=server CONTENT=$content "$HERE/apps.sh" "$APP_VERSION" >/dev/null
  fi
  for image in "estiba-dev/jupiter-app-server:server" "estiba-dev/jupiter-web-client:server"; do
    printf '%s\n' "$image"
  done
}

# build [IMAGE]: that one, or all.
build() {
  local image
  trap cleanup EXIT
  trap 'exit 130' INT TERM
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/estiba-server-images.XXXXXX")
  # The package indexes belong to this run: the shared ones are removed by whoever made them.
  TOOLS_CACHE=$WORK
  if (($# > 0)); then
    build_recipe "$1"
    return
  fi
  for image in $(printf '%s\n' "${!RECIPE[@]}" | LC_ALL=C sort); do
    build_recipe "$image"
  done
  build_apps
}

# One record per daemon: DOCKER_HOST may name another.
record() {
  printf '%s/server-images.%s.tsv' "$STATE" "$(docker info --format '{{.ID}}' | tr -c 'A-Za-z0-9\n' '_')"
}

references_of() {
  # shellcheck disable=SC1091 # a file of the given tree
  (source "$1/scripts/settings.sh" && printf '%s\n' "${SERVICE_IMAGE[@]}" | LC_ALL=C sort -u)
}

# Lines of a reference, a tab and the image here.
list() {
  local tree=${1:-$HERE/../../examples/jupiter/vps-infrastructure} references reference image
  [[ -r $tree/scripts/settings.sh ]] || fail "no generated tree at $tree: cargo run -- generate examples/jupiter"
  references=$(references_of "$tree")
  while read -r reference; do
    image=${STANDS_FOR[${reference%:*}]:-}
    [[ -n $image ]] || fail "no image here stands for $reference"
    printf '%s\t%s\n' "$reference" "$image"
  done <<<"$references"
}

tag() {
  local record pairs reference image now
  pairs=$(list "$1")
  record=$(record)
  touch "$record"
  while IFS=$'\t' read -r reference image; do
    now=$(id_of "$reference")
    # Present and not ours: somebody's own image of that name.
    if [[ -n $now ]] && ! grep -qxF "$reference"$'\t'"$now" "$record"; then
      printf 'kept    %s\n' "$reference"
      continue
    fi
    docker image tag "$image" "$reference"
    forget "$record" "$reference"
    printf '%s\t%s\n' "$reference" "$(id_of "$reference")" >>"$record"
    printf 'tagged  %s  %s\n' "$reference" "$image"
  done <<<"$pairs"
}

forget() {
  local kept
  kept=$(awk -F '\t' -v gone="$2" '$1 != gone' "$1")
  printf '%s' "${kept:+$kept$'\n'}" >"$1"
}

untag() {
  local record reference id
  record=$(record)
  [[ -e $record ]] || return 0
  while IFS=$'\t' read -r reference id; do
    # Somebody may have given that name to another image since.
    if [[ $(id_of "$reference") == "$id" ]]; then
      docker image rm "$reference" >/dev/null
      printf 'untagged  %s\n' "$reference"
    fi
  done <"$record"
  rm -f "$record"
}

main() {
  case ${1:-} in
    '' | --tag | --untag) ;;
    --only) [[ -n ${2:-} && -n ${RECIPE[${2:-}]:-} ]] || fail "no recipe makes ${2:-nothing}: ${!RECIPE[*]}" ;;
    --list)
      list "${2:-}"
      return
      ;;
    *)
      printf 'usage: dev/images/server-images.sh [--only IMAGE | --tag [TREE] | --untag | --list [TREE]]\n' >&2
      return 64
      ;;
  esac
  install -d -m 0755 "$STATE"
  # Two test runs at the same moment must not build twice, nor write one record together.
  exec 9>"$STATE/server-images.lock"
  flock -w 900 9
  case ${1:-} in
    '')
      build
      drop_nameless
      ;;
    --only)
      build "$2"
      drop_nameless
      ;;
    --tag)
      build >/dev/null
      tag "${2:-}"
      drop_nameless
      ;;
    --untag) untag ;;
  esac
}

main "$@"
exit
