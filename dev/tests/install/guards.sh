# shellcheck shell=bash
# What install.sh asks of the guards that all scripts share: one run at a time, the right machine, a whole release, a
# session that ends. Sourced by it: on, same, has, unchanged, snapshot and its names are used here.

# refused SCRIPT [ARGUMENT…]: its exit code, and what it said in $SAID.
refused() {
  local status=0
  SAID=$(on "$SERVER_PATH/srv/current/scripts/$*" 2>&1) || status=$?
  ENDED=$status
}

install_again() {
  printf '%s' "$SERVER_PATH/srv/current/deployment/scripts/$MODE/install-$MODE-first-time.sh --yes"
}

is_locked() {
  ! on "flock --nonblock $SERVER_PATH/state/lock true" 2>/dev/null
}

wait_until() {
  local i
  for ((i = 0; i < 600; i++)); do
    if "$@"; then
      return 0
    fi
    sleep 0.1
  done
  return 1
}

is_free() {
  ! is_locked
}

test_guards() {
  local holder session before status=0
  snapshot "$WORK/before"

  on "$(install_again)" >/dev/null 2>&1 &
  holder=$!
  wait_until is_locked || true
  refused load-images.sh --yes
  same 'a second run at the same time is refused' 75 "$ENDED"
  has 'and names who holds the server' "install-$MODE-first-time" "$SAID"
  wait "$holder" || status=$?
  same 'the first one ends well' 0 "$status"

  # A terminal at both ends, as people have it; the client goes as if the line were cut.
  before=$(on "grep -c $'\tdone$' $SERVER_PATH/state/journal")
  typing -- ssh -tt -F "$SSH_CONFIG" "deploy@$VPS" "sudo $(install_again)" >/dev/null 2>&1 &
  session=$!
  wait_until is_locked || true
  pkill -KILL -f "ssh -tt -F $SSH_CONFIG" || true
  wait "$session" 2>/dev/null || true
  wait_until is_free || true
  same 'a session that is cut off stops nothing' "install-$MODE-first-time done" \
    "$(on "tail -n 1 $SERVER_PATH/state/journal" | cut -f 4,5 | tr '\t' ' ')"
  same 'and every step was done' yes "$( (($(on "grep -c $'\tdone$' $SERVER_PATH/state/journal") > before + 5)) && echo yes)"

  refused load-images.sh --nonsense
  same 'an argument that nobody knows is wrong usage' 64 "$ENDED"
  SAID=$(ssh -n -F "$SSH_CONFIG" "deploy@$VPS" "$SERVER_PATH/srv/current/scripts/load-images.sh --yes" 2>&1) && ENDED=0 || ENDED=$?
  same 'without the right to: refused' 1 "$ENDED"

  snapshot "$WORK/after"
  unchanged 'and nothing of all this changed the server' "$WORK/before" "$WORK/after"

  on "cp --preserve $SERVER_PATH/state/machine-id /root/machine-id"
  on "tee $SERVER_PATH/state/machine-id >/dev/null <<<0123456789abcdef0123456789abcdef"
  refused start-services.sh --yes
  same 'on another machine than it was installed on: refused' 1 "$ENDED"
  on "mv /root/machine-id $SERVER_PATH/state/machine-id"

  on "tee --append $SERVER_PATH/srv/current/nginx/nginx.conf >/dev/null <<<'# by hand'"
  refused configure-nginx.sh --yes
  same 'a file of the release edited by hand: refused' 1 "$ENDED"
  has 'and it is named' nginx/nginx.conf "$SAID"
  on "sed -i '\$d' $SERVER_PATH/srv/current/nginx/nginx.conf"
}
