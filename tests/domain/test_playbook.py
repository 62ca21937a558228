"""A playbook is frozen: its order, what a kind of organisation sees of it, its snapshot and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import pytest
import rfc8785

from bot.domain.playbook import (
    Condition,
    Playbook,
    Source,
    TaskTemplate,
    Text,
    Wording,
    from_snapshot,
    in_order,
    snapshot,
)
from bot.domain.roles import Phase, Role, Track

MARK = Source("RGPD, art. 33", "law", "2026-11-21")
HOUR = timedelta(hours=1)


def task(task_id: str, track: Track, delay: timedelta | None, **more: object) -> TaskTemplate:
    plain = TaskTemplate(
        id=task_id,
        track=track,
        phase=Phase.ALERT,
        role=Role.CISO,
        title=Text("Couper le lien", "Cut the link"),
        why=Text("Le lien propage.", "The link spreads it."),
        delay=delay,
        source=MARK,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


FULL = task(
    "TST-IT-02",
    Track.IT,
    2 * HOUR,
    anchor="breach",
    repeat=8 * HOUR,
    how=Text("Dans l’ordre.", "In order."),
    evidence=Text("Heure", "Time"),
    depends_on=("TST-IT-01", "TST-SOI-01"),
    blocked_by=("TST-IT-01",),
    critical=True,
    deadlines=("cnil",),
    templates=("cnil",),
    no_link=Text("Sans objet.", "Not needed."),
    kinds=("hospital", "company"),
    condition=Condition("personal_data", "no"),
    wordings=(("company", Wording(title=Text("Couper l’usine", "Cut the plant"))),),
)
PLAYBOOK = Playbook(
    id="essai",
    code="TST",
    name=Text("essai", "trial"),
    title=Text("Essai", "Trial"),
    description=Text("Pour voir.", "To see."),
    tasks=(
        task("TST-IT-01", Track.IT, HOUR),
        FULL,
        task("TST-SOI-01", Track.CARE, HOUR, kinds=("hospital",), role=Role.CARE_DIRECTOR),
    ),
    aliases=("test",),
    words=("panne",),
    doctrine=Text("On ne paie pas.", "We do not pay."),
    kinds=("hospital", "company"),
)


def test_a_text_answers_in_each_language_and_in_french_by_default() -> None:
    text = Text("soins", "care")
    assert (text.get("fr"), text.get("en"), text.get("de")) == ("soins", "care", "soins")


def test_a_snapshot_goes_through_json_and_comes_back_equal() -> None:
    there = json.dumps(snapshot(PLAYBOOK))
    back = from_snapshot(json.loads(there))
    assert back == PLAYBOOK
    assert back.sha256 == PLAYBOOK.sha256


def test_the_fingerprint_is_that_of_the_canonical_json() -> None:
    assert PLAYBOOK.sha256 == hashlib.sha256(rfc8785.dumps(snapshot(PLAYBOOK))).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAYBOOK, title=Text("Essai ", "Trial")),
        replace(PLAYBOOK, doctrine=None),
        replace(PLAYBOOK, tasks=PLAYBOOK.tasks[:2]),
        replace(PLAYBOOK, tasks=(*PLAYBOOK.tasks[:2], replace(PLAYBOOK.tasks[2], delay=2 * HOUR))),
        replace(PLAYBOOK, tasks=(PLAYBOOK.tasks[0], replace(FULL, blocked_by=()), PLAYBOOK.tasks[2])),
    ],
)
def test_any_change_changes_the_fingerprint(changed: Playbook) -> None:
    assert changed.sha256 != PLAYBOOK.sha256


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="tocsin-playbook/1"):
        from_snapshot({**snapshot(PLAYBOOK), "format": "tocsin-playbook/9"})


def test_it_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        PLAYBOOK.title = Text("a", "b")  # type: ignore[misc]


def test_a_kind_sees_its_own_tasks_in_its_own_words() -> None:
    company = PLAYBOOK.tasks_for("company")
    assert [one.id for one in company] == ["TST-IT-01", "TST-IT-02"]
    assert company[1].title.fr == "Couper l’usine"
    assert company[1].why == FULL.why, "what the wording does not say is kept"
    hospital = PLAYBOOK.tasks_for("hospital")
    assert {one.id for one in hospital} == {"TST-IT-01", "TST-IT-02", "TST-SOI-01"}
    assert hospital[1].title.fr == "Couper le lien"


def test_a_dependency_that_this_kind_does_not_have_is_dropped() -> None:
    assert PLAYBOOK.tasks_for("company")[1].depends_on == ("TST-IT-01",)
    assert PLAYBOOK.tasks_for("hospital")[1].depends_on == ("TST-IT-01", "TST-SOI-01")
    assert PLAYBOOK.tasks_for("company")[1].blocked_by == ("TST-IT-01",)


def test_order_is_track_then_time_then_id_and_what_is_undated_follows() -> None:
    tasks = [
        task("TST-SOI-01", Track.CARE, HOUR),
        task("TST-IT-05", Track.IT, HOUR, anchor="ended"),
        task("TST-IT-04", Track.IT, None, phase=Phase.RECOVERY),
        task("TST-IT-03", Track.IT, None, phase=Phase.RETURN),
        task("TST-IT-02", Track.IT, HOUR),
        task("TST-IT-01", Track.IT, HOUR),
        task("TST-IT-06", Track.IT, 2 * HOUR),
        task("TST-IT-07", Track.IT, timedelta(minutes=5)),
    ]
    assert [one.id for one in in_order(tasks)] == [
        "TST-IT-07",
        "TST-IT-01",
        "TST-IT-02",
        "TST-IT-06",
        "TST-IT-04",
        "TST-IT-03",
        "TST-IT-05",
        "TST-SOI-01",
    ]


def test_roles_and_tasks_are_found() -> None:
    assert PLAYBOOK.roles == (Role.CISO, Role.CARE_DIRECTOR)
    assert PLAYBOOK.task("TST-IT-02") == FULL
    assert PLAYBOOK.task("TST-IT-99") is None
