"""What is to be said of a text before anybody approves it. Guarantee: what a text for the outside must not hold stops
it until it is mended, or until somebody let it stand and said why; what was let stand is shown to all who approve.

What must not be said depends on for whom a text is: an authority is told sums, machines and names, the press is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.domain.drafts import Aside, Draft, Version
from bot.domain.language import Both, Language
from bot.domain.paper import LONGEST_ALOUD, Carrier, Texted, carriers, pages, plain, seconds_aloud
from bot.domain.readability import EASY_LIX, EASY_SENTENCE, PLAIN_LIX, PLAIN_SENTENCE, reading
from bot.domain.screening import TEXTS_AT_HAND, Act, Finding, Found, screen
from bot.domain.screening_reasons import INSTEAD, REASONS

TWO_MESSAGES = 306
"""Signs of the basic alphabet that two text messages carry (3GPP TS 23.038)."""
MOST_SENTENCES = 3


class Grade(StrEnum):
    """`MEND`: the text stops until it is changed; `REASON`: until it is changed or let stand with a reason; `RELEASE`:
    it may be approved, and is not released without a reason; `SHOWN`: it is read again, no more."""

    MEND = "mend"
    REASON = "reason"
    RELEASE = "release"
    SHOWN = "shown"


@dataclass(frozen=True)
class Remark:
    """One thing to be said of a text. `number`: by which it is let stand; 0 if it stops nothing, or must be mended."""

    number: int
    found: Found
    grade: Grade
    aside: Aside | None = None

    @property
    def what(self) -> Finding:
        return self.found.what

    @property
    def words(self) -> str:
        return self.found.words

    @property
    def stops(self) -> bool:
        """Whether nobody may approve or release the text as it stands."""
        return self.grade is Grade.MEND or (self.grade is Grade.REASON and self.aside is None)

    @property
    def holds(self) -> bool:
        """Whether the text is approved as it stands, and not released yet."""
        return self.grade is Grade.RELEASE and self.aside is None

    @property
    def mark(self) -> str:
        """By which what was found is known again without its words."""
        whole = self.found.said.fr if self.found.said and not self.words else ""
        return hashlib.sha256(f"{self.what}:{self.words}{whole}".encode()).hexdigest()

    def said(self, language: Language) -> str | None:
        """What is said of the whole, where no words are quoted."""
        return self.found.said.get(language) if self.found.said else None

    def reason(self, language: Language) -> str:
        """Why it matters."""
        return REASONS[self.what].get(language)

    def instead(self, language: Language) -> str:
        """What to write or do instead."""
        return INSTEAD[self.what].get(language)


_ALWAYS = frozenset({Finding.BLANK, Finding.NATIONAL_NUMBER})
_ANYWHERE = frozenset({Finding.ACT})
_OUTSIDE = frozenset(
    {Finding.LONG_NUMBER, Finding.ATTACKER, Finding.AMOUNT, Finding.MACHINE, Finding.ABSOLUTE, Finding.RECOVERY}
    | {Finding.NAME, Finding.SUPPLIER, Finding.OWN_PHONE, Finding.UNVERIFIED}
)
_AMONG_PARTNERS = frozenset({Finding.MACHINE, Finding.SUPPLIER})
"""What partners and suppliers may have to be told: which address to block, whom it concerns."""
_TOLD_ALL = frozenset({"authorities", "cell"})


def grade_of(what: Finding, audience: str | None, *, frozen: bool) -> Grade:
    """How grave it is in a text for these. `frozen`: the words were approved in peacetime, what they state was not; it
    is released by two, whom the order of messages is shown to."""
    if what in _ALWAYS:
        return Grade.MEND
    if what is Finding.ORDER:
        return Grade.SHOWN if frozen else Grade.RELEASE
    if what in _ANYWHERE:
        return Grade.SHOWN if audience == "cell" else Grade.REASON
    if frozen or audience in _TOLD_ALL:
        return Grade.SHOWN
    if what is Finding.LINK:
        return Grade.REASON if audience == "individuals" else Grade.SHOWN
    if audience == "partners" and what in _AMONG_PARTNERS:
        return Grade.SHOWN
    return Grade.REASON if what in _OUTSIDE else Grade.SHOWN


def remarks(
    draft: Draft, version: Version, acts: Collection[Act], unheard: Sequence[str] = (), doubtful: Sequence[str] = ()
) -> tuple[Remark, ...]:
    """What is to be said of a version, what stops it first, each once; of the whole of it, once it has no blanks.

    `acts`: those that are proved; `unheard`: who should hear first and has heard nothing (`staff`, `partners`);
    `doubtful`: facts of which nobody has said that they are so.
    """
    found = [*screen(version.text, acts), *_watched(version)]
    # What the cell keeps to itself may suppose, and says so: a situation point has a line for it.
    text = version.text.casefold() if doubtful and draft.leaves else ""
    found += [Found(Finding.UNVERIFIED, each) for each in doubtful if each and each.casefold() in text]
    if all(each.what is not Finding.BLANK for each in found):
        found += [*_whole(version.text, draft.template, draft.audience, draft.channel), *_order(unheard)]
    own = {each.words for each in found if each.what is Finding.OWN_PHONE}
    found = [each for each in dict.fromkeys(found) if each.what is not Finding.PHONE or each.words not in own]
    graded = [(each, grade_of(each.what, draft.audience, frozen=version.frozen is not None)) for each in found]
    graded.sort(key=lambda pair: list(Grade).index(pair[1]))
    asides = {(each.what, each.mark): each for each in draft.asides}
    made: list[Remark] = []
    number = 0
    for each, grade in graded:
        remark = Remark(0, each, grade)
        if grade in (Grade.REASON, Grade.RELEASE):
            number += 1
            remark = Remark(number, each, grade, asides.get((each.what, remark.mark)))
        made.append(remark)
    return tuple(made)


def _watched(version: Version) -> Iterator[Found]:
    """What stood on the organisation's lists when the version was written."""
    for each in version.watched:
        words = version.text[each.start : each.end]
        if words:
            yield Found(each.what, words)


