#!/usr/bin/env bash
# Measures `estiba check` and prints Markdown for docs/figures.md: the example as a cold process in turn with one
# `docker compose config -q` of its production file, 12 to 1,600 services, and hostile input.
#
#   dev/bench/check.sh [ROUNDS] [ROUNDS-PER-SIZE]      default 200 and 20
#
# Needs: what ./test installs (GNU time, Docker Compose's plugin; no daemon); cargo. ESTIBA_BIN names another program.
# Changes: target/; a temporary folder, removed at the end.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bench="$root/dev/bench"
# shellcheck source=common.sh
source "$bench/common.sh"

# Trees that cost a careless parser its time: each about a megabyte.
hostile() {
    /usr/bin/python3 - "$1" <<'EOP'
import os, sys
root = sys.argv[1]
compose = "services:\n  proxy:\n    image: nginx:1.30.6\n    volumes: ['./nginx:/etc/nginx:ro']\n"
def tree(name, files):
    for path, text in files.items():
        full = os.path.join(root, name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
tree("deep-nginx", {"docker-compose.yml": compose, "nginx/nginx.conf": "a {" * 350_000})
tree("long-line-nginx", {"docker-compose.yml": compose, "nginx/nginx.conf": "events {} http { server { add_header x \"" + "y" * 1_000_000 + "\"; } }"})
tree("include-circle", {"docker-compose.yml": compose, "nginx/nginx.conf": "include nginx.conf;\n" * 50_000})
tree("include-bomb", {"docker-compose.yml": compose, "nginx/nginx.conf": "http { include a.conf; }",
     **{f"nginx/{a}.conf": f"include {b}.conf;\n" * 20 for a, b in zip("abcdefgh", "bcdefghi")}, "nginx/i.conf": "gzip on;\n"})
tree("deep-yaml", {"docker-compose.yml": "services:\n  a: " + "[" * 500_000})
tree("alias-bomb", {"docker-compose.yml": "services: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"x-{n}: &a{n} [{','.join([f'*a{n-1}'] * 10)}]\n" for n in range(1, 12))})
tree("deep-bash", {"docker-compose.yml": compose, "scripts/a.sh": "#!/usr/bin/env bash\n" + "$(" * 400_000})
stages = "".join(f"FROM debian AS s{n}\nCOPY --from=s{max(n - 1, 0)} /a /b{n}\n" for n in range(20_000))
tree("stages-dockerfile", {"docker-compose.yml": "services:\n  a: { build: . }\n", "Dockerfile": stages})
tree("long-env", {"docker-compose.yml": "services:\n  a: { image: 'a:1', env_file: a.env }\n", "a.env": "".join(f"A{n}=${{A{n - 1}:-${{A{n - 2}}}}}\n" for n in range(2, 40_000))})
tree("chain-extends", {"docker-compose.yml": "services:\n" + "".join(f"  s{n}: {{ image: 'a:1', extends: {{ service: s{n + 1} }} }}\n" for n in range(16_000)) + "  s16000: { image: 'a:1' }\n"})
tree("include-compose", {"docker-compose.yml": "include: [a.yml, a.yml]\n", **{f"{a}.yml": f"include: [{b}.yml, {b}.yml]\n" for a, b in zip("abcdefgh", "bcdefghi")}, "i.yml": "services:\n  a: { image: 'a:1' }\n"})
tree("deep-promql", {"docker-compose.yml": "services:\n  p: { image: 'prom/prometheus:v3.0.0', volumes: ['./p:/etc/prometheus'] }\n",
    "p/prometheus.yml": "rule_files: [r.yml]\nscrape_configs: []\n", "p/r.yml": "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: '" + "(" * 400_000 + "'\n"})
tree("wide-dashboard", {"docker-compose.yml": "services:\n  g: { image: 'grafana/grafana:11.0.0', volumes: ['./d:/var/lib/grafana/dashboards'] }\n",
    "d/a.json": '{"panels": [' + ",".join('{"datasource": "${DS_%d}"}' % n for n in range(35_000)) + "]}"})
tree("long-unit", {"docker-compose.yml": compose, "a.service": "[Service]\nExecStart=/bin/a " + "\\\n  x" * 200_000 + "\n"})
tree("loops-jinja", {"docker-compose.yml": compose, "docker-compose.yml.j2": "services:\n" + "{% for a in b %}{% if c %}" * 20_000, "nginx.conf.j2": "http { " + "{{ a | b }}" * 90_000 + " }"})
tree("calls-bash", {"docker-compose.yml": compose, "scripts/a.sh": "#!/usr/bin/env bash\n" + "".join(f"f{n}() {{ f{n+1}; f{n+1}; }}\n" for n in range(40)) + "f40() { :; }\nf0\n"})
EOP
}

# A tree of so many files: a Compose file with a service and an nginx site for each, in folders of a hundred.
many() { # FOLDER COUNT
    /usr/bin/python3 - "$@" <<'EOP'
import os, sys
root, count = sys.argv[1], int(sys.argv[2])
for at in range(count // 100):
    folder = os.path.join(root, f"part-{at}")
    os.makedirs(os.path.join(folder, "nginx/conf.d"))
    services = "".join(f"  app-{n}:\n    image: app-{n}:1\n    pull_policy: never\n    networks: [inner]\n" for n in range(98))
    proxy = "  proxy:\n    image: nginx:1.30.6\n    networks: [inner]\n    volumes: ['./nginx/nginx.conf:/etc/nginx/nginx.conf:ro', './nginx/conf.d:/etc/nginx/conf.d:ro']\n"
    files = {"docker-compose.yml": f"name: part-{at}\nservices:\n{services}{proxy}networks: {{ inner: {{}} }}\n",
             "nginx/nginx.conf": "events {}\nhttp {\n    include conf.d/*.conf;\n}\n"}
    for n in range(98):
        files[f"nginx/conf.d/{n}.conf"] = f"server {{\n    listen 80;\n    server_name {n}.part-{at}.example;\n    location / {{ proxy_pass http://app-{n}:3000; }}\n}}\n"
    for path, text in files.items():
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)
EOP
}

main() {
    local rounds=${1:-200} rounds_per_size=${2:-20} estiba by_cargo count name
    work=$(mktemp -d) # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT
    estiba=$(binary "$work")
    by_cargo=$(cargo_binary "$work")

    "$estiba" generate "$root/examples/jupiter" --out "$work/jupiter" >/dev/null
    {
        job 'estiba check' '' "$estiba" check "$work/jupiter"
        job 'estiba check, as cargo links it' '' "$by_cargo" check "$work/jupiter"
        job 'docker compose config -q' '' "$(command -v docker)" compose -f "$work/jupiter/common/docker-compose.prod.yml" config -q
    } | jobs_to "$work/jupiter.jobs"
    for count in 12 100 400 1600; do
        mkdir -p "$work/size-$count"
        /usr/bin/python3 "$bench/describe.py" "$count" >"$work/size-$count/estiba.yml"
        "$estiba" generate "$work/size-$count" --out "$work/size-$count/out" >/dev/null
        job "$count" '' "$estiba" check "$work/size-$count/out"
    done | jobs_to "$work/sizes.jobs"
    for count in 200 2000 20000; do
        many "$work/files-$count" "$count"
        job "$count" '' "$estiba" check "$work/files-$count"
    done | jobs_to "$work/files.jobs"
    /usr/bin/python3 "$bench/measure.py" "$rounds" "$work/jupiter.jobs" >"$work/jupiter.json"
    /usr/bin/python3 "$bench/measure.py" "$rounds_per_size" "$work/sizes.jobs" >"$work/sizes.json"
    /usr/bin/python3 "$bench/measure.py" 10 "$work/files.jobs" >"$work/files.json"

    hostile "$work/hostile"
    for name in "$work/hostile"/*; do
        # A hostile tree has findings: exit code 1 is the right answer.
        job "$(basename "$name")" '' "$(command -v bash)" -c "\"$estiba\" check \"$name\" || [[ \$? -eq 1 ]]"
    done | jobs_to "$work/hostile.jobs"
    /usr/bin/python3 "$bench/measure.py" 3 "$work/hostile.jobs" >"$work/hostile.json"
    /usr/bin/python3 "$bench/report_check.py" "$(commit)" "$work/jupiter.json" "$work/sizes.json" "$work/files.json" "$work/hostile.json"
}

main "$@"; exit
