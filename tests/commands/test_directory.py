"""Whom to call outside: what is shown where, what is told to one person alone, who was warned, and files read anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.clocks import ClockStatus
from bot.domain.directory import Directory
from bot.domain.heard import PARTNERS
from bot.domain.language import Both
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.faults import ConfigurationError
from bot.making import call_in
from bot.reloading import Reloading
from bot.store import rooms
from bot.store.db import Session
from tests.commands.cast import DIRECTORY, ROSTER, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis


def equipped(**options: Any) -> Talk:
    talk = talk_in_crisis(**options)
    talk.tools = replace(talk.tools, directory=DIRECTORY)
    talk.engine.renew(talk.tools)
    return talk


def told(said: list[Said], room: str) -> str:
    return "\n".join(each.body for each in messages(said, room)).replace("\u00a0", " ")


def test_an_entry_with_its_number_and_whether_it_was_checked() -> None:
    talk = equipped()
    shown = told(talk.say("karim", "!annuaire cert"), "cell")
    assert "CERT Santé : 09 72 43 91 25 (24 h/24)" in shown
    assert "⚠️" not in shown
    shown = told(talk.say("karim", "!annuaire assureur"), "cell")
    assert "police 77" in shown
    assert "vérifié le 01/01/2026 seulement" in shown
    whole = told(talk.say("karim", "!annuaire"), "cell")
    assert "Autorités" in whole
    assert "Rien dans l’annuaire pour « zzz »" in told(talk.say("karim", "!annuaire zzz"), "cell")


def test_a_person_s_number_goes_to_who_asks_alone_and_into_no_log() -> None:
    talk = equipped()
    roster = Roster(tuple(replace(p, phone="+33 6 11") if p.localpart == "claire" else p for p in ROSTER))
    talk.tools = replace(talk.tools, roster=roster)
    talk.engine.renew(talk.tools)
    for word, number in (("avocat conseil", "+33 6 99"), ("éditeur", "03 04"), ("@claire", "+33 6 11")):
        said = talk.say("karim", f"!annuaire {word}")
        assert number in told(said, "dm:karim"), word
        assert number not in told(said, "cell"), word
        assert "en message direct" in told(said, "cell")
    said = talk.say("karim", "!annuaire", "dm:karim")
    assert "+33 6 99" in told(said, "dm:karim")
    for entry in talk.entries():
        assert not any(number in str(entry.content) for number in ("+33 6 99", "+33 6 11", "03 04"))


def test_partners_are_a_register() -> None:
    talk = equipped()
    assert "⏳ Hôpital voisin : 02 03" in told(talk.say("karim", "!partenaires"), "cell")
    shown = told(talk.say("karim", "!prevenu hopital voisin par téléphone"), "cell")
    assert "Hôpital voisin est prévenu" in shown
    assert "Pas encore : Éditeur DPI" in shown
    assert "déjà été prévenu par Karim Haddad" in told(talk.say("anne", "!prevenu hôpital voisin"), "cell")
    talk.say("anne", "!prevenu Clinique des Pins : par fax")
    shown = told(talk.say("karim", "!prevenu"), "cell")
    assert "✅ Hôpital voisin" in shown
    assert "✅ Clinique des Pins" in shown
    assert [c["after"]["who"] for c in logged(talk)] == ["Hôpital voisin", "Clinique des Pins"]
    shown = told(talk.say("karim", "!journal 9"), "cell")
    assert "Karim Haddad a prévenu un partenaire : Hôpital voisin (par téléphone)" in shown
    assert "Anne Legrand a prévenu un partenaire : Clinique des Pins (par fax)" in shown


def test_the_last_partner_of_the_directory_meets_the_target_and_taking_it_back_reopens_it() -> None:
    talk = equipped(clocks=True)
    assert "L’échéance" not in told(talk.say("karim", "!prevenu hopital voisin"), "cell")
    said = told(talk.say("karim", "!prevenu éditeur dpi par téléphone"), "cell")
    assert "✅ Tous ceux de l’annuaire le sont : l’échéance partenaires est tenue, elle est close." in said
    clock = talk.cell.clocks[PARTNERS]
    assert (clock.status, clock.reference) == (ClockStatus.CLOSED, "registre des partenaires prévenus")
    talk.say("karim", "!annuler")
    assert talk.cell.clocks[PARTNERS].status is ClockStatus.RUNNING
    assert list(talk.cell.warned) == ["Hôpital voisin"]


def test_without_a_directory_nobody_knows_that_all_were_warned() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.say("karim", "!prevenu Clinique des Pins : par fax")
    assert talk.cell.clocks[PARTNERS].status is ClockStatus.RUNNING


def logged(talk: Talk) -> list[Any]:
    return [e.content for e in talk.entries() if e.content and e.content.get("action") == "warned"]


class Clock:
    def __init__(self, talk: Talk) -> None:
        self.now = talk.clock.now


def reloaded(talk: Talk, roster: Roster, directory: Directory = DIRECTORY, fault: str = "") -> list[Said]:
    def ask_in(session: Session, held: Roster, now: datetime) -> None:
        for person in held:
            call_in(session, "alert", person.matrix_id, now, turn="reload")

    def read() -> tuple[Roster, Directory]:
        if fault:
            raise ConfigurationError(Both(fault, fault))
        return roster, directory

    async def go() -> None:
        assert await Reloading(talk.db, talk.clock, talk.engine, read, ask_in).look()

    asyncio.run(go())
    talk.tools = talk.engine.tools
    return talk.settle()


def test_who_is_taken_out_of_the_roster_has_no_rights_at_once() -> None:
    talk = equipped()
    talk.say("olivier", "!annuaire recharger")
    new = Person("Zoé Blanc", matrix_id("zoe"), (Role.LOGISTICS,))
    roster = Roster(
        (*(replace(p, phone="+33 6 77") if p.localpart == "anne" else p for p in ROSTER if p.localpart != "karim"), new)
    )
    said = reloaded(talk, roster)
    shown = told(said, "cell")
    assert "Ajoutés : @zoe:secours.example" in shown
    assert "Retirés, sans plus aucun droit : @karim:secours.example" in shown
    assert "Anne Legrand : phone" in shown
    assert "+33 6 77" not in str([entry.content for entry in talk.entries()])
    assert [(each.kind, each.room) for each in said if each.kind == "kick"] == [("kick", "cell"), ("kick", "alert")]
    assert not talk.cell.is_here(matrix_id("karim"))
    assert "n’êtes pas sur la liste" in told(talk.say("karim", "!fait 1"), "cell")
    assert talk.cell.tasks[1].status.value == "open"


def test_who_is_added_and_who_had_no_account_before_are_asked_in() -> None:
    talk = equipped()
    with talk.db.transaction() as session:
        rooms.forget(session, f"dm:{matrix_id('anne')}")
    new = Person("Zoé Blanc", matrix_id("zoe"), (Role.LOGISTICS,))
    talk.say("olivier", "!annuaire recharger")
    said = reloaded(talk, Roster((*ROSTER, new)))
    made = {each.room for each in said if each.kind == "create"}
    assert made >= {"dm:anne", "dm:zoe"}
    assert {each.payload["user"] for each in said if (each.kind, each.room) == ("invite", "alert")} == {
        *(person.matrix_id for person in ROSTER),
        new.matrix_id,
    }


def test_files_that_do_not_load_change_nothing() -> None:
    talk = equipped()
    talk.say("olivier", "!annuaire recharger")
    said = reloaded(talk, ROSTER, fault="roster.yaml, ligne 3 : oups.")
    assert "Rien n’a changé" in told(said, "cell")
    assert "roster.yaml, ligne 3" in told(said, "cell")
    assert talk.engine.tools.roster is ROSTER
    assert "réservée" in told(talk.say("karim", "!annuaire recharger"), "cell")


def test_numbers_stand_on_the_deadlines_and_tasks_that_need_them() -> None:
    talk = equipped(clocks=True)
    talk.tools.voice.catalogue.directory = DIRECTORY
    try:
        shown = told(talk.say("claire", "!dossier certsante"), "cell")
        assert "📞 CERT Santé 09 72 43 91 25 (24 h/24)" in shown
        talk.tools.voice.catalogue.directory = Directory(
            (replace(DIRECTORY.entries[0], rules=(), tasks=("SOC-DIR-02",)),)
        )
        number = next(t.number for t in talk.cell.in_order if t.code == "SOC-DIR-02")
        assert "📞 CERT Santé" in told(talk.say("claire", f"!pourquoi {number}"), "cell")
    finally:
        talk.tools.voice.catalogue.directory = Directory()


def test_who_is_not_vouched_for_has_the_outside_numbers_and_no_person_s() -> None:
    talk = equipped()
    talk.tools = replace(talk.tools, vouching=True)
    talk.engine.renew(talk.tools)
    said = talk.say("karim", "!annuaire")
    assert "CERT Santé" in told(said, "cell")
    assert "+33 6 99" not in told(said, "dm:karim")
    assert "pas encore reconnu" in told(talk.say("karim", "!annuaire avocat conseil"), "cell")


def test_a_person_s_own_number_stands_in_no_list_of_partners() -> None:
    talk = equipped()
    shown = told(talk.say("claire", "!partenaires"), "cell")
    assert "Éditeur DPI" in shown
    assert "03 04" not in shown
    assert "Hôpital voisin : 02 03" in shown
