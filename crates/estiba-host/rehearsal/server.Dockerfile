# A bare server, as a provider hands it over: systemd, ssh, sudo, and nothing of the project.
# FROM any Debian or Ubuntu; what it has already is not installed again, and then no network is needed.
ARG BASE=debian:trixie
FROM ${BASE}
RUN set -e; \
    missing=; \
    for program in /sbin/init /usr/sbin/sshd /usr/bin/sudo /usr/bin/systemctl /usr/bin/dbus-daemon /usr/sbin/update-ca-certificates; do \
      [ -e "$program" ] || missing=yes; \
    done; \
    if [ -n "$missing" ]; then \
      command -v apt-get >/dev/null || { echo 'estiba: this base has no apt-get; name a Debian or Ubuntu with --base' >&2; exit 1; }; \
      apt-get update; \
      DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        systemd systemd-sysv dbus libpam-systemd openssh-server sudo iproute2 ca-certificates procps less nano; \
      apt-get clean; \
    fi; \
    # A server that is thrown away need not survive a power cut while it unpacks packages.
    echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/rehearsal; \
    # Images of Docker keep services from starting; a server starts them.
    rm -rf /etc/ssh/ssh_host_* /usr/sbin/policy-rc.d; \
    : >/etc/machine-id
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
