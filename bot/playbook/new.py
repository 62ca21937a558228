"""A playbook of one's own to start from. Guarantee: an existing file is never touched, and what is written loads."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bot.domain.language import Both, Language

_FORM = re.compile(r"[a-z][a-z0-9-]{1,30}")

_OVER = Both(
    """# Votre version du scénario « {id} » : ce qui est écrit ici passe par-dessus ce qui est livré, tâche par tâche.
# Ce que vous n’écrivez pas reste. Vérifiez avec « tocsin check --offline », comparez avec « tocsin playbook diff ».
id: {id}
extends: {id}
# Les tâches que votre organisation n’a pas :
# without: [SOC-COM-08]
tasks:
  # Changer une tâche : son identifiant, et seulement ce qui change.
  # - id: SOC-IT-02
  #   how: Appeler le PC sécurité, puis l’astreinte de l’infogérant.
  # En ajouter une :
  # - id: {code}-DIR-90
  #   track: management        # it, legal, communication, management, care
  #   phase: alert             # alert, containment, investigation, recovery, return, review
  #   role: logistics
  #   title: Ouvrir la salle de crise du premier étage
  #   why: Elle a sa propre ligne téléphonique.
  #   delay: 20m               # m, h, d ; ou asap
  #   source: {{ref: "Plan de crise", kind: practice, checked: "2026-01-31"}}
""",
    """# Your version of the scenario “{id}”: what is written here lies over what is shipped, task by task.
# What you do not write stays. Check with “tocsin check --offline”, compare with “tocsin playbook diff”.
id: {id}
extends: {id}
# The tasks that your organisation does not have:
# without: [SOC-COM-08]
tasks:
  # To change a task: its id, and only what changes.
  # - id: SOC-IT-02
  #   how: Call the security desk, then the outsourcer's night line.
  # To add one:
  # - id: {code}-DIR-90
  #   track: management        # it, legal, communication, management, care
  #   phase: alert             # alert, containment, investigation, recovery, return, review
  #   role: logistics
  #   title: Open the crisis room on the first floor
  #   why: It has a telephone line of its own.
  #   delay: 20m               # m, h, d; or asap
  #   source: {{ref: "Crisis plan", kind: practice, checked: "2026-01-31"}}
""",
)
_NEW = Both(
    """# Un scénario à vous, qui étend « {base} » : il en a toutes les tâches, plus celles-ci.
id: {id}
code: {code}
extends: {base}
name: {{fr: {id}, en: {id}}}
title: "À compléter : le nom du scénario"
description: "À compléter : une phrase, ce qui arrive."
tasks:
  - id: {code}-IT-01
    track: it                # it, legal, communication, management, care
    phase: alert             # alert, containment, investigation, recovery, return, review
    role: cio
    critical: true
    title: "Constater ce qui ne répond plus"
    why: "À compléter : pourquoi cette tâche."
    delay: 15m               # m, h, d ; ou asap
    source: {{ref: "Plan de crise", kind: practice, checked: "2026-01-31"}}
""",
    """# A scenario of your own, which extends “{base}”: it has all of its tasks, and these.
id: {id}
code: {code}
extends: {base}
name: {{fr: {id}, en: {id}}}
title: "To be completed: the scenario's name"
description: "To be completed: one sentence, what happens."
tasks:
  - id: {code}-IT-01
    track: it                # it, legal, communication, management, care
    phase: alert             # alert, containment, investigation, recovery, return, review
    role: cio
    critical: true
    title: "Find out what no longer answers"
    why: "To be completed: why this task."
    delay: 15m               # m, h, d; or asap
    source: {{ref: "Crisis plan", kind: practice, checked: "2026-01-31"}}
""",
)


class NameRefusedError(ValueError):
    """A name that cannot be a scenario's; `said` tells which can."""

    def __init__(self, said: Both) -> None:
        super().__init__(said.fr)
        self.said = said


def started(name: str, codes: dict[str, str], base: str, language: Language) -> str:
    """The text of a new file: over the scenario of that name, or a new one. `codes` are the known ids' codes.

    Raises NameRefusedError.
    """
    if not _FORM.fullmatch(name):
        raise NameRefusedError(
            Both(
                f"«\u00a0{name}\u00a0» ne peut pas nommer un scénario\u00a0: des minuscules sans accent, des chiffres "
                "et des tirets, une lettre d’abord.",
                f"“{name}” cannot name a scenario: small letters without accents, digits and hyphens, a letter first.",
            )
        )
    if name in codes:
        return _OVER.get(language).format(id=name, code=codes[name])
    return _NEW.get(language).format(id=name, base=base, code=_code(name, set(codes.values())))


def _code(name: str, taken: set[str]) -> str:
    """Three letters of the name, or more where another scenario has them already."""
    letters = "".join(char for char in name.upper() if char.isalpha()) or "LOC"
    letters = letters if len(letters) > 1 else f"{letters}X"
    found = next((letters[:size] for size in range(3, 8) if letters[:size] not in taken), None)
    return found or next(f"{letters[:4]}{n}" for n in range(2, 100) if f"{letters[:4]}{n}" not in taken)


def write(path: Path, text: str) -> None:
    """Write it, for its owner alone. Raises FileExistsError where there is one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
