#!/usr/bin/env bash
# Measures `estiba check` and prints Markdown for docs/figures.md: the example as a cold process in turn with one
# `docker compose config -q` of its production file, 12 to 1,600 services, and hostile input.
#
#   dev/bench/check.sh [ROUNDS] [ROUNDS-PER-SIZE]      default 200 and 20
#
# Needs: what ./test installs (GNU time, Docker Compose's plugin; no daemon); cargo. ESTIBA_BIN names another binary.
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
tree("calls-bash", {"docker-compose.yml": compose, "scripts/a.sh": "#!/usr/bin/env bash\n" + "".join(f"f{n}() {{ f{n+1}; f{n+1}; }}\n" for n in range(40)) + "f40() { :; }\nf0\n"})
EOP
}

main() {
    local rounds=${1:-200} rounds_per_size=${2:-20} estiba count name
    estiba=$(binary)
    work=$(mktemp -d) # global: the trap outlives this function
    trap 'rm -rf "$work"' EXIT

    "$estiba" generate "$root/examples/jupiter" --out "$work/jupiter" >/dev/null
    {
        job 'estiba check' '' "$estiba" check "$work/jupiter"
        job 'docker compose config -q' '' "$(command -v docker)" compose -f "$work/jupiter/common/docker-compose.prod.yml" config -q
    } | jobs_to "$work/jupiter.jobs"
    for count in 12 100 400 1600; do
        mkdir -p "$work/size-$count"
        /usr/bin/python3 "$bench/describe.py" "$count" >"$work/size-$count/estiba.yml"
        "$estiba" generate "$work/size-$count" --out "$work/size-$count/out" >/dev/null
        job "$count" '' "$estiba" check "$work/size-$count/out"
    done | jobs_to "$work/sizes.jobs"
    /usr/bin/python3 "$bench/measure.py" "$rounds" "$work/jupiter.jobs" >"$work/jupiter.json"
    /usr/bin/python3 "$bench/measure.py" "$rounds_per_size" "$work/sizes.jobs" >"$work/sizes.json"

    hostile "$work/hostile"
    for name in "$work/hostile"/*; do
        # A hostile tree has findings: exit code 1 is the right answer.
        job "$(basename "$name")" '' "$(command -v bash)" -c "\"$estiba\" check \"$name\" || [[ \$? -eq 1 ]]"
    done | jobs_to "$work/hostile.jobs"
    /usr/bin/python3 "$bench/measure.py" 3 "$work/hostile.jobs" >"$work/hostile.json"
    /usr/bin/python3 "$bench/report_check.py" "$(commit)" "$work/jupiter.json" "$work/sizes.json" "$work/hostile.json"
}

main "$@"; exit
