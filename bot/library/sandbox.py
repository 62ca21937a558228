"""The sandbox in which a text is drawn. Guarantee: no value can change the text around it (each is escaped for
Markdown, on one line), and an instant is said in full, in the site's zone.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from bot.domain.language import Both, Language


class Ready(str):
    """A text that needs no escaping any more."""

    __slots__ = ()


@cache
def environment(language: Language, zone: ZoneInfo) -> SandboxedEnvironment:
    """The sandbox in which a text is drawn."""
    made = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )
    made.filters["day"] = lambda value: _shown(value, language, zone, clock=False)
    made.filters["moment"] = lambda value: _shown(value, language, zone, clock=True)
    return made


def parse(body: str, language: Language) -> None:
    """Raises TemplateSyntaxError where the text is ill written, or says a filter or a test that does not exist: Jinja
    itself looks for them when the text is drawn, which is too late."""
    sandbox = environment(language, ZoneInfo("UTC"))
    for node in sandbox.parse(body).find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", sandbox.filters) if isinstance(node, nodes.Filter) else ("test", sandbox.tests)
        if node.name not in known:
            raise TemplateSyntaxError(f"No {kind} named {node.name!r}.", node.lineno)


def _finalize(value: object) -> object:
    return escaped(value) if isinstance(value, str) else value


def escaped(value: str) -> str:
    """A value as plain text in Markdown, on one line (CommonMark 0.31, 2.4): only what would be read as a mark is
    escaped, so that an address with an underscore can be copied as it is."""
    if isinstance(value, Ready):
        return value
    text = " ".join(value.split(None))
    marks = [*_MARKS, *((r"[\[\]]",) if _LINKS.search(text) else ()), *((">",) if _TAG.search(text) else ())]
    text = re.sub("|".join(marks), r"\\\g<0>", text)
    return re.sub(r"^(#{1,6}(?=\s)|[-+](?=\s)|\d{1,9}(?=[.)]\s))", _guarded, text)


_MARKS = (
    r"\\(?=[\\`*_\[\]<>|~#+\-.)]|$)",
    "`",
    r"(?<!\s)\*|\*(?!\s)",
    r"(?<![^\W_])_|_(?![^\W_])",
    "<(?=[A-Za-z/!?])",
    "~(?=~)|(?<=~)~",
    "^[>|]",
)
_LINKS = re.compile(r"\][(\[:]|\[(?:À COMPLÉTER|A COMPLETER|TO BE COMPLETED)")
_TAG = re.compile("<[A-Za-z/!?]")


def _guarded(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdecimal() else f"\\{match[0]}"


_DAYS = Both(
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
)
_MONTHS = Both(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "January February March April May June July August September October November December",
)


def _shown(value: object, language: Language, zone: ZoneInfo, *, clock: bool) -> Ready:
    return Ready(written(value, language, zone, clock=clock) if isinstance(value, datetime) else value)


def written(at: datetime, language: Language, zone: ZoneInfo, *, clock: bool, zoned: bool = True) -> str:
    """An instant in full: « samedi 21 novembre 2026 à 14 h 05 (heure de Paris) »; its day alone without `clock`.

    `zoned`: whether it says of which place; the lines of a list do not, the text around them does once.
    """
    there = at.astimezone(zone)
    day, month = _DAYS.get(language).split()[there.weekday()], _MONTHS.get(language).split()[there.month - 1]
    paris = zone.key == "Europe/Paris"
    if language == "fr":
        number = "1er" if there.day == 1 else str(there.day)
        said = f"{day} {number}\u00a0{month} {there.year}"
        hour, place = f" à {there.hour}\u00a0h\u00a0{there.minute:02d}", "heure de Paris" if paris else "heure locale"
    else:
        said = f"{day} {there.day} {month} {there.year}"
        hour, place = f" at {there:%H:%M}", "Paris time" if paris else "local time"
    if not clock:
        return said
    return f"{said}{hour} ({place})" if zoned else said + hour
