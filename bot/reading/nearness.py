"""How alike two words are. Guarantee: what is proposed is at most a slip or two away from what was typed."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.language import fold

_SHORT = 3
_LONG = 7


def slips(typed: str, name: str) -> int | None:
    """Return by how many slips one is the other; None if too many.

    A slip is a letter more, less or other, or two swapped; in a short word, all its letters in another order. A word of
    three letters must have lost a letter or swapped two: `lol` is not `log`.
    """
    if len(typed) < _SHORT:
        return None
    from rapidfuzz.distance import OSA  # large, and needed only by slips

    most = 2 if len(typed) >= _LONG else 1
    distance = OSA.distance(typed, name, score_cutoff=most)
    if distance > most and typed[0] == name[0] and sorted(typed) == sorted(name):
        return most
    if distance > most or distance == 0:
        return None if distance else 0
    if len(typed) == _SHORT and len(name) <= _SHORT and sorted(typed) != sorted(name):
        return None
    return distance


def near(typed: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return the names that are a slip away from what was typed or that begin with it, the nearest first."""
    wanted = fold(typed[:80])
    ranked: list[tuple[int, str]] = []
    for name in dict.fromkeys(names):
        folded = fold(name)
        distance = slips(wanted, folded)
        if distance is None and len(wanted) >= _SHORT and folded.startswith(wanted):
            distance = 2
        if distance is not None:
            ranked.append((distance, name))
    ranked.sort(key=lambda pair: pair[0])
    return tuple(name for _, name in ranked[:most])


def closest(typed: str, names: tuple[str, ...]) -> str | None:
    """Return the one name that is nearest to what was typed; None where two are as near, or none was given."""
    if len(names) < 2:
        return names[0] if names else None
    wanted = fold(typed[:80])
    ranked = sorted((slips(wanted, fold(name)) or 9, name) for name in names)
    return ranked[0][1] if ranked[0][0] < ranked[1][0] else None
