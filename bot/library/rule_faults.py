"""What can be wrong with a deadline rule, and the sentence that says so.

Owns one guarantee: every fault names its file, its rule where there is one, and what is wrong, in both
languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.playbook import Text
from bot.library.playbook_faults import SENTENCES, Fault

RULE_SENTENCES: Mapping[str, Text] = {
    "not_mapping": Text("le fichier doit décrire des règles (rules)", "the file must describe rules (rules)"),
    "same_name": Text(
        "le nom « {name} » désigne déjà la règle {other}", "the name “{name}” already means the rule {other}"
    ),
    "unknown_moment": Text("le repère « {moment} » n’existe pas", "there is no moment “{moment}”"),
    "unknown_role": Text("le rôle « {role} » n’existe pas", "there is no role “{role}”"),
    "unknown_zone": Text("le fuseau horaire « {zone} » n’existe pas", "there is no time zone “{zone}”"),
    "bad_date": Text("la date {day} n’existe pas", "there is no date {day}"),
    "dates_reversed": Text("valid_to est avant valid_from", "valid_to is before valid_from"),
    "follows_unknown": Text(
        "part du dépôt de {id}, qui n’existe pas", "starts from the filing of {id}, which does not exist"
    ),
    "stage_unknown": Text("tient lieu de {id}, qui n’existe pas", "stands for {id}, which does not exist"),
    "again_unknown": Text(
        "revient avec {id}, qui n’est pas une règle périodique", "comes back with {id}, which is no recurring rule"
    ),
    "chain_cycle": Text("les étapes tournent en rond : {ids}", "the stages go round in circles: {ids}"),
    "no_duration": Text("la méthode {method} veut une durée (duration)", "the method {method} needs a duration"),
    "duration_unused": Text(
        "la méthode {method} n’a pas de durée à elle", "the method {method} has no duration of its own"
    ),
    "wrong_unit": Text("la méthode {method} ne compte pas en {unit}", "the method {method} does not count in {unit}"),
    "no_cutoff": Text("business_days veut une heure limite (cutoff)", "business_days needs a cutoff"),
    "no_classified": Text(
        "min_of veut une durée depuis le classement (classified)", "min_of needs a duration from classification"
    ),
    "no_law": Text(
        "une règle de la classe loi doit citer son texte (law)", "a rule of the class law must cite its text (law)"
    ),
    "pretended_law": Text("ce qui n’est pas de la loi ne cite pas de loi (law)", "what is not law cites no law (law)"),
    "wrong_status": Text(
        "le statut {status} ne va pas avec la classe {visible}",
        "the status {status} does not go with the class {visible}",
    ),
    "wrong_origin": Text(
        "« sans délai » : le chiffre doit être dit de nous (from: house), pas de la loi",
        "“without delay”: the figure must be said to be ours (from: house), not the law’s",
    ),
    "data_to_it": Text(
        "une échéance de données personnelles ne peut revenir au rôle {role}",
        "a data-protection clock cannot fall to the role {role}",
    ),
    "not_provisional": Text(
        "seule une étape qui suit un dépôt peut être provisoire", "only a stage that follows a filing is provisional"
    ),
}


@dataclass(frozen=True)
class RuleFault(Fault):
    """One thing wrong, in `file`, in the rule `task` if it is a rule's, at `line` if that is known."""

    line: int | None = None

    def sentence(self, lang: str = "fr") -> str:
        """File, line, rule and what is wrong, in one line."""
        said = RULE_SENTENCES.get(self.code) or SENTENCES[self.code]
        place = f"{self.file}:{self.line}" if self.line else self.file
        if self.task:
            place = f"{place}, {self.task}"
        colon = "\u00a0: " if lang != "en" else ": "
        return place + colon + said.get(lang).format(**self.values)

    __str__ = Fault.__str__


class RulesFault(ValueError):  # noqa: N818 - the file is at fault, not the program
    """Deadline rules that cannot be used; its text is one clear sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence())
        self.fault = fault
