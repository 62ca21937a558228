"""The board of deadlines as a picture. Guarantee: nothing in it is ever read as a template; it is drawn in a process of
its own, which ends in time and gives its memory back.

The picture is JSON to the template, which reads it as values, as the printed log does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.export.pdf.press import PressFault
from bot.resources import data

LONGEST_S = 60
DOTS = 160
"""Per inch: 390 points wide gives 866 pixels, as much as a phone shows."""


def drawn(book: Mapping[str, Any]) -> bytes:
    """The picture of a board, as PNG. Raises PressFault."""
    with tempfile.TemporaryDirectory(prefix="tocsin-poster-") as folder:
        (Path(folder) / "book.json").write_text(json.dumps(book, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-m", __name__, folder]
        try:
            done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=False)
        except (subprocess.TimeoutExpired, OSError) as error:
            raise PressFault(str(error)) from error
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise PressFault(lines[-1] if lines else f"exit {done.returncode}")
        return (Path(folder) / "board.png").read_bytes()


def main(arguments: list[str]) -> int:
    """`poster FOLDER`: draw `FOLDER/book.json` into `FOLDER/board.png`."""
    import typst

    folder = Path(arguments[0])
    (folder / "board.typ").write_bytes(data("templates", "pdf", "board.typ").read_bytes())
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[data("templates", "pdf", "fonts")]
    )
    compiler = typst.Compiler(folder / "board.typ", root=folder, font_paths=fonts, ignore_system_fonts=True)
    try:
        made = compiler.compile(format="png", ppi=DOTS)
    except typst.TypstError as error:
        print(f"typst: {' '.join(error.message.split())}", file=sys.stderr)
        return 1
    (folder / "board.png").write_bytes((made[0] if isinstance(made, list) else made) or b"")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
