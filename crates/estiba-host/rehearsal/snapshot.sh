#!/usr/bin/env bash
# Prints the state of a server, one fact a line, so that two of them can be compared. Run on the server, as root.
#
# Usage:   ssh … sudo bash -s FOLDER <snapshot.sh     FOLDER: the project's, on the server
# Needs:   root, Docker.
# Changes: nothing.
#
# Left out is what has to change: logs, the journal, what the monitors record, counters; and of a folder the time, which
# also a file that came and went changes.
set -euo pipefail

containers() {
  docker container ls --all --quiet --no-trunc | sort |
    xargs --no-run-if-empty docker container inspect --format 'container {{.Id}} {{.Name}} {{.State.StartedAt}} {{.RestartCount}}'
}

files() {
  find /opt /etc /usr/local /home /root /srv "$1" -xdev \
    \( -path "$1/data/*" -o -path "$1/logs/*" -o -path "$1/state/journal" -o -path "$1/state/lock" \
    -o -path "$1/state/acme/logs" -o -path /root/.cache -o -path /etc/resolv.conf \) -prune \
    -o -type d -printf 'folder %p %m %U:%G\n' \
    -o -printf 'file %p %m %U:%G %s %T@ %i\n' | sort --unique
}

main() {
  containers
  docker image ls --no-trunc --format 'image {{.ID}} {{.Repository}}:{{.Tag}}' | sort
  docker network ls --no-trunc --format 'network {{.ID}} {{.Name}}' | sort
  docker volume ls --format 'volume {{.Name}}' | sort
  files "$1"
  systemctl list-unit-files --no-legend --state=enabled | awk '{ print "enabled", $1 }' | sort
  systemctl show --property Id,MainPID nginx.service docker.service containerd.service | paste --serial --delimiters ' '
  nft list ruleset 2>/dev/null | sed 's/counter packets [0-9]* bytes [0-9]* *//; s/127\.0\.0\.11:[0-9]*/127.0.0.11/; s/sport [0-9]*/sport/' | sed 's/^/rule /'
}

main "$@"; exit
