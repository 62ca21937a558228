"""An alarm in plain words. Guarantee: a scenario is taken from what somebody wrote only where it speaks of one alone;
else it is asked. The time of the first sign that stands in the title is read, or left where it stands."""

from __future__ import annotations

import re

from bot.commands.call import Value, When
from bot.commands.spec import Tense
from bot.reading.asking import Asking, Remaining, Stop
from bot.reading.beginnings import split_when
from bot.reading.durations import read_duration
from bot.reading.named import read_scenario
from bot.reading.result import Asked
from bot.reading.times import Unread

COMMON = ("rancongiciel", "panne", "messagerie")
"""What is offered where nothing of what was written says more."""
_SINCE = re.compile(r"[\s,;:(–—-]*\b(?:depuis|dès|since)\s+(?:environ\s+|vers\s+|about\s+)?", re.IGNORECASE)
_ENDS = " \t,;:.–—-()"
_MOST = 3


def with_scenario(asking: Asking, text: str) -> tuple[str, str | None]:
    """Return the text as one that begins with its scenario, and the words by which that was understood, if it did not.

    Raises `Stop` with the question where several scenarios, or none, are spoken of.
    """
    if not text.strip():
        return text, None
    try:
        read_scenario(asking, Remaining(text))
    except Stop:
        said = asking.context.said_scenarios(text)
        if len(said) == 1:
            identifier, words = said[0]
            return f"{identifier} {text}", words
        near = tuple(dict.fromkeys((*(i for i, _ in said), *asking.context.near_scenarios(text.split(maxsplit=1)[0]))))
        near = near or tuple(asking.context.near_scenarios(text[:80]))
        common = tuple(each for each in COMMON if asking.context.find_scenario(each))
        values = {"typed": text.strip()[:80]}
        raise Stop(
            Asked("scenario", asking.spec, values, language=asking.language, near=(near or common)[:_MOST])
        ) from None
    return text, None


def first_sign(asking: Asking, args: dict[str, Value], options: dict[str, Value]) -> None:
    """Take the time of the first sign out of the title, where it stands there and was not given otherwise."""
    title = args.get("title")
    if not isinstance(title, str) or "observed" in options:
        return
    for found in _SINCE.finditer(title):
        tail = title[found.end() :]
        when, rest = split_when(tail, asking.context.now, asking.context.zone, Tense.PAST)
        if not isinstance(when, When):
            when, rest = _for_so_long(asking, tail)
        before = title[: found.start()].strip(_ENDS)
        kept = f"{before} {rest.strip(_ENDS)}".strip()
        if isinstance(when, When) and kept:
            args["title"], options["observed"] = kept, when
            return


def _for_so_long(asking: Asking, tail: str) -> tuple[When | Unread, str]:
    """« depuis deux heures », « since 20 minutes »: so long ago."""
    words = tail.split()
    for count in range(min(4, len(words)), 0, -1):
        phrase = " ".join(words[:count]).strip(_ENDS)
        length = read_duration(phrase)
        if length is not None:
            return When(asking.context.now - length, phrase), " ".join(words[count:])
    return Unread("bad_time"), tail
