"""Communications: a text, its versions, who approved what, and what was released.

Owns three guarantees: an approval is bound to one version's exact text, and a change voids it; whoever wrote a version
never approves it; a text goes out only with every approval of its route, no older than a day, the last of them typed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from html import escape
from typing import NamedTuple

from bot.domain.language import Both, Language
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.domain.screening import Finding, Lists, Watched, watched

VALIDITY = timedelta(hours=24)
"""An approved text that was not released in this time is to be approved again."""

READ_AFTER = timedelta(minutes=10)
"""What was taken down sooner has informed nobody; what stood longer was read by somebody."""

LONGEST = 20_000
"""Bytes of a text as it is shown, plain and HTML together: it must stand whole in one message."""

_CORRECTING = Both(
    "CORRECTIF. Ce message remplace celui que nous avions diffusé.",
    "CORRECTION. This message takes the place of the one that we released.",
)
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


class TextStanding(StrEnum):
    """How far a text has come. `STALE`: approved, and not released for a day; `REJECTED`: somebody is against it."""

    WAITING = "waiting"
    REJECTED = "rejected"
    APPROVED = "approved"
    STALE = "stale"
    RELEASED = "released"


@dataclass(frozen=True)
class Step:
    """One approval that a text needs; `from_severity`: only from that severity on."""

    role: Role
    from_severity: int | None = None


class Day(NamedTuple):
    """The day of one of the incident's moments, by the moment's name, as a text gives it."""

    moment: str
    day: date


@dataclass(frozen=True)
class Version:
    """One exact text. `facts` are the verified facts drawn into it, by number; `acts` the acts that it states.

    `posted_at` is when the homeserver took the message that shows it: nobody can have read it before. `frozen`: it is
    a text approved in peacetime, by its hash, with nothing in it but what was approved then. `watched`: where it says
    what stood on the organisation's lists when it was written. `hours`, `days`: those of the incident that it gives.
    """

    number: int
    text: str
    sha256: str
    author: str
    written_at: datetime
    facts: tuple[int, ...] = ()
    acts: tuple[str, ...] = ()
    posted_at: datetime | None = None
    frozen: str | None = None
    watched: tuple[Watched, ...] = ()
    hours: tuple[datetime, ...] = ()
    days: tuple[Day, ...] = ()


@dataclass(frozen=True)
class Aside:
    """Something found in a text that somebody let stand, and why. `mark` is the hash of the words, which stand in the
    text alone: words that are purged there are left nowhere."""

    what: Finding
    mark: str
    reason: str
    user: str
    at: datetime


@dataclass(frozen=True)
class Approval:
    """`role` is the step of the route that it fills, `held` the role by which its author filled it."""

    version: int
    role: Role
    held: Role
    user: str
    at: datetime
    typed: bool = True


@dataclass(frozen=True)
class Objection:
    """A vote against; `reason` is None until it is given."""

    version: int
    user: str
    at: datetime
    reason: str | None = None


class ReleaseMode(StrEnum):
    """How a text went out: the bot gave it to be copied, somebody says that they put it up by hand, or the bot itself
    sent it."""

    COPY = "copy"
    BY_HAND = "by_hand"
    SENT = "sent"


@dataclass(frozen=True)
class Release:
    """A text that went out: where, when, which one exactly. `channel` is None where it was not said.

    `before`: who should have heard first and had heard nothing (`staff`, `partners`). `arrived_at`: when the first of
    those to whom the bot sent it had it; None while nobody is known to. `withdrawn_*`: it was taken down again, when,
    by whom and why.
    """

    version: int
    sha256: str
    channel: str | None
    user: str
    at: datetime
    mode: ReleaseMode = ReleaseMode.COPY
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None
    before: tuple[str, ...] = ()
    arrived_at: datetime | None = None

    @property
    def arrived(self) -> bool:
        """Whether it reached anybody: what people copied or put up themselves did."""
        return self.mode is not ReleaseMode.SENT or self.arrived_at is not None

    @property
    def stands(self) -> bool:
        """Whether somebody has it, and it was not taken down."""
        return self.arrived and self.withdrawn_at is None

    @property
    def since(self) -> datetime:
        """When the first of its readers could read it."""
        return self.arrived_at or self.at

    @property
    def was_read(self) -> bool:
        """Whether people know what it says: it stands, or it stood long enough. What was sent and has arrived is not
        taken back by any word of ours; what arrives later than it was taken down is told of in no register."""
        if self.withdrawn_at is None:
            return self.arrived
        if self.mode is ReleaseMode.SENT:
            return self.arrived_at is not None and self.arrived_at < self.withdrawn_at
        return self.withdrawn_at - self.at >= READ_AFTER


@dataclass(frozen=True)
class Draft:
    """A communication. `leaves`: it is for people outside the cell; `approved_at`: when its route was completed.

    `corrects`: the number of the text that it sets right. `urgent`: a director alone may let it go. `audience` and
    `channel`: for whom and by which ways its template is, as it was then; None where the first version did not keep it.
    `asides`: what was found in it and let stand.
    """

    number: int
    template: str
    title: Text
    language: Language
    leaves: bool
    route: tuple[Step, ...]
    created_at: datetime
    versions: tuple[Version, ...]
    approvals: tuple[Approval, ...] = ()
    objections: tuple[Objection, ...] = ()
    releases: tuple[Release, ...] = ()
    approved_at: datetime | None = None
    corrects: int | None = None
    urgent: bool = False
    audience: str | None = None
    channel: str | None = None
    asides: tuple[Aside, ...] = ()

    @property
    def id(self) -> str:
        return f"C{self.number}"

    @property
    def last(self) -> Version:
        """The newest version, the only one that can be approved or released."""
        return self.versions[-1]

    @property
    def heading(self) -> str:
        """What names the newest version: `C2 v3 · 7f3a91c2`."""
        return heading(self, self.last)

    def version(self, number: int) -> Version | None:
        return next((each for each in self.versions if each.number == number), None)

    def needed(self, severity: int | None) -> tuple[Role, ...]:
        """The roles whose approval the text needs, in the route's order; a severity that nobody said counts as 1.

        None for a text that was approved in peacetime.
        """
        if self.last.frozen is not None:
            return ()
        now = severity or 1
        return tuple(dict.fromkeys(s.role for s in self.route if s.from_severity is None or now >= s.from_severity))

    def given(self) -> dict[Role, Approval]:
        """The approvals of the newest version, by the step that they fill."""
        return {each.role: each for each in self.approvals if each.version == self.last.number}

    def against(self) -> tuple[Objection, ...]:
        """The objections to the newest version."""
        return tuple(each for each in self.objections if each.version == self.last.number)

    def touched_by(self, user: str) -> bool:
        """Whether somebody wrote, approved or released the newest version, or let stand what was found in it."""
        votes = (each.user for each in self.approvals if each.version == self.last.number)
        releases = (each.user for each in self.releases if each.version == self.last.number)
        return user in (self.last.author, *votes, *releases, *(each.user for each in self.asides))

    def missing(self, severity: int | None) -> tuple[Role, ...]:
        """The steps that nobody has filled."""
        given = self.given()
        return tuple(role for role in self.needed(severity) if role not in given)

    def untyped(self, severity: int | None) -> bool:
        """Whether nothing remains but that somebody types their approval: the text leaves the cell, every step is
        filled, and the last approval was a reaction, which travels in clear."""
        if not self.leaves or self.missing(severity):
            return False
        needed = self.needed(severity)
        counted = [each for each in self.approvals if each.version == self.last.number and each.role in needed]
        return bool(counted) and not counted[-1].typed

    def complete(self, severity: int | None) -> bool:
        """Whether every step is filled, as it must be."""
        return not self.missing(severity) and not self.untyped(severity)

    def released(self) -> Release | None:
        """The latest release of the newest version."""
        return self.release_of(self.last)

    def release_of(self, version: Version) -> Release | None:
        """The latest release of a version."""
        return next((each for each in reversed(self.releases) if each.version == version.number), None)

    @property
    def taken_down(self) -> bool:
        """Whether the newest version went out and was taken down again."""
        release = self.released()
        return release is not None and release.withdrawn_at is not None

    def standing(self, severity: int | None, now: datetime) -> TextStanding:
        """Where the newest version stands."""
        if self.released() is not None:
            return TextStanding.RELEASED
        if self.against():
            return TextStanding.REJECTED
        if self.outdated(now):
            return TextStanding.STALE
        return TextStanding.APPROVED if self.complete(severity) else TextStanding.WAITING

    def outdated(self, now: datetime) -> bool:
        """Whether its approvals are too old to release it."""
        return self.approved_at is not None and self.released() is None and now - self.approved_at > VALIDITY


def canonical(text: str) -> str:
    """The text as it is hashed, shown and copied: what no two screens would show alike is made one.

    Composed characters, no control characters, single spaces within a line, at most one empty line.
    """
    composed = _HIDDEN.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = (re.sub("[ \t]+", " ", line).strip(" ") for line in composed.split("\n"))
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n ")


def digest(text: str) -> str:
    """The hexadecimal SHA-256 of the exact text, in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def too_long(text: str) -> bool:
    """Whether a text could not be shown whole in one message."""
    return len(text.encode()) + len(escape(text).encode()) + 5 * text.count("\n") > LONGEST


