"""What was asked of the product, line by line, and what answers it: every id that the table names exists.

`later:` names what a later version brings; a line may rest on nothing else only where it is about exercises.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.cli import app
from bot.commands.table import TABLE
from bot.domain.language import fold
from bot.domain.playbook import Playbook, TaskTemplate
from bot.domain.qualifying import BY_ID
from bot.domain.roles import find_role
from bot.library.playbook_faults import SENTENCES
from bot.library.playbooks import load
from bot.library.rules import load_shipped as load_rules
from bot.library.templates import load_shipped as load_templates
from bot.resources import data

with (Path(__file__).parent / "requirements.csv").open(encoding="utf-8", newline="") as table:
    ROWS = [
        (int(row["n"]), row["requirement"], row["answered by"].split()) for row in csv.DictReader(table, delimiter=";")
    ]


@cache
def books() -> dict[str, Playbook]:
    return dict(load(data("playbooks")).playbooks)


@cache
def tasks() -> dict[str, TaskTemplate]:
    found = {task.id: task for book in books().values() for task in book.tasks}
    return {**{t.id: t for book in books().values() for each in book.overlays for t in each.tasks}, **found}


@cache
def typed() -> set[str]:
    """What can be typed and is carried out: a command that is only announced answers nothing."""
    return {fold(name) for spec in TABLE for name in (*spec.fr, *spec.en)}


@cache
def at_the_terminal() -> set[str]:
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    return commands | {group.name for group in app.registered_groups if group.name}


CHECKS: dict[str, Callable[[str], bool]] = {
    "later": bool,
    "cli": lambda name: name in at_the_terminal(),
    "avoid": lambda name: tasks()[name].avoid is not None,
    "stop": lambda name: bool(tasks()[name].blocked_by),
    "question": lambda name: name in BY_ID,
    "role": lambda name: find_role(name) is not None,
    "kind": lambda name: any(book.suits(name) for book in books().values()),
    "overlay": lambda name: any(each.id == name for book in books().values() for each in book.overlays),
    "doctrine": lambda name: books()[name].doctrine is not None,
    "style": lambda name: name in SENTENCES,
    "": lambda name: name in tasks(),
}
"""By what stands before the colon: whether the thing named is there."""


def exists(named: str) -> bool:
    """Whether there is such a task, `!command`, `~clock`, template, or thing of the kind that is said."""
    if named.startswith("!"):
        return fold(named[1:]) in typed()
    if named.startswith("~"):
        return load_rules().find(named[1:]) is not None
    if named.startswith("TPL-"):
        return load_templates().find(named) is not None
    kind, _, name = named.rpartition(":")
    return kind in CHECKS and CHECKS[kind](name)


def test_every_line_is_there_once() -> None:
    assert [number for number, _, _ in ROWS] == list(range(1, 121))


@pytest.mark.parametrize(("number", "requirement", "answers"), ROWS, ids=lambda value: str(value)[:40])
def test_what_answers_it_exists(number: int, requirement: str, answers: list[str]) -> None:
    assert answers, requirement
    assert [named for named in answers if not exists(named)] == []


def test_what_comes_later_is_about_exercises_and_preparation_only() -> None:
    later = {number for number, _, answers in ROWS if all(named.startswith("later:") for named in answers)}
    assert later == {83, 86, 87, 88, 90, 102}
    words = {named for _, _, answers in ROWS for named in answers if named.startswith("later:")}
    assert words == {"later:exercises", "later:preparation"}


def test_nothing_exists_that_is_only_written() -> None:
    for named in ("SOC-IT-99", "!abracadabra", "~minuit", "TPL-31", "cli:magie", "question:foo", "overlay:jour", "x:y"):
        assert not exists(named)


def test_what_a_task_says_to_type_can_be_typed() -> None:
    texts = [
        (task.id, text)
        for task in tasks().values()
        for said in (task.title, task.how, task.why, task.avoid, task.evidence)
        if said is not None
        for text in (said.fr, said.en)
    ]
    told = [(i, word) for i, text in texts for word in re.findall(r"!([a-z]+)", text)]
    assert told
    assert [(i, word) for i, word in told if fold(word) not in typed()] == []
