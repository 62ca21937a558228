"""How hard a text reads. Guarantee: the same figure in French and in English, by counting words, sentences and long
words, and nothing that must be downloaded or guessed.

The measure is LIX (C.-H. Björnsson, « Läsbarhet », 1968): the words of a sentence on average, and of a hundred words
those of more than six letters. It sees length, not sense: a text of short rare words passes, and people must judge it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENDS = re.compile(r"(?<=[.!?…;:])[\s\u00a0]+|\n+")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_LONG = 6
"""Letters: a word of more counts as long."""
_ENOUGH = 30
"""Words: of a shorter text no figure means anything."""

PLAIN_SENTENCE, EASY_SENTENCE = 30, 15
"""Words of the longest sentence in a text for patients; in one that is easy to read."""
PLAIN_LIX, EASY_LIX = 50, 40
"""Above the first a text reads like an administration's, above the second no longer like a children's book."""


@dataclass(frozen=True)
class Reading:
    """`lix`: None where the text is too short to say; `long`: the sentences of too many words, each with how many."""

    lix: int | None
    hard: bool
    long: tuple[tuple[str, int], ...]


def reading(text: str, *, easy: bool = False) -> Reading:
    """Measure a text for patients; `easy`: one that says of itself that it is easy to read."""
    sentences = [(each.strip(), len(_WORD.findall(each))) for each in _ENDS.split(text)]
    counted = [(said, count) for said, count in sentences if count]
    words = _WORD.findall(text)
    most, limit = (EASY_SENTENCE, EASY_LIX) if easy else (PLAIN_SENTENCE, PLAIN_LIX)
    long = tuple((said, count) for said, count in counted if count > most)
    if len(words) < _ENOUGH:
        return Reading(None, False, long)
    lix = round(len(words) / len(counted) + 100 * sum(len(word) > _LONG for word in words) / len(words))
    return Reading(lix, lix > limit, long)
