"""The board of deadlines, drawn for who asked. Guarantee: what binds stands on it before what is ours, and nothing that
a purge took out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from bot.domain.cell import Cell
from bot.domain.clock_lines import ClockLine, foremost, lines
from bot.domain.clocks import ClockStatus, Standing
from bot.domain.language import Language
from bot.drawings import Drawings
from bot.drawings import ask as drawing
from bot.export.poster import DARK, LIGHT, drawn
from bot.render import Catalogue, local
from bot.speech import DRILL
from bot.spots import Spot
from bot.store import veil
from bot.store.db import Session
from bot.tools import Tools

MOST = 8
"""So many clocks: more would not be read on a phone."""
WAITS = "picture:"
"""Under this and an event: what is to be drawn, and where it goes."""
_TONES = {Standing.RUNNING: "calm", Standing.SOON: "soon"}


def book(
    catalogue: Catalogue,
    cell: Cell,
    language: Language,
    names: Callable[[str | None], str],
    now: datetime,
    *,
    dark: bool = False,
) -> dict[str, Any]:
    """What the picture shows, in plain JSON: what is open, the most urgent first; what binds is left out last."""
    open_ones = [each for each in lines(cell, now) if each.clock.open]
    shown = foremost(open_ones, MOST)
    left = len(open_ones) - len(shown)

    def said(piece: str, line: ClockLine) -> str:
        values = {"clock": line.clock, "line": line, "names": names}
        return catalogue.render(f"clocks.{piece}", language, values).body

    def one(line: ClockLine) -> Mapping[str, Any]:
        runs = line.clock.status is ClockStatus.RUNNING
        return {
            "name": line.clock.typed(language),
            "class": said("class", line),
            "standing": said("standing", line),
            "tenths": line.tenths,
            "title": line.clock.title.get(language)[:90],
            "due": said("due", line) if line.clock.due else "",
            "held": " ".join(filter(None, (said("held", line), said("missing", line)))) if runs else "",
            "tone": _TONES.get(line.standing, "late") if runs else "done",
        }

    return {
        "language": language,
        "title": f"{cell.incident.id} — {catalogue.render('clocks.picture_title', language, {}).body}",
        "at": local(now, cell.incident.timezone, language),
        "drill": DRILL[language] if cell.incident.drill else "",
        "colours": DARK if dark else LIGHT,
        "lines": [one(line) for line in shown],
        "more": catalogue.render("clocks.picture_more", language, {"count": left}).body if left > 0 else "",
    }


def ask(session: Session, tools: Tools, cell: Cell, spot: Spot, now: datetime, *, dark: bool = False) -> None:
    """Have the board drawn as it stands, and posted where it was asked for."""
    seen = veil.shown(session, cell)
    shown = book(tools.voice.catalogue, seen, spot.language, lambda user: tools.name_of(cell, user), now, dark=dark)
    name = f"{cell.incident.id}-{now:%Y%m%dT%H%M}Z.png"
    drawing(session, f"{WAITS}{spot.event_id}", cell, spot, name, "image/png", {"book": shown})


class Pictures(Drawings):
    """Draws and posts what `picture:` entries ask for."""

    waits: ClassVar[str] = WAITS
    refused: ClassVar[str] = "clocks.no_picture"

    def make(self, asked: Mapping[str, Any]) -> bytes:
        """The board as PNG. Raises PressFault."""
        return drawn(asked["book"])
