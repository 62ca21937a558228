"""Numbers said in words, French on both sides of the borders and English. Guarantee: a numeral is read whole, as the
number that it is, or is left as it stands; what is no numeral is never touched.
"""

from __future__ import annotations

import re
import unicodedata

_SAID = (
    "0 zero, 1 un une one, 2 deux two, 3 trois three, 4 quatre four, 5 cinq five, 6 six, 7 sept seven, 8 huit eight,"
    "9 neuf nine, 10 dix ten, 11 onze eleven, 12 douze twelve, 13 treize thirteen, 14 quatorze fourteen,"
    "15 quinze fifteen, 16 seize sixteen, 17 seventeen, 18 eighteen, 19 nineteen, 20 vingt vingts twenty,"
    "30 trente thirty, 40 quarante forty fourty, 50 cinquante fifty, 60 soixante sixty, 70 septante seventy,"
    "80 huitante octante eighty, 90 nonante ninety, 100 cent hundred"
)
_WORDS = {word: int(number) for number, *words in (each.split() for each in _SAID.split(",")) for word in words}
_ALONE = frozenset({"un", "une", "a", "an"})
"""Articles, which mean one only where a number is sure to be meant."""

_SIGNS = {"№": "n°", "，": ",", "、": ",", "；": ";"}
_TOKEN = re.compile(r"[^\W\d_]+")
_GLUE = re.compile(r"(?:[ \u00a0\u202f]|-|‑|–)(?:(?:et|and)(?:[ \u00a0\u202f]|-|‑))?", re.IGNORECASE)


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def numeral(text: str, position: int = 0) -> tuple[int, int] | None:
    """Return the number said at that position, 0 to 199, and where it ends; None where none begins there."""
    first = _TOKEN.match(text, position)
    value = _WORDS.get(_fold(first[0])) if first else None
    if first is None or value is None:
        return None
    end = first.end()
    total, last = value, value
    while (following := _next(text, end)) is not None:
        word, stop, joined = following
        added = _added(total, last, word, joined=joined)
        if added is None:
            break
        total, last, end = added, word, stop
    return total, end


def _next(text: str, end: int) -> tuple[int, int, bool] | None:
    glue = _GLUE.match(text, end)
    token = _TOKEN.match(text, glue.end()) if glue else None
    value = _WORDS.get(_fold(token[0])) if token else None
    if glue is None or token is None or value is None:
        return None
    joined = glue[0].strip(" \u00a0\u202f-‑–").casefold() in ("et", "and")
    return value, token.end(), joined


def _added(total: int, last: int, word: int, *, joined: bool) -> int | None:
    """What the number becomes with one more word; None where the word begins another number."""
    if joined and not (word in (1, 11) or total == 100):
        # « trois et quatre » are two numbers; « vingt et un », « soixante et onze » are one.
        return None
    if total == 4 and word == 20:
        return 80
    if total == 10 and word in (7, 8, 9):
        return 17 if word == 7 else total + word
    if last in (20, 30, 40, 50, 60, 70, 80, 90) and 1 <= word <= 9:
        return total + word
    if (last == 60 or total == 80) and 10 <= word <= 16:
        return total + word
    if total in (70, 90) and last == 10 and word in (7, 8, 9):
        return total + word
    if total in (1, 100) and word == 100 and total == 1:
        return 100
    if total == 100 and word < 100:
        return total + word
    return None


def in_figures(text: str, *, articles: bool = False) -> str:
    """Return the text with every number that is said in words put in figures.

    « un », « une » stay as they are unless they end a greater number, or `articles` says that a number is meant.
    """
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        if token.start() < position:
            continue
        found = numeral(text, token.start())
        if found is None or (token.start() and text[token.start() - 1] in "'’_"):
            continue
        value, end = found
        if not articles and _fold(text[token.start() : end]) in _ALONE:
            continue
        pieces += [text[position : token.start()], str(value)]
        position = end
    return "".join(pieces) + text[position:]


def plain_digits(text: str) -> str:
    """Return the text with the digits of other alphabets, circled and full-width ones as `0` to `9`."""
    return "".join(_digit(c) for c in text) if any(not c.isascii() for c in text) else text


def _digit(char: str) -> str:
    if char.isascii():
        return char
    if char in _SIGNS:
        return _SIGNS[char]
    value = unicodedata.digit(char, None)
    return str(value) if value is not None else char
