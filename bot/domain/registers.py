"""What the cell establishes: facts, decisions, evidence, calls, roll-calls and situation points.

Guarantee: nothing is unwritten. A fact that proves false keeps its line and its trace, a decision keeps both who took
it and who typed it, and an entry taken back by its author is marked so; numbers are never used again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class FactStatus(StrEnum):
    """How far a fact is established; only `verified` ones may be drawn into a text that goes out."""

    TO_VERIFY = "to_verify"
    PROBABLE = "probable"
    VERIFIED = "verified"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Fact:
    """`rumour`: it came from outside, unchecked. `reason`: why it was refuted. `replaces`: the fact it corrects."""

    number: int
    text: str
    said_by: str
    said_at: datetime
    status: FactStatus = FactStatus.TO_VERIFY
    rumour: bool = False
    source: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    replaces: int | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"F{self.number}"


@dataclass(frozen=True)
class Decision:
    """`by` took it, `typed_by` wrote it; it stands as theirs once confirmed. `denied_at`: they said that it is not."""

    number: int
    text: str
    by: str
    typed_by: str
    at: datetime
    reasons: str | None = None
    set_aside: str | None = None
    confirmed_at: datetime | None = None
    denied_at: datetime | None = None
    reminded_at: datetime | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"D{self.number}"

    @property
    def waits(self) -> bool:
        """Whether the one who took it has neither confirmed it nor denied it."""
        return self.confirmed_at is None and self.denied_at is None and not self.withdrawn


class FileGone(Exception):  # noqa: N818 - says what happened
    """A posted file that cannot be had any more; `why` is `not_found`, `altered`, `bad_key` or `too_large`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Measured:
    """A file's own bytes, which are not held: their SHA-256 in hex, and how many they are."""

    sha256: str
    size: int


class Keeping(StrEnum):
    """What became of an exhibit's file: `none` was given; it is `wanted`; its bytes are `kept`; it was read and only
    `described`; it could not be had (`lost`)."""

    NONE = "none"
    WANTED = "wanted"
    KEPT = "kept"
    DESCRIBED = "described"
    LOST = "lost"


