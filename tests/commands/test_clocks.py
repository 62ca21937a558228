"""Reminders over a whole crisis: heard in time, climbing, never a noise; and what of them is written."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cell import Cell
from bot.domain.language import Language
from bot.domain.nudges import DIRECTORS as DIRECTORS_RUNG
from bot.domain.nudges import NIGHT_FROM, NIGHT_TO, OWNER, ROOM, SECONDS
from bot.domain.roles import Role
from bot.store import cells, nudges
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
INCIDENT = "INC-2026-001"
DIRECTORS = {p.matrix_id for p in ROSTER if Role.DIRECTOR in p.roles}


def cell_of(talk: Talk) -> Cell:
    with talk.db.transaction() as session:
        found = cells.load(session, INCIDENT)
    assert found is not None
    return found


def beat_until(talk: Talk, end: datetime) -> list[tuple[datetime, Said]]:
    """Let the heartbeat beat whenever a clock wants it, until then: what was said, and when."""
    heard: list[tuple[datetime, Said]] = []
    while True:
        wanted = [c.next_at for c in cell_of(talk).clocks.values() if c.next_at is not None]
        at = max(min(wanted, default=end), talk.clock.now())
        if at >= end:
            talk.clock.pass_(max(end - talk.clock.now(), timedelta(0)))
            return heard
        said = talk.wait(seconds=(at - talk.clock.now()).total_seconds() + 1)
        heard += [(talk.clock.now(), each) for each in said]


def rings(heard: list[tuple[datetime, Said]]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for at, said in heard:
        for user in said.rings:
            found[user].append(at)
    return found


@pytest.fixture(scope="module")
def crisis() -> tuple[Talk, list[tuple[datetime, Said]]]:
    """Eighty hours in which nobody ever answers."""
    talk = Talk(clocks=True)
    opening = [(talk.clock.now(), s) for s in talk.say("claire", "!incident rancongiciel Bloqué --gravite 4", "alert")]
    talk.join(*[p.localpart for p in ROSTER if Role.OBSERVER not in p.roles])
    talk.say("anne", "!violation 13h30")
    talk.say("anne", "!oui")
    talk.say("claire", "!prendre cnil")
    return talk, opening + beat_until(talk, talk.clock.now() + 80 * HOUR)


def test_the_budget_of_noise(crisis: tuple[Talk, list[tuple[datetime, Said]]]) -> None:
    for user, times in rings(crisis[1]).items():
        most = max(sum(at - HOUR < other <= at for other in times) for at in times)
        assert most <= (3 if user in DIRECTORS else 6), (user, most)


def test_nothing_that_somebody_has_rings_at_night_while_there_is_time(
    crisis: tuple[Talk, list[tuple[datetime, Said]]],
) -> None:
    talk, heard = crisis
    cnil = cell_of(talk).clocks["EU-GDPR-33-SA"]
    assert cnil.due is not None
    for at, said in heard:
        if not said.rings or ":EU-GDPR-33-SA:" not in said.key:
            continue
        local = at.astimezone(PARIS).time()
        asleep = local >= NIGHT_FROM or local < NIGHT_TO
        assert not asleep or cnil.due - at < timedelta(hours=12), said.body


def test_every_ring_is_a_row_and_an_entry_with_who_when_and_rung(
    crisis: tuple[Talk, list[tuple[datetime, Said]]],
) -> None:
    talk, heard = crisis
    rung = [entry.content for entry in talk.entries() if entry.kind == "nudge" and entry.content["action"] == "ring"]
    with talk.db.transaction() as session:
        rows = [row for row in nudges.of_incident(session, INCIDENT) if row.message.startswith("nudge:")]
        kept = {(row.clock, row.step, row.rung, row.person) for row in rows}
        messages = {row.message for row in rows}
    said = {each.key for _, each in heard if each.key.startswith("nudge:")}
    assert said == messages
    assert {(c["id"], c["after"]["step"], c["after"]["rung"], c["after"]["person"]) for c in rung if c} == kept
    assert {c["after"]["rung"] for c in rung if c} == {OWNER, SECONDS, DIRECTORS_RUNG, ROOM}


def test_what_binds_climbs_to_the_directors_and_repeats_for_a_day(
    crisis: tuple[Talk, list[tuple[datetime, Said]]],
) -> None:
    talk = crisis[0]
    with talk.db.transaction() as session:
        rows = nudges.of_incident(session, INCIDENT)
        cnil = {row.step for row in rows if row.clock == "EU-GDPR-33-SA"}
        house = {(row.step, row.rung) for row in rows if row.clock == "HOUSE-STAFF-MESSAGE"}
    assert {"-24h", "75%", "due"} <= cnil
    assert len([step for step in cnil if step.startswith("+")]) >= 6, "every hour, where the budget lets it be heard"
    assert "start" not in cnil, "the call said it"
    assert ("due", 1) in house
    assert not [step for step, rung in house if rung == 2 or step.startswith("+")]


def test_the_call_names_the_clocks_and_all_of_them_to_a_director(
    crisis: tuple[Talk, list[tuple[datetime, Said]]],
) -> None:
    calls = {said.room: said.body for _, said in crisis[1] if said.key.startswith("call:")}
    assert "plainte (loi)" in calls["dm:pmartin"]
    assert "cnil" not in calls["dm:pmartin"]
    assert "Échéances" not in calls["dm:nadia"]


def test_after_an_outage_one_message_a_person_says_how_late(
    crisis: tuple[Talk, list[tuple[datetime, Said]]],
) -> None:
    talk = talk_in_crisis(clocks=True)
    said = talk.wait(hours=50)
    loud = [each for each in said if each.rings and each.key.startswith("nudge:")]
    assert len({each.rings for each in loud}) == len(loud), "one message for all that is due together for one person"
    assert all("j’étais coupé" in each.body for each in loud)


def test_one_beat_more_says_nothing_more() -> None:
    talk = talk_in_crisis(clocks=True)
    assert [s for s in talk.wait(minutes=25) if s.rings]
    assert not [s for s in talk.wait(seconds=0) if s.rings]


def test_who_takes_it_stops_the_climb_until_the_next_step() -> None:
    talk = talk_in_crisis(clocks=True)
    first = next(s for s in talk.wait(minutes=23) if s.rings == (matrix_id("pdurand"),))
    talk.react("pdurand", "🙋", first.event_id)
    clock = cell_of(talk).clocks["HOUSE-STAFF-MESSAGE"]
    assert clock.owner == matrix_id("pdurand")
    assert not [s for s in talk.wait(minutes=10) if ":HOUSE-STAFF-MESSAGE:" in s.key]
    later = [s for s in talk.wait(minutes=12) if ":HOUSE-STAFF-MESSAGE:" in s.key]
    assert later
    assert all(s.key.split(":")[4] == "0" for s in later)


def test_seen_is_said_on_the_board_and_is_not_taken() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.wait(minutes=23)
    talk.say("pdurand", "!vu", "dm:pdurand")
    board = talk.say("claire", "!echeances tout")[0].body
    assert "vu par Paul Durand, personne ne s’en charge" in board
    assert not [s for s in talk.wait(minutes=11) if ":HOUSE-STAFF-MESSAGE:" in s.key], "what is ours waits a little"
    talk.wait(minutes=12)
    talk.say("pdurand", "!vu", "dm:pdurand")
    climbed = [s for s in talk.wait(minutes=11) if ":HOUSE-STAFF-MESSAGE:" in s.key]
    assert climbed, "seeing stops nothing"


def test_twenty_seconds_ring_within_a_heartbeat() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("karim", "!echeance Rappeler --dans 20s")
    at = talk.clock.now()
    heard: list[float] = []
    for _ in range(12):
        if any(s.rings for s in talk.wait(seconds=2)):
            heard.append((talk.clock.now() - at).total_seconds())
    assert heard == [10.0, 20.0]


def test_the_board_is_edited_once_a_minute_at_most() -> None:
    talk = talk_in_crisis(clocks=True)
    edits: dict[datetime, int] = defaultdict(int)
    for _ in range(60):
        for said in talk.wait(seconds=10):
            if said.edits and ":clocks:" in said.edits:
                edits[talk.clock.now().replace(second=0)] += 1
    assert edits
    assert max(edits.values()) == 1


def _beat_and_die(talk: Talk) -> None:
    with talk.db.transaction() as session:
        talk.ticker.due(session)
        raise KeyboardInterrupt


def test_a_crash_before_the_commit_leaves_nothing_and_the_next_beat_says_it_once() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.clock.pass_(timedelta(minutes=23))
    before = cell_of(talk)
    with pytest.raises(KeyboardInterrupt):
        _beat_and_die(talk)
    assert cell_of(talk) == before
    assert len([s for s in talk.wait(seconds=2) if s.rings]) == 1
    assert not [s for s in talk.wait(seconds=2) if s.rings]


def test_once_the_crisis_is_lifted_the_clocks_go_on_by_direct_message() -> None:
    talk = talk_in_crisis(clocks=True)
    asked = talk.say("claire", "!cloture fin des essais")
    code = asked[0].body.split("!oui ")[1][:4]
    talk.say("olivier", f"!oui {code}")
    said = [s for s in talk.wait(hours=40) if s.key.startswith("nudge:")]
    assert said
    assert {s.room.split(":")[0] for s in said} == {"dm"}
    assert "HOUSE-REVIEW-HOT" in cell_of(talk).clocks


def test_the_time_is_aware_and_in_utc() -> None:
    talk = talk_in_crisis(clocks=True)
    for clock in cell_of(talk).clocks.values():
        assert clock.started_at.tzinfo is UTC
        assert clock.next_at is None or clock.next_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_figure_of_a_law_without_one_is_ours_wherever_it_is_said(language: Language) -> None:
    talk = talk_in_crisis("claire", "karim", clocks=True, language=language)
    waive = "!ecarter certsante autorité déjà informée" if language == "fr" else "!waive certsante already informed"
    asked = talk.say("claire", waive)[0].body
    assert ("objectif dimanche" if language == "fr" else "target Sunday") in asked
    assert "limite" not in asked
    assert " due " not in asked


@pytest.mark.parametrize("typed", ["E9", "e 9"])
def test_a_clock_of_ours_that_does_not_exist_is_not_taken_for_a_new_one(typed: str) -> None:
    talk = talk_in_crisis("claire", "karim", clocks=True)
    answer = talk.say("karim", f"!echeance {typed}")[0].body
    assert answer.startswith("L’échéance E9 ne court pas ici.")
    assert "--dans" not in answer


def test_a_reminder_that_could_not_be_handed_over_in_time_says_of_when_it_is() -> None:
    talk = talk_in_crisis("claire", "karim", clocks=True)
    talk.say("karim", "!echeance Rappeler le prestataire --dans 20m")
    talk.holding = True
    talk.wait(minutes=16)
    talk.clock.pass_(timedelta(minutes=4))
    talk.holding = False
    in_time = [s for s in talk.settle() if s.key.startswith("nudge:") and ":E1:" in s.key]
    assert in_time
    assert all("il reste 4" in s.body for s in in_time), "four minutes are not worth a word"
    talk.holding = True
    talk.wait(minutes=5)
    talk.clock.pass_(timedelta(hours=3))
    talk.holding = False
    kept = [s for s in talk.settle() if s.key.startswith("nudge:") and ":E1:" in s.key]
    assert kept
    for said in kept:
        assert "il reste" not in said.body, "it would be untrue by now"
        assert "retard" not in said.body
        assert "que je n’ai pas pu vous remettre plus tôt" in said.body
        assert "objectif dimanche 22 nov. 2026, 14 h 25" in said.body.replace("\u00a0", " ")
        assert "!echeances" in said.body
