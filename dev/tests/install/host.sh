# shellcheck shell=bash
# What install.sh asks of a server whose own nginx is the proxy. Sourced by it: on, at_terminal, same, has and its names are
# used here.
#
# Two kinds of servers: in hybrid combinations nginx was there before, with somebody's site, with the files of a founding
# failure, and with its package's own cipher order; in minimal ones setup-vps.sh brings it.

readonly DROP_IN=/etc/systemd/system/nginx.service.d/estiba-jupiter.conf

host_had_nginx() {
  [[ $MODE == hybrid ]]
}

# served_by_host NAME: what port 80 answers under a name.
served_by_host() {
  curl --silent --max-time 10 --noproxy '*' --header "Host: $1" "http://$ADDRESS/" || true
}

# The files of /etc/nginx, by content.
distribution_files() {
  on 'find /etc/nginx /etc/default/nginx ! -type d -exec sha256sum {} +' | sort -k 2
}

# refused_by_setup WHAT NAME: by the first step of an installation.
refused_by_setup() {
  local said status=0
  said=$(on "$UTILS/setup-vps.sh --yes" 2>&1) || status=$?
  same "$1: refused" 1 "$status"
  has 'and it is named' "$2" "$said"
  same 'before anything was changed' 'no docker, no drop-in' \
    "$(on "sh -c 'command -v docker >/dev/null || printf \"no docker, \"; test -e $DROP_IN || echo no drop-in'")"
}

# Before the first installation, with the release received.
host_before_install() {
  host_had_nginx || return 0
  on 'apt-get -qq update && sudo apt-get -qq install --no-install-recommends --yes nginx >/dev/null 2>&1'
  on 'tee /etc/nginx/conf.d/stranger.conf >/dev/null <<SITE
server { listen 80; server_name stranger.example *.stranger.example; location / { return 200 "a site of somebody"; } }
SITE'
  on 'systemctl reload nginx.service'
  refused_by_setup 'a server whose nginx serves another site' stranger.example
  same 'and the site is served as before' 'a site of somebody' "$(served_by_host stranger.example)"
  on 'rm /etc/nginx/conf.d/stranger.conf'

  on "sed -i 's,root /var/www/html;,root /srv;,' /etc/nginx/sites-available/default"
  refused_by_setup 'one whose welcome page was made a site' /etc/nginx/sites-enabled/default
  on "sed -i 's,root /srv;,root /var/www/html;,' /etc/nginx/sites-available/default"

  make_founding_failure
}

# What a server looks like on which the founding failure happened: nginx runs with what it read before, and refuses what
# stands on the disk.
make_founding_failure() {
  on 'systemctl reload nginx.service'
  on 'tee /etc/nginx/conf.d/alertmanager.conf >/dev/null <<SITE
server {
    listen 80;
    server_name alertmanager.jupiter.example;
    location / {
        proxy_pass http://jupiter-alertmanager:9093;
    }
}
SITE'
  has 'yesterday'"'"'s file is what its nginx refuses' \
    'host not found in upstream "jupiter-alertmanager" in /etc/nginx/conf.d/alertmanager.conf:5' "$(on 'nginx -t' 2>&1 || true)"
  on "tee /etc/nginx/conf.d/ssl-params.conf >/dev/null <<<'ssl_prefer_server_ciphers off;'"
  has 'and so is a second cipher order' \
    '"ssl_prefer_server_ciphers" directive is duplicate in /etc/nginx/' \
    "$(on "sh -c 'mv /etc/nginx/conf.d/alertmanager.conf /root/; nginx -t; mv /root/alertmanager.conf /etc/nginx/conf.d/'" 2>&1 || true)"
  distribution_files >"$WORK/etc-nginx"
}

# running_with: what the running nginx was started with.
running_with() {
  on "cat /proc/$(on 'systemctl show --property MainPID --value nginx.service')/cmdline" | tr '\0' ' '
}

host_after_install() {
  local ours="-c $SERVER_PATH/srv/live-nginx/nginx/nginx.conf"
  if host_had_nginx; then
    unchanged 'no file below /etc/nginx was changed' "$WORK/etc-nginx" <(distribution_files)
  else
    same 'no file below /etc/nginx was changed' '' "$(on 'dpkg --verify nginx nginx-common')"
  fi
  has 'nginx runs with this project'"'"'s nginx.conf' "$ours" "$(running_with)"
  same 'and is started by the next boot' enabled "$(on 'systemctl is-enabled nginx.service')"
  same 'its files pass without a remark' '' "$(grep -h '^nginx: \|\[warn\]\|\[emerg\]' "$WORK/installed" || true)"
  # As an update of the package does.
  same 'its package is installed again' 0 \
    "$(on 'env DEBIAN_FRONTEND=noninteractive apt-get -qq install --reinstall --yes nginx nginx-common' >"$WORK/again" 2>&1; echo $?)"
  has 'and nginx goes on with the same nginx.conf' "$ours" "$(running_with)"
  same 'and every page answers' "$(all_well)" "$(pages)"
}

# Before a reset: yesterday's files are cleared away, so that the nginx of the distribution can be asked again.
host_before_reset() {
  if host_had_nginx; then
    on 'rm /etc/nginx/conf.d/alertmanager.conf /etc/nginx/conf.d/ssl-params.conf'
    distribution_files >"$WORK/etc-nginx"
  fi
}

host_after_reset() {
  same 'the drop-in is gone' no "$(on "test -e ${DROP_IN%/*}" && echo yes || echo no)"
  if host_had_nginx; then
    unchanged 'nginx has the files that it had' "$WORK/etc-nginx" <(distribution_files)
    same 'and runs as it ran' 'active enabled' "$(on 'systemctl is-active nginx.service') $(on 'systemctl is-enabled nginx.service')"
    has 'with its welcome page' 'Welcome to nginx' "$(served_by_host jupiter.example)"
  else
    same 'nginx, which was not there before, does not run' 'inactive disabled' \
      "$(on 'systemctl is-active nginx.service' || true) $(on 'systemctl is-enabled nginx.service' || true)"
    same 'its package is whole' '' "$(on 'dpkg --verify nginx nginx-common')"
  fi
}
