# shellcheck shell=bash
# The program that the tests of this folder try. Sourced, never run; needs ROOT.

# Sets ESTIBA, unless it names one already. Built by whoever owns the repository: root's files in target/ would be in the
# way later.
find_estiba() {
  local owner
  if [[ -n ${ESTIBA:-} ]]; then
    return 0
  fi
  ESTIBA=${CARGO_TARGET_DIR:-$ROOT/target}/debug/estiba
  owner=$(stat --format %U "$ROOT/Cargo.toml")
  if [[ $owner == root ]]; then
    (cd "$ROOT" && cargo build --quiet --locked --package estiba)
  else
    (cd "$ROOT" && runuser -u "$owner" -- env PATH="$PATH" cargo build --quiet --locked --package estiba)
  fi
}
