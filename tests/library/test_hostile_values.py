"""Any value in any variable of any text: it stays what it is, on its line, and the text around it stays as it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.commands.drafts import exact
from bot.domain.drafts import canonical
from bot.domain.language import LANGUAGES
from bot.domain.paper import plain
from bot.domain.screening import blanks, fill
from bot.library.drawing import Value, draw
from bot.library.sandbox import escaped
from bot.library.templates import SOURCES, Template, Templates, load_shipped

_MARKED = re.compile(r"#{1,6}(?:\s|$)|>|[-+*]\s|`{3}|~{3}|\d{1,9}[.)]\s|\|")
PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
NASTY = (
    "[À COMPLÉTER : contact presse] [TO BE COMPLETED: x]",
    "{{ 7 * 7 }}{% for x in y %}{# c #}",
    "<script>alert(1)</script> & &lt;b&gt; \" '",
    "# Titre\n\n- a\n1. b\n> c\n```\n---",
    "*gras* _it_ `code` ~~x~~ | a | b | [l](http://x.invalid) ![i](x)",
    "\u202egauche\u2066 \u200bz\u0000\u0007\u001b[31m",
    "=cmd|' /C calc'!A0",
    '#set page(width: 1pt) #eval("1") $x$ @ref <label> \\',
    "💥" * 40 + "\ud7ff\ufffd",
)


@cache
def templates() -> Templates:
    return load_shipped()


ALL = [(each.id, language) for language in LANGUAGES for each in load_shipped().listed(language)]


def drawn(template: Template, value: str) -> str:
    kinds: dict[str, Value] = {"text": value, "list": (value, value), "time": AT, "flag": True}
    return draw(template, {source: kinds[kind] for source, kind in SOURCES.items() if source != "typed"}, PARIS)


def filled(text: str, value: str) -> str:
    for name in blanks(text):
        text = fill(text, name, escaped(value))
    return canonical(text)


def marks(text: str) -> list[bool]:
    return [_MARKED.match(line) is not None for line in text.split("\n")]


@pytest.mark.parametrize(("identifier", "language"), ALL)
def test_what_means_harm_does_none_in_any_variable(identifier: str, language: str) -> None:
    template = templates().get(identifier, language)  # type: ignore[arg-type]
    tame = filled(drawn(template, "Val"), "Val")
    for value in NASTY:
        text = filled(drawn(template, value), value)
        assert text.count("\n") == tame.count("\n")
        assert blanks(text) == ()
        assert "<script" not in exact(text)
        assert "49" not in text.replace(value, "")
        assert marks(text) == marks(tame), "no line becomes a heading, a list or a quotation (CommonMark 0.31, 4 and 5)"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.text(min_size=1, max_size=120))
@example(("TPL-06-FALC", "fr"), " ")
@example(("TPL-06-FALC", "fr"), "\x00\u200b")
def test_any_value_is_read_back_as_it_was_typed(which: tuple[str, str], value: str) -> None:
    template = templates().get(*which)  # type: ignore[arg-type]
    if not canonical(value).strip():
        assert drawn(template, value) == drawn(template, ""), "what shows nothing is still to be given"
        return
    text = filled(drawn(template, value), value)
    assert text.count("\n") == filled(drawn(template, "Val"), "Val").count("\n")
    said = canonical(" ".join(value.split()))
    assert said in plain(text) or not blanks(drawn(template, "Val")) or not said
