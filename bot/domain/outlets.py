"""Where the bot itself may send a text: outside channels that are enabled for it, and the staff's Matrix room.

Owns the guarantee that nothing is sent to patients, to the press or to an authority, nor anywhere in a drill; and that
nobody is sent the same words twice, whatever became of the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.language import Both, Language, fold

SENDABLE = frozenset({"staff", "partners"})
"""Whom a text may be for that the bot sends; all others are told by people."""
STAFF_ROOM = "#staff"
"""The outlet that is the staff's Matrix room; no channel of the configuration can be called so."""
ROOM_KEY = "staff"
"""Our key of that room."""
_ROOM_WORDS = re.compile(r"(?:le |the )?(?:salon(?: (?:(?:du|de) )?(?:personnel|diffusion))?|(?:staff )?room)")
_STAFF_ROOM_NAME = Both("salon du personnel", "staff room")
_TRIAL = re.compile(r"\b(?:essai|test|trial)\b")


class SendState(StrEnum):
    """`waiting`: to be sent; `attempted`: begun; `sent`: the gateway, or the room, took it; `failed`: it was refused,
    or nobody answered; `unknown`: nobody knows whether it left; `dropped`: it was not tried."""

    WAITING = "waiting"
    ATTEMPTED = "attempted"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


SETTLED = (SendState.SENT, SendState.FAILED, SendState.UNKNOWN, SendState.DROPPED)
AGAIN = frozenset({SendState.FAILED, SendState.DROPPED})
"""Only what surely did not arrive may be sent again, and only by a human."""


@dataclass(frozen=True)
class Outlet:
    """`groups`: whom its texts may be for; `recipients`: every number or address; in the room, `members` read."""

    id: str
    groups: frozenset[str]
    recipients: tuple[str, ...] = ()
    members: int | None = None

    @property
    def room(self) -> bool:
        """Whether it is the staff's room, and no outside channel."""
        return self.id == STAFF_ROOM


@dataclass(frozen=True)
class Sent:
    """One attempt to send one version to one recipient. `mark` is the end of their address, all that is ever shown;
    `turn` the command by which it was asked for; `trial`: to the one who asked, before anybody else."""

    incident: str
    draft: int
    version: int
    sha256: str
    outlet: str
    mark: str
    turn: str
    by: str
    state: SendState
    created_at: datetime
    trial: bool = False
    settled_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True)
class Result:
    """What became of one release: how many of each, and the ends of the addresses that it missed, or may have."""

    sent: int
    waiting: int
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @classmethod
    def of(cls, every: Iterable[Sent]) -> Result:
        """Count them, trials left out."""
        real = [each for each in every if not each.trial]

        def marks(state: SendState) -> tuple[str, ...]:
            return tuple(each.mark for each in real if each.state is state)

        return cls(
            sent=sum(each.state is SendState.SENT for each in real),
            waiting=sum(each.state in (SendState.WAITING, SendState.ATTEMPTED) for each in real),
            failed=marks(SendState.FAILED),
            unknown=marks(SendState.UNKNOWN),
            dropped=marks(SendState.DROPPED),
        )

    @property
    def missed(self) -> bool:
        """Whether it may be sent again, to those who surely did not get it."""
        return bool(self.failed or self.dropped)


def mark_of(address: str) -> str:
    """What is shown of a number or an address: enough for who has the list, nothing for who has not."""
    return f"…{address.strip()[-2:]}" if "@" not in address else f"{address[:2]}…@{address.partition('@')[2]}"


def channel_of(outlet: str, language: Language) -> str:
    """The outlet of that id as a channel, as the registers name it."""
    return _STAFF_ROOM_NAME.get(language) if outlet == STAFF_ROOM else outlet


def meant(typed: str | None, outlets: Mapping[str, Outlet]) -> tuple[Outlet, bool] | None:
    """The outlet that a channel names, and whether a trial is wanted; None: people put it there themselves."""
    words = fold(typed or "")
    trial = _TRIAL.search(words) is not None
    said = " ".join(_TRIAL.sub(" ", words).split())
    if STAFF_ROOM in outlets and _ROOM_WORDS.fullmatch(said):
        return outlets[STAFF_ROOM], trial
    found = next((each for each in outlets.values() if not each.room and fold(each.id) == said), None)
    return (found, trial) if found is not None else None
