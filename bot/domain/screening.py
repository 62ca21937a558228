"""What a text that goes out must not hold. Guarantee: a blank or what looks like a patient's number stops an approval;
everything else is pointed out with the very words. Which of it must be set aside is `bot.domain.remarks`' to say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.domain import screening_words as words
from bot.domain.language import Both, Language

TEXTS_AT_HAND = 64
"""Texts of which it is remembered what was found."""


class Finding(StrEnum):
    """What is wrong with some words. The first two stop an approval, whatever is said.

    `NAME`: of the organisation's own list; `SUPPLIER`: of its directory; `OWN_PHONE`: a person's, of the roster or the
    directory; `UNVERIFIED`: a fact of the register that nobody has verified. The last four are about the whole: whom it
    reaches first, a sentence, how hard it reads, how long it is.
    """

    BLANK = "blank"
    NATIONAL_NUMBER = "national_number"
    LONG_NUMBER = "long_number"
    ATTACKER = "attacker"
    AMOUNT = "amount"
    MACHINE = "machine"
    ABSOLUTE = "absolute"
    RECOVERY = "recovery"
    COSTLY = "costly"
    ACT = "act"
    NAME = "name"
    SUPPLIER = "supplier"
    OWN_PHONE = "own_phone"
    UNVERIFIED = "unverified"
    PHONE = "phone"
    LINK = "link"
    ORDER = "order"
    SENTENCE = "sentence"
    READING = "reading"
    LENGTH = "length"

    @property
    def blocks(self) -> bool:
        return self in (Finding.BLANK, Finding.NATIONAL_NUMBER)

    def label(self, language: Language) -> str:
        """What it is, in words."""
        return _LABELS[self].get(language)


class Act(StrEnum):
    """An act that a text may state only when something proves it."""

    COMPLAINT = "complaint"
    DATA_AUTHORITY = "data_authority"
    AUTHORITIES = "authorities"
    HEALTH_AUTHORITY = "health_authority"


PROVED_BY: dict[Act, frozenset[str]] = {
    Act.COMPLAINT: frozenset({"FR-LOPMI-PLAINTE"}),
    Act.DATA_AUTHORITY: frozenset({"EU-GDPR-33-SA", "UK-GDPR-33-ICO", "CH-FADP-24", "BR-ANPD-3DU"}),
    Act.AUTHORITIES: frozenset(
        {"FR-LOPMI-PLAINTE", "EU-GDPR-33-SA", "UK-GDPR-33-ICO", "CH-FADP-24", "BR-ANPD-3DU", "FR-CSP-1111-8-2"}
        | {"EU-NIS2-23-EW", "EU-NIS2-23-IN", "FR-OSE-2018-384", "FR-CPP-40", "HOUSE-ARS"}
    ),
    Act.HEALTH_AUTHORITY: frozenset({"FR-CSP-1111-8-2", "HOUSE-ARS"}),
}
"""The rules of which a filing proves the act."""


@dataclass(frozen=True)
class Found:
    """Some words of a text, and what is wrong with them; `said`: what is said of the whole, where no words are."""

    what: Finding
    words: str
    said: Both | None = None


@dataclass(frozen=True)
class Watched:
    """Where words of a list of the organisation's stand in a text: the list may change, and a copy would outlive what
    is purged."""

    what: Finding
    start: int
    end: int


@dataclass(frozen=True)
class Lists:
    """What an organisation has on its own lists: names that no text says, suppliers, numbers of persons. `short`: other
    names of suppliers, which count where they are written as names are: an alias may be any word."""

    names: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


def watched(text: str, lists: Lists) -> tuple[Watched, ...]:
    """Where a text says what stands on these lists, whatever the case; numbers whatever their spacing."""
    found = [Watched(Finding.NAME, *each.span()) for each in _named(text, lists.names)]
    suppliers = {each.span() for each in _named(text, lists.suppliers)}
    suppliers |= {each.span() for each in _named(text, lists.short) if _as_name(each[0])}
    whole = [(a, z) for a, z in suppliers if not any(b <= a and z <= y and (a, z) != (b, y) for b, y in suppliers)]
    found += [Watched(Finding.SUPPLIER, *each) for each in whole]
    own = {_national(number) for number in lists.phones} - {""}
    phones = (each for each in words.PHONE.finditer(text) if _national(each[0]) in own)
    found += [Watched(Finding.OWN_PHONE, each.start(), each.end()) for each in phones]
    return tuple(sorted(found, key=lambda each: each.start))


def anchored(found: Iterable[Watched], before: str, after: str) -> tuple[Watched, ...]:
    """The same in a text out of which something was taken: each where its words stand now, and none whose words went
    with it."""
    moved = []
    for each in found:
        words_said = before[each.start : each.end]
        there = re.search(rf"(?<!\w){re.escape(words_said)}(?!\w)", after) if words_said else None
        if there is not None:
            moved.append(Watched(each.what, *there.span()))
    return tuple(moved)


def _named(text: str, names: Collection[str]) -> Iterator[re.Match[str]]:
    """Where a text says one of these names, whatever the case; the longest that it says."""
    wanted = sorted({name.strip() for name in names if len(name.strip()) >= _SHORTEST_NAME}, key=len, reverse=True)
    if wanted:
        pattern = words.words(*(r"\s+".join(map(re.escape, name.split())) for name in wanted))
        yield from pattern.finditer(text)


def _as_name(said: str) -> bool:
    """Whether it is written as a name is: « Medisys », « MEDISYS »; not « medisys », nor what may be an acronym."""
    return said[:1].isupper() and (not said.isupper() or len(said) >= _SHORTEST_CAPITALS)


def _national(number: str) -> str:
    """The digits by which two ways to write a number are one: its last nine."""
    digits = re.sub(r"\D", "", number)
    return digits[-9:] if len(digits) >= _SHORTEST_NUMBER else ""


def proved(filed: Collection[str]) -> frozenset[Act]:
    """The acts that these filed rules prove."""
    return frozenset(act for act, rules in PROVED_BY.items() if rules & set(filed))


def screen(text: str, acts: Collection[Act] = frozenset()) -> tuple[Found, ...]:
    """What is to be said of a text, in its order, each once; `acts` are those that are proved."""
    return _screened(text, frozenset(acts))


@lru_cache(maxsize=TEXTS_AT_HAND)
def _screened(text: str, acts: frozenset[Act]) -> tuple[Found, ...]:
    """The boards of all texts are drawn at each decision: what was looked for once is not looked for again."""
    found = [*_numbers(text), *_words(text), *_acts(text, acts)]
    found.sort(key=lambda pair: (not pair[1].what.blocks, pair[0]))
    return tuple(dict.fromkeys(each for _, each in found))


def forget() -> None:
    """Keep no text in memory: something was purged."""
    _screened.cache_clear()


def blanks(text: str) -> tuple[str, ...]:
    """The names of what is still to be filled in, each once, in their order."""
    return tuple(dict.fromkeys(match["name"].strip() for match in BLANK.finditer(text)))


def blank(label: str, language: Language) -> str:
    """How something that is still to be filled in shows."""
    return f"[{_BLANK_WORDS.get(language)} {label}]"


def fill(text: str, name: str, value: str) -> str:
    """The text with a value in place of every blank of that name: what begins a line begins with a capital, and what
    ends a sentence ends it once."""
    ended = value.endswith((".", "!", "?", "…"))

    def given(match: re.Match[str]) -> str:
        if match["name"].strip() != name:
            return match[0]
        begins = match.start() == 0 or text[match.start() - 1] == "\n"
        # What would make a list or a heading of a line does not within one.
        within = value if text[: match.start()].endswith("\n- ") else _GUARD.sub(r"\1", value)
        opening = value if _ADDRESS.match(value) else value[:1].upper() + value[1:]
        said = opening if begins else within
        return said if ended else said + match["stop"]

    return _BLANK_AND_STOP.sub(given, text)


_SHORTEST_NAME, _SHORTEST_NUMBER, _SHORTEST_CAPITALS = 3, 8, 5
_NEAR = 120
"""Signs before a number in which what it counts is looked for."""
_BLANK_WORDS = Both("À COMPLÉTER\u00a0:", "TO BE COMPLETED:")
# Not where it is escaped: then it is what somebody typed as a value.
BLANK = re.compile(r"(?<!\\)\[(?:À COMPLÉTER|A COMPLETER|TO BE COMPLETED)[\s\u00a0]?:(?P<name>[^\[\]\n]{1,120})\]")
_GUARD = re.compile(r"\A(?:(\d{1,9})\\(?=[.)])|\\(?=[-+#>|]))")
_ADDRESS = re.compile(r"\S*(?:[@/]|\.\w)")
"""What begins with an address, which is written as it is."""
_BLANK_AND_STOP = re.compile(rf"{BLANK.pattern}(?P<stop>\.?)")

_LABELS = {
    Finding.BLANK: Both("à compléter", "to be completed"),
    Finding.NATIONAL_NUMBER: Both("ressemble à un numéro de sécurité sociale", "looks like a social security number"),
    Finding.LONG_NUMBER: Both("numéro de 13 à 15 chiffres", "number of 13 to 15 digits"),
    Finding.ATTACKER: Both("nom d’un attaquant", "name of an attacker"),
    Finding.AMOUNT: Both("montant", "amount of money"),
    Finding.MACHINE: Both("adresse, serveur ou version", "address, server or version"),
    Finding.ABSOLUTE: Both("mot absolu", "absolute word"),
    Finding.RECOVERY: Both("heure de reprise ferme", "firm time of recovery"),
    Finding.COSTLY: Both("mot qui engage", "word that binds"),
    Finding.ACT: Both("acte que rien ne prouve encore", "act that nothing proves yet"),
    Finding.NAME: Both("nom de votre liste", "name on your list"),
    Finding.SUPPLIER: Both("fournisseur nommé", "supplier named"),
    Finding.OWN_PHONE: Both("numéro d’une personne", "somebody’s own number"),
    Finding.UNVERIFIED: Both("fait non vérifié", "fact not verified"),
    Finding.PHONE: Both("numéro de téléphone", "telephone number"),
    Finding.LINK: Both("lien ou adresse", "link or address"),
    Finding.ORDER: Both("ordre des messages", "order of messages"),
    Finding.SENTENCE: Both("phrase longue", "long sentence"),
    Finding.READING: Both("lecture", "reading"),
    Finding.LENGTH: Both("longueur", "length"),
}

_PATTERNS: tuple[tuple[Finding, re.Pattern[str]], ...] = (
    (Finding.ATTACKER, words.ATTACKER),
    (Finding.AMOUNT, words.AMOUNT),
    (Finding.MACHINE, words.MACHINE),
    (Finding.ABSOLUTE, words.ABSOLUTE),
    (Finding.RECOVERY, words.RECOVERY),
    (Finding.COSTLY, words.COSTLY),
    (Finding.PHONE, words.PHONE),
    (Finding.LINK, words.LINK),
)
_ACTS: tuple[tuple[Act, re.Pattern[str]], ...] = (
    (Act.COMPLAINT, words.COMPLAINT),
    (Act.DATA_AUTHORITY, words.DATA_AUTHORITY),
    (Act.AUTHORITIES, words.AUTHORITIES),
)


def _numbers(text: str) -> Iterator[tuple[int, Found]]:
    for match in BLANK.finditer(text):
        yield match.start(), Found(Finding.BLANK, match["name"].strip())
    for match in words.CORSICAN.finditer(text):
        yield match.start(), Found(Finding.NATIONAL_NUMBER, match[0])
    for match in words.LONG.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        national = len(digits) != 14 and words.NATIONAL.fullmatch(digits)
        yield match.start(), Found(Finding.NATIONAL_NUMBER if national else Finding.LONG_NUMBER, match[0])


def _words(text: str) -> Iterator[tuple[int, Found]]:
    told = {
        match.start()
        for order in words.INSTRUCTION.finditer(text)
        for match in words.ABSOLUTE.finditer(text, order.start(), order.end())
    }
    for what, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if what is Finding.ABSOLUTE and match.start() in told:
                continue
            yield match.start(), Found(what, match[0].strip(" \u00a0.,"))
    priced = {at for match in words.AMOUNT.finditer(text) for at in range(*match.span())}
    for match in words.SUM.finditer(text):
        before = re.split(r"[.!?\n]", text[max(0, match.start() - _NEAR) : match.start()])[-1]
        counted = words.COUNTED.search(before) and not words.MONEY.search(before)
        if match.start() not in priced and not counted:
            yield match.start(), Found(Finding.AMOUNT, match[0].strip())


def _acts(text: str, acts: Collection[Act]) -> Iterator[tuple[int, Found]]:
    for act, pattern in _ACTS:
        if act not in acts:
            for match in pattern.finditer(text):
                yield match.start(), Found(Finding.ACT, match[0].strip())
