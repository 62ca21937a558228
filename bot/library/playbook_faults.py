"""What can be wrong with a playbook, and the sentence that says so.

Owns one guarantee: every fault names its file, its task where there is one, and what is wrong, in both
languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.language import Both
from bot.domain.playbook import Text

SENTENCES: Mapping[str, Text] = {
    # The file
    "no_folder": Text("le dossier n’existe pas", "the folder does not exist"),
    "unreadable": Text("la lecture du fichier échoue", "reading the file fails"),
    "forbidden": Text("la lecture du fichier est interdite", "reading the file is not permitted"),
    "not_utf8": Text("le fichier n’est pas écrit en UTF-8", "the file is not written in UTF-8"),
    "too_big": Text("fichier de plus de {limit} octets", "the file is longer than {limit} bytes"),
    "not_yaml": Text("ce n’est pas du YAML valide (ligne {line})", "this is not valid YAML (line {line})"),
    "key_twice": Text(
        "la clé « {key} » est donnée deux fois (ligne {line})", "the key “{key}” is given twice (line {line})"
    ),
    "not_mapping": Text(
        "le fichier doit décrire un scénario (id, title, tasks)",
        "the file must describe a scenario (id, title, tasks)",
    ),
    # Its shape
    "unknown_key": Text("clé inconnue : {key}", "unknown key: {key}"),
    "missing": Text("il manque « {key} »", "“{key}” is missing"),
    "bad_value": Text("« {key} » n’accepte pas la valeur {value}", "“{key}” does not accept the value {value}"),
    "twice": Text("l’identifiant {id} est donné deux fois", "the id {id} is given twice"),
    "same_name": Text(
        "le nom « {name} » désigne déjà le scénario {other}",
        "the name “{name}” already means the scenario {other}",
    ),
    "extends_unknown": Text("extends : le scénario {id} n’existe pas", "extends: there is no scenario {id}"),
    "extends_cycle": Text("extends : {id} finit par s’étendre lui-même", "extends: {id} ends up extending itself"),
    "without_unknown": Text(
        "without : la tâche {id} n’existe pas dans le scénario étendu",
        "without: the extended scenario has no task {id}",
    ),
    "overlay_gone": Text(
        "votre organisation a écarté cette tâche : ce que ce fichier en dit ne compte plus",
        "your organisation has left this task out: what this file says of it no longer counts",
    ),
    "dependency_gone": Text(
        "votre organisation a écarté {id} : cette tâche ne l’attend plus",
        "your organisation has left {id} out: this task no longer waits for it",
    ),
    "overlay_nowhere": Text(
        "aucun scénario n’a cette tâche : il manque « track » pour en faire une nouvelle",
        "no scenario has this task: “track” is missing to make it a new one",
    ),
    # What holds between tasks
    "dependency_unknown": Text("dépend de {id}, qui n’existe pas", "depends on {id}, which does not exist"),
    "dependency_cycle": Text("les dépendances tournent en rond : {ids}", "the dependencies go round in circles: {ids}"),
    "block_not_dependency": Text(
        "{id} est dans blocked_by sans être dans depends_on", "{id} is in blocked_by but not in depends_on"
    ),
    "too_early": Text(
        "due avant {id}, dont elle dépend ({delay} contre {other})",
        "due before {id}, on which it depends ({delay} against {other})",
    ),
    # House style
    "one_language": Text(
        "« {key} » doit être écrit en français et en anglais", "“{key}” must be written in both languages"
    ),
    "wrong_track": Text(
        "l’identifiant annonce une autre filière que {track}", "the id announces another track than {track}"
    ),
    "wrong_code": Text(
        "l’identifiant ne commence pas par le code {code} du scénario",
        "the id does not begin with the scenario’s code {code}",
    ),
    "no_deadline": Text(
        "tâche juridique sans échéance : nommez-en une, ou « none » avec un motif",
        "a legal task without a clock: name one, or “none” with a reason",
    ),
    "no_template": Text(
        "tâche de communication sans modèle : nommez-en un, ou « none » avec un motif",
        "a communication task without a template: name one, or “none” with a reason",
    ),
    "clock_unknown": Text("aucune échéance ne s’appelle « {name} »", "no clock is called “{name}”"),
    "template_unknown": Text("aucun modèle ne s’appelle « {name} »", "no template is called “{name}”"),
    "figure_unmarked": Text(
        "change un délai sans dire d’où il vient (source)", "changes a time without saying where it comes from (source)"
    ),
    "names_an_id": Text(
        "nomme {id}\u00a0: les gens voient des numéros (T12), pas cet identifiant ({key})",
        "names {id}: people see numbers (T12), not this id ({key})",
    ),
    "wording_unused": Text(
        "des mots pour {kind}, qui n’a pas cette tâche", "words for {kind}, which does not have this task"
    ),
    "stop_not_critical": Text(
        "{id} est un arrêt ferme sans être critique ni avoir de preuve attendue",
        "{id} is a hard stop without being critical or having any evidence",
    ),
    "no_reason": Text("« none » sans motif (triggers.reason)", "“none” without a reason (triggers.reason)"),
    "no_early_task": Text(
        "aucune tâche critique dans les deux heures pour la filière {track} ({kind})",
        "no critical task within two hours in the track {track} ({kind})",
    ),
    "no_verb_fr": Text(
        "le titre français doit commencer par un infinitif : « {text} »",
        "the French title must begin with an infinitive: “{text}”",
    ),
    "no_verb_en": Text(
        "le titre anglais doit commencer par un verbe à l’impératif : « {text} »",
        "the English title must begin with an imperative verb: “{text}”",
    ),
    "too_long": Text("titre de {length} caractères (110 au plus)", "a title of {length} characters (110 at most)"),
    "no_full_stop": Text("« {key} » doit finir par un point", "“{key}” must end with a full stop"),
    "no_accent": Text("accent manquant : « {word} » ({key})", "missing accent: “{word}” ({key})"),
    "no_nbsp": Text(
        "espace insécable manquante avant ou après la ponctuation : « {text} » ({key})",
        "a no-break space is missing beside the punctuation: “{text}” ({key})",
    ),
    "spacing": Text("espace en trop : « {text} » ({key})", "stray space: “{text}” ({key})"),
    "pays": Text("aucune tâche ne dit de payer : « {text} »", "no task says to pay: “{text}”"),
}


@dataclass(frozen=True)
class Fault:
    """One thing wrong, in `file`, in the task `task` if it is a task's."""

    file: str
    task: str | None
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def both(self) -> Both:
        """The sentence in both languages, for whoever says configuration faults."""
        return Both(self.sentence("fr"), self.sentence("en"))

    def sentence(self, lang: str = "fr") -> str:
        """File, task and what is wrong, in one line."""
        place = f"{self.file}, {self.task}" if self.task else self.file
        colon = " : " if lang != "en" else ": "
        return place + colon + SENTENCES[self.code].get(lang).format(**self.values)

    def __str__(self) -> str:
        return self.sentence()


class PlaybookFault(ValueError):  # noqa: N818 - the file is at fault, not the program
    """A playbook that cannot be used; its text is one clear sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence())
        self.fault = fault
