"""What the README says of the product: every command that works is in its table, and nothing that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli import app
from bot.commands.spec import Spec
from bot.commands.table import TABLE
from bot.domain.language import fold

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_TYPED = {fold(word) for word in re.findall(r"`!([^\s`]+)", README)}
# A name with a space is a longer form of another command, a hidden one another word for it; `!present` asks which of two
# was meant.
_TOLD = [spec for spec in TABLE if " " not in spec.fr[0] and spec.name != "present" and not spec.hidden]


@pytest.mark.parametrize("spec", _TOLD, ids=lambda spec: spec.name)
def test_a_command_is_in_the_table_in_both_languages(spec: Spec) -> None:
    assert {fold(spec.fr[0]), fold(spec.en[0])} <= _TYPED, f"!{spec.fr[0]} · !{spec.en[0]} is not in README.md"


PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_LINK, _FILE = (
    re.compile(r"\]\(([^)#:]+)\)"),
    re.compile(r"`((?:bot|docs|tests|playbooks|templates|migrations)/[\w./-]+)`"),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [page.parent / each for each in _LINK.findall(text)] + [ROOT / each for each in _FILE.findall(text)]
    assert [str(each) for each in named if not each.exists()] == []


def test_every_page_is_reached_from_the_front_page() -> None:
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in README] == []


def test_every_command_of_the_terminal_is_named() -> None:
    names = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert [name for name in sorted(names) if f"`{name}`" not in README and f"`tocsin {name}" not in README] == []
