"""The numbers of tasks. Guarantee: a number in a note is never taken for a task that was meant to be touched.

`T12`, `t 12`, `n°3`, `#3`, `tâche 3` and `3` are one form. Several are joined by commas, « et », "and"; by
spaces alone only where nothing but numbers follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading.numerals import numeral, plain_digits

MOST = 50

_ITEM = re.compile(
    r"(?:(?:la|le|les|the)\s{1,3})?"
    r"(?:(?:t[âa]ches?|tasks?|num[ée]ros?|numbers?|num)(?![^\W\d_])\.?(?:\s{0,3}|-)){0,2}"
    # « no 3 » and « n° T3 » are a number's marks; "not 3" is none.
    r"(?:(?:n[°º]s?\.?|\#|(?:nos?|n)(?![^\W\d_])\.?)\s{0,3})?"
    r"(?:(?P<letter>[TFDCPEQ])[\s\-.°º]{0,3})?"
    r"(?:(?:n[°º]|\#)\s{0,3})?"
    r"(?P<number>\d{1,6})(?![\w°%€]|[.:/,]\d)",
    re.IGNORECASE,
)
_COMMA_TIGHT = re.compile(r"(?P<number>\d{1,6}),(?=\d)")
_JOIN = re.compile(r"\s{0,3}(?:,\s{0,3}(?:et|and)\b|[,;&+]|\bet\b|\band\b)\s{0,3}", re.IGNORECASE)
_SPACE = re.compile(r"\s{1,3}")
_RANGE = re.compile(
    r"[-–—]\s{0,1}T?\d|\s{0,3}/\s{0,3}T?\d"
    r"|\s{1,3}(?:à|a|to|through|thru|jusqu['’]?[àa]|sur|out of|non|euh|heu|voire|pardon|sorry)[\s,]{1,4}"
    r"(?:(?:la|the)\s)?(?:T\s?)?\d{1,6}\s*[.!?]?\Z"
    # « 3 ou 4 » names neither of the two.
    r"|\s{0,3},?\s{0,3}\b(?:(?:et\s?/\s?)?ou(?: (?:plut[ôo]t|bien|alors))?|(?:and\s?/\s?)?or(?: rather| maybe)?)\s{1,3}"
    r"(?:(?:la|the|t[âa]che|task)\s)?(?:T\s?)?\d",
    re.IGNORECASE,
)
_STARTS_WITH_NUMBER = re.compile(r"\s*[TN#]?\s?\d", re.IGNORECASE)
_LEAD = re.compile(r"\A[\s:;,.!…\-–—]+")

# Beyond the punctuation of general use are arrows, emoji and the like: those say something, but for the two
# characters that make a digit an emoji.
_SIGNS = "\u2190"
_KEYCAP = "\ufe0f\u20e3"

_MARK = re.compile(
    r"\s*(?:(?P<article>la|le|les|the)\s{1,3})?(?:(?P<word>(?:t[âa]ches?|tasks?|num[ée]ros?|numbers?|n[°º]|T\b|\#)\s{0,3}){0,2})",
    re.IGNORECASE,
)
_SPOKEN_JOIN = re.compile(
    r"(?P<sign>\s{0,3}[,;&]\s{0,3}(?:(?:et|and)\s)?|\s(?:et|and)\s)(?:(?:la|le|les|the)\s)?(?:(?:t[âa]che|task|num[ée]ro)\s)?|\s",
    re.IGNORECASE,
)
_ENCLOSED = re.compile(
    r"\s*[(\[<{«\"“'‹]\s*(?P<within>[^)\]>}»\"”'›]{1,80}?)\s*[)\]>}»\"”'›]\s*(?P<rest>.*)\Z", re.DOTALL
)
_DASH = re.compile(r"\A\s*[-–—_.]\s?(?=[T#]?\d)", re.IGNORECASE)
_HESITATING = re.compile(r"\A\s*(?:(?:euh|heu|hum|um|uh|er|hmm)\b[\s,.…]*)+(?=\S)", re.IGNORECASE)
_ALL_OF_THEM = re.compile(r"\A\s*les\s+[^\s,;&+]+\s*[.!…]*\Z", re.IGNORECASE)
"""« les deux », « les 3 » alone: so many of them, and not the one of that number."""
_LEAD_IN = re.compile(
    r"\A\s*(?:pour|avec|with|w/|for|of|care of|sur|on)\s+"
    r"(?=(?:la|le|les|the|t[âa]ches?|tasks?|n°|#|T)\s?\w|\d{1,4}\s*(?:[.!]?\Z|[,:;]))",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?!(?:sans|mais|puis|pas|plus|dans|depuis|apr[eè]s|les|des|vous|nous|as)\b)[^\W\d_]{2,}[sx]\b", re.IGNORECASE
)
_FIRST = 24


@dataclass(frozen=True)
class Numbers:
    """What the text began with. `fault` is empty, `wrong_kind`, `unclear_numbers`, `too_many` or `spoken`: a number in
    words that what follows may belong to (« deux serveurs »), with the text in figures as `rest`."""

    found: tuple[int, ...]
    rest: str
    fault: str = ""
    typed: str = ""


def read_numbers(text: str, letter: str = "T", *, remarks: bool = True) -> Numbers:
    """Return the numbers that the text begins with, each once, and what follows them.

    `remarks`: whether a free text may follow them; where none may, a number in words needs no article before it.
    """
    text = plain_digits(text[:_FIRST]) + text[_FIRST:]
    text = _LEAD_IN.sub("", _DASH.sub("", _HESITATING.sub("", text)))
    enclosed = _ENCLOSED.match(text)
    if enclosed and _only_numbers(enclosed["within"]):
        text = f"{enclosed['within']} {enclosed['rest']}".rstrip()
    alone = _only_numbers(text)
    items, end = alone if alone else _joined(text)
    if not items:
        return _none(text, remarks=remarks)
    wrong = next((item for item in items if item["letter"] and item["letter"].upper() != letter), None)
    if wrong:
        return Numbers((), text, "wrong_kind", wrong[0].strip())
    if _RANGE.match(text, end):
        return Numbers((), text, "unclear_numbers", text.strip()[:40])
    numbers = tuple(dict.fromkeys(int(item["number"]) for item in items))
    if len(numbers) == 1 and _ALL_OF_THEM.match(text):
        return Numbers((), text, "unclear_numbers", text.strip()[:40])
    if len(numbers) > MOST:
        return Numbers((), text, "too_many", str(len(numbers)))
    return Numbers(numbers, remark(text[end:]))


def remark(text: str) -> str:
    """Return what was said after the numbers, without the sign that joins it to them; empty if only signs."""
    said = _LEAD.sub("", text).rstrip()
    return said if any(c.isalnum() or (c > _SIGNS and c not in _KEYCAP) for c in said) else ""


def _none(text: str, *, remarks: bool) -> Numbers:
    found = _spoken(text, remarks=remarks)
    if found:
        return found
    if _STARTS_WITH_NUMBER.match(text):
        return Numbers((), text, "unclear_numbers", text.strip()[:40])
    return Numbers((), text)


def _spoken(text: str, *, remarks: bool) -> Numbers | None:
    """Numbers in words: « la trois et la quatre », « vingt et un », "task seventeen all good"."""
    mark = _MARK.match(text)
    start = mark.end() if mark else 0
    marked = bool(mark and (mark["article"] or mark["word"]))
    found: list[int] = []
    sure, end, sure_end, position = 0, start, start, start
    signed = True
    while len(found) <= MOST and (said := numeral(text, position)):
        found.append(said[0])
        end = said[1]
        # What is joined by a mere space is another number only where nothing else follows.
        sure = len(found) if signed and sure == len(found) - 1 else sure
        sure_end = end if sure == len(found) else sure_end
        join = _SPOKEN_JOIN.match(text, end)
        if not join:
            break
        signed = bool(join["sign"])
        position = join.end()
    if not found:
        return None
    if not text[end:].strip(" \t\n.!…"):
        if len(found) == 1 and _ALL_OF_THEM.match(text):
            return Numbers((), text, "unclear_numbers", text.strip()[:40])
        return Numbers(tuple(dict.fromkeys(found)), "")
    rest = text[sure_end:]
    if rest[:1] in ("-", "'", "’", "°", "%"):
        return None
    if marked or not remarks:
        return Numbers(tuple(dict.fromkeys(found[:sure])), remark(rest))
    if text[sure_end:].lstrip().startswith((":", ",", ";")):
        return Numbers(tuple(dict.fromkeys(found[:sure])), remark(rest))
    if (found[0] == 1 and sure == 1) or _COUNTED.match(rest):
        return None  # « un poste », « deux serveurs »
    return Numbers((), f"{', '.join(map(str, found[:sure]))} {rest.lstrip()}", "spoken", text.strip()[:40])


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
        if not found:
            return None
        items.append(found)
        if len(items) > MOST:
            return items, len(text)
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
