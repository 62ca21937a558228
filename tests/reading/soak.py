"""`make soak`, the reader's part: a million lines, each of which must hold. `python -m tests.reading.soak [LINES [SEED]]`."""

from __future__ import annotations

import sys
from collections import Counter

from tests.reading.lines import hold, lines

MANY = 1_000_000


def main(arguments: list[str]) -> int:
    """Read so many lines; say how they were read. A line that does not hold raises, and is named by its own text."""
    count = int(arguments[0]) if arguments else MANY
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    sorts: Counter[str] = Counter(hold(text, where) for text, where in lines(seed, count))
    print(f"{count} lines, seed {seed}: " + ", ".join(f"{name} {n}" for name, n in sorts.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
