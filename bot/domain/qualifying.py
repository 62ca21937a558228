"""The qualifying questions: what decides which clocks are owed, and who knows it.

Owns two guarantees. An answer has three values, and whoever does not know says so: "I don't know" is the default, and
keeps every clock. A question is answered by a role that can know, never by whoever happens to type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.moments import MOMENTS, Moment
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

    `moment` is what a yes makes worth recording, where it starts clocks; `only_if` another question: once that one is
    denied, this one asks for nothing any more. `care`: it is of those who care for people only.
    """

    id: str
    name: Text
    ask: Text
    help: Text
    roles: tuple[Role, ...]
    moment: str | None = None
    only_if: str | None = None
    care: bool = False

    @property
    def start(self) -> Text | None:
        """What one types to record since when, once it is a yes."""
        if self.moment is None:
            return None
        word = MOMENTS[Moment(self.moment)].word
        return Text(f"!connu {word[0]} QUAND", f"!known {word[1]} WHEN")


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
        moment="attack",
    ),
    Question(
        "personal_data",
        Text("données personnelles", "personal data"),
        Text("Des données personnelles sont-elles touchées ?", "Are personal data affected?"),
        Text(
            "Lues, copiées, modifiées, perdues ou simplement inaccessibles : une indisponibilité compte aussi.",
            "Read, copied, altered, lost or merely out of reach: unavailability counts as well.",
        ),
        (Role.DPO, Role.DATA_LEAD, Role.LEGAL, Role.DIRECTOR),
        moment="breach",
    ),
    Question(
        "confidentiality",
        Text("confidentialité", "confidentiality"),
        Text(
            "Quelqu’un a-t-il pu lire ou copier ce qu’il ne devait pas ?",
            "May anybody have read or copied what they should not?",
        ),
        Text(
            "Un accès suffit, même sans trace de copie. Dans le doute, dites que vous ne savez pas.",
            "Access is enough, even without a trace of copying. In doubt, say that you don’t know.",
        ),
        (Role.CISO, Role.CIO, Role.DIRECTOR),
    ),
    Question(
        "integrity",
        Text("intégrité", "integrity"),
        Text("Des données ou des systèmes ont-ils été modifiés ?", "Have data or systems been altered?"),
        Text(
            "Chiffrés, effacés, falsifiés, ou dont on ne peut plus garantir qu’ils sont justes.",
            "Encrypted, erased, falsified, or no longer certain to be right.",
        ),
        (Role.CISO, Role.CIO, Role.DIRECTOR),
    ),
    Question(
        "availability",
        Text("disponibilité", "availability"),
        Text("Des données ou des systèmes sont-ils hors d’atteinte ?", "Are data or systems out of reach?"),
        Text("Même pour un temps, même si une sauvegarde existe.", "Even for a time, even if there is a backup."),
        (Role.CIO, Role.CISO, Role.DIRECTOR),
    ),
    Question(
        "health_data",
        Text("données de santé", "health data"),
        Text("Des données de santé sont-elles touchées ?", "Are health data affected?"),
        Text(
            "Dossiers, résultats, rendez-vous, facturation des soins ; celles du personnel aussi.",
            "Records, results, appointments, billing for care; those of the staff as well.",
        ),
        (Role.DPO, Role.DATA_LEAD, Role.LEGAL, Role.DIRECTOR),
        only_if="personal_data",
    ),
    Question(
        "high_risk",
        Text("risque élevé", "high risk"),
        Text("Le risque est-il élevé pour les personnes ?", "Is the risk to individuals high?"),
        Text(
            "Données de santé, bancaires, d’identité, grand nombre, personnes fragiles : elles devront être informées.",
            "Health, bank or identity data, large numbers, vulnerable people: they will have to be told.",
        ),
        (Role.DPO, Role.DATA_LEAD, Role.LEGAL, Role.DIRECTOR),
        moment="high_risk",
        only_if="personal_data",
    ),
    Question(
        "theft",
        Text("vol", "theft"),
        Text(
            "Du matériel ou des données ont-ils été volés ou copiés ?",
            "Has equipment or data been stolen or copied?",
        ),
        Text(
            "Un poste, un disque, une clé, ou des fichiers emportés : l’assureur compte alors deux jours ouvrés.",
            "A computer, a disk, a stick, or files carried off: the insurer then counts two working days.",
        ),
        (Role.CISO, Role.CIO, Role.LEGAL, Role.DIRECTOR),
        moment="theft",
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
        moment="significant",
        care=True,
    ),
    Question(
        "patient_harmed",
        Text("patient atteint", "patient harmed"),
        Text(
            "Un patient a-t-il subi un dommage grave, ou failli en subir un ?",
            "Has a patient come to serious harm, or nearly?",
        ),
        Text(
            "Décès, risque vital, séquelle possible, quelle qu’en soit la cause. Ne nommez personne ici.",
            "Death, a threat to life, a possible lasting effect, whatever the cause. Name nobody here.",
        ),
        (Role.CARE_DIRECTOR, Role.MEDICAL_LEAD, Role.DUTY_MANAGER, Role.DIRECTOR),
        moment="care_event",
        only_if="care_affected",
        care=True,
    ),
    Question(
        "medical_device",
        Text("dispositif médical", "medical device"),
        Text(
            "Un dispositif médical a-t-il mis quelqu’un en danger, ou pu le faire ?",
            "Has a medical device endangered anybody, or could it have?",
        ),
        Text(
            "Pompe, moniteur, automate, imagerie, logiciel de prescription : le correspondant le signale sans délai.",
            "A pump, a monitor, an analyser, imaging, prescribing software: it is reported without delay.",
        ),
        (Role.BIOMED, Role.CARE_DIRECTOR, Role.DIRECTOR),
        moment="device_event",
        care=True,
    ),
    Question(
        "ransom",
        Text("rançon", "ransom"),
        Text("Une rançon est-elle demandée ?", "Is a ransom demanded?"),
        Text(
            "Une note, un message, un compte à rebours. N’y répondez pas ; gardez-en une copie.",
            "A note, a message, a countdown. Do not answer it; keep a copy.",
        ),
        (Role.CISO, Role.CIO, Role.DIRECTOR),
    ),
    Question(
        "supplier",
        Text("prestataire", "supplier"),
        Text(
            "L’incident vient-il d’un prestataire ou d’un logiciel fourni ?",
            "Does the incident come from a supplier or from supplied software?",
        ),
        Text(
            "Hébergeur, éditeur, télémaintenance. Demandez-lui son alerte écrite, avec l’heure.",
            "A host, a vendor, remote maintenance. Ask for their written notice, with its time.",
        ),
        (Role.CIO, Role.CISO, Role.LEGAL, Role.DIRECTOR),
        moment="supplier",
    ),
    Question(
        "insurance",
        Text("assurance cyber", "cyber insurance"),
        Text("Une assurance peut-elle couvrir cet incident ?", "May an insurance policy cover this incident?"),
        Text(
            "Contrat cyber, ou garantie dans un autre contrat. La plainte en 72 heures la conditionne.",
            "A cyber policy, or cover within another one. A complaint within 72 hours is its condition.",
        ),
        (Role.FINANCE, Role.LEGAL, Role.DIRECTOR),
    ),
    Question(
        "significant",
        Text("incident important", "significant incident"),
        Text(
            "L’incident dépasse-t-il le seuil d’un incident grave ou important ?",
            "Is the incident above the threshold of a serious or significant one?",
        ),
        Text(
            "Soins, services essentiels ou autres organismes touchés, ou près de l’être ; pertes lourdes.",
            "Care, essential services or others affected, or nearly so; heavy losses.",
        ),
        (Role.CISO, Role.DIRECTOR, Role.CIO),
        moment="significant",
    ),
)
"""Those that are asked, in their order; what each moves is said by the deadline rules that rest on it."""

BY_ID: Mapping[str, Question] = {question.id: question for question in QUESTIONS}


def asked_of(kind: str, rests_on: Iterable[str] = ()) -> tuple[Question, ...]:
    """The questions that are put to an organisation of this kind, and those on which one of its clocks rests."""
    wanted = set(rests_on)
    return tuple(q for q in QUESTIONS if kind != "company" or not q.care or q.id in wanted)


def moot(question: Question, answers: Mapping[str, str]) -> bool:
    """Whether what was denied elsewhere leaves nothing to ask here (`yes`, `no`, `unknown`)."""
    return question.only_if is not None and answers.get(question.only_if) == Answer.NO
