"""What is said to the bot in plain words. Guarantee: a few forms, read whole; none of them is dangerous.

Anything beyond the forms is conversation, and means nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading.numbers import read_numbers
from bot.reading.tidy import flat, without_courtesy

_LONGEST = 80
_END = " .!?…:;,)"


@dataclass(frozen=True)
class Said:
    """The command that plain words mean, and the numbers of the tasks that they name."""

    command: str
    tasks: tuple[int, ...] = ()


_N = r"(?P<n>(?:la |le |les |the |t|n|#|tache|task|\d).{0,60}?)"
_DONE = r"(?:faite?s?|finie?s?|terminee?s?|reglee?s?|done|finished)"
_TASK_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "done",
        re.compile(
            rf"(?:c'est |ca y est,? (?:c'est )?|j'ai |on a |it's |it is |i've |i have |we've )?{_DONE}"
            rf"(?:,? (?:pour |with |for )?{_N})?"
        ),
    ),
    ("done", re.compile(rf"{_N},? (?:c'est |est |sont |is |are )?{_DONE}")),
    ("done", re.compile(rf"(?:c'est )?(?:ok|bon) (?:pour |for )?{_N}")),
    (
        "take",
        re.compile(rf"(?:je )?(?:m'en occupe|m'en charge|(?:prends|m'en occupe de|m'occupe de|me charge de) {_N})"),
    ),
    ("take", re.compile(r"je (?:la |le )?prends(?: ca)?|j'y vais|c'est pour moi")),
    ("take", re.compile(rf"(?:i'll |i will |i )?(?:take|handle|take care of) (?:it|this|{_N})")),
    ("take", re.compile(rf"taking {_N}")),
    ("take", re.compile(rf"(?:i'm |i am )?on (?:it|this|{_N})|i(?:'ve)? got (?:it|this)")),
)
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("yes", re.compile(r"oui(?:,? merci)?|yes(?:,? please)?")),
    ("no", re.compile(r"non(?:,? merci)?|no(?:,? thanks| thank you)?")),
    ("unsure", re.compile(r"(?:je |on )?(?:ne )?(?:sais|sait) pas|aucune idee|(?:i )?don'?t know|no idea")),
    ("help", re.compile(r"aide|aide[ -]moi|aidez[ -]moi|help(?: me)?|au secours|a l'aide")),
    ("mine", re.compile(r"(?:quelles sont )?mes taches|(?:what are )?my tasks")),
    ("mine", re.compile(r"(?:que dois[ -]je|qu'est-ce que je dois) faire")),
    ("mine", re.compile(r"what (?:should|do) i(?: have to)? do")),
    ("status", re.compile(r"statut|status|(?:on )?(?:en )?ou en (?:est[ -]on|sommes[ -]nous)|ou on en est")),
    ("status", re.compile(r"where are we|what'?s the status|what is the status")),
    ("team", re.compile(r"qui est la|qui fait quoi|who is (?:here|there)|who'?s here|who does what")),
    ("tasks", re.compile(r"(?:la liste des |les )?taches|(?:the )?tasks")),
    ("next", re.compile(r"(?:et )?(?:maintenant|la suite|ensuite)|what(?:'s| is)? (?:next|now)")),
    ("deadlines", re.compile(r"(?:il (?:nous )?reste )?combien de temps")),
    ("deadlines", re.compile(r"combien de temps (?:il )?(?:nous )?reste(?:[ -]t[ -]il)?")),
    ("deadlines", re.compile(r"how (?:long|much time)(?: do we have| is left)?(?: left)?")),
    ("glossary", re.compile(r"(?:c'est quoi|qu'est-ce que c'est|what is|what's) .{1,60}")),
)


def read_plain(text: str) -> Said | None:
    """Return what the whole text means if it is one of the forms; None for conversation."""
    if len(text) > _LONGEST:
        return None
    said = without_courtesy(flat(text)).strip(_END)
    for command, form in _TASK_FORMS:
        found = form.fullmatch(said)
        if not found:
            continue
        named = found.groupdict().get("n")
        if not named:
            return Said(command)
        numbers = read_numbers(named)
        if numbers.found and not numbers.rest and not numbers.fault:
            return Said(command, numbers.found)
    return next((Said(command) for command, form in _FORMS if form.fullmatch(said)), None)
