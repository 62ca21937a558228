"""The command that is being read, and the answer that ends reading. Guarantee: a refusal names its command and repeats
no more of what was typed than a telephone shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.commands.call import Value
from bot.commands.spec import Arg, Spec
from bot.domain.language import Language, fold
from bot.reading.result import Asked, Context, Refused

ENDS = " \t\n.,;:!?…"
"""What may stand after a word without meaning anything."""
LONGEST_SHOWN = 80
MOST_WORDS = 4
"""Of a name: « dispositif médical compromis »."""


class Stop(Exception):  # noqa: N818 - it is no error of ours: it carries the answer up
    """Reading ends here, with this answer."""

    def __init__(self, reading: Refused | Asked) -> None:
        super().__init__()
        self.reading = reading


@dataclass(frozen=True)
class Remaining:
    """What is still to be read: the rest of the first line, and the lines below it."""

    line: str
    below: str = ""


@dataclass(frozen=True)
class Asking:
    """The command that is being read, where, and in which of its languages it was typed."""

    spec: Spec
    context: Context
    language: Language

    def refuse(self, reason: str, typed: str = "", near: tuple[str, ...] = ()) -> Stop:
        """Make the refusal of what was typed."""
        values = {"typed": typed.strip()[:LONGEST_SHOWN]} if typed else {}
        return Stop(Refused(reason, self.spec, values, near, language=self.language))

    def missing(self, arg: Arg) -> Stop:
        """Make the refusal of a command that lacks an argument."""
        label = arg.label.get(self.context.language)  # in the language of the answer, whatever the verb's
        return Stop(Refused("missing", self.spec, {"argument": label}, language=self.language))


Read = tuple[Value | None, Remaining]
"""What was read of an argument, None where nothing was given; and what is still to be read."""


def phrases(line: str) -> Iterator[tuple[str, str]]:
    """Yield the beginnings of the line, four words to one, each with what follows it."""
    words = (word for word in re.finditer(r"\S+", line[:200]) if fold(word[0]))
    ends = [word.end() for word in words][:MOST_WORDS]
    for end in reversed(ends):
        yield line[:end].strip(ENDS), line[end:].strip()
