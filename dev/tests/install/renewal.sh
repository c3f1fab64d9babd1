# shellcheck shell=bash
# What install.sh asks of the renewal: the timer's own service, a certificate that is due, and nginx that serves it.
# Sourced by it: on, same, has and its names are used here.

# socket_serial HOST: of the certificate that is shown from outside.
socket_serial() {
  openssl s_client -connect "$ADDRESS:443" -servername "$1" 2>/dev/null </dev/null | openssl x509 -noout -serial 2>/dev/null || true
}

disk_serial() {
  on "openssl x509 -noout -serial -in $SERVER_PATH/state/acme/config/live/$1/fullchain.pem"
}

# renew DAYS: the service that the timer starts, with what has fewer days left than that being due.
renew() {
  on "sed -i -E 's/^(# )?renew_before_expiry.*/renew_before_expiry = $1 days/' $SERVER_PATH/state/acme/config/renewal/jupiter.example.conf"
  on 'systemctl start estiba-renew-jupiter.service' >/dev/null 2>&1
}

test_renewal() {
  local before status=0 said
  before=$(socket_serial jupiter.example)
  same 'the renewal has a timer' 'active enabled' \
    "$(on 'systemctl is-active estiba-renew-jupiter.timer') $(on 'systemctl is-enabled estiba-renew-jupiter.timer')"
  same 'a renewal with nothing due' 0 "$(renew 30; echo $?)"
  same 'leaves the certificate' "$before" "$(socket_serial jupiter.example)"

  same 'a renewal that is due' 0 "$(renew 99999; echo $?)"
  same 'gets another certificate' yes "$([[ $(disk_serial jupiter.example) != "$before" ]] && echo yes)"
  same 'which the socket serves' "$(disk_serial jupiter.example)" "$(socket_serial jupiter.example)"

  # nginx cannot read its files again: the new certificate reaches the disk, and no worker.
  before=$(socket_serial jupiter.example)
  on "tee --append $SERVER_PATH/state/nginx/mode.conf >/dev/null <<<'no_such_directive;'"
  renew 99999 || status=$?
  same 'a renewal that does not reach the socket fails' 1 "$status"
  said=$(on 'journalctl --unit estiba-renew-jupiter.service --lines 30 --output cat --no-pager')
  has 'and names the host' jupiter.example "$(grep -A 3 -i error <<<"$said" || true)"
  same 'which is served as before' "$before" "$(socket_serial jupiter.example)"
  on "sed -i /no_such_directive/d $SERVER_PATH/state/nginx/mode.conf"
  same 'the next renewal' 0 "$(renew 30; echo $?)"
  same 'brings it to the socket' "$(disk_serial jupiter.example)" "$(socket_serial jupiter.example)"
}
