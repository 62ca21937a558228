"""The board of deadlines as a picture. Guarantee: what people typed is text in it and never markup, as the press has
it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.export.pdf.press import poster

DOTS = 160
"""Per inch: 390 points wide gives 866 pixels, as much as a phone shows."""


def drawn(book: Mapping[str, Any]) -> bytes:
    """The picture of a board, as PNG. Raises PressFault."""
    return poster(book, "board.typ", DOTS)
