"""Roles, tracks and phases: the words of a crisis cell and who stands in for whom.

Guarantee: a word names one role at most, and a role that nobody holds falls to the same person every time.
The fall-backs are prudent: those of data protection never reach the two roles that run the systems, because
who runs them may not judge them (GDPR article 38(6)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from bot.domain.language import Both, Language, fold


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
        return ROLE_CARDS[self].label.get(language)

    def mission(self, language: Language) -> str:
        """Return in one line what the role is there to do."""
        return ROLE_CARDS[self].mission.get(language)


class Track(StrEnum):
    """One of the lines of work that go on side by side (French *filières*)."""

    IT = "it"
    LEGAL = "legal"
    COMMUNICATION = "communication"
    MANAGEMENT = "management"
    CARE = "care"

    def label(self, language: Language) -> str:
        """Return the track's name as people say it."""
        return _TRACK_CARDS[self].label.get(language)


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
        return _PHASE_CARDS[self].label.get(language)


class RoleCard(NamedTuple):
    """A role's names and mission; `names` are what people type besides the id and the labels."""

    label: Both
    mission: Both
    names: tuple[str, ...]


class _WordCard(NamedTuple):
    label: Both
    names: tuple[str, ...]


def _role(fr: str, en: str, mission_fr: str, mission_en: str, *names: str) -> RoleCard:
    return RoleCard(Both(fr, en), Both(mission_fr, mission_en), names)


ROLE_CARDS: dict[Role, RoleCard] = {
    Role.DIRECTOR: _role(
        "Directeur de crise",
        "Crisis director",
        "Tranche, fixe le cap, prononce l’ouverture et la fin de la crise.",
        "Decides, sets the course, declares the crisis open and over.",
        *("directeur_crise", "directrice de crise", "dir", "dg", "directeur", "directrice", "head", "ceo"),
    ),
    Role.COORDINATOR: _role(
        "Coordinateur de cellule",
        "Crisis coordinator",
        "Anime les points, répartit le travail, surveille les délais et les relèves.",
        "Runs the situation points, shares out the work, watches deadlines and shifts.",
        *("coordinateur", "coordinatrice", "coordinatrice de cellule", "coord", "coordination"),
    ),
    Role.SCRIBE: _role(
        "Secrétaire de cellule",
        "Scribe",
        "Complète et qualifie la main courante, tient les relevés de décisions.",
        "Completes the action log and keeps the record of decisions.",
        *("historien", "historienne", "secretaire", "mc", "teneur de main courante", "main courante"),
        *("log keeper", "secretary"),
    ),
    Role.CIO: _role(
        "DSI",
        "CIO",
        "Pilote l’exploitation du système d’information et sa reconstruction.",
        "Runs the information system and its rebuilding.",
        *("si", "info", "directeur informatique", "directeur des systemes d'information"),
        *("head of it", "chief information officer"),
    ),
    Role.CISO: _role(
        "RSSI",
        "CISO",
        "Pilote la qualification, l’endiguement, l’investigation et les preuves techniques.",
        "Leads triage, containment, investigation and technical evidence.",
        *("secu", "securite", "responsable securite", "security", "chief information security officer"),
    ),
    Role.LEGAL: _role(
        "Juriste",
        "Legal counsel",
        "Veille à la licéité des preuves, à la plainte, aux responsabilités et aux contrats.",
        "Watches over lawful evidence, the complaint, liabilities and contracts.",
        *("juridique", "jur", "affaires juridiques", "lawyer", "counsel"),
    ),
    Role.DPO: _role(
        "Délégué à la protection des données",
        "Data protection officer",
        "Évalue le risque pour les personnes et conseille ; interlocuteur de la CNIL.",
        "Assesses the risk to people and advises; the contact of the data-protection authority.",
        *("donnees", "deleguee a la protection des donnees", "delegue", "data protection", "privacy"),
    ),
    Role.DATA_LEAD: _role(
        "Référent données",
        "Data protection lead",
        "Assume, par désignation écrite, ce qui revient au DPO quand il n’y en a pas.",
        "Takes on, by written appointment, what a DPO would do where there is none.",
        *("referent_donnees", "referente donnees", "ref", "data"),
    ),
    Role.COMMUNICATION: _role(
        "Responsable communication",
        "Communications lead",
        "Rédige, fait valider, publie et tient le planning des messages.",
        "Drafts, has approved, publishes and keeps the schedule of messages.",
        *("com", "comm", "communications", "comms"),
    ),
    Role.SPOKESPERSON: _role(
        "Porte-parole",
        "Spokesperson",
        "Seul à parler à la presse.",
        "The only one who speaks to the press.",
        *("pp", "spokesman", "spokeswoman", "press"),
    ),
    Role.MEDIA_WATCH: _role(
        "Veille médias et réseaux",
        "Media watch",
        "Détecte les rumeurs et propose les réponses.",
        "Spots rumours and proposes answers.",
        *("veille", "cm", "reseaux", "veille medias", "social media", "media"),
    ),
    Role.CARE_DIRECTOR: _role(
        "Direction des soins",
        "Director of care",
        "Déclenche et pilote les procédures dégradées de soins.",
        "Triggers and leads the degraded care procedures.",
        *("dir_soins", "soins", "directeur des soins", "directrice des soins", "care", "nursing"),
        *("director of nursing",),
    ),
    Role.MEDICAL_LEAD: _role(
        "Président de CME",
        "Chief medical officer",
        "Rend les arbitrages médicaux et fixe les priorités de réouverture.",
        "Makes the medical calls and sets the priorities of reopening.",
        *("pcme", "presidente de cme", "cme", "medical", "cmo"),
    ),
    Role.DUTY_MANAGER: _role(
        "Cadre de garde",
        "On-call manager",
        "Reçoit la première alerte hors des heures ouvrées.",
        "Takes the first alert outside working hours.",
        *("cadre_garde", "directeur_de_garde", "directrice de garde", "administrateur de garde", "garde"),
        *("astreinte", "on call", "duty", "oncall"),
    ),
    Role.BIOMED: _role(
        "Ingénierie biomédicale",
        "Biomedical engineering",
        "Répond des dispositifs médicaux et de la matériovigilance.",
        "Answers for medical devices and device vigilance.",
        *("bio", "biomedical"),
    ),
    Role.PHARMACY: _role(
        "Pharmacie",
        "Pharmacy",
        "Tient la procédure dégradée de la pharmacie.",
        "Runs the pharmacy’s degraded procedure.",
        *("pharma", "pharmacien", "pharmacienne", "pharmacist"),
    ),
    Role.LABORATORY: _role(
        "Laboratoire",
        "Laboratory",
        "Tient la procédure dégradée du laboratoire.",
        "Runs the laboratory’s degraded procedure.",
        *("labo", "biologie", "lab"),
    ),
    Role.IMAGING: _role(
        "Imagerie",
        "Imaging",
        "Tient la procédure dégradée de l’imagerie.",
        "Runs the imaging department’s degraded procedure.",
        *("radiologie", "radio", "radiology"),
    ),
    Role.EMERGENCY: _role(
        "Urgences",
        "Emergency department",
        "Tient la procédure dégradée des urgences et les réorientations.",
        "Runs the emergency department’s degraded procedure and diversions.",
        *("urgence", "sau", "er"),
    ),
    Role.THEATRE: _role(
        "Bloc opératoire",
        "Operating theatre",
        "Tient la procédure dégradée du bloc et le tri des interventions.",
        "Runs the theatre’s degraded procedure and the sorting of operations.",
        *("bloc", "operating room", "surgery"),
    ),
    Role.ADMISSIONS: _role(
        "Admissions",
        "Admissions",
        "Tient la procédure dégradée des admissions et l’identité des patients.",
        "Runs the admissions desk’s degraded procedure and patients’ identity.",
        *("bureau des entrees", "identitovigilance", "front desk"),
    ),
    Role.HR: _role(
        "Ressources humaines",
        "Human resources",
        "Organise les relèves, le repos et le soutien des équipes.",
        "Arranges shifts, rest and support for the teams.",
        *("rh", "drh", "sante au travail", "occupational health"),
    ),
    Role.LOGISTICS: _role(
        "Logistique",
        "Logistics",
        "Fournit papier, imprimantes autonomes, téléphonie, accès et repas.",
        "Provides paper, stand-alone printers, telephones, access and meals.",
        *("log", "technique", "telephonie", "facilities"),
    ),
    Role.FINANCE: _role(
        "Finances et assurances",
        "Finance and insurance",
        "Suit le sinistre, les dépenses et les contrats.",
        "Follows the claim, the spending and the contracts.",
        *("finances", "assurance", "assurances", "achats", "insurance", "procurement"),
    ),
    Role.LIAISON: _role(
        "Relais autorités",
        "External liaison",
        "Parle à l’ARS, au CERT Santé, à l’ANSSI, aux enquêteurs et aux partenaires.",
        "Speaks with the health agency, the CERTs, investigators and partners.",
        *("relais_externe", "autorites", "relais", "authorities", "external"),
    ),
    Role.FACILITATOR: _role(
        "Animateur",
        "Facilitator",
        "Anime l’exercice.",
        "Runs the exercise.",
        *("animatrice", "anim"),
    ),
    Role.PLAYER: _role(
        "Joueur",
        "Player",
        "Joue l’exercice.",
        "Plays the exercise.",
        *("joueuse",),
    ),
    Role.OBSERVER: _role(
        "Observateur",
        "Observer",
        "Observe sans agir.",
        "Watches without acting.",
        *("observatrice", "obs"),
    ),
}

