#!/usr/bin/env bash
# Makes the local PostgreSQL image of the tests from Debian's own package.
# Prints the image's name on the last line of standard output.
#
# Usage:   dev/images/postgres.sh
# Needs:   root; a Docker daemon (dev/images/dockerd.sh); what dev/images/base.sh needs; a Debian mirror, from a container.
# Changes: the image estiba-dev/postgres:15, only when what it is made from changed.
set -euo pipefail

readonly HERE=${BASH_SOURCE[0]%/*}
readonly IMAGE=estiba-dev/postgres:15

content() {
  cat "${BASH_SOURCE[0]}" "$HERE/base.sh" "$HERE"/postgres/* | sha256sum | cut -c 1-16
}

main() {
  local base log built
  if (($# > 0)); then
    printf 'usage: dev/images/postgres.sh\n' >&2
    return 64
  fi
  built=$(docker image inspect --format '{{index .Config.Labels "estiba.dev.content"}}' "$IMAGE" 2>/dev/null || true)
  if [[ $built != "$(content)" ]]; then
    base=$("$HERE/base.sh" | tail -n 1)
    # See dev/images/apps.sh for DOCKER_BUILDKIT.
    if ! log=$(DOCKER_BUILDKIT=0 docker build --force-rm --pull=false --build-arg "BASE=$base" \
      --label "estiba.dev.content=$(content)" -t "$IMAGE" "$HERE/postgres" 2>&1); then
      printf '%s\n' "$log" >&2
      return 1
    fi
  fi
  printf '%s\n' "$IMAGE"
}

main "$@"
exit
