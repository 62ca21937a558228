"""Moments (French *repères*): the times of what starts a clock.

Owns one guarantee: a word names one moment at most, and every moment says who may record it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.language import Both, fold
from bot.domain.roles import Role

FILED = "filed:"


class Moment(StrEnum):
    """What happened, or became known, at a time from which a clock may run."""

    OPENED = "opened"
    OBSERVED = "observed"
    ATTACK = "attack"
    BREACH = "breach"
    SIGNIFICANT = "significant"
    HIGH_RISK = "high_risk"
    THEFT = "theft"
    SUPPLIER = "supplier"
    CLASSIFIED = "classified"
    FIX = "fix"
    REQUEST = "request"
    CARE_EVENT = "care_event"
    DEVICE_EVENT = "device_event"
    MATERIALITY = "materiality"
    HANDLED = "handled"
    PLAN_BLANC = "plan_blanc"
    ENDED = "ended"


@dataclass(frozen=True)
class MomentCard:
    """What people type for a moment, what it means, and who may record it besides a director.

    `prudent`: until it is recorded, the first sign (`observed`) stands for it. `recorders` empty: whoever owns
    a clock that it starts; `by_act`: nobody, an act of the cell sets it.
    """

    word: Both
    meaning: Both
    recorders: tuple[Role, ...] = ()
    prudent: bool = False
    by_act: bool = False


MOMENTS: Mapping[Moment, MomentCard] = {
    Moment.OPENED: MomentCard(
        Both("ouverture", "opened"),
        Both("l’ouverture de la crise", "the opening of the incident"),
        by_act=True,
    ),
    Moment.OBSERVED: MomentCard(
        Both("constat", "observed"), Both("le premier signe anormal", "the first abnormal sign")
    ),
    Moment.ATTACK: MomentCard(
        Both("attaque", "attack"),
        Both("la connaissance de l’atteinte par la victime", "when the victim knew of the attack"),
        (Role.LEGAL, Role.CISO),
        prudent=True,
    ),
    Moment.BREACH: MomentCard(
        Both("violation", "breach"),
        Both(
            "la connaissance d’une violation de données personnelles",
            "when a personal-data breach became known",
        ),
        (Role.DPO, Role.DATA_LEAD, Role.LEGAL),
        prudent=True,
    ),
    Moment.SIGNIFICANT: MomentCard(
        Both("important", "significant"),
        Both("la connaissance d’un incident important", "when the incident was known to be significant"),
        (Role.CISO,),
        prudent=True,
    ),
    Moment.HIGH_RISK: MomentCard(
        Both("risque-eleve", "high-risk"),
        Both("le constat d’un risque élevé pour les personnes", "when a high risk to individuals was found"),
    ),
    Moment.THEFT: MomentCard(Both("vol", "theft"), Both("la connaissance du vol", "when the theft became known")),
    Moment.SUPPLIER: MomentCard(
        Both("prestataire", "supplier"), Both("l’alerte donnée par le prestataire", "the supplier’s notice")
    ),
    Moment.CLASSIFIED: MomentCard(
        Both("classe", "classified"),
        Both("le classement en incident majeur", "the classification as a major incident"),
    ),
    Moment.FIX: MomentCard(
        Both("correctif", "fix"), Both("la mise à disposition d’un correctif", "when a fix was available")
    ),
    Moment.REQUEST: MomentCard(
        Both("demande", "request"), Both("la réception de la demande", "the receipt of the request")
    ),
    Moment.CARE_EVENT: MomentCard(
        Both("evenement-soins", "care-event"),
        Both("l’événement survenu pendant les soins", "the event during care"),
    ),
    Moment.DEVICE_EVENT: MomentCard(
        Both("materiovigilance", "device-event"),
        Both("l’incident d’un dispositif médical", "the incident with a medical device"),
    ),
    Moment.MATERIALITY: MomentCard(
        Both("importance-financiere", "materiality"),
        Both("le constat de l’importance financière", "the finding that the incident is material"),
    ),
    Moment.HANDLED: MomentCard(
        Both("traite", "handled"), Both("la fin du traitement de l’incident", "the end of its handling")
    ),
    Moment.PLAN_BLANC: MomentCard(
        Both("plan-blanc", "plan-blanc"),
        Both("le déclenchement du plan blanc", "when the hospital’s emergency plan was triggered"),
    ),
    Moment.ENDED: MomentCard(Both("fin", "ended"), Both("la levée de la crise", "the end of the crisis"), by_act=True),
}

_INDEX = {fold(name): moment for moment, card in MOMENTS.items() for name in (moment.value, *card.word)}


def find_moment(text: str) -> Moment | None:
    """Return the moment of that id or word, whatever its case and accents; else None."""
    return _INDEX.get(fold(text))


def filed_rule(start: str) -> str | None:
    """Return the id of the rule whose filing starts a clock, of `filed:RULE`; None of any other moment."""
    return start.removeprefix(FILED) if start.startswith(FILED) else None
