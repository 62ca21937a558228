"""What people type and what it means, as tables: one line is one text and its reading."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.reading import Context, is_talk, read
from tests.reading.cast import context, shown

CORPUS = Path(__file__).parent / "corpus"


def _cases(name: str) -> list[tuple[str, str]]:
    table = yaml.load((CORPUS / f"{name}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return [(text.replace("·", "\u00a0").replace("⏎", "\n"), meaning) for text, meaning in table.items()]


def _check(text: str, meaning: str, where: Context) -> None:
    assert shown(read(text, context=where)).replace("\n", "/") == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *_cases("tasks"),
        *_cases("incident"),
        *_cases("drafts"),
        *_cases("registers"),
        *_cases("clocks"),
        *_cases("silence"),
    ],
)
def test_typed_in_a_room(text: str, meaning: str) -> None:
    _check(text, meaning, context())


@pytest.mark.parametrize(("text", "meaning"), _cases("to_bot"))
def test_said_to_the_bot(text: str, meaning: str) -> None:
    _check(text, meaning, context(to_bot=True))


@pytest.mark.parametrize(("text", "meaning"), _cases("about_task_9"))
def test_in_reply_to_a_message_about_a_task(text: str, meaning: str) -> None:
    _check(text, meaning, context(to_bot=True, reply=True, task=9))


@pytest.mark.parametrize(
    ("text", "meaning"), [*_cases("tasks"), *_cases("incident"), *_cases("clocks"), *_cases("silence")]
)
def test_the_reader_s_language_changes_no_meaning(text: str, meaning: str) -> None:
    found = shown(read(text, context=context("en"))).replace("\n", "/")
    # A suggestion and a label may come in the other language; what is done may not differ.
    if found.split()[0] not in ("suggested", "refused"):
        assert found == meaning
    assert found.split()[0] == meaning.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *_cases("tasks"),
        *_cases("incident"),
        *_cases("drafts"),
        *_cases("registers"),
        *_cases("clocks"),
        *_cases("silence"),
    ],
)
def test_what_counts_as_mere_talk_is_never_a_command(text: str, meaning: str) -> None:
    where = context()
    talk = is_talk(text, html=None, bot_id=where.bot_id)
    assert not talk or meaning.split(maxsplit=1)[0] == "silence"


@pytest.mark.parametrize("text", ["on a isolé le deuxième étage !", "fait 3", "oui", "@claire:x", "la sirène sonne"])
def test_ordinary_lines_are_talk(text: str) -> None:
    assert is_talk(text, html=f"<p>{text}</p>", bot_id=context().bot_id)


@pytest.mark.parametrize(
    "text", ["!fait 3", "\u200b ！fait 3", "  !", "Tocsin", "tocsin", "{bot} fait 3", "fait 3 {bot}"]
)
def test_what_may_be_for_the_bot_is_not_talk(text: str) -> None:
    where = context()
    assert not is_talk(text.format(bot=where.bot_id), html=None, bot_id=where.bot_id)


def test_a_link_may_be_the_bot_s_pill() -> None:
    where = context()
    assert not is_talk(
        "Tocsin fait 3", html=f'<A href="https://matrix.to/#/{where.bot_id}">Tocsin</A> fait 3', bot_id=where.bot_id
    )
