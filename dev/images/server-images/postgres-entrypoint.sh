#!/usr/bin/env bash
# Runs PostgreSQL as the first process of the container; makes the cluster when the folder of the data is empty.
#
# Needs:   POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD when the cluster is made; PGDATA.
# Changes: PGDATA.
set -euo pipefail

as_postgres() {
  setpriv --reuid postgres --regid postgres --init-groups "$@"
}

make_cluster() {
  local password=${POSTGRES_PASSWORD:-} file
  if [[ -n ${POSTGRES_PASSWORD_FILE:-} ]]; then
    password=$(<"$POSTGRES_PASSWORD_FILE")
  fi
  if [[ -z $password ]]; then
    printf 'POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD must say the password\n' >&2
    return 1
  fi
  # initdb opens the file as postgres: a pipe or a secret that root owns would be refused.
  file=$(mktemp)
  printf '%s\n' "$password" >"$file"
  # Last: where fs.protected_regular is on, nobody writes into a file of /tmp that another user owns, root included.
  chown postgres "$file"
  as_postgres initdb --username postgres --pwfile "$file" --auth-local trust --auth-host scram-sha-256 --encoding UTF8
  rm -f "$file"
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
}

main() {
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  if [[ ! -s $PGDATA/PG_VERSION ]]; then
    make_cluster
  fi
  exec setpriv --reuid postgres --regid postgres --init-groups postgres -c listen_addresses='*' "$@"
}

main "$@"
exit
