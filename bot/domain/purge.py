"""What is taken out of the log, and where else it stands. Guarantee: a datum is known again in every copy that quotes
it by several words in a row, however it was spaced, accented or cut; and nothing else is taken for it.

A datum is what somebody leaves out when they type a message again: nobody is ever asked for the datum itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from bot.domain.language import Both, Language, fold
from bot.domain.log import Entry


class Mode(StrEnum):
    """`mask`: the entry stays, without the datum; `erase`: only its place and its hashes stay."""

    MASK = "mask"
    ERASE = "erase"


class Reason(StrEnum):
    """Why: personal data only (GDPR art. 5(1)(c) and (e)), of one of these kinds."""

    PATIENT = "patient"
    NIR = "nir"
    BANK = "bank"
    CONTACT = "contact"
    STAFF = "staff"
    PERSON = "person"

    def label(self, language: Language) -> str:
        return _LABELS[self].get(language)

    def typed(self, language: Language) -> str:
        """The reason as one types it."""
        return _TYPED.get(self, Both(self.value, self.value)).get(language)


_LABELS = {
    Reason.PATIENT: Both("donnée d’un patient", "a patient’s data"),
    Reason.NIR: Both("numéro de sécurité sociale", "social-security number"),
    Reason.BANK: Both("donnée bancaire", "bank or card data"),
    Reason.CONTACT: Both("coordonnées personnelles", "private contact details"),
    Reason.STAFF: Both("vie privée d’un agent", "a colleague’s private life"),
    Reason.PERSON: Both("donnée d’une autre personne", "another person’s data"),
}
_TYPED = {
    Reason.BANK: Both("banque", "bank"),
    Reason.CONTACT: Both("coordonnées", "contact"),
    Reason.STAFF: Both("agent", "staff"),
    Reason.PERSON: Both("tiers", "person"),
}
_SPOKEN: Mapping[Reason, tuple[str, ...]] = {
    Reason.PATIENT: (
        *("donnee d un patient", "donnee patient", "donnees patient", "donnees de patient", "patiente", "patients"),
        *("patient", "a patient s data", "patient s data", "patient data", "sante", "health"),
    ),
    Reason.NIR: ("numero de securite sociale", "securite sociale", "secu", "nir", "social security number", "ssn"),
    Reason.BANK: (
        *("donnee bancaire", "donnees bancaires", "carte bancaire", "bancaire", "banque", "carte", "iban"),
        *("bank details", "bank data", "card number", "bank", "card"),
    ),
    Reason.CONTACT: (
        *("coordonnees personnelles", "coordonnees", "telephone", "adresse"),
        *("contact details", "contact", "phone", "address"),
    ),
    Reason.STAFF: ("vie privee d un agent", "vie privee", "agent", "collegue", "colleague", "staff"),
    Reason.PERSON: (
        *("donnee d une autre personne", "autre personne", "personne", "tiers"),
        *("another person", "other person", "person"),
    ),
}

MASKED: Mapping[bool, Both] = {
    True: Both("[donnée patient]", "[patient data]"),
    False: Both("[donnée personnelle]", "[personal data]"),
}
ERASED = Both("[effacé]", "[erased]")


def placeholder(reason: Reason, mode: Mode, language: Language) -> str:
    """What stands where the datum stood."""
    if mode is Mode.ERASE:
        return ERASED.get(language)
    return left_of(reason).get(language)


def left_of(reason: Reason) -> Both:
    """What a mask leaves where no text without the datum was given."""
    return MASKED[reason in (Reason.PATIENT, Reason.NIR)]


def in_words(reason: object, language: Language) -> str:
    """A reason as the log holds it, in words; as it stands where it is none of ours."""
    return Reason(str(reason)).label(language) if reason in list(Reason) else str(reason or "")


def stated_reason(text: str) -> tuple[Reason | None, str]:
    """The reason that the text begins with, by its place in the list (1 to 6) or in words, and what follows it.

    The longest words win: what follows « patient » in "patient data" is no datum.
    """
    said = fold(text)
    heard = [
        (len(word.split()), -digit, reason)
        for digit, (reason, words) in enumerate(_SPOKEN.items(), start=1)
        for word in (str(digit), *words, *map(fold, (_LABELS[reason].fr, _LABELS[reason].en)))
        if f"{said} ".startswith(f"{word} ")
    ]
    if not heard:
        return None, text
    length, _, reason = max(heard)
    return reason, text[list(re.finditer(r"[^\W_]+", text))[length - 1].end() :]


def says_why(text: str) -> Reason | None:
    """The reason that is named anywhere in a text."""
    said = f" {fold(text)} "
    for reason, spoken in _SPOKEN.items():
        if any(f" {word} " in said for word in spoken):
            return reason
    return None


# -- words -----------------------------------------------------------------------------------------------------------

# A number, or a date, is one word however its digits are grouped: « 2 69 05 49 588 157 80 », « 12/03/1951 ».
_WORD = re.compile(r"\d(?:[ .\-/\u00a0\u202f]?\d)*(?!\w)|\w+")
_SENTENCE = re.compile(r"[.!?:;«»\"“”\n]")
_QUOTED = 3
"""So many words in a row, one of them taken out, are no chance."""
_QUOTED_WHOLE = 5
"""So many, where the whole message goes, and every word of it with it."""
_DIGITS = 5
_NUMBER = 4
_NAME = 3
_WEIGHTY = 5


@dataclass(frozen=True)
class Word:
    """A word as it compares; `capital`: it begins with one, `name`: and no sentence begins with it; `cut`: an ellipsis
    follows it, more was there."""

    key: str
    start: int
    end: int
    capital: bool
    name: bool
    cut: bool


def words(text: str) -> list[Word]:
    """The words of a text, in order."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        key = fold(match[0]).replace(" ", "")
        if key:
            cut = text.startswith(("…", "..."), match.end())
            between = text[found[-1].end : match.start()] if found else "."
            name = match[0][:1].isupper() and not _SENTENCE.search(between)
            found.append(Word(key, match.start(), match.end(), match[0][:1].isupper(), name, cut))
    return found


