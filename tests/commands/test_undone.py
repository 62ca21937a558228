"""`!annuler` over what was said of people and partners; and why not, where others have acted on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands.scene import Organisation
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, talk_in_crisis


def careful(**options: str) -> Talk:
    talk = talk_in_crisis(**options)
    talk.tools = replace(talk.tools, vouching=True)
    talk.engine.renew(talk.tools)
    return talk


def undone(talk: Talk, who: str, word: str = "!annuler") -> str:
    return talk.say(who, word)[0].body.replace("\u00a0", " ")


def test_a_vouching_is_taken_back() -> None:
    talk = careful()
    talk.say("claire", "!reconnu @karim")
    assert talk.cell.members[matrix_id("karim")].vouched
    assert "Karim Haddad n’est plus reconnu" in undone(talk, "claire")
    assert not talk.cell.members[matrix_id("karim")].vouched
    actions = [e.content["action"] for e in talk.entries() if e.kind == "role" and e.content]
    assert actions[-2:] == ["vouch", "unvouch"]


def test_a_rest_is_taken_back_one_s_own_or_another_s() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!repos")
    assert "ne se repose plus" in undone(talk, "karim")
    talk.say("olivier", "!repos @karim")
    assert talk.cell.members[matrix_id("karim")].resting_since is not None
    undone(talk, "olivier")
    assert talk.cell.members[matrix_id("karim")].resting_since is None


def test_a_role_given_since_stays_when_a_vouching_is_taken_back() -> None:
    talk = careful()
    talk.say("claire", "!reconnu @karim")
    talk.say("claire", "!reconnu @olivier")
    talk.say("claire", "!reconnu @nadia")
    talk.say("olivier", "!role @nadia dpo")
    assert "changé depuis" in undone(talk, "claire")
    assert talk.cell.members[matrix_id("nadia")].vouched


def test_a_partner_is_not_warned_after_all() -> None:
    talk = talk_in_crisis()
    talk.say("claire", "!prevenu Clinique du Parc : par téléphone")
    assert "Clinique du Parc n’est plus noté comme prévenu" in undone(talk, "claire")
    assert not talk.cell.warned
    assert "rien" in undone(talk, "claire").lower()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("!mobiliser pleniere", "déjà appelées"),
        ("!inviter @james", "La personne est prévenue"),
        ("!passation @olivier", "La passation est acceptée"),
        ("!inviter @expert:secours.example CERT", "!congedier NOM"),
        ("!descendre it bonjour", "C’est déjà lu"),
    ],
)
def test_what_others_have_acted_on_is_not_undone_and_says_what_to_type(typed: str, words: str) -> None:
    tracks = Organisation("CH", "hospital", "Europe/Paris", "fr", rooms="tracks")
    talk = Talk(organisation=tracks)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 2", "alert")
    talk.join("claire", "olivier", "karim")
    before = talk.cell.members
    asked = talk.say("claire", typed)
    code = next((s.body.partition("!oui ")[2][:4] for s in asked if "!oui " in s.body), "")
    talk.say("olivier", f"!oui {code}".strip())
    assert words in undone(talk, "claire")
    assert talk.cell.members.keys() >= before.keys()


def test_the_same_in_english() -> None:
    talk = careful(language="en")
    talk.say("claire", "!vouch @karim")
    assert "is no longer vouched for" in undone(talk, "claire", "!undo")
    talk.say("claire", "!rest")
    assert "rests no more" in undone(talk, "claire", "!undo")


KEPT = (
    ("karim", "!question cnil combien de dossiers ? --pour demain 12h", "`!fait E1 par erreur`"),
    ("claire", "!echeance rappeler --dans 2h", "`!fait E1 par erreur`"),
    ("anne", "!connu violation 13h\n!oui", "`!connu violation QUAND`"),
    ("anne", "!avis cnil favorable", "`!avis cnil reserve TEXTE`"),
    ("pdurand", "!demande Ouest-France : des dossiers ?", "`!fait Q1 notée par erreur`"),
    ("pdurand", "!rediger attente", "`!modifier 1 TEXTE`"),
    ("olivier", "!point", "`!point 7 TEXTE`"),
    ("olivier", "!presents", "`!equipe`"),
    ("claire", "!gel enquête", "`!degel MOTIF`"),
    ("pmartin", "!ecarter assureur 3", "`!rouvrir assureur MOTIF`"),
    ("claire", "!cloture rétabli", "`!reprendre MOTIF`"),
)


@pytest.mark.parametrize(("who", "typed", "instead"), KEPT)
def test_what_stays_says_so_and_what_to_type_instead(who: str, typed: str, instead: str) -> None:
    talk = talk_in_crisis(clocks=True)
    for line in typed.split("\n"):
        said = "\n".join(each.body for each in talk.say(who, line))
    code = said.partition("!oui ")[2][:4]
    if code.isdecimal():
        talk.say("claire" if who == "pmartin" else "olivier", f"!oui {code}")
    answer = undone(talk, who)
    assert instead in answer
    assert "rien changé" not in answer


def test_a_false_alarm_is_lifted_not_undone() -> None:
    talk = talk_in_crisis()
    assert "`!cloture fausse alerte`" in undone(talk, "claire")


def test_an_act_that_is_undone_leaves_no_other_to_undo() -> None:
    talk = talk_in_crisis(language="en", clocks=True)
    talk.say("karim", "!question cnil how many records? --for tomorrow 12:00")
    assert "`!done E1 by mistake`" in undone(talk, "karim", "!undo")
    talk.say("karim", "!done E1 by mistake")
    assert "E1" in undone(talk, "karim", "!undo")
    assert "Nothing to undo" in undone(talk, "karim", "!undo")
