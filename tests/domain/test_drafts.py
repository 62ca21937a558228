"""Communications: what an approval is bound to, who may give it, how long it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import drafts
from bot.domain.approval import acting, asked, board, boards, can_give, route, settled
from bot.domain.cell import Cell
from bot.domain.drafts import Draft, Step, TextStanding
from bot.domain.incident import Incident, IncidentStatus, Member
from bot.domain.playbook import Text
from bot.domain.roles import Phase, Role

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def member(name: str, *roles: Role) -> Member:
    return Member(f"@{name}:x", name, roles, NOW)


def cell(*members: Member, severity: int | None = 2) -> Cell:
    incident = Incident(
        id="INC-2026-001", year=2026, number=1, drill=False, scenario="rancongiciel", title="t",
        status=IncidentStatus.OPEN, phase=Phase.ALERT, severity=severity, opened_at=NOW, opened_by="@a:x",
        organisation="CH", kind="hospital", timezone="Europe/Paris", language="fr", room_key="cell:INC-2026-001",
        playbook={}, playbook_sha256="",
    )  # fmt: skip
    made = Cell(incident)
    for each in members:
        made = made.with_member(each)
    return made


CREW = (
    member("paul", Role.COMMUNICATION),
    member("karim", Role.CISO),
    member("claire", Role.DIRECTOR),
    member("olivier", Role.COORDINATOR),
    member("anne", Role.LEGAL, Role.DPO),
)
STAFF = (Step(Role.COMMUNICATION), Step(Role.CISO), Step(Role.DIRECTOR, 3))


def draft(author: str = "@nadia:x", route_: tuple[Step, ...] = STAFF, text: str = "Bonjour.") -> Draft:
    version = drafts.write(1, text, author, NOW)
    return Draft(1, "TPL-01", Text("Message", "Message"), "fr", True, route_, NOW, (version,))


def approved(of: Draft, here: Cell, *users: str, at: datetime = LATER) -> Draft:
    for user in users:
        steps = can_give(here, of, user, of.missing(here.incident.severity))
        of = drafts.approve(of, steps, user, at, here.incident.severity, typed=True)
    return of


def test_the_route_grows_with_the_severity() -> None:
    assert draft().needed(None) == draft().needed(2) == (Role.COMMUNICATION, Role.CISO)
    assert draft().needed(3) == (Role.COMMUNICATION, Role.CISO, Role.DIRECTOR)


def test_every_step_is_needed() -> None:
    here = cell(*CREW)
    one = approved(draft(), here, "@paul:x")
    assert one.standing(2, LATER) is TextStanding.WAITING
    assert one.missing(2) == (Role.CISO,)
    both = approved(one, here, "@karim:x")
    assert both.standing(2, LATER) is TextStanding.APPROVED
    assert both.approved_at == LATER
    # The severity rose since: the director's approval is wanted after all.
    assert both.standing(3, LATER) is TextStanding.WAITING
    assert both.missing(3) == (Role.DIRECTOR,)


def test_a_change_voids_every_approval() -> None:
    here = cell(*CREW)
    done = approved(draft(), here, "@paul:x", "@karim:x")
    changed = drafts.edit(done, drafts.write(2, "Bonsoir.", "@nadia:x", LATER))
    assert changed.standing(2, LATER) is TextStanding.WAITING
    assert changed.given() == {}
    assert changed.missing(2) == (Role.COMMUNICATION, Role.CISO)
    assert len(changed.approvals) == 2, "what was approved stays on record"


def test_the_author_is_replaced_by_the_fall_back() -> None:
    here = cell(*CREW)
    role, people = acting(here, Role.COMMUNICATION, "@paul:x")
    assert (role, [m.name for m in people]) == (Role.COORDINATOR, ["olivier"])
    assert can_give(here, draft("@paul:x"), "@paul:x", draft().needed(2)) == []
    assert can_give(here, draft("@paul:x"), "@olivier:x", draft().needed(2)) == [(Role.COMMUNICATION, Role.COORDINATOR)]


def test_nobody_but_the_author_is_nobody() -> None:
    here = cell(member("paul", Role.COMMUNICATION))
    assert acting(here, Role.COMMUNICATION, "@paul:x") == (Role.COMMUNICATION, [])
    assert asked(here, draft("@paul:x")) == ()


def test_who_has_left_approves_nothing() -> None:
    gone = replace(CREW[1], left_at=NOW)
    here = cell(CREW[0], gone, *CREW[2:])
    assert acting(here, Role.CISO, "@nadia:x")[1][0].name == "olivier"


def test_one_person_may_fill_several_steps() -> None:
    here = cell(member("zoe", Role.COMMUNICATION, Role.CISO, Role.DIRECTOR), severity=4)
    done = approved(draft(), here, "@zoe:x")
    assert done.standing(4, LATER) is TextStanding.APPROVED
    assert {a.user for a in done.approvals} == {"@zoe:x"}
    assert len(done.approvals) == 3


def test_an_objection_stops_the_text_until_it_is_taken_back() -> None:
    here = cell(*CREW)
    done = approved(draft(), here, "@paul:x", "@karim:x")
    against = drafts.reject(done, "@karim:x", LATER, "trop tôt")
    assert against.standing(2, LATER) is TextStanding.REJECTED
    assert against.approved_at is None
    assert against.missing(2) == (Role.CISO,), "their own approval goes, the other stays"
    again = approved(against, here, "@karim:x")
    assert again.against() == ()
    assert again.standing(2, LATER) is TextStanding.APPROVED


def test_a_second_reason_takes_the_place_of_the_first() -> None:
    once = drafts.reject(draft(), "@karim:x", NOW, None)
    twice = drafts.reject(once, "@karim:x", LATER, "trop tôt")
    assert [o.reason for o in twice.against()] == ["trop tôt"]


def test_an_approval_holds_a_day() -> None:
    here = cell(*CREW)
    done = approved(draft(), here, "@paul:x", "@karim:x")
    assert done.standing(2, LATER + drafts.VALIDITY) is TextStanding.APPROVED
    late = LATER + drafts.VALIDITY + timedelta(seconds=1)
    assert done.standing(2, late) is TextStanding.STALE
    expired = drafts.expire(done)
    assert expired.standing(2, late) is TextStanding.WAITING
    assert expired.missing(2) == (Role.COMMUNICATION, Role.CISO)
    released = drafts.release(done, "affiche", "@paul:x", LATER)
    assert released.standing(2, late) is TextStanding.RELEASED


def test_a_release_names_the_exact_text() -> None:
    here = cell(*CREW)
    done = drafts.release(approved(draft(), here, "@paul:x", "@karim:x"), None, "@paul:x", LATER)
    said = done.released()
    assert said is not None
    assert (said.version, said.sha256) == (1, drafts.digest("Bonjour."))
    changed = drafts.edit(done, drafts.write(2, "Bonsoir.", "@nadia:x", LATER))
    assert changed.released() is None
    assert changed.standing(2, LATER) is TextStanding.WAITING


def test_the_heading_is_the_beginning_of_the_hash() -> None:
    made = draft(text="Bonjour.")
    assert made.heading == f"C1 v1 · {drafts.digest('Bonjour.')[:8]}"


def test_one_board_follows_a_text_from_version_to_version() -> None:
    made = drafts.edit(draft(), drafts.write(2, "Bonsoir.", "@nadia:x", LATER))
    here = cell(*CREW).with_draft(made)
    assert boards(here) == ["C1"]
    shown = board(here, "C1")
    assert shown is not None
    assert shown.draft.last.number == 2
    assert [line.role for line in shown.lines] == [Role.COMMUNICATION, Role.CISO]
    assert not settled(here, "C1")
    assert settled(here.with_draft(drafts.release(made, None, "@paul:x", LATER)), "C1")
    assert board(here, "card") is None
    assert board(here, "C2") is None


def test_the_route_names_whom_it_waits_for() -> None:
    here = cell(*CREW).with_draft(draft("@paul:x"))
    assert [(line.role, line.held, line.people) for line in route(here, draft("@paul:x"))] == [
        (Role.COMMUNICATION, Role.COORDINATOR, ("@olivier:x",)),
        (Role.CISO, Role.CISO, ("@karim:x",)),
    ]


@pytest.mark.parametrize(
    ("typed", "exact"),
    [
        ("Bonjour.", "Bonjour."),
        ("  Bonjour.  \r\n\r\n\r\n\r\nSuite\t ici  ", "Bonjour.\n\nSuite ici"),
        ("e\u0301te\u0301", "été"),
        ("a\u202eb\u200bc\u0000d", "abcd"),
        ("prix\u00a0: 3", "prix\u00a0: 3"),
        ("\n\n", ""),
    ],
)
def test_what_no_two_screens_show_alike_is_made_one(typed: str, exact: str) -> None:
    assert drafts.canonical(typed) == exact


@given(st.text())
def test_canonical_changes_nothing_twice(text: str) -> None:
    once = drafts.canonical(text)
    assert drafts.canonical(once) == once
    assert drafts.write(1, text, "@a:x", NOW).sha256 == drafts.digest(once)


def test_a_text_must_stand_whole_in_one_message() -> None:
    assert not drafts.too_long("mot " * 1500)
    assert drafts.too_long("mot " * 4000)
    assert drafts.too_long("<" * 5000), "as HTML it is four times as long"
