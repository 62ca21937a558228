"""Who is vouched for, and accounts in other hands: what may not be done, and the ways round that do not work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.store import people
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis


def careful(roster: Roster = ROSTER) -> Talk:
    """A cell at work, opened by Claire, in which nobody else is vouched for."""
    talk = talk_in_crisis()
    talk.tools = replace(talk.tools, vouching=True, roster=roster)
    talk.engine.renew(talk.tools)
    return talk


def told(said: list[Said], room: str = "cell") -> str:
    return "\n".join(each.body for each in messages(said, room)).replace("\u00a0", " ")


def code(talk: Talk) -> str:
    shown = next(each.body for each in reversed(talk.said) if "`!oui " in each.body)
    return shown.partition("`!oui ")[2][:4]


def vouched(talk: Talk, *names: str) -> None:
    for name in names:
        assert "reconnaît" in told(talk.say("claire", f"!reconnu @{name}")), name


@pytest.mark.parametrize(
    "text",
    ["!statut", "!equipe", "!journal", "!taches", "!note vu", "!ici", "!prendre 1", "!fait 1", "!pourquoi 1", "!aide"],
)
def test_who_is_not_vouched_for_reads_notes_and_does_the_tasks_of_their_role(text: str) -> None:
    said = told(careful().say("karim", text))
    # The team itself says of whom it is so.
    assert "pas encore reconnu" not in said.replace(" · pas encore reconnu", "")


@pytest.mark.parametrize(
    "text",
    [
        "!prendre 60", "!decision couper internet", "!info le PACS est arrêté", "!gravite 4", "!role @oscar logistique",
        "!cloture", "!exporter", "!tache it Rappeler", "!donner 1 @claire", "!tel CERT : rappellent", "!preuve clé USB",
        "!reconnu @anne", "!compromis @claire", "!mobiliser", "!annuaire @claire", "!avocat", "!corriger 1 faux",
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["karim", "olivier"])
def test_and_nothing_else_whatever_their_role(who: str, text: str) -> None:
    talk = careful()
    before = talk.cell
    shown = told(talk.say(who, text))
    assert "reconnu" in shown or "réservée" in shown or "revient au rôle" in shown, shown
    assert replace(talk.cell, boards={}) == replace(before, boards={})


def test_somebody_vouched_says_so_and_it_is_logged() -> None:
    talk = careful()
    assert "pas de soi-même" not in told(talk.say("claire", "!note x"))
    vouched(talk, "karim")
    assert "déjà reconnu" in told(talk.say("claire", "!reconnu @karim"))
    assert "Karim Haddad reconnaît Anne Legrand" in told(talk.say("karim", "!reconnu @anne"))
    entry = [e for e in talk.entries() if e.content and e.content.get("action") == "vouch"]
    assert [(e.sender, e.content["id"]) for e in entry if e.content] == [
        (matrix_id("claire"), matrix_id("karim")),
        (matrix_id("karim"), matrix_id("anne")),
    ]


def test_nobody_vouches_for_themselves_nor_by_a_second_account() -> None:
    twin = Person("Karim  Haddad", matrix_id("karim2"), (Role.CIO,))
    talk = careful(Roster((*ROSTER, twin)))
    assert "on ne répond pas de soi-même" in told(talk.say("claire", "!reconnu @claire"))
    vouched(talk, "karim")
    talk.join("karim2")
    assert "second compte à soi" in told(talk.say("karim", "!reconnu @karim2:secours.example"))


def test_a_second_who_is_not_vouched_for_completes_nothing() -> None:
    talk = careful()
    shown = told(talk.say("claire", "!cloture services rétablis"))
    assert "Donnez d’abord ce rôle" in shown, "the others are called, and none is vouched for"
    vouched(talk, "karim")
    talk.say("claire", "!cloture services rétablis")
    number = code(talk)
    assert "ne compte pas" in told(talk.say("olivier", f"!oui {number}")) or "pas à vous" in told(talk.said[-1:])
    assert talk.cell.incident.status.value == "open"
    talk.say("karim", f"!oui {number}")
    assert talk.cell.incident.status.value == "closed"


def test_the_stranger_who_found_the_director_s_slip() -> None:
    """Somebody logs in as a director who was called, in an incident that another opened."""
    talk = Talk()
    talk.tools = replace(talk.tools, vouching=True)
    talk.engine.renew(talk.tools)
    talk.say("karim", "!alerte rançon urgences --gravite 4", "alert")
    talk.join("karim", "olivier", "claire")
    told_on_entering = talk.wait(seconds=0)
    assert "!reconnu @claire" in told(told_on_entering)
    for text in ("!cloture", "!role @oscar directeur", "!compromis @karim", "!reconnu @olivier", "!exporter"):
        assert "reconnu" in told(talk.say("claire", text)), text
        assert "reconnu" in told(talk.say("claire", text, "dm:claire"), "dm:claire"), text
    assert talk.cell.incident.status.value == "open"


def suspended(talk: Talk, who: str = "anne") -> list[Said]:
    vouched(talk, "karim", "olivier")
    talk.say("claire", f"!compromis @{who}")
    return talk.say("karim", f"!oui {code(talk)}")


def test_a_compromised_account_loses_everything_at_once() -> None:
    talk = careful()
    said = suspended(talk)
    assert [(e.room, e.payload["user"], e.payload["bar"]) for e in said if e.kind == "kick"] == [
        ("cell", matrix_id("anne"), True),
        ("alert", matrix_id("anne"), True),
    ]
    assert "est suspendu par Claire Morel, confirmé par Karim Haddad" in told(said)
    assert not talk.cell.is_here(matrix_id("anne"))
    for text in ("!note je suis là", "!fait 29", "!ici", "!oui", "!aide", "!alerte rançon encore"):
        for room in ("cell", "dm:anne", "alert"):
            assert talk.say("anne", text, room) == [], (text, room)
    assert talk.react("anne", "✅", talk.said[-1].event_id) == []
    assert "suspendu" in told(talk.say("olivier", "!role @anne dpo"))


def test_what_two_have_done_is_said_in_the_rooms_language_whoever_of_them_speaks_another() -> None:
    talk = careful()
    talk.say("claire", "!reconnu @olivier")
    talk.say("olivier", "!langue en")
    talk.say("claire", "!compromis @karim")
    said = told(talk.say("olivier", f"!yes {code(talk)}"))
    assert "🔒 Le compte de Karim Haddad est suspendu par Claire Morel, confirmé par Olivier Roux" in said
    assert "suspended" not in said


def test_who_was_suspended_and_comes_back_is_put_out_again_and_stays_without_rights() -> None:
    talk = careful()
    suspended(talk)
    for _ in range(2):
        said = talk.join("anne")
        assert [e.payload["user"] for e in said if e.kind == "kick"] == [matrix_id("anne")]
        assert "compte suspendu" in told(said)
        assert not talk.cell.is_here(matrix_id("anne"))


def test_it_takes_two_vouched_people_and_never_the_one_it_is_about() -> None:
    talk = careful()
    talk.say("claire", "!compromis @anne")
    assert "suspendu par" not in told(talk.said[-1:]), "nobody else is vouched for"
    vouched(talk, "karim")
    talk.say("claire", "!compromis @olivier")
    number = code(talk)
    for who in ("claire", "olivier", "anne"):
        talk.say(who, f"!oui {number}")
        talk.react(who, "✅", next(e.event_id for e in reversed(talk.said) if f"`!oui {number}`" in e.body))
    with talk.db.reading() as session:
        assert not people.suspended(session)
    assert "on ne répond pas de soi-même" in told(talk.say("karim", "!compromis @karim"))


def test_never_the_last_director_not_even_by_a_second_account_of_theirs() -> None:
    talk = careful()
    vouched(talk, "karim", "olivier")
    assert "dernier directeur" in told(talk.say("karim", "!compromis @claire"))
    twin = Person("Claire Morel", matrix_id("claire2"), (Role.DIRECTOR,))
    talk.tools = replace(talk.tools, roster=Roster((*ROSTER, twin)))
    talk.engine.renew(talk.tools)
    talk.join("claire2")
    assert "dernier directeur" in told(talk.say("karim", "!compromis @claire:secours.example"))
    talk.say("claire", "!role @soline directeur")
    talk.say("karim", "!compromis @claire:secours.example")
    said = talk.say("olivier", f"!oui {code(talk)}")
    assert "Claire Morel est suspendu" in told(said)


def test_two_vouched_people_restore_an_account_and_it_begins_anew() -> None:
    talk = careful()
    suspended(talk)
    talk.say("claire", "!reconnu @anne")
    number = code(talk)
    assert "rétabli" not in told(talk.say("claire", f"!oui {number}"))
    said = talk.say("olivier", f"!oui {number}")
    assert "est rétabli" in told(said)
    assert [e.payload["user"] for e in said if e.kind == "invite"] == [matrix_id("anne")]
    talk.join("anne")
    assert "pas encore reconnu" in told(talk.say("anne", "!info le PACS est arrêté"))


def test_a_dangerous_command_from_an_unsigned_device() -> None:
    talk = careful()
    vouched(talk, "karim")
    opened = talk.post("claire", "!cloture")
    with talk.db.transaction() as session:
        from sqlmodel import select

        from bot.store.tables import Journal  # the provenance that the Matrix layer would have written

        row = session.scalars(select(Journal).where(Journal.event_id == opened)).one()
        row.provenance = {**row.provenance, "device_signed": False}
    assert "appareil que son propriétaire n’a pas signé" in told(talk.settle())


def test_somebody_who_is_not_on_the_roster_raises_an_alarm_once() -> None:
    talk = careful()
    said = talk.join("@mallory:ailleurs.example")
    shown = next(messages(said, "cell"))
    assert "@mallory:ailleurs.example" in shown.body
    assert set(shown.rings) >= {matrix_id("claire"), matrix_id("olivier"), matrix_id("karim")}
    assert not told(talk.join("@mallory:ailleurs.example"))
    assert "@mallory:ailleurs.example" not in talk.cell.members
    vouched(talk, "karim")
    talk.say("claire", "!compromis @mallory:ailleurs.example")
    said = talk.say("karim", f"!oui {code(talk)}")
    assert next(e.payload["user"] for e in said if e.kind == "kick") == "@mallory:ailleurs.example"


def test_a_new_device_is_told_to_its_owner_and_the_first_one_to_who_coordinates_too() -> None:
    talk = careful()
    said = talk.notice("new_device", {"user": matrix_id("karim"), "device": "NEUF", "signed": False})
    assert next(messages(said, "cell")).rings == (matrix_id("olivier"), matrix_id("karim"))
    assert "Un nouvel appareil" in told(said, "dm:karim")
    assert not told(said, "dm:olivier")
    said = talk.notice("new_device", {"user": matrix_id("oscar"), "device": "UN", "signed": False, "first": True})
    assert "Changez maintenant le mot de passe" in told(said, "dm:oscar")
    assert "une fiche se perd" in told(said, "dm:olivier")


def test_the_team_says_who_is_not_vouched_for_and_who_rests() -> None:
    talk = careful()
    vouched(talk, "karim")
    talk.say("anne", "!repos")
    shown = told(talk.say("claire", "!equipe"))
    lines = {line.removeprefix("- ").partition(" — ")[0]: line for line in shown.splitlines() if " — " in line}
    assert "pas encore reconnu" not in lines["Claire Morel"] + lines["Karim Haddad"]
    assert "pas encore reconnu" in lines["Olivier Roux"]
    assert "repos" not in lines["Anne Legrand"]


def test_who_rests_is_named_to_them_and_to_who_looks_after_them_alone() -> None:
    talk = careful()
    vouched(talk, "karim")
    talk.say("anne", "!repos")
    assert "😴 Au repos : 1." in told(talk.say("claire", "!equipe"))
    shown = {who: told(talk.say(who, "!equipe", f"dm:{who}"), f"dm:{who}") for who in ("anne", "karim", "olivier")}
    assert "Anne Legrand — délégué à la protection des données · 😴 au repos" in shown["anne"]
    assert "Anne Legrand — délégué à la protection des données · 😴 au repos" in shown["olivier"]
    assert "😴 au repos" not in shown["karim"]
    assert "😴 Au repos : 1." in shown["karim"]
    assert "Au repos" not in shown["olivier"]
