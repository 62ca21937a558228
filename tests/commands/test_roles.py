"""Who may do what: the manual's table, written out, against every role.

One member holds each role, so that no role falls back on another; each is asked whether they may give each command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.call import Call, ClockName
from bot.commands.help import help_
from bot.commands.permission import check, may_second
from bot.commands.scene import Scene
from bot.commands.spec import Place, Spec
from bot.commands.table import BY_NAME, TABLE
from bot.commands.tasks import undo
from bot.domain.cell import Cell
from bot.domain.effects import Reply
from bot.domain.incident import Member, Undoable
from bot.domain.language import Language
from bot.domain.outcome import Refusal
from bot.domain.roles import Role, Track
from bot.domain.roster import Person, Roster
from bot.reading import read
from bot.turn import Records
from tests.commands.cast import START, matrix_id
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN, catalogue
from tests.reading.cast import context

R = Role
EVERYONE = frozenset(Role)
WORKERS = EVERYONE - {R.OBSERVER}
STEERING = frozenset({R.COORDINATOR, R.DIRECTOR})

# The column "who" of the manual's table, for the commands that are there.
WHO: dict[str, frozenset[Role]] = {
    "incident": WORKERS,
    "scenarios": EVERYONE,
    "help": EVERYONE,
    "status": EVERYONE,
    "team": EVERYONE,
    "role": STEERING,
    "tasks": EVERYONE,
    "mine": EVERYONE,
    "note": WORKERS,
    "log": EVERYONE,
    "undo": EVERYONE,
    "export": frozenset({R.DIRECTOR, R.LEGAL, R.SCRIBE}),
    "close": frozenset({R.DIRECTOR}),
    "lang": EVERYONE,
    "calendar": EVERYONE,
    "read_notice": EVERYONE,
    "question": WORKERS,
    "questions": EVERYONE,
    "dossier": EVERYONE,
    "compliance": EVERYONE,
    "lawyer": frozenset({R.DIRECTOR, R.LEGAL}),
    "archive": frozenset({R.DIRECTOR}),
    "reactivate": frozenset({R.DIRECTOR}),
    "stop": EVERYONE,
    "mobilise": STEERING,
    "reload": STEERING,
    "join": WORKERS,
    "vouch": WORKERS,
    "compromised": frozenset({R.DIRECTOR, R.COORDINATOR, R.CISO}),
    "handover": WORKERS,
    "relieve": WORKERS,
    "rest": WORKERS,
    "directory": EVERYONE,
    "warned": WORKERS,
    "partners": EVERYONE,
}
TASK_VERBS = ("take", "done", "block", "reopen", "assign")
LEADS = {
    Track.IT: {R.CIO, R.CISO},
    Track.LEGAL: {R.LEGAL, R.DPO},
    Track.COMMUNICATION: {R.COMMUNICATION},
    Track.MANAGEMENT: {R.COORDINATOR},
    Track.CARE: {R.CARE_DIRECTOR, R.MEDICAL_LEAD},
}
SECOND = {R.COORDINATOR, R.LEGAL, R.CISO}
PEOPLE = Roster(tuple(Person(f"Agent {role.value}", matrix_id(role.value), (role,)) for role in Role))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """A cell in which one person holds each role."""
    talk = talk_in_crisis(
        "karim", url=OF_ITS_OWN
    )  # its session stays open: no other conversation may have its database
    cell: Cell = replace(
        talk.cell,
        members={p.matrix_id: Member(p.matrix_id, p.name, p.roles, called_at=START, joined_at=START) for p in PEOPLE},
    )
    with talk.db.reading() as session:
        yield Scene(
            now=START,
            sender="",
            language="fr",
            place=Place.CELL,
            room_id="!cell",
            event_id="$e",
            organisation=talk.tools.organisation,
            roster=PEOPLE,
            playbooks=talk.tools.library,
            records=Records(session, talk.tools.zone, talk.tools.bot_id),
            cell=cell,
        )


def may(scene: Scene, role: Role, call: Call) -> bool:
    try:
        check(replace(scene, sender=matrix_id(role.value)), call)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("command", WHO)
def test_each_command_is_open_to_exactly_the_roles_of_the_manual(scene: Scene, command: str) -> None:
    allowed = {role for role in Role if may(scene, role, Call(BY_NAME[command]))}
    assert allowed == WHO[command]


@pytest.mark.parametrize("verb", TASK_VERBS)
def test_a_task_is_its_roles_its_tracks_leads_and_those_who_steer(scene: Scene, verb: str) -> None:
    for task in scene.here.in_order:
        allowed = {role for role in Role if may(scene, role, Call(BY_NAME[verb], {"tasks": (task.number,)}))}
        assert allowed == STEERING | LEADS[task.track] | {task.role}, task.id


@pytest.mark.parametrize("verb", TASK_VERBS)
def test_a_task_that_was_given_to_somebody_is_theirs_too(scene: Scene, verb: str) -> None:
    task = next(t for t in scene.here.in_order if t.role is R.CISO)
    given = scene.here.with_tasks([replace(task, owner=matrix_id("pharmacy"))])
    call = Call(BY_NAME[verb], {"tasks": (task.number,)})
    assert may(replace(scene, cell=given), R.PHARMACY, call)
    assert not may(replace(scene, cell=given), R.LABORATORY, call)


def test_several_tasks_are_refused_as_soon_as_one_is_not_ones_own(scene: Scene) -> None:
    mine = next(t.number for t in scene.here.in_order if t.role is R.PHARMACY)
    other = next(t.number for t in scene.here.in_order if t.role is R.LABORATORY)
    assert may(scene, R.PHARMACY, Call(BY_NAME["done"], {"tasks": (mine,)}))
    assert not may(scene, R.PHARMACY, Call(BY_NAME["done"], {"tasks": (mine, other)}))


def test_scribe_and_coordinator_type_for_others_with_those_peoples_rights(scene: Scene) -> None:
    task = next(t for t in scene.here.in_order if t.role is R.PHARMACY)
    for actor in Role:
        person = PEOPLE.by_id(matrix_id(actor.value))
        call = Call(BY_NAME["done"], {"tasks": (task.number,)}, actor=person)
        theirs = actor in STEERING | LEADS[task.track] | {task.role}
        assert may(scene, R.SCRIBE, call) is theirs
        assert may(scene, R.COORDINATOR, call)
        assert not may(scene, R.LABORATORY, call)


def test_a_role_that_nobody_holds_falls_to_its_stand_in(scene: Scene) -> None:
    task = next(t for t in scene.here.in_order if t.role is R.PHARMACY)
    call = Call(BY_NAME["done"], {"tasks": (task.number,)})
    without = {user: m for user, m in scene.here.members.items() if R.PHARMACY not in m.roles}
    assert may(replace(scene, cell=replace(scene.here, members=without)), R.CARE_DIRECTOR, call)
    assert not may(replace(scene, cell=replace(scene.here, members=without)), R.LABORATORY, call)


def test_the_second_person_holds_the_role_and_is_never_the_first(scene: Scene) -> None:
    director = replace(scene, sender=matrix_id("director"))
    assert set(may_second(director, Call(BY_NAME["close"]))) == {matrix_id(role.value) for role in SECOND}
    both = Member(matrix_id("director"), "Claire", (R.DIRECTOR, R.CISO), called_at=START)
    cell = scene.here.with_member(both)
    assert matrix_id("director") not in may_second(replace(director, cell=cell), Call(BY_NAME["close"]))


def test_who_has_left_or_was_never_called_may_do_nothing(scene: Scene) -> None:
    gone = replace(scene.here.members[matrix_id("director")], left_at=START + timedelta(minutes=1))
    without = {user: m for user, m in scene.here.members.items() if R.CIO not in m.roles}
    for cell, role in ((scene.here.with_member(gone), R.DIRECTOR), (replace(scene.here, members=without), R.CIO)):
        for command in ("close", "role", "export"):
            assert not may(replace(scene, cell=cell), role, Call(BY_NAME[command]))


def test_where_a_command_may_be_typed(scene: Scene) -> None:
    alert = replace(scene, place=Place.ALERT)
    everywhere = {"incident", "scenarios", "help", "lang", "directory", "reload", "join", "stop"}
    assert {name for name in WHO if may(alert, R.DIRECTOR, Call(BY_NAME[name]))} == everywhere


def test_undo_belongs_to_whoever_acted(scene: Scene) -> None:
    """Anyone may ask; what is undone is the sender's own last action."""
    task = scene.here.in_order[0]
    cell = scene.here.with_undo(Undoable(matrix_id("ciso"), START, "take", tasks=(task,)))
    with pytest.raises(Refusal):
        undo(replace(scene, cell=cell, sender=matrix_id("cio")), Call(BY_NAME["undo"]))
    assert undo(replace(scene, cell=cell, sender=matrix_id("ciso")), Call(BY_NAME["undo"])).cell is not None


