# shellcheck shell=bash
# The program that the tests of this folder try. Sourced, never run; needs ROOT.

# Sets ESTIBA, unless it names one already.
find_estiba() {
  if [[ -n ${ESTIBA:-} ]]; then
    return 0
  fi
  ESTIBA=${CARGO_TARGET_DIR:-$ROOT/target}/debug/estiba
  build --package estiba
}

# Sets STAND_IN, the program that stands for others in dev/faults/.
find_stand_in() {
  # shellcheck disable=SC2034 # read by the scripts that source this file
  STAND_IN=${CARGO_TARGET_DIR:-$ROOT/target}/debug/stand_in
  build --package estiba-testkit --bin stand_in
}

# build CARGO-ARGUMENT…, by whoever owns the repository: root's files in target/ would be in the way later.
build() {
  local owner
  owner=$(stat --format %U "$ROOT/Cargo.toml")
  if [[ $owner == root ]]; then
    (cd "$ROOT" && cargo build --quiet --locked "$@")
  else
    (cd "$ROOT" && runuser -u "$owner" -- env PATH="$PATH" cargo build --quiet --locked "$@")
  fi
}
