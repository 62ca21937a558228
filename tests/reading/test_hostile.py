"""What nobody types by accident. Guarantee: the reader never raises, never runs two commands, never takes long."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.call import Call
from bot.commands.spec import Spec
from bot.commands.table import TABLE
from bot.domain.language import LANGUAGES
from bot.reading import Asked, Refused, Silence, Suggestion, read
from bot.reading.forms import SAID
from tests.reading.cast import context, shown
from tests.reading.lines import NAMES, ODDS

WORDS = [*NAMES, *ODDS, "é", "0" * 50, "9" * 50]
LINES = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=12)


@given(LINES, st.booleans(), st.sampled_from([" ", ""]), st.booleans(), st.sampled_from([None, 9]))
@settings(max_examples=1500, deadline=None)
def test_never_raises(words: list[str], prefixed: bool, glue: str, to_bot: bool, task: int | None) -> None:
    text = ("!" if prefixed else "") + glue.join(words)
    reading = read(text, html=text, context=context(to_bot=to_bot, reply=to_bot, task=task))
    assert isinstance(reading, Call | Suggestion | Asked | Refused | Silence)
    if isinstance(reading, Call):
        for arg in reading.spec.args:
            assert arg.optional or arg.name in reading.args
        assert not (reading.plain and reading.spec.dangerous)
        shown(reading).encode()
        reading.raw.encode()


@given(st.text(st.characters(), max_size=300), st.text(st.characters(), max_size=300))
@settings(max_examples=500, deadline=None)
def test_never_raises_on_any_text(text: str, html: str) -> None:
    read(text, html=html, context=context(to_bot=True))
    read("!note " + text, html="<a href='https://matrix.to/#/@a:b'>" + html, context=context())


@given(st.text(max_size=60))
@settings(deadline=None)
def test_a_text_without_the_prefix_is_silence(text: str) -> None:
    if text.strip()[:1] not in ("!", "！", "﹗") and "tocsin" not in text.lower():
        assert isinstance(read("x" + text, context=context()), Silence)


LONG = {
    "one word": "!note " + "a" * 40_000,
    "many words": "!note " + "le labo " * 5_000,
    "digits": "!fait " + "3" * 40_000,
    "numbers": "!fait " + "3, " * 13_000,
    "spaced numbers": "!fait " + "3 " * 20_000,
    "spaces": "!fait" + " " * 40_000 + "3",
    "dashes": "!note " + "—" * 40_000,
    "options": "!note x " + "--a 14h " * 5_000,
    "unknown options": "!note x " + "--zz 14h " * 5_000,
    "lines": "!note x" + "\n!fait 3" * 5_000,
    "quotes": ">" * 40_000,
    "verb": "!" + "a" * 40_000,
    "verbs": "!" + "fait " * 8_000,
    "ats": "!donner 3 " + "@" * 40_000,
    "ids": "!donner 3 " + "@a:b" * 10_000,
    "people": "!incident rancongiciel T --sans " + "@claire, " * 4_000,
    "accents": "!" + "e" + "\u0301" * 40_000,
    "apostrophes": "!" + "a'" * 20_000,
    "sea of exclamation": "!" * 40_000,
    "time": "!note x --a " + "14h " * 10_000,
    "day": "!journal " + "lundi " * 8_000,
    "query": "!journal " + "a" * 40_000,
    "word of help": "!aide " + "fait " * 8_000,
    "role": "!role @claire " + "juridique " * 4_000,
}


@pytest.mark.parametrize("name", LONG)
def test_forty_kilobytes_are_read_in_bounded_work(name: str) -> None:
    # Linear work takes milliseconds; were any of it quadratic, the suite's time limit would say so.
    reading = read(LONG[name], html=LONG[name], context=context(reply=True))
    assert isinstance(reading, Call | Suggestion | Asked | Refused | Silence)


def test_a_long_note_is_kept_whole() -> None:
    words = "le labo " * 5_000
    reading = read("!note " + words, context=context())
    assert isinstance(reading, Call)
    assert reading.args["text"] == words.strip()


PILLS = {
    "the id counts, the label does not": (
        "!donner 3 Claire Morel",
        '!donner 3 <a href="https://matrix.to/#/@karim:secours.example">Claire Morel</a>',
        "assign person=karim tasks=3",
    ),
    "a label of several words": (
        "!donner 3 Le grand patron",
        '!donner 3 <a href="https://matrix.to/#/%40claire%3Asecours.example">Le grand patron</a>',
        "assign person=claire tasks=3",
    ),
    "who did it": (
        "!fait Karim Haddad 3 : vu",
        '!fait <a href="https://matrix.to/#/@karim:secours.example">Karim Haddad</a> 3 : vu',
        "done by=karim tasks=3 text=vu",
    ),
    "two pills": (
        "!incident rancongiciel T --sans Léo, Karim",
        (
            '!incident rancongiciel T --sans <a href="https://matrix.to/#/@leo:secours.example">Léo</a>, '
            '<a href="https://matrix.to/#/@karim:secours.example">Karim</a>'
        ),
        "incident scenario=rancongiciel title=T --without=leo,karim",
    ),
    "a URI": (
        "!donner 3 K",
        '!donner 3 <a href="matrix:u/karim:secours.example">K</a>',
        "assign person=karim tasks=3",
    ),
    "Markdown in the body": (
        "!donner 3 [Karim](https://matrix.to/#/@karim:secours.example)",
        '!donner 3 <a href="https://matrix.to/#/@karim:secours.example">Karim</a>',
        "assign person=karim tasks=3",
    ),
    "the bot's own pill": (
        "Tocsin: !fait 3",
        '<a href="https://matrix.to/#/@tocsin:secours.example">Tocsin</a>: !fait 3',
        "done tasks=3",
    ),
    "a stranger's pill": (
        "!donner 3 Claire",
        '!donner 3 <a href="https://matrix.to/#/@claire:evil.example">Claire</a>',
        "refused unknown_person @claire:evil.example",
    ),
    "a link that is no pill": (
        "!donner 3 Claire",
        '!donner 3 <a href="https://evil.example/#/@karim:secours.example">Claire</a>',
        "assign person=claire tasks=3",
    ),
    "a command in the HTML only": (
        "bonjour",
        '!cloture <a href="https://matrix.to/#/@karim:secours.example">Karim</a>',
        "silence",
    ),
    "a pill in a quotation": (
        "!donner 3 Claire",
        '<mx-reply><a href="https://matrix.to/#/@karim:secours.example">Claire</a></mx-reply>!donner 3 Claire',
        "assign person=claire tasks=3",
    ),
}


@pytest.mark.parametrize("name", PILLS)
def test_pills(name: str) -> None:
    body, html, meaning = PILLS[name]
    assert shown(read(body, html=html, context=context())) == meaning


@pytest.mark.parametrize(
    "text",
    ["!f\u0430it 3", "!ｆａｉｔ 3", "!fa\u200bit 3", "!fai\u00adt 3", "\ufeff!fait 3", "\u202e!fait 3"],
)
def test_look_alikes_do_what_they_show_or_are_suggested(text: str) -> None:
    assert shown(read(text, context=context())) in ("done tasks=3", "suggested !fait 3")


def test_nothing_invisible_reaches_a_title() -> None:
    reading = read("!incident rancongiciel a\u202eb\u200bc\x00d\ud800", context=context())
    assert isinstance(reading, Call)
    assert reading.args["title"] == "abcd\ufffd"


def test_plain_words_never_do_what_is_dangerous() -> None:
    said = [form.command for form in SAID] + [
        spec.example.get(each).lstrip("!") for spec in TABLE for each in LANGUAGES
    ]
    for line in said:
        reading = read(line, context=context(to_bot=True, task=3))
        assert not (isinstance(reading, Call) and reading.spec.dangerous), line
        assert not (isinstance(reading, Suggestion) and reading.spec.dangerous and not reading.dangerous), line


@pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.name)
def test_every_example_is_read_as_its_own_command(spec: Spec) -> None:
    for example, language in [(each, lang) for each in (spec.example, *spec.more) for lang in LANGUAGES]:
        # The word that stops a drill has no prefix: it is said in a drill's room.
        reading = read(example.get(language), context=replace(context(language), drill=spec.name == "stop"))
        # Whom an example names may stand twice in the roster here, or under another name: they are asked for.
        person = (isinstance(reading, Asked) and reading.kind == "person") or (
            isinstance(reading, Suggestion) and "@" in reading.text
        )
        assert isinstance(reading, Call) or person, reading
        assert reading.spec is spec


def test_a_suggestion_reads_as_the_command_that_it_shows() -> None:
    html = '!dnoner 3 <a href="https://matrix.to/#/@karim:secours.example">Claire</a>'
    reading = read("!dnoner 3 Claire", html=html, context=context())
    assert isinstance(reading, Suggestion)
    assert shown(read(reading.text, context=context())) == "assign person=karim tasks=3"