def heading(draft: Draft, version: Version) -> str:
    """`C2 v3 · 7f3a91c2`: the draft, the version, and the first eight digits of its hash."""
    return f"{draft.id} v{version.number} · {version.sha256[:8]}"


def write(
    number: int,
    text: str,
    author: str,
    now: datetime,
    facts: tuple[int, ...] = (),
    acts: tuple[str, ...] = (),
    lists: Lists | None = None,
    hours: tuple[datetime, ...] = (),
    days: tuple[Day, ...] = (),
) -> Version:
    """A new version of that text. `lists`: what the organisation watches for."""
    exact = canonical(text)
    said = watched(exact, lists) if lists else ()
    return Version(number, exact, digest(exact), author, now, facts, acts, watched=said, hours=hours, days=days)


def put_aside(draft: Draft, aside: Aside) -> Draft:
    """The draft with one more thing that is let stand, or with another reason for it."""
    others = tuple(each for each in draft.asides if (each.what, each.mark) != (aside.what, aside.mark))
    return replace(draft, asides=(*others, aside))


def edit(draft: Draft, version: Version) -> Draft:
    """The draft with a new version: what was approved before is approved no more."""
    return replace(draft, versions=(*draft.versions, version), approved_at=None)


def approve(
    draft: Draft, steps: list[tuple[Role, Role]], user: str, now: datetime, severity: int | None, *, typed: bool
) -> Draft:
    """The draft with this person's approval of its newest version, which takes back their objection."""
    version = draft.last.number
    given = tuple(Approval(version, role, held, user, now, typed) for role, held in steps)
    kept = tuple(each for each in draft.objections if (each.version, each.user) != (version, user))
    # What the same person gives again is their last word.
    others = tuple(e for e in draft.approvals if (e.version, e.user) != (version, user) or e.role not in dict(steps))
    return reassess(replace(draft, approvals=(*others, *given), objections=kept), severity, now)


