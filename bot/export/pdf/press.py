"""From the book to the PDF, in a process of its own. Guarantee: the same book gives the same bytes, on any machine;
nothing in it is ever read as a template; whatever it costs in memory is given back, and it ends in time.

The book is JSON, which the template reads as values: what people wrote is text to the typesetter, never its markup.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any, Literal

from bot.resources import data

LONGEST_S = 180
"""Ten times what the largest volume takes on two cores."""

_LOOK_S = 0.1

Form = Literal["pdf", "png"]
JOURNAL, DOTS = "journal.typ", 80


class PressFault(Exception):  # noqa: N818 - says what happened
    """The PDF could not be made; the text is the typesetter's own."""


def printed(
    book: Mapping[str, Any],
    seconds: int,
    halt: Event | None = None,
    template: str = "journal.typ",
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """The PDF/A of a book, dated `seconds` after the epoch, with the files that lie beside it, by their names; given up
    once `halt` is set. Raises PressFault."""
    with tempfile.TemporaryDirectory(prefix="tocsin-press-") as folder:
        _beside(Path(folder), beside)
        _work(book, seconds, Path(folder), "pdf", halt or Event(), template)
        return (Path(folder) / "out.pdf").read_bytes()


def pictured(
    book: Mapping[str, Any],
    folder: Path,
    template: str = "journal.typ",
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> list[Path]:
    """The pages of a book as PNG pictures in `folder`, in order: what a person would see. Raises PressFault."""
    _beside(folder, beside)
    _work(book, 0, folder, "png", Event(), template)
    return sorted(folder.glob("out-*.png"))


def poster(values: Mapping[str, Any], template: str, dots: int) -> bytes:
    """What one page of another template shows, as a PNG of so many dots per inch. Raises PressFault."""
    with tempfile.TemporaryDirectory(prefix="tocsin-press-") as folder:
        _work(values, 0, Path(folder), "png", Event(), template, dots)
        return (Path(folder) / "out-0001.png").read_bytes()


def _beside(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, held in files.items():
        (folder / name).write_bytes(held)


def _work(
    book: Mapping[str, Any],
    seconds: int,
    folder: Path,
    form: Form,
    halt: Event,
    template: str = JOURNAL,
    dots: int = DOTS,
) -> None:
    (folder / "book.json").write_text(json.dumps(book, ensure_ascii=False), encoding="utf-8")
    command = [sys.executable, "-m", __name__, str(folder), str(seconds), form, template, str(dots)]
    with (folder / "errors").open("w+b") as errors:
        try:
            worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            raise PressFault(str(error)) from error
        code = _ended(worker, halt)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    if code is None:
        raise PressFault(f"given up after {LONGEST_S} s at most")
    if code:
        raise PressFault(lines[-1] if lines else f"exit {code}")


def _ended(worker: subprocess.Popen[bytes], halt: Event) -> int | None:
    """How the worker ended; None if it was stopped, for its time or because of `halt`."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until and not halt.is_set():
        try:
            return worker.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
    worker.kill()
    worker.wait()
    return None


def main(arguments: list[str]) -> int:
    """`press FOLDER SECONDS pdf|png TEMPLATE DOTS`: typeset `FOLDER/book.json` into `FOLDER/out.pdf`, or
    `out-0001.png` and on."""
    import typst

    folder, seconds, form, template, dots = Path(arguments[0]), int(arguments[1]), *arguments[2:4], int(arguments[4])
    fonts = data("templates", "pdf", "fonts")
    # The template lies beside its book: nothing above that folder can be read.
    (folder / template).write_bytes(data("templates", "pdf", template).read_bytes())
    compiler = typst.Compiler(
        folder / template,
        root=folder,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]),
        ignore_system_fonts=True,
    )
    try:
        if form == "png":
            made = compiler.compile(format="png", ppi=dots)
            pages = made if isinstance(made, list) else [made]
            for number, page in enumerate(pages, 1):
                (folder / f"out-{number:04d}.png").write_bytes(page or b"")
            return 0
        made = compiler.compile(format="pdf", timestamp=seconds, pdf_standards=["a-2b"], pdf_tags=False)
    except typst.TypstError as error:
        print(f"typst: {' '.join(error.message.split())}", file=sys.stderr)
        return 1
    assert isinstance(made, bytes)
    (folder / "out.pdf").write_bytes(made)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