_TRACK_CARDS: dict[Track, _WordCard] = {
    Track.IT: _WordCard(Both("Informatique", "IT"), ("it", "info", "dsi", "si")),
    Track.LEGAL: _WordCard(Both("Juridique", "Legal"), ("jur", "droit")),
    Track.COMMUNICATION: _WordCard(Both("Communication", "Communication"), ("com", "comm", "comms")),
    Track.MANAGEMENT: _WordCard(Both("Direction", "Management"), ("dir",)),
    Track.CARE: _WordCard(Both("Soins", "Care"), ("soi", "soin")),
}

_PHASE_CARDS: dict[Phase, _WordCard] = {
    Phase.ALERT: _WordCard(Both("Alerte", "Alert"), ("al", "activation")),
    Phase.CONTAINMENT: _WordCard(Both("Endiguement", "Containment"), ("en",)),
    Phase.INVESTIGATION: _WordCard(Both("Investigation", "Investigation"), ("in", "enquete")),
    Phase.RECOVERY: _WordCard(Both("Remédiation", "Recovery"), ("re", "eradication", "reconstruction")),
    Phase.RETURN: _WordCard(Both("Retour à la normale", "Return to normal"), ("rn", "retour")),
    Phase.REVIEW: _WordCard(Both("RETEX", "Lessons learned"), ("rx", "retour d'experience")),
}

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


_ROLE_INDEX = _index(
    (role.value, (role.value, *card.label, *card.names)) for role, card in ROLE_CARDS.items()
)
_TRACK_INDEX = _index(
    (track.value, (track.value, *card.label, *card.names)) for track, card in _TRACK_CARDS.items()
)
_PHASE_INDEX = _index(
    (phase.value, (phase.value, *card.label, *card.names)) for phase, card in _PHASE_CARDS.items()
)


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
