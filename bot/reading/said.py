"""What is said to the bot without the prefix. Guarantee: plain words are carried out only as a command line that could
have been typed, never one that is dangerous, and never one that was only nearly said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.commands.call import Call
from bot.commands.spec import Kind, Spec
from bot.domain.language import fold
from bot.reading.plain import read_plain
from bot.reading.result import Asked, Context, Later, Reading, Refused, Silence, Suggestion
from bot.reading.vocabulary import NAMES, split

Typed = Callable[[str, Context], Reading]
"""Reads a command line that stands after no prefix."""

_CODED = re.compile(r"(?P<word>oui|non|yes|no)[\s,:]+[0-9]{4}", re.IGNORECASE)
_SPELT = re.compile(r"(?:un )?(?:point d['’ ]exclamation|exclamation (?:mark|point))[\s,]+(?=\S)", re.IGNORECASE)
_GREETING = r"(?:(?:h[ée]|eh|hey|dis|dites|ok|bonjour|bonsoir|salut|hello|hi)[\s,]+)?"


def spelt_prefix(body: str) -> str | None:
    """Return what follows « point d'exclamation », as some dictations write it; None where it does not begin so."""
    found = _SPELT.match(body, 0, 60)
    return body[found.end() :] if found else None


def after_name(body: str, context: Context) -> str | None:
    """Return the text without the bot's name before or after it; None where it has neither."""
    name = re.escape(context.bot_name)
    found = re.match(rf"{_GREETING}@?{name}(?:[\s,:;.–—-]+|(?=!))", body, re.IGNORECASE)
    if found:
        return body[found.end() :]
    last = re.search(rf"[\s,]+{name}[\s.!?]*\Z", body[-40:], re.IGNORECASE)
    if last and "\n" not in body:
        asks = "?" if "?" in last[0] else ""
        return body[: len(body) - len(last[0])] + asks
    return None


def may_be_named(body: str, bot_name: str) -> bool:
    """Whether a text may speak to the bot by its name, or spell its prefix; cheap, and sure only when it says no."""
    begins, ends = body[:60].casefold(), body[-40:].casefold()
    return bot_name.casefold() in begins or bot_name.casefold() in ends or "exclamation" in begins


def read_said(body: str, context: Context, typed: Typed) -> Reading:
    """Read what was said to the bot: one line, in one of the plain forms."""
    first, _, below = body.partition("\n")
    if below.strip():
        return Silence()
    coded = _CODED.fullmatch(first.strip())
    if coded:
        # A code completes what is dangerous, so it is typed.
        named = NAMES[fold(coded["word"])]
        if isinstance(named.command, Spec):
            return Suggestion(f"{context.prefix}{first.strip()}", named.command, True)
    return read_forms(first, context, typed) or Silence()


def read_forms(line: str, context: Context, typed: Typed) -> Reading | None:
    """The first plain form that fits and makes a command, or lacks but one thing; None for conversation."""
    for said in read_plain(line, context):
        if said.lacks_number and (verb := split(said.line)) and isinstance(verb[0].command, Spec):
            return Asked("task", verb[0].command, language=context.language)  # « rappelle-moi dans 20 min »: of what?
        reading = typed(said.line, context if said.numbered else replace(context, task=None))
        if isinstance(reading, Call):
            if reading.spec.dangerous or not said.sure:
                return Suggestion(f"{context.prefix}{said.line}", reading.spec, reading.spec.dangerous)
            return replace(reading, raw=line, plain=True)
        if isinstance(reading, Asked | Later):
            return reading
        if isinstance(reading, Refused) and reading.reason == "missing":
            return _lacking(reading, context)
    return None


def _lacking(refused: Refused, context: Context) -> Reading:
    """Which task is asked; what else is lacking is said."""
    tasks = next((arg for arg in refused.spec.args if arg.kind is Kind.TASKS), None)
    if tasks is not None and refused.values.get("argument") == tasks.label.get(refused.language):
        return Asked("task", refused.spec, language=context.language)
    return refused
