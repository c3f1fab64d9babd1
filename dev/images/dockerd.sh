#!/usr/bin/env bash
# Starts a Docker daemon for the tests when none answers, and stops it only if this script started it.
#
# Usage:   dev/images/dockerd.sh [start|stop|status]     (default: start)
# Needs:   root; Debian 12: apt-get install --no-install-recommends docker.io iptables
# Changes: /run/estiba-dev/ (lock, pid, log); the daemon itself uses its default data root.
set -euo pipefail

readonly STATE=/run/estiba-dev
readonly READY_SECONDS=60
readonly STOP_SECONDS=60

answers() {
  timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null
}

# Field 22 of /proc/PID/stat. A pid alone may be another process's by now; a pid with its start time cannot.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  awk '{ print $20 }' <<<"${stat##*) }"
}

our_daemon() {
  local pid at
  read -r pid at 2>/dev/null <"$STATE/dockerd.pid" || return 1
  [[ $(started_at "$pid") == "$at" ]] || return 1
  printf '%s\n' "$pid"
}

start() {
  local version pid i
  if version=$(answers); then
    printf 'dockerd %s answers already\n' "$version"
    return 0
  fi
  if our_daemon >/dev/null; then
    printf 'dockerd: started by this script, does not answer; see %s\n' "$STATE/dockerd.log" >&2
    return 1
  fi
  if ! command -v dockerd >/dev/null; then
    printf 'dockerd is missing: apt-get install --no-install-recommends docker.io iptables\n' >&2
    return 1
  fi
  # Without 9>&- the daemon would hold the lock for as long as it lives.
  setsid dockerd >"$STATE/dockerd.log" 2>&1 </dev/null 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$STATE/dockerd.pid"
  for ((i = 0; i < READY_SECONDS * 5; i++)); do
    if version=$(answers); then
      printf 'dockerd %s started (pid %s)\n' "$version" "$pid"
      return 0
    fi
    if ! kill -0 "$pid" 2>/dev/null; then
      break
    fi
    sleep 0.2
  done
  printf 'dockerd did not become ready in %s s:\n' "$READY_SECONDS" >&2
  tail -n 20 "$STATE/dockerd.log" >&2
  stop >&2
  return 1
}

stop() {
  local pid i
  if ! pid=$(our_daemon); then
    rm -f "$STATE/dockerd.pid"
    printf 'no dockerd of ours runs\n'
    return 0
  fi
  kill -TERM "$pid"
  for ((i = 0; i < STOP_SECONDS * 5; i++)); do
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f "$STATE/dockerd.pid"
      printf 'dockerd stopped (pid %s)\n' "$pid"
      return 0
    fi
    sleep 0.2
  done
  printf 'dockerd (pid %s) did not stop in %s s\n' "$pid" "$STOP_SECONDS" >&2
  return 1
}

status() {
  local version pid
  if version=$(answers); then
    if pid=$(our_daemon); then
      printf 'dockerd %s, ours (pid %s)\n' "$version" "$pid"
    else
      printf 'dockerd %s, not started by this script\n' "$version"
    fi
    return 0
  fi
  printf 'no dockerd answers\n'
  return 1
}

main() {
  case ${1:-start} in
    start | stop)
      install -d -m 0700 "$STATE"
      # Two test runs that start at the same moment must not start two daemons.
      exec 9>"$STATE/lock"
      flock -w 150 9
      if [[ ${1:-start} == stop ]]; then stop; else start; fi
      ;;
    status) status ;;
    *)
      printf 'usage: dockerd.sh [start|stop|status]\n' >&2
      return 64
      ;;
  esac
}

main "$@"
exit
