"""Asks a real nginx what a directive does when it stands twice in one context: `nginx -t`, once with it and twice.

`same` and `other` say what the second one did when it was equal to the first and when it was different:
ok, warn, fatal, or "" when even the first one alone was not accepted.
"""
import re
import subprocess

GUESS = {  # what a handler of src/core/ngx_conf_file.c and its kin takes
    "ngx_conf_set_flag_slot": ("on", "off"), "ngx_conf_set_num_slot": ("1", "2"),
    "ngx_conf_set_size_slot": ("8k", "16k"), "ngx_conf_set_off_slot": ("8k", "16k"),
    "ngx_conf_set_msec_slot": ("10s", "11s"), "ngx_conf_set_sec_slot": ("10s", "11s"),
    "ngx_conf_set_str_slot": ("/tmp/a", "/tmp/b"), "ngx_conf_set_str_array_slot": ("a", "b"),
    "ngx_conf_set_bufs_slot": ("8 8k", "16 8k"), "ngx_conf_set_keyval_slot": ("A b", "C d"),
    "ngx_conf_set_path_slot": ("/tmp/a", "/tmp/b"), "ngx_conf_set_access_slot": ("user:rw", "user:r"),
    "ngx_http_set_predicate_slot": ("$uri", "$args"), "ngx_http_types_slot": ("text/x", "text/y"),
    "ngx_http_set_complex_value_slot": ("a", "b"), "ngx_http_set_complex_value_zero_slot": ("a", "b"),
    "ngx_http_set_complex_value_size_slot": ("1k", "2k"), "ngx_stream_set_complex_value_slot": ("a", "b"),
    "ngx_stream_set_complex_value_zero_slot": ("a", "b"), "ngx_stream_set_complex_value_size_slot": ("1k", "2k"),
    "ngx_http_upstream_bind_set_slot": ("127.0.0.1", "127.0.0.2"), "ngx_mail_capabilities": ("A", "B"),
    "ngx_http_file_cache_valid_set_slot": ("200 1m", "404 1m"), "ngx_http_upstream_param_set_slot": ("A b", "C d"),
}

HTTP = ("limit_conn_zone $remote_addr zone=zc:1m; limit_conn_zone $remote_addr zone=zd:1m; limit_req_zone $remote_addr "
        "zone=zr:1m rate=1r/s; limit_req_zone $remote_addr zone=zs:1m rate=1r/s; proxy_cache_path /tmp/c1 keys_zone=za:1m; "
        "proxy_cache_path /tmp/c2 keys_zone=zb:1m;")
CACHES = {kind: HTTP.replace("proxy_cache_path", kind + "_cache_path") for kind in ("fastcgi", "uwsgi", "scgi")}
STREAM = "log_format lf x; limit_conn_zone $remote_addr zone=zc:1m; limit_conn_zone $remote_addr zone=zd:1m;"

