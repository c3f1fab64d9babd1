#!/usr/bin/env bash
# Builds the example's two application images from the local base image, without a network.
#
# Usage:   dev/images/apps.sh [VERSION]      (default: 1.0.0)
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); what dev/images/base.sh needs when its image is not there yet.
#          REPOSITORY (default jupiter) and TAG (default prod) name the images REPOSITORY-app-server:TAG and
#          REPOSITORY-web-client:TAG; CONTENT, where given, becomes their label estiba.dev.content.
# Changes: those two images; Docker's build cache makes an unchanged build cheap.
set -euo pipefail

readonly HERE=${BASH_SOURCE[0]%/*}
readonly CONTEXT=$HERE/../../examples/jupiter

build() {
  local name=$1 version=$2 base=$3 image log
  image=${REPOSITORY:-jupiter}-$name:${TAG:-prod}
  # The client of newer Docker needs the buildx plugin unless it is told to use the daemon's own builder.
  if ! log=$(DOCKER_BUILDKIT=0 docker build --force-rm --network none --pull=false \
    --build-arg "BASE=$base" --build-arg "VERSION=$version" --label estiba.dev=example-app ${CONTENT:+--label "estiba.dev.content=$CONTENT"} \
    -f "$CONTEXT/apps/jupiter/$name/Dockerfile" -t "$image" "$CONTEXT" 2>&1); then
    printf '%s\n' "$log" >&2
    return 1
  fi
  printf '%s version %s\n' "$image" "$version"
}

main() {
  local version=${1:-1.0.0} base
  if (($# > 1)) || [[ ! $version =~ ^[A-Za-z0-9][A-Za-z0-9._+-]*$ ]]; then
    printf 'usage: dev/images/apps.sh [VERSION]\n' >&2
    return 64
  fi
  base=$("$HERE/base.sh" | tail -n 1)
  build app-server "$version" "$base"
  build web-client "$version" "$base"
}

main "$@"
exit
