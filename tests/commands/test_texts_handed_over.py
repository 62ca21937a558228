"""Texts that leave the cell for an authority, an insurer, a judge: what they draw on, and what is noted afterwards."""

from __future__ import annotations

import re

from bot.domain.drafts import too_long
from bot.domain.screening import blanks
from bot.domain.text_values import MOST
from tests.commands.harness import Said, Talk, talk_in_crisis


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def code_of(said: list[Said]) -> str:
    found = re.search(r"!(?:oui|yes) (\d{4})", bodies(said))
    assert found is not None
    return found[1]


def released(talk: Talk, number: int, channel: str = "papier") -> str:
    asked = talk.say("claire", f"!diffuser {number} {channel}")
    return bodies(talk.say("claire", f"!oui {code_of(asked)}"))


def complaint(talk: Talk, number: int) -> None:
    talk.say("olivier", "!rediger plainte")
    talk.say("olivier", f"!modifier {number} Nous portons plainte contre X, {number}.")
    for who in ("pmartin", "claire"):
        talk.say(who, f"!approuver {number}")


def test_what_a_text_was_made_for_is_noted_once_it_is_handed_over() -> None:
    talk = talk_in_crisis(clocks=True)
    complaint(talk, 1)
    assert "!depose" not in talk.cell.drafts[1].versions[0].text
    assert "Une fois remis, notez-le\u00a0: `!depose plainte RÉFÉRENCE`" in released(talk, 1)
    talk.say("pmartin", "!depose plainte 2026/88")
    complaint(talk, 2)
    assert "!depose" not in released(talk, 2)


def test_what_is_put_up_by_hand_is_noted_too() -> None:
    talk = talk_in_crisis(clocks=True)
    complaint(talk, 1)
    assert "`!depose plainte RÉFÉRENCE`" in bodies(talk.say("claire", "!publie 1 commissariat"))


def test_the_end_of_the_crisis_is_stated_once_it_has_ended() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger fin")
    assert "jour où la cellule a été levée" in blanks(talk.cell.drafts[1].last.text)
    talk.say("karim", f"!oui {code_of(talk.say('claire', '!cloture services rétablis'))}")
    talk.say("pdurand", "!rediger fin")
    assert "levée depuis le dimanche 22\u00a0novembre 2026." in talk.cell.drafts[2].last.text


def test_no_exercise_is_attested_that_was_none() -> None:
    talk = talk_in_crisis()
    assert "n’atteste qu’un exercice" in bodies(talk.say("olivier", "!rediger attestation"))
    assert not talk.cell.drafts
    drill = Talk()
    drill.say("claire", "!incident rancongiciel Urgences --gravite 4 --exercice", "alert")
    drill.join("claire", "olivier")
    drill.say("olivier", "!rediger attestation")
    assert "ce n’était pas une crise réelle" in drill.cell.drafts[1].last.text


def test_a_list_that_is_cut_says_how_much_is_missing_and_none_at_all_is_a_blank() -> None:
    talk = talk_in_crisis()
    talk.say("pmartin", "!rediger pieces")
    assert "pièces" in blanks(talk.cell.drafts[1].last.text)
    for number in range(MOST + 3):
        talk.say("karim", f"!preuve copie {number}")
    talk.say("pmartin", "!rediger pieces")
    text = talk.cell.drafts[2].last.text
    assert len(re.findall(r"^- P\d", text, re.MULTILINE)) == MOST - 1
    assert "- et 4 de plus, dans les registres exportés" in text


def test_an_address_is_copied_as_it_was_typed() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!rediger passation")
    talk.say(
        "olivier", "!modifier 1 trois priorités = 1. CNIL 2. presse_chu@exemple.fr, pièges et fatigue = [TLP:AMBER]."
    )
    text = talk.cell.drafts[1].last.text
    assert "TROIS PRIORITÉS\u00a0: 1. CNIL 2. presse_chu@exemple.fr.\n" in text
    assert "ATTENTION\u00a0: [TLP:AMBER].\n" in text


def test_the_report_says_how_long_things_took() -> None:
    talk = talk_in_crisis(clocks=True)
    talk.wait(minutes=25)
    talk.say("pdurand", "!rediger interne")
    talk.say("pdurand", "!modifier 1 Laissez tout en l’état.")
    talk.wait(minutes=12)
    for who in ("olivier", "karim", "claire"):
        talk.say(who, "!approuver 1")
    released(talk, 1)
    talk.wait(minutes=70)
    talk.say("pmartin", "!depose plainte 2026/88")
    talk.say("olivier", "!rediger retex")
    text = talk.cell.drafts[2].last.text
    lines = text.partition("DÉLAIS MESURÉS\u00a0:\n")[2].partition("\n\n")[0].replace("\u00a0", " ").split("\n")
    assert lines[1:4] == [
        "- premier message au personnel : 37 min après le premier signe",
        "- première démarche que la loi demande : 1 h 47 après le premier signe",
        "- texte approuvé, de sa rédaction au dernier accord : 12 min (médiane, un texte)",
    ]
    assert lines[0].startswith("- cellule ouverte :")
    assert re.fullmatch(r"- tâches critiques faites à l’heure : 1 sur \d+", lines[4])
    talk.say("olivier", "!rediger retex --langue en")
    assert "- first message to staff: 37 min after the first sign" in talk.cell.drafts[3].last.text.replace(
        "\u00a0", " "
    )


def test_a_text_of_a_long_crisis_is_shown_whole_to_those_who_approve_it() -> None:
    talk = talk_in_crisis()
    for number in range(12):
        talk.say("karim", f"!info {number} {'Le service de soins manque de papier. ' * 36}")
        talk.say("olivier", f"!vrai F{number + 1} vu sur place")
    shown = talk.say("olivier", "!rediger plainte")[0]
    text = talk.cell.drafts[1].last.text
    assert not too_long(text)
    assert text in shown.body.replace("\r", "")
    assert "- et 8 de plus, dans les registres exportés" in text
