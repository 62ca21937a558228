"""The numbers of tasks. Guarantee: a number in a note is never taken for a task that was meant to be touched.

`T12`, `t 12`, `n°3`, `#3`, `tâche 3` and `3` are one form. Several are joined by commas, « et », "and"; by
spaces alone only where nothing but numbers follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 50

_ITEM = re.compile(
    r"(?:(?:la|le|les|the)\s{1,3})?"
    r"(?:(?:t[âa]ches?|tasks?|num[ée]ros?|numbers?)\s{0,3})?"
    r"(?:(?:n[°ºo]s?\.?|n|\#)\s{0,3})?"
    r"(?:(?P<letter>[TFDCPEQ])[\s\-]{0,3})?"
    r"(?:(?:n[°º]|\#)\s{0,3})?"
    r"(?P<number>\d{1,6})(?![\w°%€]|[.:/,]\d)",
    re.IGNORECASE,
)
_COMMA_TIGHT = re.compile(r"(?P<number>\d{1,6}),(?=\d)")
_JOIN = re.compile(r"\s{0,3}(?:,\s{0,3}(?:et|and)\b|[,;&+]|\bet\b|\band\b)\s{0,3}", re.IGNORECASE)
_SPACE = re.compile(r"\s{1,3}")
_RANGE = re.compile(r"[-–—]\s{0,1}T?\d|\s{1,3}(?:à|a|to)\s{1,3}T?\d{1,6}\s*\Z", re.IGNORECASE)
_STARTS_WITH_NUMBER = re.compile(r"\s*[TN#]?\s?\d", re.IGNORECASE)
_LEAD = re.compile(r"\A[\s:;,.!…\-–—]+")

# Beyond the punctuation of general use are arrows, emoji and the like: those say something, but for the two
# characters that make a digit an emoji.
_SIGNS = "\u2190"
_KEYCAP = "\ufe0f\u20e3"

_SPOKEN = (
    *(("deux", 2), ("trois", 3), ("quatre", 4), ("cinq", 5), ("six", 6), ("sept", 7), ("huit", 8)),
    *(("neuf", 9), ("dix", 10), ("onze", 11), ("douze", 12), ("treize", 13), ("quatorze", 14)),
    *(("quinze", 15), ("seize", 16), ("vingt", 20), ("un", 1), ("une", 1)),
    *(("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("seven", 7), ("eight", 8)),
    *(("nine", 9), ("ten", 10), ("eleven", 11), ("twelve", 12)),
)
_SPOKEN_ONLY = re.compile(
    r"\s*(?:(?:la|le|les|the)\s)?(?:(?:t[âa]che|task|num[ée]ro|number)\s)?(?P<word>[a-z]{2,9})[\s.!]*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Numbers:
    """What the text began with. `fault` is empty, `wrong_kind`, `unclear_numbers` or `too_many`."""

    found: tuple[int, ...]
    rest: str
    fault: str = ""
    typed: str = ""


def read_numbers(text: str, letter: str = "T") -> Numbers:
    """Return the numbers that the text begins with, each once, and what follows them."""
    alone = _only_numbers(text)
    items, end = alone if alone else _joined(text)
    if not items:
        return _none(text)
    wrong = next((item for item in items if item["letter"] and item["letter"].upper() != letter), None)
    if wrong:
        return Numbers((), text, "wrong_kind", wrong[0].strip())
    if _RANGE.match(text, end):
        return Numbers((), text, "unclear_numbers", text.strip()[:40])
    numbers = tuple(dict.fromkeys(int(item["number"]) for item in items))
    if len(numbers) > MOST:
        return Numbers((), text, "too_many", str(len(numbers)))
    return Numbers(numbers, remark(text[end:]))


def remark(text: str) -> str:
    """Return what was said after the numbers, without the sign that joins it to them; empty if only signs."""
    said = _LEAD.sub("", text).rstrip()
    return said if any(c.isalnum() or (c > _SIGNS and c not in _KEYCAP) for c in said) else ""


def _none(text: str) -> Numbers:
    spoken = _SPOKEN_ONLY.match(text)
    number = dict(_SPOKEN).get(spoken["word"].lower()) if spoken else None
    if number:
        return Numbers((number,), "")
    if _STARTS_WITH_NUMBER.match(text):
        return Numbers((), text, "unclear_numbers", text.strip()[:40])
    return Numbers((), text)


def _item(text: str, position: int) -> re.Match[str] | None:
    found = _ITEM.match(text, position)
    if found:
        return found
    # « 3,4 »: a comma straight before a digit joins two numbers, but « 3,4 Go » would be a quantity.
    tight = _COMMA_TIGHT.match(text, position)
    return _TIGHT_ITEM.match(text, position) if tight else None


_TIGHT_ITEM = re.compile(r"(?P<letter>(?!))?(?P<number>\d{1,6})(?=,\d)")


def _only_numbers(text: str) -> tuple[list[re.Match[str]], int] | None:
    """Return all items if the text holds nothing else, whatever joins them."""
    items: list[re.Match[str]] = []
    position = len(text) - len(text.lstrip())
    stop = len(text.rstrip(" \t\n.!…"))
    while position < stop:
        found = _item(text, position)
        if not found or len(items) > MOST:
            return None
        items.append(found)
        join = _JOIN.match(text, found.end()) or _SPACE.match(text, found.end())
        position = join.end() if join else found.end()
        if not join and position < stop:
            return None
    return (items, len(text)) if items else None


def _joined(text: str) -> tuple[list[re.Match[str]], int]:
    """Return the items joined by commas or « et » at the beginning of the text, and where they end."""
    items: list[re.Match[str]] = []
    position = len(text) - len(text.lstrip())
    end = 0
    while len(items) <= MOST and (found := _item(text, position)):
        items.append(found)
        end = found.end()
        join = _JOIN.match(text, end)
        if not join:
            break
        position = join.end()
    return items, end