def reject(draft: Draft, user: str, now: datetime, reason: str | None) -> Draft:
    """The draft with this person against its newest version; their own approval of it goes."""
    version = draft.last.number
    others = tuple(each for each in draft.objections if (each.version, each.user) != (version, user))
    approvals = tuple(each for each in draft.approvals if (each.version, each.user) != (version, user))
    objections = (*others, Objection(version, user, now, reason))
    return replace(draft, objections=objections, approvals=approvals, approved_at=None)


def withdraw(draft: Draft, user: str, now: datetime, severity: int | None) -> Draft:
    """The draft without this person's vote on its newest version."""
    version = draft.last.number
    approvals = tuple(each for each in draft.approvals if (each.version, each.user) != (version, user))
    objections = tuple(each for each in draft.objections if (each.version, each.user) != (version, user))
    return reassess(replace(draft, approvals=approvals, objections=objections), severity, now)


def disown(draft: Draft, user: str, now: datetime, severity: int | None) -> Draft:
    """The draft without anything by which an account that is somebody else's held it up or let it go: its votes on the
    newest version, and what it let stand. One that is out stays as it is."""
    if draft.released() is not None:
        return draft
    asides = tuple(each for each in draft.asides if each.user != user)
    return withdraw(replace(draft, asides=asides), user, now, severity)


def reassess(draft: Draft, severity: int | None, now: datetime) -> Draft:
    """The draft as complete as it is now: what its route needs depends on the severity."""
    done = draft.complete(severity) and draft.released() is None and not draft.against()
    return replace(draft, approved_at=(draft.approved_at or now) if done else None)


def expire(draft: Draft) -> Draft:
    """The draft to be approved again: the approvals of its newest version no longer count."""
    kept = tuple(each for each in draft.approvals if each.version != draft.last.number)
    return replace(draft, approvals=kept, approved_at=None)


def release(
    draft: Draft,
    channel: str | None,
    user: str,
    now: datetime,
    mode: ReleaseMode = ReleaseMode.COPY,
    before: tuple[str, ...] = (),
) -> Draft:
    """The draft, released in its newest version: it is no longer something that waits. `before`: see `Release`."""
    said = Release(draft.last.number, draft.last.sha256, channel, user, now, mode, before=before)
    return replace(draft, releases=(*draft.releases, said), approved_at=None)


def arrive(draft: Draft, version: int, channel: str, now: datetime) -> Draft:
    """The draft, once somebody has that version of it by that channel; the same if somebody had already."""

    def came(each: Release) -> bool:
        return each.version == version and each.channel == channel and not each.arrived

    if not any(map(came, draft.releases)):
        return draft
    return replace(draft, releases=tuple(replace(r, arrived_at=now) if came(r) else r for r in draft.releases))


def correcting(text: str, language: Language) -> str:
    """A text, with what says at its head that it takes the place of the one before."""
    return f"{_CORRECTING.get(language)}\n\n{text}"


def take_down(draft: Draft, user: str, now: datetime, why: str) -> Draft:
    """The draft, taken down wherever it still stands: each release keeps its line, marked."""
    releases = tuple(
        each if each.withdrawn_at else replace(each, withdrawn_at=now, withdrawn_by=user, withdrawn_why=why)
        for each in draft.releases
    )
    return replace(draft, releases=releases)
