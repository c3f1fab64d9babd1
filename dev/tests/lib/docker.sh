# shellcheck shell=bash
# This machine's Docker, as the tests of this folder share it. Sourced, never run; needs ROOT, and for the names of images
# dev/tools/common.sh.

STARTED_DOCKERD=no

# Starts the daemon where none runs.
need_dockerd() {
  if ! "$ROOT/dev/images/dockerd.sh" status >/dev/null; then
    STARTED_DOCKERD=yes
    "$ROOT/dev/images/dockerd.sh" start >&2
  fi
}

# Stops the daemon that need_dockerd started, and no other.
leave_dockerd() {
  if [[ $STARTED_DOCKERD == yes ]]; then
    "$ROOT/dev/images/dockerd.sh" stop >/dev/null || true
  fi
}

# lock_image_names --shared|--exclusive: who gives images the names of the example's tree shares the lock; who must find
# them unmoved has it alone.
lock_image_names() {
  mkdir -p "$TOOLS_CACHE/vps"
  exec 7>"$TOOLS_CACHE/vps/images.lock"
  flock "$1" 7
}

# Only the last of several runs takes the names away.
leave_image_names() {
  if flock --nonblock --exclusive 7 2>/dev/null; then
    "$ROOT/dev/images/server-images.sh" --untag >/dev/null || true
  fi
}
