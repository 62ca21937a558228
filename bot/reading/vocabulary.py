"""Which command a name means. Guarantee: a name that is known is never a slip of another.

The names are those of the declarations; the longest that fits the beginning of the text wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bot.commands.spec import Spec
from bot.commands.table import BY_NAME, TABLE
from bot.domain.language import LANGUAGES, Language, fold
from bot.reading.nearness import slips

_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+(?:['’\-](?:[^\W\d_][\u0300-\u036f]*)+)*")
_GAP = re.compile(r"\s{1,3}")
_MOST_WORDS = 4
_LONGEST_NAME = 40
_SHORTEST_BEGINNING = 3
_SHORTEST_STEM = 5
_BENT = re.compile(r"(?:ons|ez|ent|er|ir|is|it|ees|ee|es|ed|ing|e|s)\Z")
_DENYING = re.compile(r"de|des|dis|im|in|un|non|pas|not")
_EVERYDAY = frozenset(
    """
    merci bonjour bonsoir salut coucou bravo super genial parfait voila alors donc enfin bref stop
    attention urgent important vite allo mince zut oula courage dommage desole pardon demain hier matin
    soir pause fort tout tous toute toutes quand comment combien avec sans pour dans sous chez elle
    elles nous vous leur eux moins trop peut etre avoir faire dire voir aller allez allons venez doit
    sera serait avait thanks thank please sorry hello morning evening great good well guys everyone
    anyone someone today tomorrow yesterday urgently careful warning wait what when where there they
    them this that these those then than just still also even maybe nothing something everything
    """.split()  # noqa: SIM905 - a list of words reads as one
)
"""Words that people shout at each other: never a slip of a command."""


@dataclass(frozen=True)
class Named:
    """A command's name: what it means and in which languages."""

    command: Spec
    languages: frozenset[Language]

    def language(self, preferred: Language) -> Language:
        """Return the language in which the name was typed; the preferred one where both have it."""
        return preferred if preferred in self.languages else next(iter(self.languages))


def _build(commands: Iterable[Spec]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for command in commands:
        for language in LANGUAGES:
            for name in command.fr if language == "fr" else command.en:
                key = fold(name) or name
                known = found.get(key)
                if known and known.command is not command:
                    raise ValueError(f"{name!r} names two commands")
                languages = (known.languages if known else frozenset()) | {language}
                found[key] = Named(command, languages)
    return found


NAMES: dict[str, Named] = _build(TABLE)


def split(text: str) -> tuple[Named, str] | None:
    """Return the command that the text begins with, and what follows its name; None if it is not a name."""
    if text.startswith("?"):
        return NAMES["?"], text[1:]
    ends: list[int] = []
    position = 0
    while len(ends) < _MOST_WORDS and (word := _WORD.match(text, position, position + _LONGEST_NAME)):
        ends.append(word.end())
        gap = _GAP.match(text, word.end())
        if not gap:
            break
        position = gap.end()
    for end in reversed(ends):
        key = fold(text[:end])
        named = NAMES.get(key) or (NAMES.get(key.replace(" ", "")) if "-" in text[:end] else None)
        if named:
            return named, text[end:]
    return None


def first_word(text: str) -> str:
    """Return the letters that the text begins with, empty if it begins with none or with too many."""
    found = _WORD.match(text)
    return found[0] if found and len(found[0]) <= _LONGEST_NAME else ""


def first_words(text: str) -> Iterator[str]:
    """Yield the words that the text begins with, three to one."""
    ends: list[int] = []
    position = 0
    while len(ends) < 3 and (word := _WORD.match(text, position, position + _LONGEST_NAME)):
        ends.append(word.end())
        gap = _GAP.match(text, word.end())
        if not gap:
            break
        position = gap.end()
    yield from (text[:end] for end in reversed(ends) if end <= _LONGEST_NAME)


def nearest(word: str, preferred: Language) -> tuple[Spec, Language] | None:
    """Return the command of which the word is a slip or the beginning; None where none is near.

    A slip wins over a beginning.
    """
    wanted = fold(word)
    if wanted in _EVERYDAY:
        return None
    best: tuple[tuple[int, bool], Named] | None = None
    for key, named in NAMES.items():
        distance = slips(wanted, key) if key.count(" ") == wanted.count(" ") else None
        if distance is None or _denies(wanted, key):
            continue
        rank = (distance, key[0] != wanted[0])
        if best is None or rank < best[0]:
            best = (rank, named)
    bent = _stems().get(_stem(wanted))
    if bent and (best is None or best[0][0] > 1):
        return bent.command, bent.language(preferred)
    if best:
        return best[1].command, best[1].language(preferred)
    return _begun(wanted, preferred)


def _stem(word: str) -> str:
    """The word without the ending that a verb changes; the word itself where too little would be left."""
    bare = _BENT.sub("", word)
    return bare if len(bare) >= _SHORTEST_STEM else word


@cache
def _stems() -> dict[str, Named]:
    found: dict[str, Named] = {}
    for key, named in NAMES.items():
        found.setdefault(_stem(key), named)
    return found


def _denies(wanted: str, key: str) -> bool:
    """Whether the word is the contrary of the name: « improbable » is no slip of « probable »."""
    denied = _DENYING.match(wanted)
    return denied is not None and not key.startswith(denied[0]) and slips(wanted[denied.end() :], key) is not None


def _begun(wanted: str, preferred: Language) -> tuple[Spec, Language] | None:
    if len(wanted) < _SHORTEST_BEGINNING:
        return None
    begun = sorted((key for key in NAMES if key.startswith(wanted)), key=len)
    one = begun and all(key.startswith(begun[0]) or NAMES[key].command is NAMES[begun[0]].command for key in begun)
    if not one or (len(wanted) == _SHORTEST_BEGINNING and len(begun[0]) - len(wanted) > 1):
        return None
    return NAMES[begun[0]].command, NAMES[begun[0]].language(preferred)


def spec_named(name: str) -> Spec:
    """Return the declaration of that canonical name; the name is one of ours."""
    return BY_NAME[name]
