# ruff: noqa: E501 - a table reads better with one form a line
"""A plain form: what people say to the bot, and the command that it means; and the parts of which several are made.

A form is a pattern over the text in lower case without accents. `{N}` stands for the numbers of tasks, `{C}` for a
clock, `{P}` for a person, `{D}` for a length of time, `{W}` for an instant, `{K}` for a track, `{R}` for a role, `{L}` for a language, `{X}` for free words; each
must be wholly readable as what it is, or the form does not fit. `{T}` in a command is the task whose message is replied to:
without one the form does not fit. In the command, `{--W}` adds the time where one was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.language import Language


@dataclass(frozen=True)
class Form:
    """`command` is the line that is meant. One that is not `sure` is only proposed. `asking` forms fit questions too,
    all others never do; `only_asking` ones are statements without a question mark: « la 3 est faite »."""

    language: Language
    command: str
    patterns: tuple[str, ...]
    sure: bool = True
    asking: bool = False
    only_asking: bool = False


FAIT = r"(?:fait|fini|termine|regle|boucle|acheve|effectue|realise|traite|coche)(?:e?s?)"
FAIRE = r"(?:faire|finir|terminer|regler|boucler|achever|traiter|cocher)"
DONE = r"(?:all )?(?:done|finished|completed?|sorted(?: out)?|dealt with)"
ON_A = r"(?:on a|j'ai|nous avons|on vient de|ils ont|elle a|il a|elles ont)"
WE_HAVE = r"(?:we|i|they)(?:'ve| have)?(?: just)?"
PREVENU = r"(?:prevenue?|notifiee?|avertie?|informee?|declaree?|saisie?|signalee?|deposee?|envoyee?)s?"
TOLD = r"(?:notified|told|informed|alerted|filed|lodged|submitted|reported(?: it)? to|sent)"
FAIT_PAR = r"(?:prend|fait|s'occupe de|se charge de|gere|suit|a pris)"
SEP = r"(?:\s?[,:;]|\s[–—-])\s(?!(?:la |le |les |the |task |tache )?[t#]?\d)"
NO_TASK = r"(?!(?:la |le |les |the |t|task |tache )?\d|c'est |ce |tout|ca |it |this |that )"
SUR = r"(?:sur|pour|a|avec|dans)"


def fr(command: str, *patterns: str, sure: bool = True, asking: bool = False, only_asking: bool = False) -> Form:
    return Form("fr", command, patterns, sure, asking or only_asking, only_asking)


def en(command: str, *patterns: str, sure: bool = True, asking: bool = False, only_asking: bool = False) -> Form:
    return Form("en", command, patterns, sure, asking or only_asking, only_asking)
