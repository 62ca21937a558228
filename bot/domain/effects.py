"""What a decision asks of the world: things to say, rooms to make, people to call. Values only; the engine carries them
out by writing outbox rows in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.domain.language import Language


@dataclass(frozen=True)
class Reply:
    """The answer to who typed, where they typed it, in their language. `rings` mentions them."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    rings: bool = False
    key: str = "0"
    outbox_key: str = ""
    """Where it must be known by another key than an answer's: that of a message about one task has buttons."""
    options: tuple[str, ...] = ()
    """What the numbers of its lines do, for who typed; nothing dangerous is among them."""


@dataclass(frozen=True)
class Tick:
    """A ✅ under what was typed: done, nothing else to say."""


@dataclass(frozen=True)
class Tell:
    """A message in a room of ours. `ring` are the people it mentions; empty means a notice, which rings nobody.

    `key` makes it unique: the same key is never said twice.
    """

    room_key: str
    template: str
    values: Mapping[str, Any]
    language: Language
    key: str
    ring: tuple[str, ...] = ()
    priority: int = 1


@dataclass(frozen=True)
class Ask:
    """A question whose answers are yes, no and "I don't know".

    `command` is the command that goes on with the answer, and `held` what it needs for that, in plain JSON. `about`
    names the question within the incident: put anew, it takes the place of the one that waited. `may`: whose answer
    counts; `ring`: whom it mentions. `in_cell`: it is put in the cell's room, else where the command was typed.
    `typed`: a reaction is not enough, the answer is typed with the `code` that is added to the values.
    """

    template: str
    values: Mapping[str, Any]
    command: str
    about: str
    held: Mapping[str, Any]
    may: tuple[str, ...]
    life: timedelta
    ring: tuple[str, ...] = ()
    in_cell: bool = False
    typed: bool = False


@dataclass(frozen=True)
class Unask:
    """The question about that, within the incident, waits for nobody's answer any more."""

    about: str


@dataclass(frozen=True)
class Attach:
    """A text file called `name`, made of a message of the catalogue, posted where the command was typed."""

    template: str
    values: Mapping[str, Any]
    name: str


@dataclass(frozen=True)
class OpenRoom:
    """Make a private, encrypted room of ours under `key`; only what is said in one of kind `cell` is logged."""

    key: str
    name: str
    topic: str
    incident: str
    admins: tuple[str, ...]
    kind: str = "cell"
    first: tuple[str, ...] = ()
    """Who is invited by the making itself, where the homeserver lets it; each is invited by name all the same."""


@dataclass(frozen=True)
class CallIn:
    """Invite somebody into one of our rooms; `urgent` for those without whom nothing starts."""

    room_key: str
    user: str
    urgent: bool


@dataclass(frozen=True)
class PutOut:
    """Remove somebody from one of our rooms."""

    room_key: str
    user: str


@dataclass(frozen=True)
class Export:
    """Anchor the log, then send the incident file to `user` in their direct room, as far as `profile` lets it out.

    `recipient`: whom they say that they hand it on to."""

    incident: str
    user: str
    profile: str = ""
    recipient: str | None = None


@dataclass(frozen=True)
class DrawBoard:
    """Post the deadlines as a picture, under what was typed. `dark`: for a telephone that shows light on dark."""

    dark: bool = False


@dataclass(frozen=True)
class PrintText:
    """Post one version of a communication as a file, under what was typed. `form` is a word of `bot.export.sheets`."""

    draft: int
    version: int
    form: str


@dataclass(frozen=True)
class SendText:
    """Send one version of a communication by an outlet (`bot.domain.outlets`) to each of `to`; a trial to who typed."""

    draft: int
    version: int
    outlet: str
    to: tuple[str, ...]
    trial: bool = False


@dataclass(frozen=True)
class SendCalendar:
    """Send the clocks as a calendar to `user`, in their direct room."""

    user: str


@dataclass(frozen=True)
class Seen:
    """`user` has seen what was pending for them of these clocks; with `code`, of the outside call that it stood in."""

    user: str
    clocks: tuple[str, ...]
    code: str | None = None


@dataclass(frozen=True)
class Purge:
    """Take entries, and every copy of what they say, out of the log and of all else. `mode` and `reason` are words of
    `bot.domain.purge`; `replacement`: the text without the datum."""

    seqs: tuple[int, ...]
    mode: str
    reason: str
    replacement: str | None
    by: str
    confirmed_by: str


@dataclass(frozen=True)
class Hide:
    """Show these entries, and what quotes them, to nobody, until the purge is confirmed or refused.

    `request` names the demand; `replacement`: the text without the datum, of which a copy need not be hidden.
    """

    seqs: tuple[int, ...]
    reason: str
    request: str
    replacement: str | None = None


@dataclass(frozen=True)
class Unhide:
    """Show again what that demand hid, and nothing else."""

    request: str


@dataclass(frozen=True)
class Suspend:
    """The account of `user` may be in somebody else's hands, as two people say: no rights, no keys, no rooms."""

    user: str
    by: str
    second: str


@dataclass(frozen=True)
class Reinstate:
    """A suspended account is its owner's again."""

    user: str


@dataclass(frozen=True)
class Reload:
    """Read the files of people and of the directory anew."""


@dataclass(frozen=True)
class Hold:
    """From now on nothing of the incident is purged; without a reason, it may be again."""

    reason: str | None


Effect = (
    Reply
    | Tick
    | Tell
    | Ask
    | Attach
    | Unask
    | OpenRoom
    | CallIn
    | PutOut
    | Export
    | SendCalendar
    | SendText
    | PrintText
    | DrawBoard
    | Seen
    | Purge
    | Hide
    | Unhide
    | Hold
    | Reload
    | Suspend
    | Reinstate
)
