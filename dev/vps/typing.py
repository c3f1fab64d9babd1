"""Runs a command on a terminal of its own and types answers, as a person would.

usage:   typing.py [PATTERN ANSWER]... -- COMMAND [ARGUMENT]...
needs:   python3
changes: what the command changes

Whenever the line the command is waiting on matches a PATTERN (a regular expression), its ANSWER and Enter are typed; the
answer `^D` types the end of input, `^C` an interruption. Everything shown goes to standard output; the exit code is the
command's. A question that no pattern knows ends the run after two minutes of silence.
"""

import os
import pty
import re
import select
import signal
import sys

SILENCE_SECONDS = 120


def main():
    split = sys.argv.index("--")
    words, command = sys.argv[1:split], sys.argv[split + 1 :]
    answers = [(re.compile(p), a) for p, a in zip(words[::2], words[1::2])]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    line = ""
    while True:
        ready, _, _ = select.select([terminal], [], [], SILENCE_SECONDS)
        if not ready:
            print(f"\ntyping.py: silent for {SILENCE_SECONDS} s", flush=True)
            os.kill(pid, signal.SIGHUP)
            break
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not data:
            break
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        line = (line + data.decode(errors="replace")).rsplit("\n", 1)[-1]
        for pattern, answer in answers:
            if pattern.search(line):
                keys = {"^D": b"\x04", "^C": b"\x03"}.get(answer, answer.encode() + b"\r")
                os.write(terminal, keys)
                line = ""
                break
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


main()
