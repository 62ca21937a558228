"""Entering, the lawyer's room, proofs of filing, and the end of an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.clocks import ClockStatus, WaiveReason
from bot.domain.deadline_rules import Class
from bot.domain.incident import IncidentStatus
from bot.store import cells, conduct_tables, outbox, rooms
from tests.commands.cast import START, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

INCIDENT = "INC-2026-001"
CNIL = "EU-GDPR-33-SA"
FILE = {
    "filename": "recepisse.pdf",
    "info": {"mimetype": "application/pdf", "size": 3},
    "file": {"url": "mxc://secours.example/x", "key": {"k": "a"}, "iv": "b", "hashes": {"sha256": "c"}, "v": "v2"},
}


def code_of(said: list[Said]) -> str:
    return said[-1].body.split("!oui ")[1][:4]


def actions(talk: Talk, action: str) -> list[dict[str, Any]]:
    return [e.content for e in talk.entries() if e.content and e.content.get("action") == action]


def post_file(talk: Talk, who: str, body: str = "recepisse.pdf") -> str:
    talk.say(who, body, msgtype="m.file", extra=FILE)
    return talk.last_event


# -- entering ------------------------------------------------------------------------------------------------------------


def test_the_notice_is_logged_with_who_was_told_and_who_read_it() -> None:
    talk = Talk()
    talk.say("claire", "!incident rancongiciel Bloqué --gravite 4", "alert")
    talk.join("claire", "karim")
    (notice,) = messages(talk.wait(seconds=2), "cell")
    talk.react("claire", "👍🏽", notice.event_id)
    talk.react("oscar", "✅", notice.event_id)
    talk.react("claire", "✅", notice.event_id)
    assert [c["after"]["people"] for c in actions(talk, "notice")] == [[matrix_id("claire"), matrix_id("karim")]]
    assert [c["after"]["person"] for c in actions(talk, "notice_read")] == [matrix_id("claire")]


def test_who_comes_while_others_are_being_told_is_told_a_little_later() -> None:
    talk = Talk()
    talk.say("claire", "!incident rancongiciel Bloqué --gravite 4", "alert")
    talk.join("claire")
    assert len(list(messages(talk.wait(seconds=2), "cell"))) == 1
    talk.join("karim", "anne", "nadia")
    assert not list(messages(talk.wait(seconds=4), "cell"))
    (later,) = messages(talk.wait(seconds=30), "cell")
    assert "Karim Haddad, Anne Legrand et Nadia Benali" in later.body or "Nadia Benali" in later.body
    assert not [said for said in messages(talk.wait(hours=0.5), "cell") if said.key.startswith("notice:")]


# -- the lawyer's room ---------------------------------------------------------------------------------------------------


def test_the_room_is_left_once_somebody_with_power_is_there_and_all_were_asked() -> None:
    talk = talk_in_crisis("claire", "pmartin")
    talk.say("pmartin", "!avocat @nadia")
    key = f"lawyer:{INCIDENT}:1"
    talk.join("nadia", room=key)
    talk.wait(seconds=2)
    with talk.db.transaction() as session:
        assert conduct_tables.not_left(session) == [(INCIDENT, 1)]
        assert outbox.by_key(session, f"handover:{key}") is None, "who has no power cannot look after it"
    talk.join("claire", room=key)
    (left,) = [s for s in talk.wait(seconds=2) if s.kind == "leave"]
    assert left.payload == {"hand_over": True}
    with talk.db.transaction() as session:
        room = rooms.by_key(session, key)
        assert room is not None
        rooms.put(session, replace(room, left=True))
    talk.wait(seconds=2)
    (said,) = actions(talk, "lawyer_room_left")
    assert said["after"]["present"] == [matrix_id("nadia"), matrix_id("claire")]
    assert "je n’y suis plus" in talk.say("claire", "!avocat @karim")[0].body
    assert not [e for e in talk.entries() if e.room_id == room.room_id]


def test_who_cannot_be_asked_into_it_is_told_to_who_wanted_it_alone() -> None:
    talk = talk_in_crisis("claire", "pmartin")
    talk.say("pmartin", "!avocat @nadia")
    payload = {"room_key": f"lawyer:{INCIDENT}:1", "user": matrix_id("nadia"), "why": "no_such_user", "kind": "invite"}
    (told,) = messages(talk.notice("undeliverable", payload))
    assert told.room == "dm:pmartin"
    assert "Nadia Benali" in told.body


# -- proofs --------------------------------------------------------------------------------------------------------------


def test_a_file_proves_a_filing_and_becomes_an_exhibit() -> None:
    talk = talk_in_crisis("claire", "pmartin", clocks=True)
    file = post_file(talk, "pmartin")
    (answer,) = messages(talk.say("pmartin", "!depose plainte", reply_to=file))
    assert "référence P1" in answer.body
    clock = talk.cell.clocks["FR-LOPMI-PLAINTE"]
    assert (clock.status, clock.reference) == (ClockStatus.CLOSED, "P1")
    assert talk.cell.evidence[1].file == "recepisse.pdf"
    talk.say("pmartin", "!annuler")
    assert talk.cell.evidence[1].withdrawn
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].status is ClockStatus.RUNNING


def test_a_receipt_may_be_a_file_too() -> None:
    talk = talk_in_crisis("claire", "pmartin", clocks=True)
    talk.say("pmartin", "!depose plainte --tel le commissariat")
    assert "répondez par cette commande" in talk.say("pmartin", "!accuse plainte")[0].body
    file = post_file(talk, "pmartin")
    talk.say("pmartin", "!accuse plainte", reply_to=file)
    clock = talk.cell.clocks["FR-LOPMI-PLAINTE"]
    assert (clock.status, clock.reference, clock.reached) == (ClockStatus.CLOSED, "P1", "le commissariat")
    talk.say("pmartin", "!annuler")
    assert talk.cell.evidence[1].withdrawn


def test_the_command_may_be_the_caption_of_the_file_that_proves_it() -> None:
    talk = talk_in_crisis("claire", "pmartin", clocks=True)
    post_file(talk, "pmartin", "!depose plainte PV 12")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].reference == "PV 12"
    assert talk.cell.evidence[1].file == "recepisse.pdf"


@pytest.mark.parametrize("typed", ["2026-4411, notification complète", "complet 2026-4411", "complète : 2026-4411"])
def test_a_filing_that_is_complete_at_once_needs_no_supplement(typed: str) -> None:
    talk = talk_in_crisis("claire", "anne", clocks=True)
    said = talk.say("claire", f"!depose cnil {typed}")
    clocks = talk.cell.clocks
    assert clocks[CNIL].reference == "2026-4411"
    assert clocks["FR-CNIL-COMPLEMENT"].status is ClockStatus.WAIVED
    assert clocks["FR-CNIL-COMPLEMENT"].waive_reason is WaiveReason.NOT_APPLICABLE
    assert "plus attendue" in said[0].body
    talk.say("claire", "!annuler")
    assert talk.cell.clocks["FR-CNIL-COMPLEMENT"].status is ClockStatus.PROVISIONAL


def test_the_reason_of_a_delay_may_come_later_but_for_the_first_notification() -> None:
    talk = talk_in_crisis("claire", "pmartin", "karim", clocks=True)
    talk.say("pmartin", "!attaque 13h")
    talk.say("pmartin", "!oui")
    talk.clock.pass_(timedelta(days=4))
    asked = talk.say("pmartin", "!depose plainte PV 12")
    talk.say("pmartin", f"!oui {code_of(asked)}")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].late_reason is None
    talk.say("pmartin", "!depose plainte car le procureur était injoignable")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].late_reason == "le procureur était injoignable"
    assert "déjà déposée" in talk.say("pmartin", "!depose plainte car autre chose")[0].body


def test_an_authority_s_question_rings_whoever_owes_that_authority_and_blocks_the_archive() -> None:
    talk = talk_in_crisis("claire", "anne", "olivier", clocks=True)
    talk.say("anne", "!question cnil Combien de personnes ? --dans 3h")
    rung = [s for s in talk.wait(seconds=2) if s.rings]
    assert {s.rings for s in rung} == {(matrix_id("claire"),)}
    assert "Combien de personnes" in rung[0].body
    clock = talk.cell.clocks["E1"]
    assert (clock.visible, clock.climbs, clock.data_protection) == (Class.LAW, True, True)
    lifted(talk, duties=True)
    assert "E1" in talk.say("claire", "!archiver")[0].body


def test_an_opinion_stands_beside_the_decision_in_the_log() -> None:
    talk = talk_in_crisis("claire", "anne", "pmartin", clocks=True)
    talk.say("anne", "!avis cnil favorable")
    asked = talk.say("claire", "!ecarter cnil risque improbable")
    assert "Avis favorable d’Anne Legrand" in asked[0].body
    talk.say("pmartin", f"!oui {asked[0].body.split('!oui ')[1][:4]}")
    (waived,) = [c for c in actions(talk, "waive") if c["id"] == CNIL]
    assert waived["opinion"]["stance"] == "favourable"
    assert waived["opinion"]["disagrees"]


# -- the end -------------------------------------------------------------------------------------------------------------


def status_of(talk: Talk) -> IncidentStatus:
    with talk.db.transaction() as session:
        cell = cells.load(session, INCIDENT)
    assert cell is not None
    return cell.incident.status


def lifted(talk: Talk, *, duties: bool) -> None:
    """The crisis is lifted; with `duties` its legal clocks still run."""
    asked = talk.say("claire", "!cloture fin des essais")
    talk.say("olivier", f"!oui {asked[0].body.split('!oui ')[1][:4]}")
    if duties:
        return
    with talk.db.transaction() as session:
        cell = cells.load(session, INCIDENT)
        assert cell is not None
        legal = [c for c in cell.clocks.values() if c.visible is Class.LAW and c.open]
        closed = [replace(c, status=ClockStatus.CLOSED, closed_at=START, next_at=None) for c in legal]
        cells.save(session, cell, cell.with_clocks(closed))


def test_what_is_archived_is_read_and_no_longer_changed_until_it_is_reopened() -> None:
    talk = talk_in_crisis("claire", "olivier", clocks=True)
    lifted(talk, duties=False)
    asked = talk.say("claire", "!archiver")
    talk.say("olivier", f"!oui {asked[0].body.split('!oui ')[1][:4]}")
    assert status_of(talk) is IncidentStatus.ARCHIVED
    assert "archivée" in talk.say("claire", "!note trop tard")[0].body
    assert "Conformité" in talk.say("claire", "!conformite")[0].body
    for read in ("!appels", "!diffusions", "!demandes", "!invites", "!taches finies", "!tache T1", "!echeances tout"):
        assert "archivée" not in talk.say("claire", read)[0].body, f"{read} changes nothing"
    assert not [s for s in talk.wait(hours=100) if s.rings], "nothing rings any more"
    asked = talk.say("claire", "!reprendre une réplique")
    talk.say("olivier", f"!oui {asked[0].body.split('!oui ')[1][:4]}")
    assert talk.cell.incident.status is IncidentStatus.OPEN
    assert "ended" not in talk.cell.moments
    assert "HOUSE-REVIEW-HOT" not in talk.cell.clocks
    lifted(talk, duties=True)
    assert talk.cell.clocks["HOUSE-REVIEW-HOT"].open, "what the lifting begins begins with the second one too"


def test_what_goes_on_has_an_owner_and_is_listed_once_a_week_by_day() -> None:
    talk = talk_in_crisis("claire", "olivier", clocks=True)
    lifted(talk, duties=True)
    owners = {clock.id: clock.owner for clock in talk.cell.clocks.values() if clock.open}
    assert owners[CNIL] == matrix_id("claire")
    assert owners["FR-LOPMI-PLAINTE"] == matrix_id("pmartin")
    assert None not in owners.values()
    assert not [s for s in talk.wait(days=6.9) if s.key.startswith("weekly:")]
    lists = {s.room: s for s in talk.wait(hours=3) if s.key.startswith("weekly:")}
    assert "plainte" in lists["dm:pmartin"].body
    assert "cnil" not in lists["dm:pmartin"].body
    assert "cnil" in lists["dm:claire"].body
    assert lists["dm:claire"].rings == (matrix_id("claire"),)
    assert not [s for s in talk.wait(days=1) if s.key.startswith("weekly:")]
    assert not [s for s in talk.wait(days=5, hours=14) if s.key.startswith("weekly:")], "not at night"
    assert [s for s in talk.wait(hours=12) if s.key.startswith("weekly:")]
    assert len(actions(talk, "weekly")) > len(lists)


def test_nothing_is_archived_while_a_duty_of_the_law_is_open() -> None:
    talk = talk_in_crisis("claire", "olivier", clocks=True)
    lifted(talk, duties=True)
    assert "Rien n’est archivé" in talk.say("claire", "!archiver")[0].body
    assert talk.cell.incident.status is IncidentStatus.CLOSED
