"""What brings a task up, and what leaves it dormant: answers, phases, severity, filings, other tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.domain import checklist
from bot.domain.cell import Cell
from bot.domain.incident import Moment, TaskStatus
from bot.domain.playbook import Awaits, Condition, Playbook, Source, TaskTemplate, Text, snapshot
from bot.domain.qualifying import Answer, Answered
from bot.domain.roles import Phase, Role, Track
from tests.domain.test_clocks import cell

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
FILED = "filed:EU-GDPR-33-SA"


def template(name: str, **more: object) -> TaskTemplate:
    plain = TaskTemplate(
        f"TST-IT-{name}", Track.IT, Phase.ALERT, Role.CISO, Text("Voir", "See"), Text("Il faut.", "One must."),
        timedelta(hours=1), Source("Plan", "practice", "2026-11-21"),
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


FIRST = template("01")
PLAYBOOK = Playbook(
    "essai", "TST", Text("essai", "trial"), Text("Essai", "Trial"), Text("Un essai.", "A trial."),
    (
        FIRST,
        template("02", condition=Condition("theft", given="yes")),
        template("03", condition=Condition("malicious", unless="no")),
        template("04", awaits=Awaits(phase=Phase.RECOVERY)),
        template("05", awaits=Awaits(severity=4)),
        template("06", awaits=Awaits(filed="EU-GDPR-33-SA"), anchor=FILED, delay=timedelta(days=2)),
        template("07", awaits=Awaits(done="TST-IT-01")),
        template("08", awaits=Awaits(done="TST-IT-07", severity=2)),
    ),
)  # fmt: skip


def opened() -> Cell:
    bare = cell(observed=NOW)
    incident = replace(
        bare.incident, playbook=snapshot(PLAYBOOK), playbook_sha256=PLAYBOOK.sha256, scenario="essai", severity=1
    )
    bare = replace(bare, incident=incident, tasks=MappingProxyType({}), answers=MappingProxyType({}))
    there = [each for each in checklist.templates(bare).values() if checklist.appears(bare, each)]
    return bare.with_tasks(checklist.made(n, each, bare, NOW) for n, each in enumerate(there, 1))


def answered(before: Cell, question: str, answer: Answer) -> Cell:
    return before.with_answer(Answered(question, answer, "@a:b", NOW))


def follow(before: Cell, after: Cell) -> Cell:
    return after.with_tasks(change.after for change in checklist.following(before, after, NOW))


def codes(found: Cell) -> set[str]:
    return {str(task.code).removeprefix("TST-IT-") for task in found.tasks.values()}


def test_an_opening_has_what_waits_for_nothing() -> None:
    assert codes(opened()) == {"01", "03"}


@pytest.mark.parametrize(
    ("what", "brought"),
    [
        (lambda c: answered(c, "theft", Answer.YES), {"02"}),
        (lambda c: answered(c, "theft", Answer.UNKNOWN), set()),
        (lambda c: answered(c, "theft", Answer.NO), set()),
        (lambda c: replace(c, incident=replace(c.incident, phase=Phase.CONTAINMENT)), set()),
        (lambda c: replace(c, incident=replace(c.incident, phase=Phase.RECOVERY)), {"04"}),
        (lambda c: replace(c, incident=replace(c.incident, phase=Phase.REVIEW)), {"04"}),
        (lambda c: replace(c, incident=replace(c.incident, severity=3)), set()),
        (lambda c: replace(c, incident=replace(c.incident, severity=4)), {"05"}),
        (lambda c: c.with_moment(Moment(FILED, NOW, "@a:b", NOW)), {"06"}),
        (lambda c: c.with_tasks([replace(c.tasks[1], status=TaskStatus.DONE, done_at=NOW)]), {"07"}),
    ],
)
def test_each_event_brings_its_own(what: Callable[[Cell], Cell], brought: set[str]) -> None:
    before = opened()
    after = follow(before, what(before))
    assert codes(after) - codes(before) == brought
    assert codes(before) <= codes(after)


def test_what_counts_from_a_filing_is_due_from_it() -> None:
    before = opened()
    after = follow(before, before.with_moment(Moment(FILED, NOW, "@a:b", NOW)))
    task = after.by_code("TST-IT-06")
    assert task is not None
    assert task.due == NOW + timedelta(days=2)
    assert task.number == len(before.tasks) + 1


def test_an_answer_that_changes_again_brings_the_same_task_back() -> None:
    before = opened()
    with_it = follow(before, answered(before, "theft", Answer.YES))
    without = follow(with_it, answered(with_it, "theft", Answer.NO))
    gone = without.by_code("TST-IT-02")
    assert gone is not None
    assert (gone.status, gone.aside) == (TaskStatus.SKIPPED, "theft=no")
    again = follow(without, answered(without, "theft", Answer.YES)).by_code("TST-IT-02")
    assert again is not None
    assert (again.number, again.status, again.aside) == (gone.number, TaskStatus.OPEN, None)


def test_what_is_done_stays_done_and_is_named() -> None:
    before = opened()
    done = before.with_tasks([replace(before.tasks[2], status=TaskStatus.DONE, done_at=NOW)])
    after = answered(done, "malicious", Answer.NO)
    assert not checklist.following(done, after, NOW)
    assert [task.code for task in checklist.kept(done, after)] == ["TST-IT-03"]
