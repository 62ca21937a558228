"""Who is to hear what in the first 72 hours; and the staff, something every day, even if nothing is new."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.commands import daily
from bot.domain.clocks import ClockStatus
from bot.domain.plan import Told, plan
from bot.store import nudges
from tests.commands.cast import START, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis
from tests.commands.test_sending import approved

TEXT = "Rien de nouveau depuis hier. Les procédures papier restent en place."


def crisis(**more: object) -> Talk:
    return talk_in_crisis("claire", "olivier", "karim", "pmartin", "pdurand", clocks=True, **more)


def out(talk: Talk, number: int = 1) -> list[Said]:
    return talk.say("pdurand", f"!publie {number} affiches")


def followed(talk: Talk, number: int) -> list[Said]:
    talk.say("pdurand", "!rediger suivi")
    talk.say("pdurand", f"!modifier {number} {TEXT}")
    talk.say("olivier", f"!approuver {number}")
    talk.say("claire", f"!approuver {number}")
    return out(talk, number)


def until(talk: Talk, *hours: float) -> list[tuple[datetime, Said]]:
    """What the bot says, and when, while nobody does anything: it beats at these hours after the opening."""
    heard = []
    for each in hours:
        talk.clock.pass_(START + timedelta(hours=each) - talk.clock.now())
        heard += [(talk.clock.now(), s) for s in talk.wait(minutes=0)]
    return heard


def test_the_plan_is_posted_once_when_who_communicates_has_come_and_rings_nobody() -> None:
    talk = crisis()
    (posted,) = [s for s in talk.said if s.key.startswith("plan:")]
    assert (posted.room, posted.rings) == ("cell", ())
    assert "Personnel, premier message\u00a0: avant 22/11\u00a014\u00a0h\u00a050 — `!rediger interne`" in posted.body
    assert posted.body.endswith("`!plan`")
    assert len(posted.body.splitlines()) <= 14
    assert not [s for _, s in until(talk, 1, 2, 3) if s.key.startswith("plan:")]


def test_it_does_not_wait_for_them_for_ever() -> None:
    talk = talk_in_crisis("claire")
    assert not [s for s in (*talk.said, *talk.wait(minutes=9)) if s.key.startswith("plan:")]
    assert [s for s in talk.wait(minutes=2) if s.key.startswith("plan:")]


def test_a_cell_without_anybody_who_communicates_is_not_told() -> None:
    talk = Talk()
    talk.say("claire", "!incident rancongiciel Urgences --gravite 1", "alert")
    assert not [s for s in talk.wait(minutes=20) if s.key.startswith("plan:")]


def test_the_plan_says_what_is_done_in_hand_past_and_set_aside() -> None:
    talk = crisis()
    approved(talk)
    talk.say("pdurand", "!rediger attente")
    out(talk)
    talk.clock.pass_(timedelta(hours=1, minutes=30))
    told = {line.template: line.told for line in plan(talk.cell, "fr", talk.clock.now())}
    assert told["TPL-01"] is Told.DONE
    assert told["TPL-05"] is Told.DRAFTED
    assert told["TPL-03"] is Told.PAST
    assert told["TPL-09"] is Told.TO_DO
    body = talk.say("claire", "!plan")[0].body
    assert "✅ Personnel, premier message\u00a0: fait" in body
    assert "⌛ Personnel, discrétion\u00a0: objectif passé" in body
    assert "E1, avant 23/11\u00a010\u00a0h\u00a000" in body


@pytest.mark.parametrize(("kind", "not_there"), [("company", {"TPL-06", "TPL-13"}), ("medical_practice", {"TPL-01"})])
def test_the_plan_holds_what_concerns_the_house(kind: str, not_there: set[str]) -> None:
    talk = talk_in_crisis("claire", "pdurand", clocks=True, kind=kind)
    assert not not_there & {line.template for line in plan(talk.cell, "fr", talk.clock.now())}
    assert "Personnel" not in talk.say("claire", "!plan")[0].body or kind == "company"


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("2026-11-22T13:05", "2026-11-23T09:00"),  # five past two in the afternoon: tomorrow at ten
        ("2026-11-22T23:30", "2026-11-23T09:00"),
        ("2026-11-23T01:30", "2026-11-24T09:00"),  # half past two at night: ten would be too soon after it
        ("2026-11-23T08:00", "2026-11-24T09:00"),
        ("2027-03-27T13:00", "2027-03-28T08:00"),  # summer time begins that night: ten o'clock all the same
    ],
)
def test_the_next_message_is_always_due_at_the_same_hour(said: str, due: str) -> None:
    cell = crisis().cell
    at = datetime.fromisoformat(said).replace(tzinfo=UTC)
    assert daily.due_after(cell, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_staff_is_to_hear_something_every_day_even_if_nothing_is_new() -> None:
    """Missed once, it is asked for again the next morning; never at night, and within the budget of noise."""
    talk = crisis()
    approved(talk)
    assert "Le prochain message au personnel est E1" in out(talk)[0].body
    again = talk.say("pdurand", "!publie 1 salon des internes")[0].body
    assert "Le prochain message au personnel est E1" in again, "by another way it is the same message"
    morning = (14, 16, 16.5, 17, 17.5, 18, 18.5, 19, 19.5, 20, 20.5, 21, 22)
    heard = until(talk, 8.5, *morning, 26, 32.5, *(24 + each for each in morning[:9]))
    incident = talk.incident
    with talk.db.reading() as session:
        rows = [row for row in nudges.of_incident(session, incident) if row.clock == "E1" and row.rang]
    assert {row.sent_at.day for row in rows} == {23, 24}
    local = [row.sent_at.astimezone(talk.tools.zone) for row in rows]
    assert not [at for at in local if at.hour >= 22 or (at.hour, at.minute) < (6, 30)]
    assert local[0].hour == 8, "two hours before it is due"
    assert rows[0].person == matrix_id("pdurand")
    for who in {who for _, said in heard for who in said.rings}:
        times = [at for at, said in heard if who in said.rings]
        most = 3 if who == matrix_id("claire") else 6
        assert all(len([t for t in times if at <= t < at + timedelta(hours=1)]) <= most for at in times), who
    moved = [e.content for e in talk.entries() if e.kind == "deadline" and e.content and e.content["action"] == "move"]
    assert [each["missed"] for each in moved if each["id"] == "E1"] == ["2026-11-23T09:00:00.000000Z"]
    said = followed(talk, 2)[0].body.replace("\u00a0", " ")
    assert "L’échéance E1 est tenue" in said
    assert "Le prochain message au personnel est E2, le mercredi 25 nov. 2026, 10 h 00" in said
    assert [(c.id, c.status) for c in talk.cell.clocks.values() if daily.is_daily(c)] == [
        ("E1", ClockStatus.CLOSED), ("E2", ClockStatus.RUNNING),
    ]  # fmt: skip


def test_told_by_word_of_mouth_it_is_met_too_and_the_next_days_is_awaited() -> None:
    talk = crisis()
    talk.say("pdurand", "!depose interne --tel encadrement")
    talk.say("pdurand", "!accuse interne vu en réunion")
    assert [c.id for c in talk.cell.clocks.values() if daily.is_daily(c)] == ["E1"]
    talk.wait(hours=19)
    talk.say("pdurand", "!fait E1 dit en réunion d’encadrement")
    assert daily.awaited(talk.cell) is not None
    assert daily.awaited(talk.cell).id == "E2"  # type: ignore[union-attr]


def test_what_was_put_up_before_it_is_told_of_counts_from_then() -> None:
    talk = crisis()
    talk.wait(minutes=30)
    approved(talk)
    talk.wait(minutes=60)
    said = " ".join(s.body for s in talk.say("pdurand", "!publie 1 affichage --a 14h40"))
    assert "est tenue" in said
    clock = talk.cell.clocks["HOUSE-STAFF-MESSAGE"]
    assert clock.filed_at == clock.closed_at == START + timedelta(minutes=35)
    assert clock.official_due is not None
    assert clock.filed_at < clock.official_due < talk.clock.now()
    # The next day's message is not met by the one of the evening before, told of in the morning.
    talk.wait(hours=18)
    talk.say("pdurand", "!publie 1 intranet --a 22h")
    assert [c.id for c in [daily.awaited(talk.cell)] if c] == ["E1"]


def test_the_end_of_the_crisis_ends_it() -> None:
    talk = crisis()
    approved(talk)
    out(talk)
    asked = " ".join(s.body for s in talk.say("claire", "!cloture fin des essais"))
    said = talk.say("olivier", f"!oui {re.findall(r'!oui (.{4})', asked)[0]}")
    assert talk.cell.incident.status.value == "closed"
    assert daily.awaited(talk.cell) is None
    assert "E1" not in asked + said[0].body, "it does not go on"
    ended = talk.cell.clocks["E1"]
    assert (ended.status, ended.filed_at, ended.filed_by) == (ClockStatus.CLOSED, None, None), "nobody told the staff"
    acts = [e.content["action"] for e in talk.entries() if e.content and e.content.get("id") == "E1"]
    assert acts == ["start", "stop"]
    reopened = " ".join(s.body for s in talk.say("claire", "!reprendre"))
    talk.say("olivier", f"!oui {re.findall(r'!oui (.{4})', reopened)[0]}")
    assert [c.id for c in [daily.awaited(talk.cell)] if c] == ["E2"]


def test_in_english_too() -> None:
    talk = talk_in_crisis("claire", "pdurand", clocks=True, language="en")
    (body,) = [s.body for s in messages(talk.say("claire", "!plan"))]
    assert "Who hears what, until 25 Nov 14:05" in body
    assert "Press, statement ready: before 22 Nov 16:05 — `!draft holding`" in body
    assert "Staff, daily message: every day before 10:00" in body