@dataclass(frozen=True)
class Datum:
    """What goes: by windows of words, each saying which of them go, and by words that alone give it away.

    `whole`: the message's words; `replacement`: the message without the datum, None where nothing of it stays; `hints`:
    words for which a text is worth a look, though it is no copy.
    """

    whole: tuple[str, ...]
    replacement: str | None
    windows: Mapping[tuple[str, ...], tuple[bool, ...]]
    singles: frozenset[str]
    hints: frozenset[str]

    def spans(self, text: str, *, linked: bool) -> list[tuple[int, int]]:
        """Where the datum stands in a text; `linked`: the text comes from the message, or is the bot's own."""
        found = words(text)
        keys = [word.key for word in found]
        gone = [False] * len(found)
        for size in {len(window) for window in self.windows}:
            for at in range(len(keys) - size + 1):
                flags = self.windows.get(tuple(keys[at : at + size]))
                for offset, flag in enumerate(flags or ()):
                    gone[at + offset] = gone[at + offset] or flag
        if not linked and not self._is_quote([key for key, flag in zip(keys, gone, strict=True) if flag]):
            return []
        for at, word in enumerate(found):
            gone[at] = gone[at] or self._gives_away(word)
        return _runs(found, gone)

    def covers(self, text: str) -> bool:
        """Whether a whole message goes of which this text is a part: a source that it named, a reason that it gave."""
        keys = tuple(word.key for word in words(text))
        size = len(keys)
        if self.replacement is not None or not any(_weighs(key) for key in keys):
            return False
        return any(self.whole[at : at + size] == keys for at in range(len(self.whole) - size + 1))

    def names_it(self, text: str) -> bool:
        """Whether a text that is no copy holds a word that gives the datum away."""
        return any(word.key in self.hints and (word.capital or _weighs(word.key)) for word in words(text))

    def _gives_away(self, word: Word) -> bool:
        if word.key in self.singles:
            return word.capital or _weighs(word.key)
        beginning = word.cut and word.capital and len(word.key) >= _NAME
        return beginning and any(each.startswith(word.key) for each in self.singles)

    def _is_quote(self, gone: list[str]) -> bool:
        if not gone or self.replacement is not None:
            return bool(gone)
        weighty = any(_weighs(key) for key in gone)
        return weighty and len(gone) >= min(2 * _QUOTED_WHOLE, (len(self.whole) + 1) // 2)

    def without(self, text: str, put: str, *, linked: bool) -> str | None:
        """The text without the datum, `put` in its place; None if it does not hold it."""
        found = words(text)
        size = len(self.whole)
        if self.replacement is not None and size:
            keys = tuple(word.key for word in found)
            for at in range(len(keys) - size + 1):
                if keys[at : at + size] == self.whole:
                    # What was typed to stand there is clean: only what stands around it is looked at.
                    before, after = text[: found[at].start], text[found[at + size - 1].end :]
                    around = [self._put(each, put, linked=linked) or each for each in (before, after)]
                    return self.replacement.join(around)
        return self._put(text, put, linked=linked)

    def _put(self, text: str, put: str, *, linked: bool) -> str | None:
        spans = self.spans(text, linked=linked)
        for start, end in reversed(spans):
            text = text[:start] + put + text[end:]
        return text if spans else None


def datum(original: str, replacement: str | None, known: frozenset[str]) -> Datum | None:
    """What goes of a message: all, or what its replacement leaves out (None if it leaves nothing out).

    `known`: words that give nobody away, such as the names of the cell's members, folded.
    """
    old = words(original)
    keys = [word.key for word in old]
    gone = [True] * len(old)
    if replacement is not None:
        gone = [False] * len(old)
        for tag, start, end, _, _ in SequenceMatcher(
            None, keys, [word.key for word in words(replacement)], autojunk=False
        ).get_opcodes():
            if tag in ("delete", "replace"):
                gone[start:end] = [True] * (end - start)
        if not any(gone):
            return None
    # Small words that another wording moves (« de la », « d'une ») give nothing away.
    telling = [flag and (word.name or _weighs(word.key)) for word, flag in zip(old, gone, strict=True)]
    for start, end in list(_stretches(gone)) if any(telling) else ():
        gone[start:end] = [any(telling[start:end])] * (end - start)
    windows: dict[tuple[str, ...], tuple[bool, ...]] = {}
    for start, end in _windows(gone, _QUOTED if replacement is not None else _QUOTED_WHOLE):
        if not any(telling[start:end]) and any(telling):
            continue
        window = tuple(keys[start:end])
        before = windows.get(window, (False,) * len(window))
        windows[window] = tuple(a or b for a, b in zip(before, gone[start:end], strict=True))
    # A word that the clean text says, in another place, gives nothing away.
    clean = known | {word.key for word in words(replacement or "")}
    singles = _singles(old, gone, whole=replacement is None) - clean
    names = {word.key for word, flag in zip(old, gone, strict=True) if flag and word.name} - clean
    return Datum(tuple(keys), replacement, windows, frozenset(singles), frozenset(singles | names))


def _weighs(key: str) -> bool:
    """Whether a word says something: a long one, or a number."""
    return len(key) >= _WEIGHTY or sum(c.isdecimal() for c in key) >= _NUMBER


def _windows(gone: list[bool], size: int) -> Iterator[tuple[int, int]]:
    size = min(size, len(gone))
    for start in range(len(gone) - size + 1):
        if size and any(gone[start : start + size]):
            yield start, start + size
    for start, end in _stretches(gone):
        if 1 < end - start < size:
            yield start, end


def _singles(old: list[Word], gone: list[bool], *, whole: bool) -> set[str]:
    """Long numbers, names (a capital within a sentence), and what alone was left out of one."""
    found = set()
    for start, end in _stretches(gone):
        for at in range(start, end):
            word = old[at]
            number = sum(c.isdecimal() for c in word.key) >= _DIGITS
            name = not whole and word.name and len(word.key) >= _NAME
            alone = not whole and end - start == 1 and len(word.key) >= _WEIGHTY
            if number or name or alone:
                found.add(word.key)
    return found


def _stretches(gone: list[bool]) -> Iterator[tuple[int, int]]:
    """Where words go, from the first of a row to just after the last."""
    start = None
    for at, flag in enumerate([*gone, False]):
        if flag and start is None:
            start = at
        elif not flag and start is not None:
            yield start, at
            start = None


def _runs(found: list[Word], gone: list[bool]) -> list[tuple[int, int]]:
    return [(found[start].start, found[end - 1].end) for start, end in _stretches(gone)]


# -- the log's contents ------------------------------------------------------------------------------------------------


def said_in(entry: Entry) -> str:
    """The words of an entry that somebody wrote: a message's text, a withdrawal's reason, or those of a change."""
    content = entry.content or {}
    inner = content.get("content")
    if isinstance(inner, Mapping) and entry.kind == "redaction":
        return str(inner.get("reason") or "")
    if isinstance(inner, Mapping):
        new = inner.get("m.new_content")
        body = (new if isinstance(new, Mapping) else inner).get("body")
        return body if isinstance(body, str) else " ".join(strings(inner))
    text = content.get("text")
    return text if isinstance(text, str) else " ".join(strings(content.get("after")))


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


@dataclass(frozen=True)
class Hiding:
    """Several data that go at once, and what is put in their place."""

    data: tuple[Datum, ...]
    put: str

    def text(self, text: str, *, linked: bool = True, part: bool = False) -> str | None:
        """The text without any of them; None if it holds none. `part`: it was made of a message that goes."""
        if part and not text.startswith("@") and any(each.covers(text) for each in self.data):
            return self.put
        changed = None
        for each in self.data:
            after = each.without(changed if changed is not None else text, self.put, linked=linked)
            changed = after if after is not None else changed
        return changed

    def json(self, value: Any, *, linked: bool = True, part: bool = False) -> Any:
        """The JSON value without any of them: the very same one if it holds none."""
        if isinstance(value, str):
            after = self.text(value, linked=linked, part=part)
            return value if after is None else after
        if isinstance(value, dict):
            made = {key: self.json(inner, linked=linked, part=part) for key, inner in value.items()}
            return made if any(made[key] is not value[key] for key in value) else value
        if isinstance(value, list):
            listed = [self.json(inner, linked=linked, part=part) for inner in value]
            return listed if any(new is not old for new, old in zip(listed, value, strict=True)) else value
        return value

    def holds(self, texts: Iterable[str], *, linked: bool) -> bool:
        """Whether any of these texts is a copy."""
        return any(each.spans(text, linked=linked) for text in texts for each in self.data)

    def named_in(self, texts: Iterable[str]) -> bool:
        """Whether any of these texts, though no copy, holds a word that gives a datum away."""
        return any(each.names_it(text) for text in texts for each in self.data)
