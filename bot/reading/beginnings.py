"""What a text begins with: a clock, a moment, a time. Guarantee: the longest beginning that has a meaning wins, and the
rest of the text is handed back whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.commands.call import ClockName, When
from bot.commands.spec import Tense
from bot.domain.moments import find_moment
from bot.reading.times import Unread, read_when

_OWN = re.compile(r"[Ee][\s\-]{0,2}(?P<number>\d{1,4})(?![\w/])")
_PARTY = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)
_LEAD = re.compile(
    r"\A(?:(?:[àa]|au|du|de|to|with|for)\s+)?"
    r"(?:(?:l[’']\s?)?(?:[ée]ch[ée]ance|r[èe]gle)|deadline|rule|clock|(?:l[’']|la|le|les|the)(?=\s|[’']|\w))?[\s:]*(?=\S)",
    re.IGNORECASE,
)
_ENDS = " \t\n.,;:!?…"
_MOST_WORDS = 8
_ARTICLE = re.compile(r"\A\s*(?:(?:la|le|the|une?)\s+|l['’]\s?)", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:moins|et|ou|or|to|past|until|jusqu['’]?[àa]|and|[-–—/à])\s?"
    r"(?:\d|le quart|quart\b|demie?\b|half|quarter|midi|minuit|noon"
    r"|un |une |deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|vingt|trente)"
    r"|hier|avant-hier|demain|aujourd|yesterday|tomorrow|today|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|du (?:matin|soir)|de l['’]apr|[ap]m\b|[ap]\.m|environ\b"
    r"|ago\b",
    re.IGNORECASE,
)
"""What belongs to the time itself: « midi moins le quart », « 10h ou 11h ». Then it is not wholly read."""


def _phrases(text: str) -> Iterator[tuple[str, str]]:
    """Yield the beginnings of the text, the longest first, each with what follows it."""
    ends = [word.end() for word in re.finditer(r"\S+", text[:200])][:_MOST_WORDS]
    for end in reversed(ends):
        yield text[:end].strip(_ENDS), text[end:].lstrip(" \t:,;—–-")


def split_clock(text: str, find_rule: Callable[[str], str | None]) -> tuple[ClockName, str] | None:
    """Return the clock that the text begins with and what follows it, or None: `cnil`, `cnil/nord`, `E5`."""
    for line in dict.fromkeys((text.strip(), _LEAD.sub("", text.strip(), count=1))):
        own = _OWN.match(line)
        if own:
            return ClockName(f"E{int(own['number'])}"), line[own.end() :].lstrip(" \t:,;—–-")
        for phrase, rest in _phrases(line):
            rule, slash, party = phrase.partition("/")
            found = find_rule(rule) if rule else None
            if found and (not slash or _PARTY.fullmatch(party)):
                return ClockName(found, party.lower() if slash else None), rest
    return None


def split_moment(text: str) -> tuple[str, str] | None:
    """Return the id of the moment that the text begins with and what follows it, or None."""
    for line in dict.fromkeys((text, _ARTICLE.sub("", text))):
        for phrase, rest in _phrases(line):
            moment = find_moment(phrase) if phrase else None
            if moment is not None:
                return moment.value, rest
    return None


def split_when(text: str, now: datetime, zone: ZoneInfo, tense: Tense) -> tuple[When | Unread, str]:
    """Return the time that the text begins with and what follows it; or why no beginning of it is a time.

    A beginning that is a time that cannot be (no such hour, in the future) says so before one that is none at all.
    """
    why: Unread | None = None
    for phrase, rest in _phrases(text):
        read = read_when(phrase, now, zone, tense)
        if isinstance(read, When):
            return (Unread("hour"), "") if _GOES_ON.match(rest) else (read, rest)
        if why is None and read.reason != "bad_time":
            why = read
    return why or Unread("bad_time"), ""
