"""Lines without end: of the words of the declarations and of people, broken as thumbs, keyboards and foes break them.

The same seed gives the same lines. What holds of each of them is in `hold`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import cache

from bot.commands.call import Call
from bot.commands.table import TABLE
from bot.domain.language import LANGUAGES
from bot.reading import Asked, Context, Reading, Refused, Silence, Suggestion, is_talk, read
from bot.reading.forms import SAID
from tests.reading.cast import ROSTER, context, rules
from tests.reading.living import cases

AT_MOST = 250
"""How many times longer than a plain command a line may take. A plain command takes some forty microseconds of a processor
of today, so this is ten milliseconds there; the slowest take a hundred times a plain command, with a scenario to be guessed."""
PLAIN = "!fait 3 : vu avec le prestataire"

_PLACES: tuple[Context, ...] = (
    context(),
    context("en"),
    context(to_bot=True),
    context("en", to_bot=True),
    context(to_bot=True, reply=True, task=9),
)
_SPECS = [spec.example.get(language) for spec in TABLE for language in LANGUAGES]
NAMES = [name for spec in TABLE for name in (*spec.fr, *spec.en)]
_SAID = [case.says for case in cases() if len(case.says) < 200]
_FORMS = [part for form in SAID for pattern in form.patterns for part in pattern.replace("(?:", "").split("|")]
ODDS = [
    *(
        "@claire",
        "@paul",
        "@x:y",
        "T3",
        "3",
        "3, 4 et 7",
        "n°3",
        "--a",
        "--exercice",
        "—gravite",
        "4821",
        "hier",
        "22h30",
    ),
    *(
        "rancongiciel",
        "juridique",
        "INC-2026-001",
        ":",
        "\n",
        "!",
        "！",
        "\u00a0",
        "\u200b",
        "\ud800",
        "« »",
        "<b>",
        "@room",
    ),
    *(
        "e\u0301",
        "\u202e",
        "\x00",
        "١٢",
        "²",
        "ⅷ",
        "0" * 30,
        "quatre-vingt-dix-neuf",
        "midi moins le quart",
        "?",
        "tocsin",
    ),
    *(
        "cnil",
        "cnli",
        "plainte",
        "à",
        "la",
        "dans une heure",
        "half past",
        "pas",
        "ne",
        "et",
        "ou",
        "merci",
        "--",
        "—",
        "…",
    ),
    *(person.name for person in ROSTER),
    *rules().names[:20],
]


def lines(seed: int, count: int) -> Iterator[tuple[str, Context]]:
    """Yield so many lines, each with where it is said."""
    chance = random.Random(seed)
    makers: tuple[Callable[[random.Random], str], ...] = (_example, _soup, _saying, _form, _noise)
    for _ in range(count):
        text = chance.choice(makers)(chance)
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            text = _broken(text, chance)
        yield text, chance.choice(_PLACES)


def _example(chance: random.Random) -> str:
    return chance.choice(_SPECS)


def _saying(chance: random.Random) -> str:
    return chance.choice(_SAID)


def _form(chance: random.Random) -> str:
    filled = chance.choice(_FORMS)
    for macro in ("{N}", "{C}", "{P}", "{D}", "{W}", "{K}", "{L}", "{X}"):
        filled = filled.replace(macro, chance.choice(ODDS))
    return filled.replace("?", "").replace("(", "").replace(")", "")


def _soup(chance: random.Random) -> str:
    words = [chance.choice(NAMES if chance.random() < 0.3 else ODDS) for _ in range(chance.randint(1, 8))]
    return chance.choice(("!", "! ", "", "Tocsin, ")) + chance.choice((" ", " ", "")).join(words)


def _noise(chance: random.Random) -> str:
    return "".join(
        chr(chance.choice((chance.randint(32, 126), chance.randint(0, 0x2FFF)))) for _ in range(chance.randint(0, 40))
    )


def _broken(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    match chance.randint(0, 8):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        case 2:
            return text[:at] + chance.choice("aeirstn !?,.-'") + text[at:]
        case 3:
            return text[:at] + chance.choice(ODDS) + text[at:]
        case 4:
            return text.upper() if chance.random() < 0.5 else text.capitalize()
        case 5:
            return text.translate({39: 8217, 32: 160, 45: 8212})
        case 6:
            return f"{text}\n{chance.choice(_SPECS)}"
        case 7:
            return f"{text} {chance.choice(_SPECS)}"
        case _:
            return text + chance.choice((" svp", " merci", "?", "!", "…", " ✅", "\u200b"))


def hold(text: str, where: Context) -> str:
    """Read a line, and assert what holds of every line. Returns which sort of reading it was."""
    reading, took = _timed(text, where)
    if took > AT_MOST * plain_cost():
        # Again, at its best of several: whatever else the machine does at that moment is not the line's doing.
        took = min(_timed(text, where)[1] for _ in range(5))
        plain_cost.cache_clear()
        assert took <= AT_MOST * plain_cost(), (took, plain_cost(), text)
    assert isinstance(reading, Call | Suggestion | Asked | Refused | Silence), text
    if not where.to_bot and is_talk(text, html=None, bot_id=where.bot_id):
        assert isinstance(reading, Silence), text
    if isinstance(reading, Call):
        _one_command(reading, text)
    if isinstance(reading, Suggestion) and not reading.dangerous:
        again = read(reading.text, context=where)
        assert not isinstance(again, Silence), (text, reading.text)
        assert not (isinstance(again, Call) and again.spec.dangerous), (text, reading.text)
    return type(reading).__name__


def _timed(text: str, where: Context) -> tuple[Reading, float]:
    started = time.process_time()
    reading = read(text, context=where)
    return reading, time.process_time() - started


@cache
def plain_cost() -> float:
    """Seconds of this processor for a plain command, at its best."""
    return min(_timed(PLAIN, _PLACES[0])[1] for _ in range(200))


def _one_command(call: Call, text: str) -> None:
    """One declaration, all that it needs, and nothing dangerous that was only said."""
    assert not (call.plain and call.spec.dangerous), text
    for arg in call.spec.args:
        assert arg.optional or arg.name in call.args, text
    assert set(call.args) <= {arg.name for arg in call.spec.args}, text
    for name, value in call.args.items():
        kind = next(arg.kind for arg in call.spec.args if arg.name == name)
        if kind == "tasks" and isinstance(value, tuple):
            assert 0 < len(value) <= 50, text
