"""The sentences with which an export is refused, in French and in English."""

from __future__ import annotations

import os

from bot.export.verify.report import language
from bot.export.verify.words import Sentences, say

REFUSALS: Sentences = {
    "unknown": (
        "L’incident {incident} n’existe pas ici.",
        "Incident {incident} does not exist here.",
    ),
    "exists": (
        "{path} existe déjà : rien n’est remplacé.",
        "{path} already exists: nothing is replaced.",
    ),
    "unwritable": (
        "Écriture impossible dans {path} : {reason}.",
        "Cannot write in {path}: {reason}.",
    ),
    "store": (
        "Le journal ne peut pas être exporté : {reason}.",
        "The log cannot be exported: {reason}.",
    ),
    "unprinted": (
        "Le dossier est là et se vérifie, mais sans journal.pdf : la mise en page a échoué ({reason}).",
        "The file is there and verifies, but without journal.pdf: typesetting failed ({reason}).",
    ),
    "empty": (
        "Le journal de {incident} est vide : il n’y a rien à exporter.",
        "The log of {incident} is empty: there is nothing to export.",
    ),
    "outside": (
        "Le journal nomme un fichier hors de « files/ » : {path!r}.",
        "The log names a file outside “files/”: {path!r}.",
    ),
}


def refusal(name: str, **facts: object) -> str:
    """The sentence in the language of the process's locale; French unless that is English."""
    return say(REFUSALS, name, language(os.environ), facts)
