# shellcheck shell=bash
# Assertions: one line each. Sourced, never run.

PASSED=0
FAILED=0

# same WHAT EXPECTED FOUND
same() {
  if [[ $3 == "$2" ]]; then
    PASSED=$((PASSED + 1))
    printf 'ok      %s\n' "$1"
  else
    FAILED=$((FAILED + 1))
    printf 'FAILED  %s: expected %q, found %q\n' "$1" "$2" "$3"
  fi
}

# has WHAT PART TEXT
has() {
  if [[ $3 == *"$2"* ]]; then
    same "$1" yes yes
  else
    same "$1" "*$2*" "$3"
  fi
}

# at_most WHAT LIMIT FOUND [UNIT], in seconds where no unit is given
at_most() {
  local unit=${4:-s}
  if (($3 <= $2)); then
    same "$1 ($3 $unit)" yes yes
  else
    same "$1" "at most $2 $unit" "$3 $unit"
  fi
}

# unchanged WHAT BEFORE AFTER: two files; what differs is shown.
unchanged() {
  local differs
  differs=$(diff "$2" "$3" | grep '^[<>]' | head -n 10 || true)
  same "$1" '' "$differs"
}

# Ends a test script: exit 1 when one assertion failed.
summary() {
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  ((FAILED == 0))
}