def refused(scene: Scene, call: Call) -> str | None:
    """By what words it is refused, None where it is not."""
    try:
        check(scene, call)
    except Refusal as refusal:
        return refusal.template
    return None


READING = frozenset(spec.name for spec in TABLE if spec.who.observers and not spec.dangerous)
UNSURE = READING | {
    "note",
    "here",
    "rest",
    "undo",
    "ack",
    "read_notice",
    "join",
    "incident",
    "raise",
    "take",
    "done",
    "block",
}


@pytest.mark.parametrize("spec", [s for s in TABLE if not s.who.asked], ids=lambda spec: spec.name)
def test_who_is_not_vouched_for_reads_notes_and_does_their_tasks(scene: Scene, spec: Spec) -> None:
    """Even somebody who holds every role: by none of them may they do more."""
    everything = Member(matrix_id("director"), "Agent director", tuple(Role), called_at=START, joined_at=START)
    unsure = replace(scene, vouching=True, cell=scene.here.with_member(everything), sender=matrix_id("director"))
    why = refused(unsure, Call(spec))
    assert why in (None, "vouching.not_yet", "refusals.wrong_room")
    assert (why is None) == (spec.name in UNSURE | {"reopen", "snooze"}), why
    sure = replace(everything, vouched_at=START, vouched_by="roster")
    check(replace(unsure, cell=scene.here.with_member(sure)), Call(spec))


