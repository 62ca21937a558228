"""What a handler gives back: a new state, what the log must say of it, and effects; or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.cell import Cell
from bot.domain.effects import Effect
from bot.domain.language import Both


@dataclass(frozen=True)
class Record:
    """One log entry to write: a change of state, with what was before and after, and who is its author.

    `by` is the author where it is not the person who typed. `extra` adds fields that the kind wants.
    """

    kind: str
    action: str
    id: str | None = None
    before: Any = None
    after: Any = None
    by: str | None = None
    occurred_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """`cell` is the incident's new state, or None if nothing of it changed."""

    cell: Cell | None = None
    records: tuple[Record, ...] = ()
    effects: tuple[Effect, ...] = ()
    language: tuple[str, str] | None = None
    """(Matrix id, language) if somebody chose theirs."""


class Refusal(Exception):  # noqa: N818 - it is not an error: it is an answer that a person reads
    """A sentence for the user: the name of a message of the catalogue, and its values. Nothing was changed."""

    def __init__(self, template: str, **values: Any) -> None:
        super().__init__(template)
        self.template = template
        self.values = values


@dataclass(frozen=True)
class Choice:
    """One of several things that may have been meant: what is carried out if it was, and what it is called.

    `confirmed`: choosing it is the yes that the command asks of who types it.
    """

    text: str
    label: Both
    confirmed: bool = False


class Choose(Exception):  # noqa: N818 - it is no error: it is a question that must be answered first
    """What was typed may mean several things: they are numbered, and the button of a number does that one.

    Nothing dangerous may be among them. The message gets `choices` besides its own values.
    """

    def __init__(self, template: str, choices: tuple[Choice, ...], **values: Any) -> None:
        super().__init__(template)
        self.template = template
        self.choices = choices
        self.values = values


class Confirm(Exception):  # noqa: N818 - it is no error: it is a question that must be answered first
    """A command waits for a yes. Raised by a handler while `scene.confirmed_by` is None.

    `may` are the Matrix ids whose yes completes it: the one who typed alone (they are asked where they typed), or
    others (asked in the cell's room, with a code, typed). `typed`: a ✅ is not enough. `as_typed`: the command as it is
    carried out then, where it was not typed so. `stays`: it was typed for somebody, so it stays open, is called to
    mind, and the log says that it was asked. `asked`: the log says that it was, and it ends as any question. `bound`:
    what the question named besides the words, given back to the handler as `scene.bound`, which asks anew where that
    is not so any more. `instead`: what it is about, where a later question about the same to the same person takes
    its place. The values `code`, `expires`, `people`, `by` and `alone` are added to the message's own.
    """

    def __init__(
        self,
        template: str,
        may: tuple[str, ...],
        *,
        typed: bool = True,
        as_typed: str | None = None,
        stays: Record | None = None,
        asked: Record | None = None,
        bound: str | None = None,
        instead: str | None = None,
        **values: Any,
    ) -> None:
        super().__init__(template)
        self.template = template
        self.may = may
        self.typed = typed
        self.as_typed = as_typed
        self.stays = stays
        self.asked = asked or stays
        self.bound = bound
        self.instead = instead
        self.values = values
