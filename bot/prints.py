"""Communications as files. Guarantee: what is printed is the version that was asked for, to the letter, and says so in
red where it may not go out as it stands, or where it is an exercise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

import structlog

from bot.clock import Clock
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, TextStanding, Version, heading
from bot.domain.paper import Form
from bot.drawings import Drawings
from bot.drawings import ask as drawing
from bot.export.logo import Logo
from bot.export.pdf.press import PressFault
from bot.export.sheets import Sheet, made
from bot.render import local
from bot.speech import DRILL
from bot.spots import Spot
from bot.store.db import Database, Session
from bot.tools import Tools

logger = structlog.get_logger(__name__)

WAITS = "print:"
"""Under this, an event and a form: what is to be printed, and where it goes."""


def ask(
    session: Session, tools: Tools, cell: Cell, spot: Spot, draft: Draft, version: Version, form: Form, now: datetime
) -> None:
    """Have one version printed, and posted where it was asked for."""
    marks = [DRILL[draft.language]] if cell.incident.drill else []
    if not _may_go_out(cell, draft, version, now):
        marks.append(tools.voice.catalogue.render("drafts.not_yet", draft.language, {}).body)
    sheet = Sheet(
        text=version.text,
        title=draft.title.get(draft.language),
        heading=heading(draft, version),
        organisation=cell.incident.organisation,
        language=draft.language,
        at=local(version.written_at, cell.incident.timezone, draft.language),
        mark=" · ".join(marks),
    )
    name = f"{cell.incident.id}-{draft.id}-v{version.number}{form.suffix}"
    held = {"form": form.value, "sheet": asdict(sheet), "says": version.text, "at": now.isoformat()}
    drawing(session, f"{WAITS}{spot.event_id}:{form.value}", cell, spot, name, form.mimetype, held)


def _may_go_out(cell: Cell, draft: Draft, version: Version, now: datetime) -> bool:
    """Whether that version went out and still stands, or waits for nothing but to go out.

    One approved in peacetime waits for a second person, and may have blanks.
    """
    if draft.last != version:
        return False
    release = draft.released()
    if release is not None:
        return release.withdrawn_at is None
    return version.frozen is None and draft.standing(cell.incident.severity, now) is TextStanding.APPROVED


class Prints(Drawings):
    """Prints and posts what `print:` entries ask for."""

    waits: ClassVar[str] = WAITS
    refused: ClassVar[str] = "drafts.no_print"

    def __init__(self, db: Database, clock: Clock, tools: Tools, logo: Logo | None = None) -> None:
        super().__init__(db, clock, tools)
        self._logo = logo

    def make(self, asked: Mapping[str, Any]) -> bytes:
        """The text in its form, with the organisation's logo if that can be set: a text waits for no picture. Raises
        PressFault."""
        form, at = Form(asked["form"]), datetime.fromisoformat(asked["at"])
        if self._logo is not None:
            try:
                return made(asked["sheet"], form, at, self._logo)
            except PressFault as fault:
                logger.warning("logo_refused", why=str(fault))
        return made(asked["sheet"], form, at)
