"""What looks like personal data in a message. Guarantee: a number is taken for one only if its own check says so, so
that a warning is rare enough to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum


class Sensitive(StrEnum):
    """`nir`: a French social-security number; `card`: a payment card's; `pattern`: one of the organisation's own."""

    NIR = "nir"
    CARD = "card"
    PATTERN = "pattern"


_LONGEST = 20_000
_GAP = r"[ .\-\u00a0\u202f]?"
# Sex, year, month, department (2A and 2B in Corsica), commune, order, key (decree of 22 January 1982, art. 4).
_NIR = re.compile(
    rf"(?<![\w])([1-478]){_GAP}(\d{{2}}){_GAP}(\d{{2}}){_GAP}(\d{{2}}|2[AB]){_GAP}(\d{{3}}){_GAP}(\d{{3}}){_GAP}(\d{{2}})(?![\w])",
    re.IGNORECASE,
)
_MONTHS = frozenset({*range(1, 13), *range(20, 43), *range(50, 100)})
"""Those of the calendar, and those given where the month is not known."""
_CORSICA = {"2A": "19", "2B": "18"}
_CARD = re.compile(r"(?<![\w.])(\d(?:[ \-\u00a0\u202f]?\d){12,18})(?![\w])")
# Issuers' prefixes and lengths (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|65|64[4-9]"), (16, 19)),
    (re.compile(r"3(?:0[0-5]|[68])"), (14, 16)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"62"), (16, 17, 18, 19)),
)


def sensitive(text: str, patterns: Iterable[re.Pattern[str]] = ()) -> Sensitive | None:
    """What the text seems to hold, or None."""
    said = text[:_LONGEST]
    if any(is_nir("".join(found.groups())) for found in _NIR.finditer(said)):
        return Sensitive.NIR
    if any(is_card(re.sub(r"\D", "", found[1])) for found in _CARD.finditer(said)):
        return Sensitive.CARD
    return Sensitive.PATTERN if any(pattern.search(said) for pattern in patterns) else None


def is_nir(number: str) -> bool:
    """Whether these 15 characters are a social-security number: its key is 97 less the remainder by 97."""
    body, key = number[:13].upper(), number[13:]
    if int(body[3:5]) not in _MONTHS:
        return False
    department = body[5:7]
    body = body[:5] + _CORSICA.get(department, department) + body[7:]
    return body.isdecimal() and int(key) == 97 - int(body) % 97


def is_card(number: str) -> bool:
    """Whether these digits are a card's: a known issuer's, of the right length, with the right check digit (Luhn)."""
    known = any(prefix.match(number) and len(number) in lengths for prefix, lengths in _ISSUERS)
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return known and sum(each - 9 * (each > 9) for each in doubled) % 10 == 0
