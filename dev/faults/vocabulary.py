"""What the scripts of a generated tree may start and where they may write. What is not named here fails the suite: a new
program or a new folder has to be looked at first."""

SHELLS = {"bash", "sh", "env"}

READING_PROGRAMS = {
    "awk", "mawk", "gawk", "base64", "basename", "cat", "cmp", "comm", "cut", "date", "dirname", "df", "du", "find", "grep", "head",
    "hostname", "id", "md5sum", "nproc", "paste", "readlink", "realpath", "sed", "sha256sum", "sort", "stat", "stty", "tail", "diff", "timeout",
    "tr", "uname", "wc", "sync", "flock", "printf", "true",
}

# They change what their system calls show.
CHANGING_PROGRAMS = {
    "chmod", "chown", "cp", "htpasswd", "install", "ln", "mkdir", "mktemp", "mv", "rm", "rmdir", "tar", "tee", "touch",
}

# Daemons, the network and the machine: nothing of them is real here, and each state is the supervisor's.
STAND_INS = {
    "docker", "dockerd", "systemctl", "journalctl", "systemd-escape", "systemd-detect-virt", "nginx", "certbot", "curl", "nsenter",
    "openssl", "ss", "getent", "nft", "sshd", "apt-get", "apt-cache", "dpkg", "dpkg-query", "fallocate", "mkswap", "restic",
    "ssh", "sftp", "scp", "sleep", "estiba",
}

WRITABLE = ("/opt/jupiter", "/etc/", "/var/", "/tmp/", "/run/", "/root/", "/home/", "/usr/local/")
