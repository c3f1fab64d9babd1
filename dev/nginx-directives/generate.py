#!/usr/bin/env python3
"""Writes directives.tsv: every directive of nginx 1.22, 1.26 and 1.30 as Debian builds them, and what a repeat does.

usage: generate.py ROOTS >directives.tsv          (as root, for chroot; about a minute)

ROOTS is the folder that roots.sh makes: one unpacked nginx per Debian suite. Names, contexts and arity are read from
nginx's own tables (binary.py). What a repeat does is asked of that nginx in each context (probe.py) and, where it only
says "accepted", filled in from SILENT below, which was read from the handlers in nginx's source. A row says in `probed`
in how many of its contexts and generations the real nginx was asked, of how many. Disagreements stop the run.
Changes nothing outside ROOTS.
"""
import concurrent.futures
import glob
import os
import sys

from binary import Binary
from probe import Nginx, arguments, examples

SUITES = {"1.22": "bookworm", "1.26": "trixie", "1.30": "sid"}
MAIN = 0x01000000
BITS = {
    "HTTP": ("http", "server", "location", "upstream", "if-in-server", "if-in-location", "limit-except"),
    "STRM": ("stream", "stream-server", "stream-upstream"), "MAIL": ("mail", "mail-server"), "EVNT": ("events",),
    "CORE": (), "CONF": (),
}
BLOCK, FLAG, ANY, ONE_MORE, TWO_MORE = 0x100, 0x200, 0x400, 0x800, 0x1000

# Accepted without a word, but not kept beside the first one. Everything else that is accepted adds to it.
SILENT = {name: "last" for name in (
    "empty_gif", "flv", "mp4", "stub_status",  # set the handler of the location
    "fastcgi_split_path_info", "modern_browser_value", "ancient_browser_value", "ssl_session_cache", "zone",
    "auth_http", "protocol",  # of mail
)} | {name: "first" for name in ("return", "break")}  # the rewrite module ends at the first one
SILENT |= dict.fromkeys(("map", "geo", "split_clients"), "last-equal:variable")
# Not tried: they need an OpenSSL engine, or libraries and data beside nginx. Read from the handlers.
READ = {
    "ssl_engine": "fatal", "geoip_country": "fatal", "geoip_city": "fatal", "geoip_org": "fatal", "geoip_proxy": "adds",
    "image_filter": "last", "image_filter_jpeg_quality": "last", "image_filter_webp_quality": "last",
    "image_filter_sharpen": "last", "perl": "fatal", "perl_set": "last-equal:first", "xml_entities": "fatal",
    "xslt_stylesheet": "adds", "xslt_param": "adds", "xslt_string_param": "adds", "xslt_types": "warn-equal:each",
    "perl_modules": "adds", "perl_require": "adds",  # string arrays
    # slots that take one value
    "geoip_proxy_recursive": "fatal", "image_filter_buffer": "fatal", "image_filter_interlace": "fatal",
    "image_filter_transparency": "fatal", "xslt_last_modified": "fatal",
}

# What counts as equal, where only an equal second one is refused or warned about.
KEYS = {
    "first": {"log_format", "upstream", "thread_pool", "load_module", "limit_conn", "listen", "proxy_cache_path",
              "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path"},
    "zone": {"limit_conn_zone", "limit_req_zone", "limit_req"},
    "all": {"location", "charset_map"},
    "block": {"types", "server"},
}


def contexts(command):
    if command.family == "CONF":
        return ["any"]
    found = ["main"] if command.family == "CORE" and command.type & MAIN else []
    return found + [name for i, name in enumerate(BITS[command.family]) if command.type & 0x02000000 << i]


def arity(kind):
    if kind & ANY:
        return "any"
    if kind & FLAG:
        return "flag"
    if kind & (ONE_MORE | TWO_MORE):
        return "1+" if kind & ONE_MORE else "2+"
    return ",".join(str(n) for n in range(8) if kind & 1 << n)


def repeat(command, verdicts, notices):
    """One answer for every context, or an exception."""
    if "obsolete" in notices:
        return "ignored"
    answers = set(verdicts)
    if not answers:
        return READ[command.name]
    if len(answers) > 1:
        raise SystemExit(f"{command.name} ({command.module}): contexts disagree: {answers}")
    same, other = answers.pop()
    if other == "ok" and same in ("fatal", "warn"):
        key = next((key for key, names in KEYS.items() if command.name in names), "each")
        return f"{same}-equal:{key}"
    return SILENT.get(command.name, "adds") if same == other == "ok" else other


def generation(roots, version, port, table):
    root = os.path.join(roots, SUITES[version])
    nginx, rows = Nginx(root, port), []
    for path in [root + "/usr/sbin/nginx", *sorted(glob.glob(root + "/usr/lib/nginx/modules/*.so"))]:
        for command in Binary(path).commands():
            uses, places = arguments(command, table), contexts(command)
            verdicts, notices = [], ""
            for place in ["main", "http", "server", "location"] if places == ["any"] else places:
                if not uses:
                    continue
                same, other = nginx.verdict(command, place, uses[0], uses[0])[0], nginx.verdict(command, place, *uses)[0]
                notices += " ".join(nginx.notices)
                if same and other:
                    verdicts.append((same, other))
            notice = next((word for word in ("obsolete", "deprecated") if f"directive is {word}" in notices), "-")
            module = command.module.removeprefix("ngx_").removesuffix("_module")
            rows.append(((command.name, module, " ".join(places), arity(command.type), "{" if command.type & BLOCK else ";",
                          repeat(command, verdicts, notice), notice), version, len(verdicts), len(places)))
    return rows


def main():
    table = examples(os.path.join(os.path.dirname(os.path.abspath(__file__)), "examples.tsv"))
    merged = {}
    with concurrent.futures.ProcessPoolExecutor() as pool:
        jobs = [pool.submit(generation, sys.argv[1], v, 21000 + 100 * i, table) for i, v in enumerate(SUITES)]
        for row, version, asked, places in (row for job in jobs for row in job.result()):
            entry = merged.setdefault(row, [[], 0, 0])
            entry[0].append(version)
            entry[1] += min(asked, places)
            entry[2] += places
    print("# Generated by dev/nginx-directives/generate.py from nginx 1.22, 1.26 and 1.30 of Debian; do not edit.")
    print("# name\tmodule\tcontexts\targuments\tform\trepeat\tnotice\tgenerations\tprobed")
    for row, (versions, asked, places) in sorted(merged.items()):
        print(*row, " ".join(versions), f"{asked}/{places}", sep="\t")


if __name__ == "__main__":
    main()
