"""How a task's time and condition are said on paper. Guarantee: the same words in the terminal and on the wall."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.language import Both, Language
from bot.domain.moments import FILED
from bot.domain.qualifying import BY_ID
from bot.domain.task_templates import OPENED, Awaits, TaskTemplate

ASAP = Both("dès que possible", "once possible")
_MOMENTS = {
    "observed": Both("après le premier signe", "after the first sign"),
    "attack": Both("après la connaissance de l’attaque", "after the attack became known"),
    "breach": Both("après la connaissance de la violation", "after the breach became known"),
    "significant": Both("après l’incident important", "after the significant incident"),
    "high_risk": Both("après le constat d’un risque élevé", "after a high risk was found"),
    "theft": Both("après le vol", "after the theft"),
    "supplier": Both("après l’avis du prestataire", "after the supplier’s notice"),
    "ended": Both("après la fin de crise", "after the crisis ended"),
}


def length(time: timedelta, language: Language) -> str:
    """A length of time in its largest whole unit."""
    minutes = int(time.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"{minutes // 1440}\u00a0{'j' if language == 'fr' else 'd'}"
    if minutes % 60 == 0:
        return f"{minutes // 60}\u00a0h"
    return f"{minutes}\u00a0min"


def when(task: TaskTemplate, language: Language) -> str:
    """By when, and from what it counts where that is not the opening; how often, if it comes back."""
    if task.delay is None:
        said = ASAP.get(language)
    else:
        said = length(task.delay, language)
        if task.anchor.startswith(FILED):
            said += Both(" après l’envoi", " after it was sent").get(language)
        elif task.anchor != OPENED:
            said += f" {_MOMENTS[task.anchor].get(language) if task.anchor in _MOMENTS else f'({task.anchor})'}"
    if task.repeat == task.delay == timedelta(days=1):
        return Both("chaque jour", "every day").get(language)
    if task.repeat is not None and task.repeat == task.delay:
        return Both(f"toutes les {said}", f"every {said}").get(language)
    if task.repeat == timedelta(days=1):
        said += Both(", puis chaque jour", ", then every day").get(language)
    elif task.repeat is not None:
        again = length(task.repeat, language)
        said += Both(f", puis toutes les {again}", f", then every {again}").get(language)
    return said


def provided(task: TaskTemplate, language: Language) -> str:
    """On what it rests, or for what it waits; empty where it is always there."""
    condition = task.condition
    said: list[str] = []
    if condition is not None:
        name = BY_ID[condition.question].name.get(language)
        if condition.given == "yes":
            said.append(Both(f"si l’on répond oui à «\u00a0{name}\u00a0»", f"if “{name}” is a yes").get(language))
        elif condition.given == "no":
            said.append(Both(f"si l’on répond non à «\u00a0{name}\u00a0»", f"if “{name}” is a no").get(language))
        else:
            word = Both("non" if condition.unless == "no" else "oui", condition.unless or "").get(language)
            unless = Both(f"sauf si l’on répond {word} à «\u00a0{name}\u00a0»", f"unless “{name}” is a {word}")
            said.append(unless.get(language))
    if task.awaits is not None:
        said += _awaited(task.awaits, language)
    return ", ".join(said)


def _awaited(awaits: Awaits, language: Language) -> list[str]:
    said: list[Both] = []
    if awaits.severity is not None:
        said.append(Both(f"dès la gravité {awaits.severity}", f"from severity {awaits.severity}"))
    if awaits.phase is not None:
        said.append(
            Both(f"dès la phase «\u00a0{awaits.phase.label('fr')}\u00a0»", f"from “{awaits.phase.label('en')}”")
        )
    if awaits.filed is not None:
        said.append(Both(f"une fois déposé\u00a0: {awaits.filed}", f"once filed: {awaits.filed}"))
    if awaits.done is not None:
        said.append(Both(f"une fois faite\u00a0: {awaits.done}", f"once done: {awaits.done}"))
    return [each.get(language) for each in said]