_SENTENCE = Both("{} mots (au plus {})", "{} words ({} at most)")
_READING = Both(
    "indice LIX {} (au plus {})\u00a0: mots longs, phrases longues", "LIX {} ({} at most): long words and sentences"
)


def forget() -> None:
    """Keep no text in memory: something was purged."""
    _whole.cache_clear()


@lru_cache(maxsize=TEXTS_AT_HAND)
def _whole(text: str, template: str, audience: str | None, channel: str | None) -> tuple[Found, ...]:
    """What is to be said of the whole of a text; it is asked at each decision, and counted once."""
    return tuple(_measured(text, template, audience, channel))


def _measured(text: str, template: str, audience: str | None, channel: str | None) -> Iterator[Found]:
    """How it reads, in a text for patients or the public; how long it is for the ways that its template names."""
    easy = template.endswith("-FALC")
    if audience in ("public", "individuals"):
        measured = reading(plain(text), easy=easy)
        most, limit = (EASY_SENTENCE, EASY_LIX) if easy else (PLAIN_SENTENCE, PLAIN_LIX)
        for sentence, count in measured.long[:MOST_SENTENCES]:
            yield Found(Finding.SENTENCE, sentence, _formatted(_SENTENCE, count, most))
        if measured.hard and measured.lix is not None:
            yield Found(Finding.READING, "", _formatted(_READING, measured.lix, limit))
    said = list(_too_long(text, carriers(channel)))
    if said:
        french, english = (", ".join(each[at] for each in said) for at in (0, 1))
        yield Found(Finding.LENGTH, "", Both(french, english))


def _too_long(text: str, ways: Collection[Carrier]) -> Iterator[Both]:
    length, aloud, sheets = Texted.of(plain(text)), seconds_aloud(text), pages(text)
    if Carrier.SMS in ways and (length.parts > 2 or length.characters > TWO_MESSAGES):
        yield _formatted(
            Both("{} SMS (160 signes en font un, 306 deux)", "{} text messages (160 signs make one, 306 two)"),
            length.parts,
        )
    if Carrier.VOICE in ways and aloud > LONGEST_ALOUD:
        yield _formatted(
            Both("{} secondes à voix haute (un répondeur coupe à {})", "{} seconds aloud (a machine cuts at {})"),
            aloud, LONGEST_ALOUD,
        )  # fmt: skip
    if Carrier.POSTER in ways and sheets > 1:
        yield _formatted(Both("{} pages d’affiche", "{} pages of poster"), sheets)


def _formatted(both: Both, *values: int) -> Both:
    return Both(both.fr.format(*values), both.en.format(*values))


_UNHEARD = {
    "staff": Both("le personnel n’a encore rien reçu", "staff have been told nothing yet"),
    "partners": Both("les partenaires n’ont encore rien reçu", "partners have been told nothing yet"),
}


def _order(unheard: Sequence[str]) -> Iterator[Found]:
    for each in unheard:
        yield Found(Finding.ORDER, "", _UNHEARD[each])
