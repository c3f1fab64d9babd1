#!/usr/bin/python3
"""The peer of the benchmark: the same files rendered by Jinja2.

    jinja2_peer.py prepare TREE FOLDER    makes FOLDER/templates and FOLDER/values.json from a generated tree
    jinja2_peer.py render FOLDER OUT      renders them all into OUT
    jinja2_peer.py cached FOLDER OUT      the same, with the compiled templates of an earlier run (Jinja2's bytecode cache)
    jinja2_peer.py warm FOLDER            prints the milliseconds of one more render in the same process, nothing written

A template is a rendered file in which each value of the project is an expression again; loops stay unrolled. So the peer
reads no YAML, validates nothing, resolves no default, hashes nothing: what it does is a lower bound of the same job in Jinja2.
"""

import json
import sys
import time
from pathlib import Path

import jinja2

# Longest first, so that a host is one value and not a project's name inside text.
NAMES = ["SERVER_HOST", "TLS_EMAIL", "SERVER_PATH", "SERVER_USER", "PROJECT"]


def values_of(tree: Path) -> dict[str, str]:
    found = {}
    for line in (tree / "scripts/settings.sh").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and name in NAMES and value.strip("'\""):
            found[name.lower()] = value.strip("'\"")
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def prepare(tree: Path, folder: Path) -> None:
    values = values_of(tree)
    for source in sorted(path for path in tree.rglob("*") if path.is_file()):
        text = source.read_text()
        if "<%" in text:
            raise SystemExit(f"{source}: holds the delimiter of the peer's templates")
        # Marks that no text holds, so that a value inside another's expression is not replaced again.
        for index, value in enumerate(values.values()):
            text = text.replace(value, chr(0xE000 + index))
        for index, name in enumerate(values):
            text = text.replace(chr(0xE000 + index), f"<%= {name} %>")
        target = folder / "templates" / source.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (folder / "values.json").write_text(json.dumps(values))


def environment(folder: Path, cached: bool = False) -> jinja2.Environment:
    compiled = folder / "compiled"
    compiled.mkdir(exist_ok=True)
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder / "templates"),
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(compiled)) if cached else None,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<%=",
        variable_end_string="%>",
        comment_start_string="<%#",
        comment_end_string="%>",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def render(folder: Path, cached: bool) -> list[tuple[str, str]]:
    engine = environment(folder, cached)
    values = json.loads((folder / "values.json").read_text())
    return [(name, engine.get_template(name).render(values)) for name in engine.list_templates()]


def main() -> None:
    match sys.argv[1:]:
        case ["prepare", tree, folder]:
            prepare(Path(tree), Path(folder))
        case ["render" | "cached" as how, folder, out]:
            for name, text in render(Path(folder), how == "cached"):
                target = Path(out) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        case ["warm", folder]:
            engine = environment(Path(folder))
            values = json.loads((Path(folder) / "values.json").read_text())
            templates = [engine.get_template(name) for name in engine.list_templates()]
            began = time.perf_counter()
            for template in templates:
                template.render(values)
            print(f"{(time.perf_counter() - began) * 1000:.2f}")
        case _:
            raise SystemExit(__doc__)


main()
