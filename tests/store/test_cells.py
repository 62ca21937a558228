"""The state of an incident: what is loaded equals what was saved."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.domain import incident as values
from bot.domain.apart import Guest, TrackRoom
from bot.domain.care import Measure, MeasureKind, Service, ServiceState
from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus, MomentChange, Ring, WaiveReason
from bot.domain.conduct import Entrance, LawyerRoom, Opinion, Stance
from bot.domain.deadline_rules import Class, NudgePlan
from bot.domain.directory import Warned
from bot.domain.drafts import Approval, Aside, Day, Draft, Objection, Release, ReleaseMode, Step, Version
from bot.domain.enquiries import Asker, Enquiry
from bot.domain.incident import (
    Board,
    Incident,
    IncidentStatus,
    Member,
    Moment,
    Pending,
    Task,
    TaskStatus,
    Undoable,
)
from bot.domain.playbook import Text
from bot.domain.qualifying import Answer, Answered
from bot.domain.registers import Decision, Evidence, Fact, FactStatus, Handed, Keeping, PhoneCall, Point, RollCall
from bot.domain.roles import Phase, Role, Track
from bot.domain.screening import Finding, Watched
from bot.store import (
    answer_tables,
    apart_tables,
    care_tables,
    cells,
    clock_tables,
    conduct_tables,
    draft_tables,
    enquiry_tables,
    incident_tables,
    register_tables,
    rooms,
)
from bot.store.db import Database
from bot.store.rooms import Room

NOW = datetime(2026, 3, 14, 13, 5, 0, 123456, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def incident(number: int = 1, **changes: Any) -> Incident:
    name = f"{'EXE' if changes.get('drill') else 'INC'}-2026-{number:03d}"
    made = Incident(
        id=name, year=2026, number=number, drill=False, scenario="rancongiciel", title="Rançongiciel",
        status=IncidentStatus.OPEN, phase=Phase.ALERT, severity=4, opened_at=NOW, opened_by="@a:x",
        organisation="CH de Val-Fleuri", kind="hospital", timezone="Europe/Paris", language="fr",
        room_key=f"cell:{name}", playbook={"tasks": [{"é": 1, "x": None}]}, playbook_sha256="00",
    )  # fmt: skip
    return replace(made, **changes)


def task(number: int, **changes: Any) -> Task:
    made = Task(number, f"SOC-{number}", Track.IT, Phase.ALERT, Role.CISO, Text("Isoler", "Isolate"), NOW)
    return replace(made, **changes)


def member(name: str, **changes: Any) -> Member:
    return replace(Member(f"@{name}:x", name, (Role.CISO,), NOW), **changes)


FULL_TASK = task(
    2, why=Text("a", "b"), how=Text("c", "d"), evidence=Text("e", "f"), critical=True, due=NOW + timedelta(hours=1),
    depends_on=("SOC-1",), status=TaskStatus.DONE, owner="@a:x", done_at=NOW, done_by="@b:x", reason="r", note="n",
    put_off=True, rounds=2, rung=3, rung_at=NOW, proofs=(1, 4), aside="theft=no",
    passed=({"code": "SOC-1", "by": "@a:x", "second": "@b:x", "reason": "soins", "at": NOW.isoformat()},),
)  # fmt: skip
FULL_MEMBER = member(
    "zoe", roles=(Role.DPO, Role.LEGAL), joined_at=NOW, left_at=NOW, outsider=True, deputies=("@b:x",), here_at=NOW,
    resting_since=NOW, vouched_by="@a:x", vouched_at=NOW, suspended_at=NOW, stands_for="@c:x", climbed_at=NOW,
)  # fmt: skip

FULL_SERVICE = Service(
    "theatre", "Bloc opératoire", True, ServiceState.STOPPED, NOW, "@a:x", NOW, "plus d’anesthésie",
)  # fmt: skip
FULL_MEASURE = Measure(2, MeasureKind.NEED, "deux brancardiers", "@a:x", NOW, NOW, "@b:x", True)

FULL_CLOCK = Clock(
    rule="EU-GDPR-33-SA", names=Text("cnil", "cnil"), title=Text("Notifier", "Notify"), visible=Class.LAW,
    owner_role=Role.DIRECTOR, moment="breach", started_at=NOW, party="nord", status=ClockStatus.WAIVED,
    legal_status="in_force", without_figure=True, authority=Text("a", "b"), reference_text=Text("c", "d"), waivable=False,
    data_protection=True, rests_on=("personal_data",), prudent_from=NOW, prudent_due=NOW, official_from=NOW,
    official_due=NOW, owner="@a:x", filed_at=NOW, filed_by="@b:x", reached="le commissariat", reference="PV 12",
    closed_at=NOW, late_reason="r", waived_by=("@a:x", "@b:x"), waived_at=NOW, waive_reason=WaiveReason.OTHER_PARTY,
    waive_text="t", answers={"personal_data": "no"}, contract_minutes=60, rounds=2,
    ring=Ring("-1h", NOW, 1, NOW, ("@a:x",), ("@b:x",), True), next_at=NOW,
    plan=NudgePlan(elapsed=(50,), before=()),
)  # fmt: skip

FULL_DRAFT = Draft(
    number=2, template="TPL-05", title=Text("Déclaration", "Statement"), language="en", leaves=True,
    route=(Step(Role.LEGAL), Step(Role.DIRECTOR, 3)), created_at=NOW,
    versions=(
        Version(1, "un", "aa", "@a:x", NOW),
        Version(2, "deux", "bb", "@b:x", NOW, (1, 3), ("authorities",), NOW, "cc", (Watched(Finding.SUPPLIER, 0, 4),), (NOW,),
            (Day("began", NOW.date()), Day("ended", NOW.date()))),
    ),
    approvals=(Approval(1, Role.LEGAL, Role.DPO, "@c:x", NOW, False), Approval(2, Role.LEGAL, Role.LEGAL, "@d:x", NOW)),
    objections=(Objection(1, "@e:x", NOW), Objection(2, "@e:x", NOW, "trop tôt")),
    releases=(
        Release(2, "bb", "site", "@a:x", NOW, ReleaseMode.BY_HAND, NOW, "@b:x", "erreur"),
        Release(2, "bb", None, "@a:x", NOW),
    ),
    approved_at=NOW, corrects=1, urgent=True, audience="public", channel="Site de secours",
    asides=(Aside(Finding.SUPPLIER, "dd", "accord du juridique", "@a:x", NOW),),
)  # fmt: skip

FULL_ENQUIRY = Enquiry(
    2, "Ouest-France", "que s’est-il passé ?", Asker.PRESS, "@a:x", NOW, "@b:x", "rien de plus", "@b:x", NOW, True
)
FULL_FACT = Fact(
    2, "Le PACS répond", "@a:x", NOW, FactStatus.REFUTED, True, "le prestataire", "@b:x", NOW, "essai raté", 1, True
)
FULL_DECISION = Decision(
    3, "couper internet", "@a:x", "@b:x", NOW, "le chiffrement avance", "couper le VPN", NOW, NOW, NOW, True
)
FULL_EVIDENCE = Evidence(
    4, "photo de l’écran", "@a:x", NOW, "$file", "ecran.png", 3, "image/png", "ab", Keeping.KEPT, "r", "files/x",
    (Handed(NOW, "@a:x", "Gendarmerie", "@b:x", "sous scellé"), Handed(NOW, "Gendarmerie", "@a:x", "@a:x")),
    False, "@c:x", NOW, "charte signée", "coffre 2", True,
)  # fmt: skip
FULL_CALL = PhoneCall(1, "CERT", "rappel à 15 h", "@a:x", NOW, True)
FULL_ROLL_CALL = RollCall(1, NOW, "@a:x", ("@a:x", "@b:x"), {"@b:x": NOW})
FULL_POINT = Point(1, NOW, "@a:x", NOW + timedelta(hours=4), "@b:x", NOW, ((7, "rouvrir le bloc"),))
FULL_GUEST = Guest(
    1, 2, "@ri:x", "RI Dupont", "@a:x", "@b:x", NOW, NOW + timedelta(hours=24), ("@a:x",), NOW, NOW, "@b:x"
)  # fmt: skip
REGISTERS = (FULL_FACT, FULL_DECISION, FULL_EVIDENCE, FULL_CALL)


def full_cell() -> Cell:
    cell = Cell(
        incident(closed_at=NOW, closed_by="@a:x", close_reason="levée", rung="full", left_out=("@b:x",), rooms="tracks")
    )
    cell = cell.with_track(TrackRoom(Track.IT, ("@a:x", "@b:x"))).with_guests([FULL_GUEST])
    cell = cell.with_warned([Warned("Clinique", NOW, "@a:x", "par fax")])
    cell = cell.with_tasks([task(1), FULL_TASK, task(10, code=None)])
    cell = cell.with_service(FULL_SERVICE).with_measure(FULL_MEASURE)
    cell = cell.with_member(FULL_MEMBER).with_member(member("alice")).with_member(member("bob"))
    cell = cell.with_moment(Moment("opened", NOW, "@a:x", NOW)).with_moment(Moment("observed", NOW, None, NOW, "vu"))
    cell = cell.with_board(Board("card", 2, "abc"))
    cell = cell.with_clocks([FULL_CLOCK, replace(FULL_CLOCK, rule="E1", moment="typed", party="organisation")])
    cell = cell.with_draft(FULL_DRAFT).with_enquiry(FULL_ENQUIRY)
    cell = cell.with_entries([*REGISTERS, FULL_ROLL_CALL, FULL_POINT, Fact(5, "vu", "@a:x", NOW)])
    cell = cell.with_change(Moment("breach", NOW, "@a:x", NOW, "constat"), typed_by="@b:x")
    cell = cell.with_answer(Answered("malicious", Answer.YES, "@a:x", NOW))
    cell = cell.with_entrances([Entrance("@a:x", NOW, NOW), Entrance("@b:x", NOW)])
    cell = cell.with_lawyers(LawyerRoom(1, "Salon", "@a:x", NOW, ("@a:x", "@b:x"), ("@a:x",), ("@b:x",), NOW))
    cell = cell.with_opinion(Opinion(1, "EU-GDPR-33-SA", Stance.RESERVED, "trop tôt", "@a:x", NOW))
    tasks, was = (FULL_TASK, task(1)), {"severity": 2, "answer:malicious": None}
    return cell.with_undo(Undoable("@a:x", NOW, "fait", tasks, (FULL_MEMBER,), "$note", (FULL_CLOCK,), REGISTERS, was))


def stored(db: Database, cell: Cell, before: Cell | None = None) -> Cell | None:
    with db.transaction() as session:
        cells.save(session, before, cell)
    with db.transaction() as session:
        return cells.load(session, cell.incident.id)


def test_there_and_back(db: Database) -> None:
    cell = full_cell()
    loaded = stored(db, cell)
    assert loaded == cell
    assert loaded is not None
    assert list(loaded.members) == ["@zoe:x", "@alice:x", "@bob:x"]


def test_an_unknown_incident_is_none(db: Database) -> None:
    with db.transaction() as session:
        assert cells.load(session, "INC-2026-404") is None


@pytest.mark.parametrize(
    ("value", "table"),
    [
        (Incident, incident_tables.IncidentRow),
        (Task, incident_tables.TaskRow),
        (Member, incident_tables.MemberRow),
        (Moment, incident_tables.MomentRow),
        (Board, incident_tables.BoardRow),
        (Undoable, incident_tables.UndoRow),
        (Pending, incident_tables.PendingRow),
        (Clock, clock_tables.ClockRow),
        (MomentChange, clock_tables.MomentChangeRow),
        (Version, draft_tables.DraftVersionRow),
        (Enquiry, enquiry_tables.EnquiryRow),
        (Fact, register_tables.FactRow),
        (Decision, register_tables.DecisionRow),
        (Evidence, register_tables.EvidenceRow),
        (PhoneCall, register_tables.PhoneCallRow),
        (RollCall, register_tables.RollCallRow),
        (Point, register_tables.PointRow),
        (Answered, answer_tables.AnswerRow),
        (Entrance, conduct_tables.EntranceRow),
        (LawyerRoom, conduct_tables.LawyerRoomRow),
        (Opinion, conduct_tables.OpinionRow),
        (Service, care_tables.ServiceRow),
        (Measure, care_tables.MeasureRow),
        (TrackRoom, apart_tables.TrackRoomRow),
        (Guest, apart_tables.GuestRow),
    ],
)
def test_every_field_has_its_column(value: type[Any], table: type[Any]) -> None:
    assert {field.name for field in fields(value)} <= set(table.model_fields)


def test_the_full_examples_leave_no_field_at_its_default() -> None:
    for example in (
        FULL_TASK,
        FULL_MEMBER,
        FULL_CLOCK,
        FULL_DRAFT,
        FULL_ENQUIRY,
        *REGISTERS,
        FULL_ROLL_CALL,
        FULL_POINT,
        FULL_SERVICE,
        FULL_MEASURE,
        FULL_GUEST,
    ):
        for field in fields(example):
            assert field.default is MISSING or getattr(example, field.name) != field.default, field.name
    assert values.Undoable.__dataclass_fields__.keys() == {
        "author", "at", "verb", "tasks", "members", "note", "clocks", "entries", "was",
    }  # fmt: skip


def test_only_what_differs_is_written(db: Database) -> None:
    before = full_cell()
    stored(db, before)
    written: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            written.append(" ".join(statement.split()[:2]))

    after = before.with_tasks([replace(before.tasks[1], status=TaskStatus.TAKEN, owner="@b:x")])
    after = after.without_undo("@a:x").with_member(member("carla"))
    with db.transaction() as session:
        event.listen(session.get_bind(), "before_cursor_execute", note)
        cells.save(session, before, after)
    assert sorted(w for w in written if w.split()[0] in ("UPDATE", "INSERT", "DELETE")) == [
        "DELETE FROM", "INSERT INTO", "UPDATE task",
    ]  # fmt: skip
    with db.transaction() as session:
        assert cells.load(session, "INC-2026-001") == after


def test_what_is_kept_after_a_change_is_what_another_reads(db: Database) -> None:
    stored(db, full_cell())
    with db.transaction() as session:
        before = cells.load(session, "INC-2026-001")
        assert before is not None
        after = before.with_tasks([replace(before.tasks[2], note="\ud800 vu", due=NOW.astimezone(PARIS)), task(11)])
        after = after.with_member(replace(before.members["@bob:x"], name="B\0b")).without_undo("@a:x")
        after = after.with_draft(replace(before.drafts[2], corrects=None)).with_board(Board("card", 3, "abd"))
        after = replace(after, incident=replace(after.incident, severity=2, title="repr\ud800is"))
        cells.save(session, before, after)
        kept = cells.load(session, "INC-2026-001")
        assert kept is cells.load(session, "INC-2026-001")
        cells.forget(session)
        session.expire_all()
        assert cells.load(session, "INC-2026-001") == kept
        assert kept is not None
        assert (kept.tasks[2].note, kept.incident.title, kept.members["@bob:x"].name) == (
            "\ufffd vu",
            "repr\ufffdis",
            "B\ufffdb",
        )
        assert list(kept.members) == ["@zoe:x", "@alice:x", "@bob:x"]
        assert kept.tasks.keys() == {1, 2, 10, 11}
        assert kept.facts is before.facts


instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
tasks = st.builds(
    Task,
    number=st.integers(1, 9),
    code=st.none() | words,
    track=st.sampled_from(Track),
    phase=st.sampled_from(Phase),
    role=st.sampled_from(Role),
    title=st.builds(Text, words, words),
    opened_at=instants,
    why=st.none() | st.builds(Text, words, words),
    due=st.none() | instants,
    depends_on=st.lists(words, max_size=3).map(tuple),
    status=st.sampled_from(TaskStatus),
    note=st.none() | words,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(tasks, max_size=4), second=st.lists(tasks, max_size=4))
def test_any_change_is_kept(memory: Database, first: list[Task], second: list[Task]) -> None:
    before = Cell(incident()).with_tasks(first)
    undo = Undoable("@a:x", NOW, "fait", tuple(first))
    after = before.with_tasks(second).with_undo(undo)
    with memory.transaction() as session:
        cells.save(session, None, before)
        cells.save(session, before, after)
        session.expire_all()
        loaded = cells.load(session, before.incident.id)
        assert loaded == after
        session.rollback()


@pytest.fixture
def memory() -> Any:
    database = Database("sqlite://")
    database.migrate()
    yield database
    database.close()


def test_whose_incidents(db: Database) -> None:
    here, left = member("bob", joined_at=NOW), member("bob", left_at=NOW)
    with db.transaction() as session:
        for number, status, who in (
            (1, IncidentStatus.ARCHIVED, here), (2, IncidentStatus.CLOSED, here), (3, IncidentStatus.OPEN, left),
            (4, IncidentStatus.OPEN, member("bob")), (5, IncidentStatus.OPEN, member("alice")),
        ):  # fmt: skip
            opened = NOW - timedelta(days=number)
            cells.save(session, None, Cell(incident(number, status=status, opened_at=opened)).with_member(who))
        assert cells.open_for(session, "@bob:x") == ["INC-2026-004", "INC-2026-002"]
        assert cells.all_open(session) == [f"INC-2026-00{n}" for n in (5, 4, 3, 2)]
        rooms.put(session, Room("cell:INC-2026-004", "!r:x", "cell", "INC-2026-004", None, True, False))
        assert cells.by_room(session, "!r:x") == "INC-2026-004"
        assert cells.by_room(session, "!other:x") is None


def test_numbers_follow_by_year_and_drills_have_their_own(db: Database) -> None:
    with db.transaction() as session:
        assert cells.next_number(session, 2026, drill=False) == 1
        cells.save(session, None, Cell(incident(7)))
        cells.save(session, None, Cell(incident(2, drill=True)))
        assert cells.next_number(session, 2026, drill=False) == 8
        assert cells.next_number(session, 2026, drill=True) == 3
        assert cells.next_number(session, 2027, drill=False) == 1


def test_questions_wait_and_are_settled_once(db: Database) -> None:
    question = Pending(
        None, "INC-2026-001", "second", "@a:x", ("@b:x", "@c:x"), {"command": "cloture", "args": ["é"]}, "4812",
        "!r:x", "ask:1", NOW, NOW + timedelta(minutes=5),
    )  # fmt: skip
    later = NOW + timedelta(minutes=1)
    with db.transaction() as session:
        first = cells.pend(session, question)
        second = cells.pend(session, replace(question, room_id="!dm:x", question_key="ask:2", incident=None, code=None))
        kept = replace(question, id=first)
        assert cells.pendings(session, user="@b:x", now=later, room_id="!r:x") == [kept]
        assert [p.id for p in cells.pendings(session, user="@c:x", now=later)] == [first, second]
        assert cells.pendings(session, user="@a:x", now=later) == []
        assert cells.by_question(session, "ask:1") == kept
        assert cells.by_question(session, "ask:3") is None
        assert cells.expired(session, later) == []
        assert cells.pendings(session, user="@b:x", now=question.expires_at) == []
        assert [p.id for p in cells.expired(session, question.expires_at)] == [first, second]
        assert cells.settle(session, first)
        assert not cells.settle(session, first)
