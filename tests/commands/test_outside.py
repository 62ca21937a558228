"""People called outside Matrix: after whom, how often, in which hours, once each attempt, and never in a drill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels import gateway
from bot.channels.callers import Callers
from bot.check.channels import check_channels
from bot.config import Config
from bot.configured import outlets
from bot.domain.outside import Reach, reach_at
from bot.domain.roster import Roster
from bot.library.roster import roster_faults
from bot.render import local
from bot.store import outside
from bot.store.outside import CallState, OutsideCall
from tests.commands.cast import ROSTER, START, matrix_id
from tests.commands.gateway import Gateway
from tests.commands.harness import Said, Talk
from tests.commands.test_absent import NIGHT

SMS = (Reach("sms"),)
PEOPLE = Roster(tuple(replace(p, outside=SMS, phone=f"+33 6 00 00 00 {n:02d}") for n, p in enumerate(ROSTER)))


@contextmanager
def climbing(*options: str, roster: Roster = PEOPLE, drill: bool = False) -> Iterator[Talk]:
    """A cell that nobody watches, and the clock of a rule that binds, near its end."""
    talk = Talk(clocks=True, roster=roster, channels=frozenset({"sms"}))
    talk.say("claire", f"!incident rancongiciel Urgences --gravite 4{' --exercice' if drill else ''}", "alert")
    yield talk


def callers(talk: Talk, there: Gateway, **more: Any) -> Callers:
    return Callers(talk.db, talk.clock, talk.tools, {"sms": there.url}, lambda: None, **more)


def booked(talk: Talk) -> list[OutsideCall]:
    incident = talk.incident
    with talk.db.reading() as session:
        return outside.of_incident(session, incident)


def live(talk: Talk, until: timedelta = timedelta(hours=1)) -> list[Said]:
    """Let it climb until somebody is to be called outside, or so long: from the hour at which it is due."""
    heard = talk.wait(hours=2, minutes=1)
    end = talk.clock.now() + until
    while talk.clock.now() < end and not booked(talk):
        heard += talk.wait(minutes=11)
    return heard


async def test_who_answers_nothing_is_called_outside_once_and_says_so_by_the_code(there: Gateway) -> None:
    with climbing() as talk:
        live(talk)
        calls = booked(talk)
        assert calls
        assert {call.state for call in calls} == {CallState.WAITING}
        made = callers(talk, there)
        assert await made.work() == len(calls)
        assert await made.work() == 0, "once"
        assert [call.state for call in booked(talk)] == [CallState.SENT] * len(calls)
        first = calls[0]
        path, said = there.said[0]
        called = PEOPLE.by_id(first.person)
        assert called is not None
        assert path == f"/{(called.phone or '').replace(' ', '')}"
        assert said["message"] == f"Cellule : rappelez le coordinateur. Code {first.code}".replace(" :", "\u00a0:")
        assert talk.incident not in json.dumps(said)
        told = [s.body for s in talk.settle() if s.key.startswith("outside:")]
        assert len(told) == len(calls)
        assert all("remis à la passerelle" in body for body in told)
        who = first.person[1:].partition(":")[0]
        answer = talk.say(who, f"!vu {first.code}", f"dm:{who}")
        assert "vous êtes joint" in answer[0].body
        assert "!prendre certsante" in answer[0].body
        kept = booked(talk)[0]
        assert kept.acknowledged_at == talk.clock.now()
        entries = [entry.content for entry in talk.entries() if entry.kind == "nudge" and entry.content]
        assert [e["after"]["state"] for e in entries if e["action"] == "outside"] == ["sent"] * len(calls)
        assert {e["after"]["code"] for e in entries if e["action"] == "answered"} == {first.code}
        assert not [e for e in entries if "s3cret" in json.dumps(e)]


async def test_a_code_is_its_persons_alone(there: Gateway) -> None:
    with climbing() as talk:
        live(talk)
        call = booked(talk)[0]
        other = "nadia" if "nadia" not in call.person else "karim"
        answer = talk.say(other, f"!vu {call.code}", f"dm:{other}")
        assert "ne vous a pas été envoyé" in answer[0].body
        assert booked(talk)[0].acknowledged_at is None


@pytest.mark.parametrize(
    ("status", "state", "words"), [(500, "failed", "refusé ou n’a pas répondu"), (0, "unknown", "issue inconnue")]
)
async def test_a_gateway_that_refuses_or_hangs_is_said_to_and_is_not_asked_again(
    there: Gateway, status: int, state: str, words: str
) -> None:
    with climbing() as talk:
        live(talk)
        there.answer = status
        made = callers(talk, there, within=1.0 if not status else 20.0)
        count = await made.work()
        assert await made.work() == 0
        assert {call.state.value for call in booked(talk)} == {state}
        assert len(there.said) == count, "one attempt each, whatever the address says of trying again"
        assert all(words in s.body for s in talk.settle() if s.key.startswith("outside:"))


@pytest.mark.parametrize(("where", "sent"), [("outside-begun", 0), ("outside-made", 1)])
async def test_what_had_begun_when_the_bot_died_is_unknown_and_not_made_again(
    there: Gateway, where: str, sent: int
) -> None:
    class Died(BaseException):
        pass

    def die(name: str) -> None:
        if name == where:
            raise Died

    with climbing() as talk:
        live(talk)
        with pytest.raises(Died):
            await callers(talk, there, step=die).work()
        assert len(there.said) == sent
        first = booked(talk)[0]
        assert first.state is CallState.ATTEMPTED
        again = callers(talk, there)
        assert await again.give_up() == 1
        await again.work()
        after = booked(talk)
        assert after[0].state is CallState.UNKNOWN
        assert len(there.said) == sent + len(after) - 1
        told = [s.body for s in talk.settle() if s.key == f"outside:{talk.incident}:{first.id}"]
        assert len(told) == 1
        assert "je ne le renvoie pas" in told[0]


async def test_what_waited_in_a_copy_that_came_back_is_unknown_and_not_made_again(there: Gateway) -> None:
    with climbing() as talk:
        live(talk)
        waited = booked(talk)
        assert {call.state for call in waited} == {CallState.WAITING}
        asked_at = waited[0].created_at
        talk.clock.pass_(timedelta(days=3))
        with talk.db.transaction() as session:
            outside.restored(session)
        again = callers(talk, there)
        assert await again.give_up() == len(waited)
        await again.work()
        assert there.said == []
        after = {call.id: call for call in booked(talk)}
        assert {after[call.id].state for call in waited} == {CallState.UNKNOWN}
        told = [s.body for s in talk.settle() if s.key == f"outside:{talk.incident}:{waited[0].id}"]
        assert "issue inconnue" in told[0]
        assert f"{local(asked_at, 'Europe/Paris', 'fr')}" in told[0], "the day on which it may have been made"


async def test_what_could_not_be_written_down_is_unknown_without_a_restart_and_not_made_again(
    there: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.attempts.EVERY", 0.01)
    failed: list[str] = []

    def fail_once(name: str) -> None:
        if name == "outside-made" and not failed:
            failed.append(name)
            raise OSError("no space left")

    with climbing() as talk:
        live(talk)
        running = asyncio.create_task(callers(talk, there, step=fail_once).run())
        try:
            async with asyncio.timeout(30):
                while {call.state for call in booked(talk)} & {CallState.WAITING, CallState.ATTEMPTED}:  # noqa: ASYNC110 - bounded, for what the store says
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        first, *rest = booked(talk)
        assert first.state is CallState.UNKNOWN
        assert {call.state for call in rest} <= {CallState.SENT}
        assert len(there.said) == 1 + len(rest)


async def test_an_attempt_that_fails_holds_up_no_other(there: Gateway) -> None:
    failed: list[str] = []

    def fail_once(name: str) -> None:
        if not failed:
            failed.append(name)
            raise OSError("no space left")

    with climbing() as talk:
        live(talk)
        one = booked(talk)[0]
        with talk.db.transaction() as session:
            outside.book(session, replace(one, id=None, code="0000"))
        with pytest.raises(OSError, match="no space"):
            await callers(talk, there, step=fail_once).work()
        first, *rest = [call.state for call in booked(talk)]
        assert first is CallState.ATTEMPTED
        assert rest == [CallState.SENT] * len(rest)
        assert rest


async def test_whoever_does_not_answer_the_call_itself_is_called_outside_unless_they_came_meanwhile(
    there: Gateway,
) -> None:
    reachable = Roster(tuple(replace(p, outside=SMS, phone="+33 6 00 00 00 09") for p in NIGHT.people))
    talk = Talk(roster=reachable, channels=frozenset({"sms"}))
    talk.say("gil", "!alerte rançon urgences bloquées", "alert")
    talk.join("gil", "sam")
    talk.wait(minutes=5)
    made = callers(talk, there)
    assert [(call.person, call.clocks, call.step) for call in booked(talk)] == [(matrix_id("ciso1"), (), "absent")]
    assert await made.work() == 1
    talk.wait(minutes=6)
    assert [call.person for call in booked(talk)] == [matrix_id("ciso1"), matrix_id("ines")]
    talk.join("ines")
    assert await made.work() == 0
    assert [call.state for call in booked(talk)] == [CallState.SENT, CallState.DROPPED]
    assert len(there.said) == 1
    (told,) = [s.body for s in talk.said if s.key.startswith("outside:")]
    assert told.rstrip().endswith("remis à la passerelle.")


@pytest.mark.parametrize("inside", [False, True])
async def test_the_code_of_a_call_to_the_crisis_itself_counts_as_being_here(there: Gateway, inside: bool) -> None:
    reachable = Roster(tuple(replace(p, outside=SMS, phone="+33 6 00 00 00 09") for p in NIGHT.people))
    talk = Talk(roster=reachable, channels=frozenset({"sms"}))
    talk.say("gil", "!alerte rançon urgences bloquées", "alert")
    talk.join("gil", "sam")
    talk.wait(minutes=5)
    await callers(talk, there).work()
    (call,) = booked(talk)
    if inside:
        talk.join("ciso1")
    answer = next(s for s in talk.say("ciso1", f"!vu {call.code}", "dm:ciso1") if s.key.startswith("reply:"))
    assert "vous êtes joint" in answer.body
    assert ("acceptez l’invitation" in answer.body) is not inside
    assert "22\u00a0nov. 2026" in answer.body
    assert booked(talk)[0].acknowledged_at == talk.clock.now()
    assert talk.cell.members[matrix_id("ciso1")].here_at == talk.clock.now()
    said = [(e.kind, e.content["action"], e.sender) for e in talk.entries() if e.content and "action" in e.content]
    assert ("rollcall", "call_outside", None) in said
    assert said[-2:] == [("rollcall", "answered", matrix_id("ciso1")), ("rollcall", "back", matrix_id("ciso1"))]
    journal = talk.say("gil", "!journal", "dm:gil")[0].body
    assert "Ciso1 répond à l’appel extérieur" in journal
    again = "ciso1" if inside else "sam"
    other = next(s for s in talk.say(again, f"!vu {call.code}", f"dm:{again}") if s.key.startswith("reply:"))
    assert ("vous êtes joint" in other.body) is inside


async def test_who_answered_meanwhile_is_not_called(there: Gateway) -> None:
    with climbing() as talk:
        live(talk)
        for call in booked(talk):
            who = call.person[1:].partition(":")[0]
            talk.say(who, "!vu", f"dm:{who}")
        assert await callers(talk, there).work() == 0
        assert {call.state for call in booked(talk)} == {CallState.DROPPED}
        assert not there.said


async def test_a_call_that_waited_too_long_is_not_made(there: Gateway) -> None:
    with climbing() as talk:
        live(talk)
        talk.clock.pass_(timedelta(hours=1))
        assert await callers(talk, there).work() == 0
        assert not there.said


async def test_a_drill_uses_no_outside_channel_even_where_a_row_asks_for_it(there: Gateway) -> None:
    with climbing(drill=True) as talk:
        live(talk)
        assert booked(talk) == []
        row = OutsideCall(
            talk.incident, ("FR-CSP-1111-8-2",), "due", matrix_id("claire"), "sms", "4821", CallState.WAITING, START
        )
        with talk.db.transaction() as session:
            outside.book(session, row)
        assert await callers(talk, there).work() == 0
        assert not there.said


def test_nobody_is_called_who_did_not_ask_to_be() -> None:
    with climbing(roster=ROSTER) as talk:
        talk.join("olivier")
        heard = live(talk)
        assert booked(talk) == []
        assert [s for s in heard if ":room:" in s.key], "it goes on to the room"


@pytest.mark.parametrize("answers", [False, True])
def test_what_the_law_wants_without_delay_climbs_past_who_took_it_until_they_say_that_they_have_seen(
    answers: bool,
) -> None:
    """By a figure that is ours it is never late, and rings each morning once somebody has it; it climbs as the law."""
    with climbing() as talk:
        talk.join(*(person.localpart for person in PEOPLE))
        talk.say("claire", "!prendre certsante")
        talk.wait(hours=17, minutes=54)  # seven in the morning, fifteen hours after our own figure
        before = len(booked(talk))
        heard = []
        for _ in range(27):
            heard += talk.wait(minutes=5)
            if answers:
                heard += talk.say("claire", "!vu", "dm:claire")
        mine = [s for s in heard if "certsante" in s.body and s.key.startswith("nudge:") and s.room == "cell"]
        assert any("objectif interne passé" in s.body and s.rings == (matrix_id("claire"),) for s in mine)
        room = [s for s in mine if ":room:" in s.key]
        assert [("Claire Morel s’en charge et ne répond pas" in s.body) for s in room] == ([] if answers else [True])
        called = [call for call in booked(talk)[before:] if "FR-CSP-1111-8-2" in call.clocks]
        assert bool(called) is not answers


def test_three_an_hour_at_most() -> None:
    with climbing() as talk:
        talk.wait(hours=2, minutes=1)
        for _ in range(18):
            talk.wait(minutes=11)
        times: dict[str, list[Any]] = {}
        for call in booked(talk):
            times.setdefault(call.person, []).append(call.created_at)
        assert times
        for calls in times.values():
            assert max(sum(at - timedelta(hours=1) < other <= at for other in calls) for at in calls) <= 3


@pytest.mark.parametrize(
    ("hours", "at", "found"),
    [
        (None, 3, True), ((7, 22), 3, False), ((7, 22), 7, True), ((7, 22), 22, False), ((22, 7), 3, True),
        ((22, 7), 12, False),
    ],
)  # fmt: skip
def test_hours_may_go_over_midnight(hours: tuple[int, int] | None, at: int, found: bool) -> None:
    local = START.replace(minute=0)
    span = (local.time().replace(hour=hours[0]), local.time().replace(hour=hours[1])) if hours else None
    way = Reach("sms", span)
    assert (reach_at([way], {"sms"}, local.replace(hour=at)) is way) is found
    assert reach_at([way], {"other"}, local) is None


async def test_the_address_is_never_said(there: Gateway, capfd: pytest.CaptureFixture[str], caplog: Any) -> None:
    there.answer = 500
    assert await gateway.deliver(there.url, "+33 6 00", "texte") is CallState.FAILED
    assert await gateway.deliver("nowhere://user:s3cret@x", "+33", "texte") is CallState.FAILED
    await asyncio.sleep(0)
    out = capfd.readouterr()
    assert "s3cret" not in out.out + out.err + caplog.text
    assert gateway.readable(there.url)
    assert not gateway.readable("nowhere://user:s3cret@x")


def configured(folder: Path, url: str, **more: object) -> Config:
    (folder / "sms").write_text(url, encoding="utf-8")
    matrix = {
        "homeserver": "https://m.example",
        "user_id": "@tocsin:m.example",
        "password": "p",
        "store_passphrase": "s",
    }
    data = {"organisation": {"name": "X"}, "matrix": matrix, "channel": [{"id": "sms", "url_file": "sms", **more}]}
    return Config.model_validate(data, context={"folder": folder})


@pytest.mark.parametrize(
    ("url", "roster", "verdicts"),
    [
        ("json://u:s3cret@gw.example/{to}", PEOPLE, ["OK"]),
        ("json://u:s3cret@gw.example/", PEOPLE, ["WARN"]),
        ("json://u:s3cret@gw.example/{to}", ROSTER, ["WARN"]),
        ("nothing://u:s3cret@gw.example/{to}", PEOPLE, ["MEND"]),
        ("json://u:s3cret@gw.example/{to}", Roster((replace(PEOPLE.people[0], phone=None),)), ["OK", "MEND"]),
        ("json://u:s3cret@gw.example/{to}", Roster((replace(PEOPLE.people[0], outside=(Reach("fax"),)),)), ["WARN", "MEND"]),
    ],
)  # fmt: skip
def test_check_says_what_to_mend_sends_nothing_and_shows_no_secret(
    tmp_path: Path, url: str, roster: Roster, verdicts: list[str]
) -> None:
    config = configured(tmp_path, url)
    lines = list(check_channels(config, roster))
    assert [line.verdict.name for line in lines] == verdicts
    assert not [line for line in lines if "s3cret" in line.text("fr") + line.text("en")]
    assert {url, "s3cret"} <= set(config.secrets())
    assert "s3cret" not in repr(config)


def test_a_channel_that_is_open_to_texts_says_to_how_many_and_shows_no_number(tmp_path: Path) -> None:
    (tmp_path / "people").write_text(
        "# les cadres\n+33 6 10 00 00 01\n\n+33 6 10 00 00 02\n+33 6 10 00 00 01\n", "utf-8"
    )
    opened = configured(
        tmp_path, "json://u:s3cret@gw.example/{to}", texts=["staff"], recipients_file="people"
    )  # fmt: skip
    assert opened.channel[0].recipients == ("+33 6 10 00 00 01", "+33 6 10 00 00 02")
    (line,) = check_channels(opened, ROSTER)
    assert line.verdict.name == "OK"
    assert "2 destinataires" in line.text("fr")
    assert "10 00" not in line.text("fr") + line.text("en") + repr(opened)
    assert [(each.id, len(each.recipients)) for each in outlets(opened)] == [("sms", 2)]


def test_the_roster_says_who_wishes_to_be_reached_and_when(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    person = (
        'people:\n  - {name: A, matrix_id: "@a:x.example", roles: [director], outside: [{channel: sms, hours: "%s"}]}\n'
    )
    file.write_text(person % "22:00-07:30", encoding="utf-8")
    (way,) = roster_faults(file)[0].people[0].outside
    assert way.hours is not None
    assert (way.channel, way.hours[0].hour, way.hours[1].minute) == ("sms", 22, 30)
    file.write_text(person % "la nuit", encoding="utf-8")
    (fault,) = roster_faults(file)[1]
    assert "07:00-22:00" in fault.fr
