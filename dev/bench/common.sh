# shellcheck shell=bash
# shellcheck disable=SC2154
# What the benchmarks share. Sourced, never run; `root` and `bench` are set by who sources it.

# binary FOLDER: the program that people install, or ESTIBA_BIN.
binary() { placed "${ESTIBA_BIN:-$("$root/dev/release/program.sh")}" "$1/bin/estiba"; }

# cargo_binary FOLDER: as `cargo install` links it, with libraries of the system.
cargo_binary() {
    local target
    cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" --package estiba
    target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    placed "$target/release/estiba" "$1/bin/estiba-by-cargo"
}

# placed FROM TO: as an installation would copy it. What a linker has written stands in the page cache in single pages, and
# starts more slowly than the same file written in one go.
placed() {
    install -D "$1" "$2"
    printf '%s' "$2"
}

# A commit is only named where the measured files are that commit's.
commit() {
    local hash
    hash=$(git -C "$root" rev-parse --short HEAD 2>/dev/null) || { printf 'none'; return; }
    [[ -z "$(git -C "$root" status --porcelain -- crates Cargo.toml Cargo.lock examples)" ]] || hash="$hash with changes"
    printf '%s' "$hash"
}

job() { # NAME FRESH-FOLDER COMMAND…
    /usr/bin/python3 -c 'import json, sys; print(json.dumps({"name": sys.argv[1], "fresh": sys.argv[2] or None, "command": sys.argv[3:]}))' "$@"
}

jobs_to() { /usr/bin/python3 -c 'import json, sys; json.dump([json.loads(line) for line in sys.stdin], open(sys.argv[1], "w"))' "$1"; }