# What stands around the directive (@) in each context; a part in [] goes when the directive itself is of that name.
AROUND = {
    "main": "@\n[events {}]", "events": "events {\n@\n}",
    "http": "events {} http { HTTP\n@\n}",
    "server": "events {} http { HTTP server { listen 127.0.0.1:PORT0; server_name z.example; } "
              "server { [listen 127.0.0.1:PORT0;] [ssl_certificate_key /etc/nginx/k.pem; ssl_certificate_key /etc/nginx/k2.pem;]\n@\n} }",
    "location": "events {} http { HTTP server { listen 127.0.0.1:PORT0; set $memcached_key a; location / {\n@\n} } }",
    "if-in-server": "events {} http { HTTP server { listen 127.0.0.1:PORT0; if ($args) {\n@\n} } }",
    "if-in-location": "events {} http { HTTP server { listen 127.0.0.1:PORT0; set $memcached_key a; location / { if ($args) {\n@\n} } } }",
    "limit-except": "events {} http { HTTP server { listen 127.0.0.1:PORT0; set $memcached_key a; location / { limit_except GET {\n@\n} } } }",
    "upstream": "events {} http { resolver 127.0.0.1; upstream u { [zone uz 64k;] server 127.0.0.1:1;\n@\n} }",
    "stream": "LOAD events {} stream { STREAM\n@\n}",
    "stream-server": "LOAD events {} stream { STREAM server { [listen 127.0.0.1:PORT0;] "
                     "[ssl_certificate_key /etc/nginx/k.pem; ssl_certificate_key /etc/nginx/k2.pem;]\n@\n[proxy_pass 127.0.0.1:1;] } }",
    "stream-upstream": "LOAD events {} stream { resolver 127.0.0.1; upstream u { [zone uz 64k;] server 127.0.0.1:1;\n@\n} }",
    "mail": "LOAD events {} mail {\n@\nserver { listen 127.0.0.1:PORT0; protocol smtp; [auth_http 127.0.0.1:1/x;] } }",
    "mail-server": "LOAD events {} mail { server { [listen 127.0.0.1:PORT0;]\n@\n[protocol smtp;] [auth_http 127.0.0.1:1/x;] } }",
}
LOAD = "load_module modules/ngx_mail_module.so; load_module modules/ngx_stream_module.so;"
LOGGED = re.compile(r"\[(emerg|warn)\] \S+: (.*?)(?: in /etc/nginx/probe\.conf:(\d+))?$", re.M)


def examples(path):
    table = {}
    for line in open(path):
        if not line.startswith("#"):
            name, first, second = line.rstrip("\n").split("\t")
            table[name] = first, second
    return table


def arguments(command, table):
    key = command.module.removeprefix("ngx_").removesuffix("_module") + ":" + command.name
    found = table.get(key) or table.get(command.name) or GUESS.get(command.handler)
    return found or (tuple((command.words * 2)[:2]) if command.words else None)


class Nginx:
    def __init__(self, root, port):
        self.root, self.port = root, port

    def config(self, command, context, uses):
        text = AROUND[context]
        text = re.sub(r"\[(\w+)([^]]*)\]", lambda m: "" if drops(command.name, m[1]) else m[1] + m[2], text)
        kind = command.name.split("_")[0]
        text = text.replace("HTTP", CACHES.get(kind, HTTP)).replace("STREAM", STREAM)
        load = LOAD if "LOAD" in text or command.name in ("stream", "mail") and context == "main" else ""
        lines = "\n".join(f"{command.name} {use}".strip() + ("" if use.endswith("}") else ";") for use in uses)
        text = load + text.replace("LOAD", "").replace("@", lines)
        return re.sub(r"PORT(\d)", lambda m: str(self.port + int(m[1])), text)

    def test(self, text):
        open(self.root + "/etc/nginx/probe.conf", "w").write(text)
        run = subprocess.run(["chroot", self.root, "/usr/sbin/nginx", "-t", "-c", "/etc/nginx/probe.conf"],
                             stderr=subprocess.PIPE, text=True, errors="replace")
        said = [(level, words, line) for level, words, line in LOGGED.findall(run.stderr)]
        emerg = next(((w, line) for level, w, line in said if level == "emerg"), None)
        if run.returncode and not emerg:
            emerg = run.stderr, ""
        return emerg, {w for level, w, _ in said if level == "warn"}

    def verdict(self, command, context, first, second):
        once, warned = self.test(self.config(command, context, [first]))
        self.notices = warned
        alone = self.test(self.config(command, context, [second]))[0] if first != second else None
        if once or alone:
            return "", (once or alone)[0]
        twice, warned_twice = self.test(self.config(command, context, [first, second]))
        if twice:
            return "fatal", twice[0]
        return ("warn", sorted(warned_twice - warned)[0]) if warned_twice - warned else ("ok", "")


METHODS = {"proxy_pass", "return", "pass"}


def drops(name, around):
    return name == around or name in METHODS and around in METHODS
