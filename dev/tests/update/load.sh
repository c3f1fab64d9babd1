# shellcheck shell=bash
# shellcheck disable=SC2153 # the test that sources this sets OUTSIDE, ADDRESS, FOLDER, WORK, FIGURES
# The client: in the network of the sidecar, so from outside as a user is. Sourced, never run.

LOAD_RUN=load

# Sets ESTIBA_LOAD, unless it names a program already.
find_load() {
  [[ -z ${ESTIBA_LOAD:-} ]] || return 0
  ESTIBA_LOAD=${CARGO_TARGET_DIR:-$ROOT/target}/debug/estiba-load
  build --package estiba-load
}

start_load() {
  docker exec "$OUTSIDE" mkdir -p /load
  docker cp "$ESTIBA_LOAD" "$OUTSIDE:/load/estiba-load" >/dev/null
  docker cp "$FOLDER/root.pem" "$OUTSIDE:/load/root.pem" >/dev/null
  docker exec "$OUTSIDE" sh -c 'rm -f /load/stop && : >/load/marks'
  docker exec "$OUTSIDE" /load/estiba-load --address "$ADDRESS:443" --host jupiter.example --root /load/root.pem --rate "$RATE" \
    --seconds 100000 --stop-file /load/stop --socket-seconds "$SOCKET_SECONDS" --orders "$LOAD_RUN" --taken /load/taken --marks /load/marks >"$WORK/load.json" &
  LOAD=$!
  LOAD_BEGAN=$SECONDS
  # A while before the first update, to compare with.
  sleep 20
}

# mark begin|end [LABEL]
mark() {
  docker exec "$OUTSIDE" sh -c 'echo "$1" >>/load/marks' sh "$(date +%s.%N) $1 ${2:-}"
}

# Goes on until there are as many requests as this must be judged by: on a quick machine the updates end sooner.
end_load() {
  local wanted=$((AT_LEAST / RATE + 10 - (SECONDS - LOAD_BEGAN)))
  ((wanted <= 0)) || sleep "$wanted"
  stop_load
}

stop_load() {
  docker exec "$OUTSIDE" touch /load/stop
  wait "$LOAD" || true
  [[ -z $FIGURES ]] || { mkdir -p "$FIGURES" && cp "$WORK/load.json" "$FIGURES/$LOAD_RUN.json"; }
}

# An hour of requests is not lost with an assertion.
keep_load() {
  if [[ -n ${LOAD:-} ]] && kill -0 "$LOAD" 2>/dev/null; then
    stop_load || true
  fi
}

# figure EXPRESSION: of the report, as Python.
figure() {
  python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$WORK/load.json" "$1"
}

judge_load() {
  local taken
  printf '        %s\n' "$(figure '"%d requests in %d s: " % (r["requests"], r["seconds"]) + ", ".join("%s %d" % (k, v["requests"]) for k, v in r["kinds"].items())')"
  printf '        short requests, ms: steady p50 %s p99 %s max %s; during updates p50 %s p99 %s max %s\n' \
    "$(figure 'r["steady"]["p50_ms"]')" "$(figure 'r["steady"]["p99_ms"]')" "$(figure 'r["steady"]["max_ms"]')" \
    "$(figure 'r["during"]["p50_ms"]')" "$(figure 'r["during"]["p99_ms"]')" "$(figure 'r["during"]["max_ms"]')"
  if [[ $PROXY == host ]]; then
    allow_closed_connections
  else
    same 'of all requests, failed' '0 []' "$(figure '"%d %s" % (r["failed"], [(f["kind"], f["what"], f["count"], round(f["first_at_s"], 1)) for f in r["failures"]])')"
  fi
  same "requests, at least $AT_LEAST" yes "$( (($(figure 'r["requests"]') >= AT_LEAST)) && echo yes)"
  # What the client was told is what the database holds, no order more and none less.
  taken=$(docker exec "$OUTSIDE" sh -c 'LC_ALL=C sort /load/taken | sha256sum')
  same 'every order is in the database, exactly once' "$taken" "$(orders | LC_ALL=C sort | sha256sum)"
}

orders() {
  on "docker exec jupiter-jupiter-database-1 psql -U postgres -At -c \"SELECT id FROM orders WHERE id LIKE '$LOAD_RUN-%'\""
}
