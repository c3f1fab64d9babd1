#!/usr/bin/python3
"""Draws what `estiba check examples/broken` shows on a terminal as docs/check.svg, the picture of the README.

usage:   dev/release/screenshot.py [ESTIBA]        default: target/release/estiba
changes: docs/check.svg
"""

import html
import os
import pty
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 100
# Points of a monospaced font of 14 pixels, and the colours of a dark terminal.
WIDTH, HEIGHT, MARGIN = 8.4, 19, 18
BACKGROUND, TEXT = "#1b1f27", "#d7dce5"
COLOURS = {31: "#ff6b68", 32: "#7fd08a", 33: "#e8b75d", 34: "#6cb0ff", 35: "#c792ea", 36: "#58c7d3",
           91: "#ff6b68", 92: "#7fd08a", 93: "#e8b75d", 94: "#6cb0ff", 95: "#c792ea", 96: "#58c7d3"}


def seen(command):
    """What a terminal of COLUMNS columns is given."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ.pop("NO_COLOR", None)
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS))
        os.execv(command[0], command)
    data = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        data += more
    os.waitpid(child, 0)
    return data.decode().replace("\r\n", "\n").rstrip("\n")


def spans(line, style):
    """The line as pieces of (text, style), and the style that goes on behind it."""
    pieces = []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not code:
            if part:
                pieces.append((part, dict(style)))
            continue
        for number in map(int, (code[1] or "0").split(";")):
            if number == 0:
                style = {}
            elif number == 1:
                style = {**style, "font-weight": "bold"}
            elif number == 2:
                style = {**style, "opacity": "0.7"}
            elif number == 4:
                style = {**style, "text-decoration": "underline"}
            elif number in COLOURS:
                style = {**style, "fill": COLOURS[number]}
    return pieces, style


def escaped(text):
    """Browsers draw one space for several, unless they may not break there."""
    return html.escape(text).replace(" ", "\u00a0")


def draw(text):
    lines = text.split("\n")
    width, height = COLUMNS * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="{TEXT}">',
    ]
    style = {}
    for number, line in enumerate(lines):
        pieces, style = spans(line, style)
        drawn = "".join(
            f'<tspan{"".join(f" {key}={chr(34)}{value}{chr(34)}" for key, value in sorted(look.items()))}>{escaped(part)}</tspan>'
            for part, look in pieces
        )
        if drawn:
            out.append(f'<text x="{MARGIN}" y="{MARGIN + HEIGHT * number + 14}">{drawn}</text>')
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/estiba").resolve()
    if not program.exists():
        sys.exit(f"screenshot.py: there is no {program}: cargo build --release")
    command = [str(program), "check", "examples/broken"]
    text = "\x1b[2m$\x1b[0m estiba check examples/broken\n\n" + seen(command)
    (ROOT / "docs/check.svg").write_text(draw(text), encoding="utf-8")


if __name__ == "__main__":
    main()
