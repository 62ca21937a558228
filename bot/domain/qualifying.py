"""The qualifying questions: what decides which clocks are owed, and who knows it.

Owns two guarantees. An answer has three values, and whoever does not know says so: "I don't know" is the default, and
keeps every clock. A question is answered by a role that can know, never by whoever happens to type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.playbook import Text
from bot.domain.roles import Role


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def label(self, language: str) -> str:
        """The answer as people say it."""
        return _SAID[self].get(language)


_SAID = {
    Answer.YES: Text("oui", "yes"),
    Answer.NO: Text("non", "no"),
    Answer.UNKNOWN: Text("on ne sait pas", "not known"),
}


@dataclass(frozen=True)
class Answered:
    """What was last said to a question, by whom and when."""

    question: str
    answer: Answer
    by: str
    at: datetime


@dataclass(frozen=True)
class Question:
    """One question. `name` is its subject, `ask` the sentence put; holders of one of `roles` may answer it.

    `start` is what one types to record since when, once it is a yes; `moment` what that records.
    """

    id: str
    name: Text
    ask: Text
    help: Text
    roles: tuple[Role, ...]
    moment: str
    start: Text


QUESTIONS: tuple[Question, ...] = (
    Question(
        "malicious",
        Text("acte malveillant", "malicious act"),
        Text("Est-ce un acte malveillant ?", "Is it a malicious act?"),
        Text(
            "Une intrusion, un vol, un chantage ou un sabotage ; ni panne, ni erreur.",
            "An intrusion, a theft, extortion or sabotage; neither an outage nor a mistake.",
        ),
        (Role.CISO, Role.CIO, Role.DIRECTOR),
        "attack",
        Text("!connu attaque QUAND", "!known attack WHEN"),
    ),
    Question(
        "personal_data",
        Text("données personnelles", "personal data"),
        Text("Des données personnelles sont-elles touchées ?", "Are personal data affected?"),
        Text(
            "Lues, copiées, modifiées, perdues ou simplement inaccessibles : une indisponibilité compte aussi.",
            "Read, copied, altered, lost or merely out of reach: unavailability counts as well.",
        ),
        (Role.DPO, Role.DATA_LEAD, Role.LEGAL, Role.DIRECTOR),
        "breach",
        Text("!connu violation QUAND", "!known breach WHEN"),
    ),
    Question(
        "care_affected",
        Text("soins touchés", "care affected"),
        Text("Les soins sont-ils touchés ?", "Is care affected?"),
        Text(
            "Retards, reports, déroutements, ou patients dont la prise en charge n’est plus sûre.",
            "Delays, postponements, diversions, or patients whose care is no longer safe.",
        ),
        (Role.CARE_DIRECTOR, Role.MEDICAL_LEAD, Role.DUTY_MANAGER, Role.DIRECTOR),
        "significant",
        Text("!connu important QUAND", "!known significant WHEN"),
    ),
)
"""Those that are asked, in their order; what each moves is said by the deadline rules that rest on it."""

BY_ID: Mapping[str, Question] = {question.id: question for question in QUESTIONS}

TO_CARE_ONLY = frozenset({"care_affected"})
"""What makes no sense to an organisation that cares for nobody."""


def asked_of(kind: str) -> tuple[Question, ...]:
    """The questions that are put to an organisation of this kind."""
    return tuple(q for q in QUESTIONS if kind != "company" or q.id not in TO_CARE_ONLY)