def test_where_nobody_coordinates_who_stands_in_does(scene: Scene) -> None:
    without = {user: m for user, m in scene.here.members.items() if R.COORDINATOR not in m.roles}
    alone = replace(scene, cell=replace(scene.here, members=without))
    assert may(alone, R.DUTY_MANAGER, Call(BY_NAME["mobilise"]))
    assert not may(alone, R.CISO, Call(BY_NAME["mobilise"]))
    assert not may(scene, R.DUTY_MANAGER, Call(BY_NAME["mobilise"]))
    assert not may(alone, R.DUTY_MANAGER, Call(BY_NAME["close"]))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_help_is_at_most_six_things_that_this_role_may_do_now(scene: Scene, role: Role, language: Language) -> None:
    here = replace(scene, sender=matrix_id(role.value), language=language)
    (reply,) = help_(here, Call(BY_NAME["help"])).effects
    assert isinstance(reply, Reply)
    shown = reply.values["specs"]
    assert 1 <= len(shown) <= 6
    for spec, example in shown:
        found = read(example, context=context(language))
        assert isinstance(found, Call), example
        assert found.spec is spec
        assert found.numbers() == () or may(here, role, found) or spec.name == "assign"
    message = catalogue().render("help.six", language, {**reply.values, "cell": here.cell})
    assert len(message.body.splitlines()) <= 8


@pytest.mark.parametrize(
    ("name", "told", "deputy"),
    [
        ("take_clock", True, False),
        ("filed", False, True),
        ("receipt", False, True),
        ("waive", False, False),
        ("reopen_clock", False, False),
    ],
)
def test_who_was_rung_may_take_a_clock_who_stands_in_may_file_it_and_neither_sets_it_aside(
    name: str, told: bool, deputy: bool
) -> None:
    talk = Talk(clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin", "soline", "pdurand")
    cell = talk.cell
    clock = next(each for each in cell.clocks.values() if each.names.fr == "assureur")
    call = Call(BY_NAME[name], {"clock": ClockName(clock.rule, clock.party)})
    held = replace(clock, owner=matrix_id("pmartin"), ring=replace(clock.ring, told=(matrix_id("soline"),)))
    owner = replace(cell.members[matrix_id("pmartin")], deputies=(matrix_id("pdurand"),))
    cell = replace(cell, clocks={**cell.clocks, clock.id: held}).with_member(owner)
    with talk.db.reading() as session:
        scene = Scene(
            now=START,
            sender="",
            language="fr",
            place=Place.CELL,
            room_id="!cell",
            event_id="$e",
            organisation=talk.tools.organisation,
            roster=talk.tools.roster,
            playbooks=talk.tools.library,
            records=Records(session, talk.tools.zone, talk.tools.bot_id),
            cell=cell,
        )

        def allowed(who: str) -> bool:
            try:
                check(replace(scene, sender=matrix_id(who)), call)
            except Refusal:
                return False
            return True

        assert [allowed(who) for who in ("pmartin", "claire", "soline", "pdurand")] == [True, True, told, deputy]
