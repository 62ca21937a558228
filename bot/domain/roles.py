"""Roles, tracks and phases: the words of a crisis cell and who stands in for whom.

Guarantee: a word names one role at most, and a role that nobody holds falls to the same person every time.
The fall-backs are prudent: those of data protection never reach the two roles that run the systems, because
who runs them may not judge them (GDPR article 38(6)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.domain.language import Language, fold
from bot.domain.role_words import PHASES, ROLES, TRACKS


class Role(StrEnum):
    """What a person answers for in the cell; one person may hold several."""

    DIRECTOR = "director"
    COORDINATOR = "coordinator"
    SCRIBE = "scribe"
    CIO = "cio"
    CISO = "ciso"
    LEGAL = "legal"
    DPO = "dpo"
    DATA_LEAD = "data_lead"
    COMMUNICATION = "communication"
    SPOKESPERSON = "spokesperson"
    MEDIA_WATCH = "media_watch"
    CARE_DIRECTOR = "care_director"
    MEDICAL_LEAD = "medical_lead"
    DUTY_MANAGER = "duty_manager"
    BIOMED = "biomed"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"
    IMAGING = "imaging"
    EMERGENCY = "emergency"
    THEATRE = "theatre"
    ADMISSIONS = "admissions"
    HR = "hr"
    LOGISTICS = "logistics"
    FINANCE = "finance"
    LIAISON = "liaison"
    FACILITATOR = "facilitator"
    PLAYER = "player"
    OBSERVER = "observer"

    def label(self, language: Language) -> str:
        """Return the role's name as people say it."""
        return ROLES[self].label.get(language)

    def mission(self, language: Language) -> str:
        """Return in one line what the role is there to do."""
        return ROLES[self].mission.get(language)


class Track(StrEnum):
    """One of the lines of work that go on side by side (French *filières*)."""

    IT = "it"
    LEGAL = "legal"
    COMMUNICATION = "communication"
    MANAGEMENT = "management"
    CARE = "care"

    def label(self, language: Language) -> str:
        """Return the track's name as people say it."""
        return TRACKS[self].label.get(language)


class Phase(StrEnum):
    """A stage of the crisis; stages overlap, and nothing forbids working ahead."""

    ALERT = "alert"
    CONTAINMENT = "containment"
    INVESTIGATION = "investigation"
    RECOVERY = "recovery"
    RETURN = "return"
    REVIEW = "review"

    def label(self, language: Language) -> str:
        """Return the phase's name as people say it."""
        return PHASES[self].label.get(language)


# Roles without which a cell cannot work: called first, and missed aloud when nobody holds them.
VITAL: tuple[Role, ...] = (
    Role.DIRECTOR,
    Role.COORDINATOR,
    Role.CISO,
    Role.SCRIBE,
    Role.LEGAL,
    Role.DPO,
    Role.COMMUNICATION,
    Role.CARE_DIRECTOR,
)

# Roles that only exist in an exercise or only watch: never called by an alarm, and nobody stands in for them.
BYSTANDERS: frozenset[Role] = frozenset({Role.FACILITATOR, Role.PLAYER, Role.OBSERVER})

LEADS: dict[Track, tuple[Role, ...]] = {
    Track.IT: (Role.CIO, Role.CISO),
    Track.LEGAL: (Role.LEGAL, Role.DPO),
    Track.COMMUNICATION: (Role.COMMUNICATION,),
    Track.MANAGEMENT: (Role.COORDINATOR,),
    Track.CARE: (Role.CARE_DIRECTOR, Role.MEDICAL_LEAD),
}

_DEPARTMENTS = (
    Role.PHARMACY,
    Role.LABORATORY,
    Role.IMAGING,
    Role.EMERGENCY,
    Role.THEATRE,
    Role.ADMISSIONS,
)

