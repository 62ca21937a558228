"""What leads to a purge besides the command, and what follows it: withdrawals, warnings, exports, redactions."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.log import Entry, without_content
from bot.domain.roles import Role
from bot.export.pdf.lines import told
from bot.export.pdf.words import Words
from bot.store import cells, purge, rooms
from bot.store.source import StoreSource
from tests.commands.cast import BOT, START, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN

INCIDENT = "INC-2026-001"
SAID = "Madame Kerdraon est au lit 3 du service"


def talk() -> Talk:
    return talk_in_crisis("soline", "karim", "anne", "claire", url=OF_ITS_OWN)


def seq(talk: Talk, event_id: str) -> int:
    return next(e.seq for e in talk.entries() if e.event_id == event_id)


def withdraw(talk: Talk, who: str, event_id: str, reason: str = "") -> list[Said]:
    content: dict[str, Any] = {"redacts": event_id, **({"reason": reason} if reason else {})}
    talk._event(who, "cell", "m.room.redaction", content, encrypted=False, redacts=event_id)
    return talk.settle()


def hidden(talk: Talk) -> frozenset[int]:
    with talk.db.reading() as session:
        return purge.hidden(session, INCIDENT)


def _did(entry: Entry, action: str) -> bool:
    return (entry.content or {}).get("action") == action


def code(said: list[Said], words: str) -> str:
    found = next(re.search(r"!(?:oui|non) (\d{4})", each.body) for each in said if words in each.body)
    assert found
    return found[1]


def test_who_withdraws_and_says_why_is_hidden_at_once_and_the_dpo_completes_it() -> None:
    cell = talk()
    cell.say("soline", SAID)
    event = cell.last_event
    number = seq(cell, event)
    said = withdraw(cell, "soline", event, "carte bancaire")
    assert number in hidden(cell)
    (told,) = [each for each in said if each.room == "dm:soline"]
    assert told.rings == (matrix_id("soline"),)
    assert "masquée tout de suite" in told.body
    assert "Kerdraon" not in "".join(each.body for each in said)
    (asked,) = [each for each in said if each.kind == "message" and each.room == "cell"]
    assert asked.reply_to is None
    assert asked.rings == (matrix_id("anne"),)
    (logged,) = [e for e in cell.entries() if (e.content or {}).get("action") == "hide"]
    assert logged.sender == matrix_id("soline")
    cell.say("anne", f"!oui {code(said, 'définitivement')}")
    entry = cell.entries()[number - 1]
    assert entry.content is None
    assert not hidden(cell)
    (purged,) = [e for e in cell.entries() if e.kind == "purge"]
    assert purged.content is not None
    assert purged.content["by"] == matrix_id("soline")
    assert purged.content["confirmed_by"] == matrix_id("anne")
    assert purged.content["reason"] == "bank"


@pytest.mark.parametrize("room", ["dm:soline", "cell"])
def test_whose_withdrawal_was_forged_shows_the_message_again_with_one_word(room: str) -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    said = withdraw(cell, "soline", cell.last_event, "patient")
    (told,) = [each for each in said if each.room == "dm:soline"]
    answered = cell.say("soline", f"!non {code([told], 'Pas vous')}", room)
    assert not hidden(cell)
    assert any("revient sur sa demande" in each.body for each in answered if each.room == "cell")
    assert cell.entries()[number - 1].content is not None
    actions = [(e.content or {}).get("action") for e in cell.entries()]
    assert actions.count("hide") == actions.count("unhide") == 1
    late = cell.say("anne", f"!oui {code([told], 'Pas vous')}")
    assert not [e for e in cell.entries() if e.kind == "purge"], late


def test_the_author_alone_completes_nothing() -> None:
    cell = talk()
    cell.say("soline", SAID)
    said = withdraw(cell, "soline", cell.last_event, "patient")
    cell.say("soline", f"!oui {code(said, 'définitivement')}")
    assert not [e for e in cell.entries() if e.kind == "purge"]
    assert hidden(cell)


@pytest.mark.parametrize("guardian", [True, False], ids=["not_answered", "nobody_there"])
def test_what_nobody_confirms_stays_hidden_and_is_asked_again_each_week(*, guardian: bool) -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    if not guardian:
        _without_role(cell, "anne")
    first = code(withdraw(cell, "soline", cell.last_event, "patient"), "Pas vous")
    for weeks in (1, 2):
        said = cell.wait(days=7)
        (told,) = [each for each in said if each.kind == "message" and "attend toujours" in each.body]
        assert told.rings == (matrix_id("soline"), *([matrix_id("anne")] if guardian else []))
        assert (f"!oui {first}" in told.body) == guardian
        assert (
            f"`!role @x délégué à la protection des données`, puis `!purger {number} patient`" in told.body
        ) != guardian
        assert f"!non {first}" in told.body
        assert "Kerdraon" not in told.body
        assert number in hidden(cell)
        logged = [(e.content or {}).get("entries") for e in cell.entries() if _did(e, "purge_unanswered")]
        assert logged == [[number]] * weeks
    if guardian:
        cell.say("anne", f"!oui {first}")
        assert cell.entries()[number - 1].content is None
    else:
        cell.say("soline", f"!non {first}", "dm:soline")
        assert cell.entries()[number - 1].content is not None
    assert not hidden(cell)
    assert not [each for each in cell.wait(days=8) if "attend toujours" in each.body]


def test_a_withdrawal_in_another_s_name_hides_nothing() -> None:
    cell = talk()
    cell.say("soline", SAID)
    assert not [s for s in withdraw(cell, "karim", cell.last_event, "patient") if s.kind == "message"]
    assert not hidden(cell)


def test_with_nobody_to_complete_it_the_message_is_hidden_all_the_same_and_can_be_shown_again() -> None:
    cell = talk()
    cell.say("soline", SAID)
    _without_role(cell, "anne")
    said = withdraw(cell, "soline", cell.last_event, "donnée d’un patient")
    assert hidden(cell)
    assert any("Personne ne peut encore" in each.body for each in said)
    cell.say("soline", f"!non {code(said, 'Pas vous')}", "dm:soline")
    assert not hidden(cell)


def test_without_a_direct_room_the_author_is_told_in_the_cell() -> None:
    cell = talk()
    cell.say("soline", SAID)
    with cell.db.transaction() as session:
        room = rooms.by_key(session, f"dm:{matrix_id('soline')}")
        assert room is not None
        rooms.put(session, replace(room, left=True))
    said = withdraw(cell, "soline", cell.last_event, "patient")
    assert hidden(cell)
    assert [each.room for each in said if each.rings == (matrix_id("soline"),)] == ["cell"]


def test_under_a_legal_hold_a_withdrawal_hides_nothing() -> None:
    cell = talk()
    cell.say("claire", "!gel saisie")
    cell.say("soline", SAID)
    withdraw(cell, "soline", cell.last_event, "patient")
    assert not hidden(cell)


def test_a_no_shows_only_what_that_demand_hid() -> None:
    cell = talk()
    cell.say("soline", SAID)
    first = seq(cell, cell.last_event)
    cell.say("karim", "Monsieur Abgrall attend une dialyse ce matin")
    second = seq(cell, cell.last_event)
    asked = cell.say("soline", f"!purger {first} patient")
    cell.say("karim", f"!purger {second} patient")
    cell.say("anne", f"!non {code(asked, 'définitivement')}")
    assert hidden(cell) == {second}


def test_what_is_hidden_cannot_be_corrected_into_sight() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    cell.say("soline", f"!purger {number} patient")
    said = cell.say("karim", f"!corriger {number} un autre texte")
    assert "Kerdraon" not in "".join(s.body for s in said)
    assert any("masquée en attendant le DPO ou le référent données" in s.body for s in said)


def test_the_text_without_the_datum_is_shown_to_the_dpo_and_left() -> None:
    cell = talk()
    cell.say("soline", "Le serveur Mercure de Madame Kerdraon est arrêté")
    number = seq(cell, cell.last_event)
    clean = "Mercure, serveur d’une patiente, est arrêté"
    said = cell.say("soline", f"!purger {number} patient : {clean}")
    assert any(clean in s.body for s in said if "définitivement" in s.body)
    cell.say("anne", f"!oui {code(said, 'définitivement')}")
    (left,) = [e.content for e in cell.entries() if (e.content or {}).get("target") == number]
    assert left is not None
    assert left["text"] == clean
    assert not hidden(cell)


def test_erasing_what_one_just_wrote_erases() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    said = cell.say("soline", f"!purger {number} patient --effacer")
    assert any("que la trace" in s.body for s in said)
    cell.say("anne", f"!oui {code(said, 'définitivement')}")
    (purged,) = [e.content for e in cell.entries() if e.kind == "purge"]
    assert purged is not None
    assert purged["mode"] == "erase"


def test_a_dpo_purges_their_own_message_with_the_lawyer_or_the_director() -> None:
    cell = talk()
    cell.say("anne", SAID)
    number = seq(cell, cell.last_event)
    said = cell.say("anne", f"!purger {number} patient")
    assert not any("personne n’a ce rôle" in s.body for s in said)
    cell.say("claire", f"!oui {code(said, 'définitivement')}")
    assert cell.entries()[number - 1].content is None


def test_the_reason_of_a_withdrawal_a_sign_and_a_name_can_be_purged() -> None:
    cell = talk()
    cell.say("karim", "bonjour")
    event = cell.last_event
    cell.react("soline", "Kerdraon", event)
    withdraw(cell, "soline", event, "Madame Kerdraon est au lit 3 du service")
    numbers = [
        e.seq for e in cell.entries() if e.kind in ("reaction", "redaction", "membership") and "soline" in str(e.sender)
    ]
    assert {e.kind for e in cell.entries() if e.seq in numbers} == {"reaction", "redaction", "membership"}
    before = sum(e.content is None for e in cell.entries())
    cell.clock.pass_(timedelta(minutes=12))
    said = cell.say("karim", f"!purger {','.join(map(str, numbers))} patient --effacer")
    cell.say("anne", f"!oui {code(said, 'effacer')}")
    assert all(cell.entries()[number - 1].content is None for number in numbers)
    assert sum(e.content is None for e in cell.entries()) - before == len(numbers), "names are no text to look for"


def test_who_lost_the_role_meanwhile_completes_no_purge() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    asked = cell.say("soline", f"!purger {number} patient")
    later = talk_asked(cell)
    _without_role(cell, "anne")
    for each in (code(asked, "définitivement"), later):
        said = cell.say("anne", f"!oui {each}")
        assert not any(s.body.startswith("🩹 Masqué") or s.body.startswith("🩹 Effacé") for s in said)
    assert not [e for e in cell.entries() if e.kind == "purge"]


def talk_asked(cell: Talk) -> str:
    """The code of a purge of what was written long ago."""
    cell.clock.pass_(timedelta(minutes=12))
    return code(cell.say("karim", "!purger 1 patient --effacer"), "effacer")


def _without_role(cell: Talk, who: str) -> None:
    with cell.db.transaction() as session:
        before = cells.load(session, INCIDENT)
        assert before is not None
        cells.save(session, before, before.with_member(replace(before.members[matrix_id(who)], roles=(Role.OBSERVER,))))


def test_a_number_in_a_direct_room_is_warned_of_and_nobody_is_led_to_one_in_the_cell() -> None:
    cell = talk()
    (warning,) = [s for s in cell.say("soline", "NIR 2 69 05 49 588 157 80", "dm:soline") if s.body.startswith("👀")]
    assert "supprimez ce message" in warning.body
    alone = talk_in_crisis("soline", "karim", "anne", "claire", url=OF_ITS_OWN)
    with alone.db.transaction() as session:
        room = rooms.by_key(session, f"dm:{matrix_id('soline')}")
        assert room is not None
        rooms.put(session, replace(room, left=True))
    (warning,) = [s for s in alone.say("soline", "NIR 2 69 05 49 588 157 80") if s.kind == "message"]
    assert warning.body.startswith("👀 Rappel")
    assert "m.relates_to" not in warning.payload
    assert "sécurité sociale" not in warning.body


def test_who_withdraws_without_a_word_is_asked_alone_and_once() -> None:
    cell = talk()
    cell.say("soline", SAID)
    event = cell.last_event
    said = withdraw(cell, "soline", event)
    assert [each.room for each in said if each.kind == "message"] == ["dm:soline"]
    assert not hidden(cell)
    again = withdraw(cell, "soline", event)
    assert not [each for each in again if each.kind == "message"]
    answered = cell.say("soline", f"!oui {code(said, 'retirer un message')}", "dm:soline")
    assert seq(cell, event) in hidden(cell)
    assert any(matrix_id("anne") in each.rings for each in answered)


def test_a_withdrawal_by_another_or_of_long_ago_asks_nobody() -> None:
    cell = talk()
    cell.say("soline", SAID)
    event = cell.last_event
    assert not [s for s in withdraw(cell, "karim", event, "patient") if s.kind == "message"]
    cell.clock.pass_(timedelta(minutes=11))
    assert not [s for s in withdraw(cell, "soline", event, "patient") if s.kind == "message"]
    assert not hidden(cell)


def test_what_is_hidden_leaves_no_export_and_no_search() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    cell.say("soline", f"!purger {number} patient")
    with cell.db.reading() as session:
        source = StoreSource(session, cell.tools.passphrase)
        assert number in source.hidden(INCIDENT)
        held = next(e for e in source.entries(INCIDENT) if e.seq == number)
        assert without_content(held).content_hash == held.content_hash
    assert "Kerdraon" not in "".join(s.body for s in cell.say("karim", "!journal 30"))


def test_a_warning_is_given_once_a_message_and_quotes_nothing() -> None:
    cell = talk()
    said = cell.say("soline", "NIR 2 69 05 49 588 157 80")
    event = cell.last_event
    (warning,) = [s for s in said if s.kind == "message"]
    assert warning.room == "dm:soline"
    assert "269" not in warning.body.replace(" ", "")
    assert not [s for s in cell.say("soline", "son NIR 2 69 05 49 588 157 80", edit_of=event) if s.kind == "message"]


def test_an_organisations_own_pattern_is_warned_of() -> None:
    cell = talk()
    cell.engine.renew(replace(cell.tools, patterns=(re.compile(r"IPP\d{8}"),)))
    assert [s.room for s in cell.say("soline", "voir IPP00012345") if s.kind == "message"] == ["dm:soline"]
    assert not [s for s in cell.say("soline", "voir IPP") if s.kind == "message"]


def test_the_event_and_what_quotes_it_are_withdrawn_from_the_room() -> None:
    cell = talk()
    cell.say("soline", SAID)
    first = cell.last_event
    cell.say("karim", f"> <@soline:secours.example> {SAID}\n\nvu", reply_to=first)
    quote = cell.last_event
    cell.clock.pass_(timedelta(minutes=12))
    asked = cell.say("karim", f"!purger {seq(cell, first)} patient --effacer")
    said = cell.say("anne", f"!oui {code(asked, 'effacer')}")
    gone = {s.payload["event_id"] for s in said if s.kind == "redaction"}
    assert gone == {first, quote}
    assert not any(s.payload.get("reason") for s in said if s.kind == "redaction")


def test_a_no_of_the_second_person_changes_nothing() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    cell.clock.pass_(timedelta(minutes=12))
    asked = cell.say("karim", f"!purger {number} patient --effacer")
    cell.say("anne", f"!non {code(asked, 'effacer')}")
    assert cell.entries()[number - 1].content is not None
    assert not [e for e in cell.entries() if e.kind == "purge"]


def test_in_a_practice_nobody_purges_alone() -> None:
    cell = talk_in_crisis("claire", kind="medical_practice", url=OF_ITS_OWN)
    cell.say("claire", SAID)
    number = seq(cell, cell.last_event)
    cell.clock.pass_(timedelta(minutes=12))
    with cell.db.transaction() as session:
        before = cells.load(session, INCIDENT)
        assert before is not None
        alone = before
        for member in before.members.values():
            if member.matrix_id != matrix_id("claire"):
                alone = alone.with_member(replace(member, left_at=START))
        cells.save(session, before, alone)
    (said,) = [s for s in cell.say("claire", f"!purger {number} patient --effacer") if s.kind == "message"]
    assert "seconde personne" in said.body


def test_registers_boards_and_exports_withhold_what_was_made_of_a_hidden_entry() -> None:
    cell = talk()
    cell.say("soline", "!info Madame Kerdraon est au lit 3 du service")
    number = seq(cell, cell.last_event)
    said = cell.say("soline", f"!purger {number} patient")
    for typed in ("!infos", "!point", "!statut"):
        said = cell.say("karim", typed)
        assert "Kerdraon" not in "".join(s.body + s.html for s in said), typed
    assert any("masqué en attendant" in s.body for s in cell.say("karim", "!infos"))
    with cell.db.reading() as session:
        shown = StoreSource(session, cell.tools.passphrase).cell(INCIDENT)
        kept = cells.load(session, INCIDENT)
    assert "Kerdraon" not in repr(shown.facts if shown else "Kerdraon")
    assert kept is not None
    assert "Kerdraon" in repr(kept.facts)


def test_the_printed_log_says_masked_or_erased_and_why_in_words() -> None:
    cell = talk()
    cell.say("soline", SAID)
    number = seq(cell, cell.last_event)
    said = cell.say("soline", f"!purger {number} patient")
    cell.say("anne", f"!oui {code(said, 'définitivement')}")
    lines = told(cell.entries(), Words(cell.cell, BOT), frozenset(), None)
    line = next(each for each in lines if each.seq == number)
    assert "masqué" in line.text
    assert any("masqué par" in note and "donnée d’un patient" in note for note in line.notes)
    (purged,) = [each for each in lines if each.did == "masque un contenu"]
    assert "donnée d’un patient" in purged.text
