"""The board of deadlines as a picture. Guarantee: what people typed is text in it and never markup, as the press has
it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.export.pdf.press import poster

DOTS = 160
"""Per inch: 390 points wide gives 866 pixels, as much as a phone shows."""

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "ink": "#14181d",
    "soft": "#47505b",
    "rule": "#c8ccd2",
    "empty": "#dfe3e8",
    "late": "#a32020",
    "soon": "#a85b00",
    "calm": "#1c6b3a",
    "done": "#5b6470",
}
DARK: Mapping[str, str] = {
    "ground": "#14181d",
    "ink": "#f2f4f6",
    "soft": "#b9c1ca",
    "rule": "#3a424c",
    "empty": "#2b323a",
    "late": "#ff8a80",
    "soon": "#ffb74d",
    "calm": "#81d99b",
    "done": "#a9b2bc",
}
"""The colours of a picture that has its own opaque ground, so that it reads the same under any theme. Each tone can be
read on the ground (WCAG 2.2, 1.4.3), and stands beside its word."""


def drawn(book: Mapping[str, Any]) -> bytes:
    """The picture of a board, as PNG. Raises PressFault."""
    return poster(book, "board.typ", DOTS)
