"""What people type and what it means, as tables: one line is one text and its reading."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.reading import Context, read
from tests.reading.cast import context, shown

CORPUS = Path(__file__).parent / "corpus"


def _cases(name: str) -> list[tuple[str, str]]:
    table = yaml.load((CORPUS / f"{name}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return [(text.replace("·", "\u00a0").replace("⏎", "\n"), meaning) for text, meaning in table.items()]


def _check(text: str, meaning: str, where: Context) -> None:
    assert shown(read(text, context=where)).replace("\n", "/") == meaning


@pytest.mark.parametrize(
    ("text", "meaning"), [*_cases("tasks"), *_cases("incident"), *_cases("drafts"), *_cases("silence")]
)
def test_typed_in_a_room(text: str, meaning: str) -> None:
    _check(text, meaning, context())


@pytest.mark.parametrize(("text", "meaning"), _cases("to_bot"))
def test_said_to_the_bot(text: str, meaning: str) -> None:
    _check(text, meaning, context(to_bot=True))


@pytest.mark.parametrize(("text", "meaning"), _cases("about_task_9"))
def test_in_reply_to_a_message_about_a_task(text: str, meaning: str) -> None:
    _check(text, meaning, context(to_bot=True, reply=True, task=9))


@pytest.mark.parametrize(("text", "meaning"), [*_cases("tasks"), *_cases("incident"), *_cases("silence")])
def test_the_reader_s_language_changes_no_meaning(text: str, meaning: str) -> None:
    found = shown(read(text, context=context("en"))).replace("\n", "/")
    # A suggestion and a label may come in the other language; what is done may not differ.
    if found.split()[0] not in ("suggested", "refused"):
        assert found == meaning
    assert found.split()[0] == meaning.split(maxsplit=1)[0]
