"""The words for roles, tracks and phases, in both languages. Guarantee: one place says what each is called.

Keys are the ids of `Role`, `Track` and `Phase`; `names` are what people type besides the id and the labels.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.domain.language import Both


class RoleCard(NamedTuple):
    """A role's names and mission; `names` are what people type besides the id and the labels."""

    label: Both
    mission: Both
    names: tuple[str, ...]


class WordCard(NamedTuple):
    """A track's or a phase's name, and what people type besides it."""

    label: Both
    names: tuple[str, ...]


def _role(fr: str, en: str, mission_fr: str, mission_en: str, *names: str) -> RoleCard:
    return RoleCard(Both(fr, en), Both(mission_fr, mission_en), names)


ROLES: dict[str, RoleCard] = {
    "director": _role(
        "Directeur de crise",
        "Crisis director",
        "Tranche, fixe le cap, prononce l’ouverture et la fin de la crise.",
        "Decides, sets the course, declares the crisis open and over.",
        *("directeur_crise", "directrice de crise", "dir", "dg", "directeur", "directrice", "head", "ceo"),
    ),
    "coordinator": _role(
        "Coordinateur de cellule",
        "Crisis coordinator",
        "Anime les points, répartit le travail, surveille les délais et les relèves.",
        "Runs the situation points, shares out the work, watches deadlines and shifts.",
        *("coordinateur", "coordinatrice", "coordinatrice de cellule", "coord", "coordination"),
    ),
    "scribe": _role(
        "Secrétaire de cellule",
        "Scribe",
        "Complète et qualifie la main courante, tient les relevés de décisions.",
        "Completes the action log and keeps the record of decisions.",
        *("historien", "historienne", "secretaire", "mc", "teneur de main courante", "main courante"),
        *("log keeper", "secretary"),
    ),
    "cio": _role(
        "DSI",
        "CIO",
        "Pilote l’exploitation du système d’information et sa reconstruction.",
        "Runs the information system and its rebuilding.",
        *("si", "info", "directeur informatique", "directeur des systemes d'information"),
        *("head of it", "chief information officer"),
    ),
    "ciso": _role(
        "RSSI",
        "CISO",
        "Pilote la qualification, l’endiguement, l’investigation et les preuves techniques.",
        "Leads triage, containment, investigation and technical evidence.",
        *("secu", "securite", "responsable securite", "security", "chief information security officer"),
    ),
    "legal": _role(
        "Juriste",
        "Legal counsel",
        "Veille à la licéité des preuves, à la plainte, aux responsabilités et aux contrats.",
        "Watches over lawful evidence, the complaint, liabilities and contracts.",
        *("juridique", "jur", "affaires juridiques", "lawyer", "counsel"),
    ),
    "dpo": _role(
        "Délégué à la protection des données",
        "Data protection officer",
        "Évalue le risque pour les personnes et conseille ; interlocuteur de la CNIL.",
        "Assesses the risk to people and advises; the contact of the data-protection authority.",
        *("donnees", "deleguee a la protection des donnees", "delegue", "data protection", "privacy"),
    ),
    "data_lead": _role(
        "Référent données",
        "Data protection lead",
        "Assume, par désignation écrite, ce qui revient au DPO quand il n’y en a pas.",
        "Takes on, by written appointment, what a DPO would do where there is none.",
        *("referent_donnees", "referente donnees", "ref", "data"),
    ),
    "communication": _role(
        "Responsable communication",
        "Communications lead",
        "Rédige, fait valider, publie et tient le planning des messages.",
        "Drafts, has approved, publishes and keeps the schedule of messages.",
        *("com", "comm", "communications", "comms"),
    ),
    "spokesperson": _role(
        "Porte-parole",
        "Spokesperson",
        "Seul à parler à la presse.",
        "The only one who speaks to the press.",
        *("pp", "spokesman", "spokeswoman", "press"),
    ),
    "media_watch": _role(
        "Veille médias et réseaux",
        "Media watch",
        "Détecte les rumeurs et propose les réponses.",
        "Spots rumours and proposes answers.",
        *("veille", "cm", "reseaux", "veille medias", "social media", "media"),
    ),
    "care_director": _role(
        "Direction des soins",
        "Director of care",
        "Déclenche et pilote les procédures dégradées de soins.",
        "Triggers and leads the degraded care procedures.",
        *("dir_soins", "soins", "directeur des soins", "directrice des soins", "care", "nursing"),
        *("director of nursing",),
    ),
    "medical_lead": _role(
        "Président de CME",
        "Chief medical officer",
        "Rend les arbitrages médicaux et fixe les priorités de réouverture.",
        "Makes the medical calls and sets the priorities of reopening.",
        *("pcme", "presidente de cme", "cme", "medical", "cmo"),
    ),
    "duty_manager": _role(
        "Cadre de garde",
        "On-call manager",
        "Reçoit la première alerte hors des heures ouvrées.",
        "Takes the first alert outside working hours.",
        *("cadre_garde", "directeur_de_garde", "directrice de garde", "administrateur de garde", "garde"),
        *("astreinte", "on call", "duty", "oncall"),
    ),
    "biomed": _role(
        "Ingénierie biomédicale",
        "Biomedical engineering",
        "Répond des dispositifs médicaux et de la matériovigilance.",
        "Answers for medical devices and device vigilance.",
        *("bio", "biomedical"),
    ),
    "pharmacy": _role(
        "Pharmacie",
        "Pharmacy",
        "Tient la procédure dégradée de la pharmacie.",
        "Runs the pharmacy’s degraded procedure.",
        *("pharma", "pharmacien", "pharmacienne", "pharmacist"),
    ),
    "laboratory": _role(
        "Laboratoire",
        "Laboratory",
        "Tient la procédure dégradée du laboratoire.",
        "Runs the laboratory’s degraded procedure.",
        *("labo", "biologie", "lab"),
    ),
    "imaging": _role(
        "Imagerie",
        "Imaging",
        "Tient la procédure dégradée de l’imagerie.",
        "Runs the imaging department’s degraded procedure.",
        *("radiologie", "radio", "radiology"),
    ),
    "emergency": _role(
        "Urgences",
        "Emergency department",
        "Tient la procédure dégradée des urgences et les réorientations.",
        "Runs the emergency department’s degraded procedure and diversions.",
        *("urgence", "sau", "er"),
    ),
    "theatre": _role(
        "Bloc opératoire",
        "Operating theatre",
        "Tient la procédure dégradée du bloc et le tri des interventions.",
        "Runs the theatre’s degraded procedure and the sorting of operations.",
        *("bloc", "operating room", "surgery"),
    ),
    "admissions": _role(
        "Admissions",
        "Admissions",
        "Tient la procédure dégradée des admissions et l’identité des patients.",
        "Runs the admissions desk’s degraded procedure and patients’ identity.",
        *("bureau des entrees", "identitovigilance", "front desk"),
    ),
    "hr": _role(
        "Ressources humaines",
        "Human resources",
        "Organise les relèves, le repos et le soutien des équipes.",
        "Arranges shifts, rest and support for the teams.",
        *("rh", "drh", "sante au travail", "occupational health"),
    ),
    "logistics": _role(
        "Logistique",
        "Logistics",
        "Fournit papier, imprimantes autonomes, téléphonie, accès et repas.",
        "Provides paper, stand-alone printers, telephones, access and meals.",
        *("log", "technique", "telephonie", "facilities"),
    ),
    "finance": _role(
        "Finances et assurances",
        "Finance and insurance",
        "Suit le sinistre, les dépenses et les contrats.",
        "Follows the claim, the spending and the contracts.",
        *("finances", "assurance", "assurances", "achats", "insurance", "procurement"),
    ),
    "liaison": _role(
        "Relais autorités",
        "External liaison",
        "Parle à l’ARS, au CERT Santé, à l’ANSSI, aux enquêteurs et aux partenaires.",
        "Speaks with the health agency, the CERTs, investigators and partners.",
        *("relais_externe", "autorites", "relais", "authorities", "external"),
    ),
    "facilitator": _role(
        "Animateur",
        "Facilitator",
        "Anime l’exercice.",
        "Runs the exercise.",
        *("animatrice", "anim"),
    ),
    "player": _role(
        "Joueur",
        "Player",
        "Joue l’exercice.",
        "Plays the exercise.",
        *("joueuse",),
    ),
    "observer": _role(
        "Observateur",
        "Observer",
        "Observe sans agir.",
        "Watches without acting.",
        *("observatrice", "obs"),
    ),
}

TRACKS: dict[str, WordCard] = {
    "it": WordCard(Both("Informatique", "IT"), ("it", "info", "dsi", "si")),
    "legal": WordCard(Both("Juridique", "Legal"), ("jur", "droit")),
    "communication": WordCard(Both("Communication", "Communication"), ("com", "comm", "comms")),
    "management": WordCard(Both("Direction", "Management"), ("dir",)),
    "care": WordCard(Both("Soins", "Care"), ("soi", "soin")),
}

PHASES: dict[str, WordCard] = {
    "alert": WordCard(Both("Alerte", "Alert"), ("al", "activation")),
    "containment": WordCard(Both("Endiguement", "Containment"), ("en", "confinement", "isolement")),
    "investigation": WordCard(Both("Investigation", "Investigation"), ("in", "enquete", "analyse")),
    "recovery": WordCard(
        Both("Remédiation", "Recovery"), ("re", "eradication", "reconstruction", "restauration", "reprise")
    ),
    "return": WordCard(Both("Retour à la normale", "Return to normal"), ("rn", "retour")),
    "review": WordCard(Both("RETEX", "Lessons learned"), ("rx", "retour d'experience")),
}
