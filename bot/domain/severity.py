"""How grave it is, 1 to 4, from four yes-or-no questions. Guarantee: what is not known weighs one level less than a yes
and never lets the severity fall to the least: the gravity of a crisis is underrated at its beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.playbook import Text
from bot.domain.qualifying import Answer

LEAST, DOUBT = 1, 2


@dataclass(frozen=True)
class Sign:
    """One question of the four; a yes makes the severity `level` at least."""

    id: str
    level: int
    ask: Text


SIGNS: tuple[Sign, ...] = (
    Sign(
        "danger",
        4,
        Text(
            "L’activité est-elle paralysée, ou des personnes sont-elles en danger (transferts, déroutements) ?",
            "Is the work paralysed, or is anybody in danger (transfers, diversions)?",
        ),
    ),
    Sign(
        "several",
        3,
        Text(
            "Plusieurs services sont-ils touchés, ou faut-il annuler des actes ?",
            "Are several services affected, or must procedures be cancelled?",
        ),
    ),
    Sign(
        "sensitive",
        3,
        Text(
            "Des données de santé ou d’autres données sensibles sont-elles touchées ?",
            "Are health data or other sensitive data affected?",
        ),
    ),
    Sign(
        "degraded",
        2,
        Text(
            "Un service est-il dégradé, ou y a-t-il un doute sur des données personnelles ?",
            "Is a service degraded, or is there a doubt about personal data?",
        ),
    ),
)
"""The worst first, so that what can change nothing any more is not asked."""

LEVELS: Mapping[int, Text] = {
    1: Text("gêne locale, que l’on contourne", "a local nuisance that can be worked around"),
    2: Text("un service dégradé, ou un doute sur des données", "one service degraded, or a doubt about data"),
    3: Text("plusieurs services touchés, ou des données sensibles", "several services affected, or sensitive data"),
    4: Text("activité paralysée, ou danger pour des personnes", "work paralysed, or people in danger"),
}


def proposed(answers: Mapping[str, Answer]) -> int:
    """The severity that the answers speak for."""
    levels = [LEAST]
    for sign in SIGNS:
        match answers.get(sign.id):
            case Answer.YES:
                levels.append(sign.level)
            case Answer.UNKNOWN:
                levels.append(max(sign.level - 1, DOUBT))
    return max(levels)


def next_sign(answers: Mapping[str, Answer]) -> Sign | None:
    """The question to put next, or None once no answer could raise the severity any more."""
    reached = proposed(answers)
    return next((sign for sign in SIGNS if sign.id not in answers and sign.level > reached), None)