@dataclass(frozen=True)
class Attachment:
    """A file that somebody posted, as its event says. `key`: what decrypts it, as the event gives it (Matrix
    specification, 13.11.6, "sending encrypted attachments"), or None for one in clear."""

    event_id: str
    sender: str
    name: str
    mimetype: str
    size: int | None
    mxc: str
    key: Mapping[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Handed:
    """An exhibit that changed hands: from whom, to whom (a Matrix id, or a name), when, who wrote it down."""

    at: datetime
    giver: str
    receiver: str
    by: str
    note: str | None = None


@dataclass(frozen=True)
class Evidence:
    """An exhibit. `sha256` is that of the file's own bytes, and is there only once they have been read; `why` says why
    they were not kept. `legal_ok`: what a jurist found of the way in which it was collected, None until one did.
    `location` is where its file is in the incident file, `place` where it is, or was found, in the world.
    """

    number: int
    description: str
    collected_by: str
    collected_at: datetime
    event_id: str | None = None
    file: str | None = None
    size: int | None = None
    mimetype: str | None = None
    sha256: str | None = None
    keeping: Keeping = Keeping.NONE
    why: str | None = None
    location: str | None = None
    custody: tuple[Handed, ...] = ()
    legal_ok: bool | None = None
    legal_by: str | None = None
    legal_at: datetime | None = None
    legal_note: str | None = None
    place: str | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"P{self.number}"

    @property
    def holder(self) -> str:
        """Who has it now."""
        return self.custody[-1].receiver if self.custody else self.collected_by


@dataclass(frozen=True)
class PhoneCall:
    """An exchange outside the room: with whom, what was said, who had it, when."""

    number: int
    who: str
    summary: str
    by: str
    at: datetime
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"A{self.number}"


@dataclass(frozen=True)
class RollCall:
    """Who was asked, and when each said "here"."""

    number: int
    at: datetime
    by: str
    called: tuple[str, ...]
    here: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def id(self) -> str:
        return f"R{self.number}"

    @property
    def board(self) -> str:
        """The name of the board that shows it."""
        return f"rollcall-{self.number}"


@dataclass(frozen=True)
class Point:
    """A situation point that was drafted; `next_at` is when the next one is due. `said`: the lines that somebody put in
    their own words, by number."""

    number: int
    at: datetime
    by: str
    next_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    said: tuple[tuple[int, str], ...] = ()

    @property
    def id(self) -> str:
        return f"S{self.number}"

    def saying(self, line: int, text: str | None) -> Point:
        """The same with that line in these words; None takes them out again."""
        said = {**dict(self.said), line: text}
        return replace(self, said=tuple((n, words) for n, words in sorted(said.items()) if words is not None))


Entry = Fact | Decision | Evidence | PhoneCall
"""What can be taken back by its author within ten minutes."""


# -- what a text says of itself ----------------------------------------------------------------------------------------

# Each looks back over one space alone and ahead over few characters: what people type may be very long.
_BECAUSE = re.compile(
    r"(?<!\ble)(?<!\bun)(?<!\bdu)\s(?:car\b|parce qu(?:e\b|['’])|because\b)\s{0,3}(?=\S)", re.IGNORECASE
)
_INSTEAD = re.compile(
    r"\s(?:plut[ôo]t qu(?:e\b|['’])|au lieu d(?:e\b|['’])|rather than|instead of)\s{0,3}(?=\S)", re.IGNORECASE
)
_SOURCE = re.compile(r"[\s,;.(—–-]source\s{0,3}:\s{0,3}(?P<source>[^()]{1,200}?)\)?\s{0,3}\Z", re.IGNORECASE)
_SOURCE_LEAD = re.compile(r"\A(?:source|motif|reason)\s{0,3}:\s{0,3}", re.IGNORECASE)
_REPLACES = re.compile(
    r"\b(?:remplace|corrige|replaces|corrects)\s(?:la\s|le\s)?F\s?(?P<number>\d{1,6})\b", re.IGNORECASE
)
_WHO = re.compile(r"\A(?P<who>[^:\n]{1,60}?)\s{0,3}(?::|\s[—–-])\s{0,3}(?P<summary>\S.*)\Z", re.DOTALL)
_JOINTS = " ,;:.(—–-"


@dataclass(frozen=True)
class Reasoned:
    """A decision's words, taken apart: what was decided, why, and what was set aside for it."""

    text: str
    reasons: str | None
    set_aside: str | None


def reasoned(typed: str) -> Reasoned:
    """Take the reasons (« car … », « parce que … », "because …") and what was set aside (« plutôt que … ») apart."""
    text, reasons = _cut(typed.strip(), _BECAUSE)
    text, set_aside = _cut(text, _INSTEAD)
    if reasons is not None and set_aside is None:
        reasons, set_aside = _cut(reasons, _INSTEAD)
    return Reasoned(text, reasons or None, set_aside)


def _cut(text: str, sign: re.Pattern[str]) -> tuple[str, str | None]:
    found = sign.search(text)
    if found is None or not text[: found.start()].strip():
        return text, None
    return text[: found.start()].rstrip(_JOINTS), text[found.end() :].strip()


def sourced(typed: str) -> tuple[str, str | None]:
    """Take a source that the text itself names at its end (« …, source : Orange ») apart."""
    found = _SOURCE.search(typed)
    if found is None or not typed[: found.start()].strip():
        return typed.strip(), None
    return typed[: found.start()].rstrip(_JOINTS).strip(), found["source"].strip(" .")


def stated_source(typed: str | None) -> str | None:
    """The source, or the reason, that follows a verdict; None where nothing does."""
    text = _SOURCE_LEAD.sub("", (typed or "").strip()).strip()
    return text or None


def replaced(typed: str) -> int | None:
    """The number of the fact that the text says it replaces."""
    found = _REPLACES.search(typed)
    return int(found["number"]) if found else None


_ARTICLES = frozenset({"le", "la", "les", "un", "une", "the", "a", "an"})


def who_and_what(typed: str) -> tuple[str, str | None]:
    """Whom a call was with, and what was said: parted by a colon or a dash, else after the first word, or after an
    article and its noun (the only way to part a Matrix id, which holds a colon itself)."""
    found = None if typed.lstrip().startswith("@") else _WHO.match(typed.strip())
    if found:
        return found["who"].strip(), found["summary"].strip()
    who, _, summary = typed.strip().partition(" ")
    if who.casefold() in _ARTICLES and summary.strip():
        noun, _, summary = summary.strip().partition(" ")
        who = f"{who} {noun}"
    return who.strip(" ,;:"), summary.strip(" :—–-") or None
