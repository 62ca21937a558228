"""`make soak`, the reader's part: a million lines, each of which must hold. `python -m tests.reading.soak [LINES [SEED]]`.

A run of a million or more is written down in `docs/soak_reading.md`.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.reading.lines import AT_MOST, PLAIN, hold, lines, plain_cost

MANY = 1_000_000
REPORT = Path(__file__).parents[2] / "docs" / "soak_reading.md"
_MEANT = {
    "Silence": "not for the bot",
    "Call": "one command",
    "Refused": "a command that cannot be carried out as typed: said, with a right form",
    "Suggestion": "nearly a command: proposed, or shown where it is dangerous",
    "Asked": "clear but for one thing, which is asked",
}


def main(arguments: list[str]) -> int:
    """Read so many lines; say how they were read. A line that does not hold raises, and is named by its own text."""
    count = int(arguments[0]) if arguments else MANY
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    started = time.process_time()
    sorts: Counter[str] = Counter(hold(text, where) for text, where in lines(seed, count))
    spent = time.process_time() - started
    print(f"{count} lines, seed {seed}: " + ", ".join(f"{name} {n}" for name, n in sorts.most_common()))
    if count >= MANY:
        REPORT.write_text(_report(count, seed, sorts, spent), encoding="utf-8")
        print(f"written: {REPORT.name}")
    return 0


def _report(count: int, seed: int, sorts: Counter[str], spent: float) -> str:
    """The run as a page: what was read, what held of every line, and how to do it again."""
    figures = [
        ("date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("seed", str(seed)),
        (
            "machine",
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors; CPython {platform.python_version()}",
        ),
        ("processor time, making the lines included", f"{spent:.0f} s"),
        ("a plain command", f"{plain_cost() * 1e6:.0f} µs"),
        ("lines", f"{count:,}".replace(",", " ")),
        *((f"{name}: {_MEANT[name]}", f"{n:,}".replace(",", " ")) for name, n in sorts.most_common()),
    ]
    rows = "\n".join(f"| {name} | {figure} |" for name, figure in figures)
    return f"""# Whatever is typed: the last soak of the reader

`make soak` reads a million lines made of the words of the commands, of what people say to the bot, of names, numbers and
times, broken as thumbs, keyboards and foes break them. Of each line:

- reading never raises;
- it is one command at most, with all the arguments that it needs and no other;
- nothing dangerous comes of what was only said, nor of a yes to what was only nearly typed;
- what counts as mere talk is silence;
- it takes at most {AT_MOST} times what a plain command (`{PLAIN}`) takes on the same machine.

| | |
| --- | ---: |
{rows}

**Every line held.**

Again, after the soak of the bot itself: `make soak LINES='{count} {seed}'`
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