_STAND_INS: dict[Role, tuple[Role, ...]] = {
    Role.CISO: (Role.CIO, Role.COORDINATOR),
    Role.CIO: (Role.CISO, Role.COORDINATOR),
    Role.DPO: (Role.DATA_LEAD, Role.LEGAL),
    Role.DATA_LEAD: (Role.DPO, Role.LEGAL),
    Role.LEGAL: (Role.DPO,),
    Role.COMMUNICATION: (Role.SPOKESPERSON, Role.COORDINATOR),
    Role.SPOKESPERSON: (Role.COMMUNICATION,),
    Role.MEDIA_WATCH: (Role.COMMUNICATION,),
    Role.CARE_DIRECTOR: (Role.MEDICAL_LEAD, Role.DUTY_MANAGER),
    Role.MEDICAL_LEAD: (Role.CARE_DIRECTOR,),
    Role.BIOMED: (Role.CIO,),
    Role.SCRIBE: (Role.COORDINATOR,),
    Role.COORDINATOR: (Role.DUTY_MANAGER,),
    Role.DUTY_MANAGER: (Role.COORDINATOR,),
    Role.HR: (Role.COORDINATOR,),
    Role.LOGISTICS: (Role.COORDINATOR,),
    Role.FINANCE: (Role.LEGAL,),
    Role.LIAISON: (Role.COORDINATOR,),
    **dict.fromkeys(_DEPARTMENTS, (Role.CARE_DIRECTOR,)),
}


def fall_backs(role: Role) -> tuple[Role, ...]:
    """Return the roles that stand in for this one when nobody holds it, the nearest first.

    Every role ends at the director, and the director's own are the duty manager, then the coordinator.
    """
    if role in BYSTANDERS:
        return ()
    if role is Role.DIRECTOR:
        return (Role.DUTY_MANAGER, Role.COORDINATOR)
    return (*_STAND_INS[role], Role.DIRECTOR)


class Holder(Protocol):
    """A person, as far as roles are concerned."""

    @property
    def matrix_id(self) -> str:
        """Return the person's Matrix id."""
        ...

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the roles that the person holds."""
        ...

    @property
    def deputies(self) -> tuple[str, ...]:
        """Return the Matrix ids of those who stand in for the person, the first first."""
        ...


H = TypeVar("H", bound=Holder)


def holders(role: Role, people: Iterable[H]) -> list[H]:
    """Return who among these people holds the role, in their order."""
    return [person for person in people if role in person.roles]


def acting_for(role: Role, people: Sequence[H], known: Iterable[H] = ()) -> tuple[H, Role] | None:
    """Return who acts for a role among the people present, and the role by which they do.

    A holder comes first, then a deputy of somebody in `known` (the whole roster) who holds the role and is
    not there, then the fall-backs. Returns None when nobody present can stand in.
    """
    for person in _present_or_deputy(role, people, known):
        return person, role
    for stand_in in fall_backs(role):
        for person in holders(stand_in, people):
            return person, stand_in
    return None


def _present_or_deputy(role: Role, people: Sequence[H], known: Iterable[H]) -> Iterator[H]:
    yield from holders(role, people)
    present = {person.matrix_id: person for person in people}
    for absent in holders(role, known):
        yield from (present[deputy] for deputy in absent.deputies if deputy in present)


def _index(words: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Return which id each folded name stands for; a name given to two ids is an error of ours."""
    index: dict[str, str] = {}
    for identifier, names in words:
        for name in names:
            folded = fold(name)
            if index.setdefault(folded, identifier) != identifier:
                raise ValueError(f"{name!r} names both {index[folded]} and {identifier}")
    return index


_ROLE_INDEX = _index((role, (role, *card.label, *card.names)) for role, card in ROLES.items())
_TRACK_INDEX = _index((track, (track, *card.label, *card.names)) for track, card in TRACKS.items())
_PHASE_INDEX = _index((phase, (phase, *card.label, *card.names)) for phase, card in PHASES.items())


def role_names() -> list[str]:
    """Return every accepted name of every role, folded, for finding near misses."""
    return list(_ROLE_INDEX)


def find_role(text: str) -> Role | None:
    """Return the role of that id, French id, label or alias, whatever its case and accents; else None."""
    identifier = _ROLE_INDEX.get(fold(text))
    return Role(identifier) if identifier else None


def find_track(text: str) -> Track | None:
    """Return the track of that id, code or word, whatever its case and accents; else None."""
    identifier = _TRACK_INDEX.get(fold(text))
    return Track(identifier) if identifier else None


def find_phase(text: str) -> Phase | None:
    """Return the phase of that id, code or label, whatever its case and accents; else None."""
    identifier = _PHASE_INDEX.get(fold(text))
    return Phase(identifier) if identifier else None
