"""Texts that went out and enquiries that came in, as registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain.approval import let_stand
from bot.domain.cell import Cell

Row = Iterable[str | bool | datetime | None]

RELEASE_COLUMNS = (
    "id", "template", "title", "language", "version", "sha256", "at", "channel", "mode", "by", "approved_by", "facts",
    "corrects", "withdrawn_at", "withdrawn_by", "withdrawn_why", "let_stand",
)  # fmt: skip
ENQUIRY_COLUMNS = ("id", "who", "asker", "text", "by", "at", "owner", "answer", "answered_by", "answered_at")


def releases(cell: Cell) -> Iterator[Row]:
    """Every release of every text, in the order in which they went out."""
    every = [(release, draft) for draft in cell.drafts.values() for release in draft.releases]
    for release, draft in sorted(every, key=lambda pair: (pair[0].at, pair[1].number)):
        version = draft.version(release.version)
        approved = sorted({each.user for each in draft.approvals if each.version == release.version})
        yield (
            draft.id, draft.template, draft.title.get(cell.incident.language), draft.language, f"v{release.version}",
            release.sha256, release.at, release.channel, release.mode.value, release.user, " ".join(approved),
            " ".join(f"F{number}" for number in version.facts) if version else None,
            f"C{draft.corrects}" if draft.corrects else None,
            release.withdrawn_at, release.withdrawn_by, release.withdrawn_why,
            " | ".join(
                f"{each.what.value}: {each.words or each.said(cell.incident.language)} ({each.aside.reason})"
                for each in let_stand(cell, draft, release) if each.aside
            ),
        )  # fmt: skip


def enquiries(cell: Cell) -> Iterator[Row]:
    """Every enquiry that was not taken back, in the order of its number."""
    for number in sorted(cell.enquiries):
        each = cell.enquiries[number]
        if not each.withdrawn:
            yield (
                each.id, each.who, each.asker.value, each.text, each.by, each.at, each.owner, each.answer,
                each.answered_by, each.answered_at,
            )  # fmt: skip
