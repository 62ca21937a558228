"""A group of two hospitals in one cell: one line a party, filed and closed by itself."""

from __future__ import annotations

from bot.commands.scene import Organisation
from bot.domain.clocks import ClockStatus
from bot.domain.parties import Party
from tests.commands.harness import Talk, messages, talk_in_crisis

GROUP = Organisation(
    "GHT des Vallées",
    "hospital",
    "Europe/Paris",
    "fr",
    parties=2,
    owing=(
        Party("hospital", "FR", (), "nord", "CH Nord", "Europe/Paris"),
        Party("hospital", "FR", (), "sud", "CH Sud", "Europe/Paris"),
    ),
)
CNIL, SUPPLEMENT = "EU-GDPR-33-SA", "FR-CNIL-COMPLEMENT"


def crisis() -> Talk:
    return talk_in_crisis(clocks=True, organisation=GROUP)


def test_the_board_has_a_line_for_each_party() -> None:
    talk = crisis()
    (board,) = messages(talk.say("claire", "!echeances tout"))
    assert "cnil/nord" in board.body
    assert "cnil/sud" in board.body
    assert board.body.count("interne (") == 1
    assert "interne/" not in board.body


def test_without_its_party_it_is_asked_which() -> None:
    talk = crisis()
    (asked,) = messages(talk.say("claire", "!depose cnil ABC-1"))
    assert "`cnil/nord`" in asked.body
    assert "`cnil/sud`" in asked.body


def test_each_party_files_for_itself() -> None:
    talk = crisis()
    talk.say("claire", "!depose cnil/nord ABC-1")
    clocks = talk.cell.clocks
    assert (clocks[f"{CNIL}/nord"].status, clocks[f"{CNIL}/nord"].reference) == (ClockStatus.CLOSED, "ABC-1")
    assert clocks[f"{CNIL}/sud"].status is ClockStatus.RUNNING
    assert clocks[f"{SUPPLEMENT}/nord"].status is ClockStatus.RUNNING
    assert clocks[f"{SUPPLEMENT}/sud"].status is ClockStatus.PROVISIONAL
    assert f"filed:{CNIL}" not in talk.cell.moments, "not everybody has filed"
    talk.say("claire", "!depose cnil/sud ABC-2")
    assert f"filed:{CNIL}" in talk.cell.moments


def test_what_one_party_takes_back_leaves_the_other_alone() -> None:
    talk = crisis()
    talk.say("claire", "!depose cnil/nord ABC-1")
    talk.say("claire", "!depose cnil/sud ABC-2")
    talk.say("claire", "!annuler")
    clocks, moments = talk.cell.clocks, talk.cell.moments
    assert clocks[f"{CNIL}/nord"].status is ClockStatus.CLOSED
    assert clocks[f"{CNIL}/sud"].status is ClockStatus.RUNNING
    assert clocks[f"{SUPPLEMENT}/sud"].status is ClockStatus.PROVISIONAL
    assert f"filed:{CNIL}/nord" in moments
    assert not {f"filed:{CNIL}", f"filed:{CNIL}/sud"} & set(moments)


def test_the_page_of_duties_names_each_party() -> None:
    talk = crisis()
    talk.say("claire", "!depose cnil/nord ABC-1")
    said = talk.say("claire", "!conformite")
    assert "certsante/nord" in " ".join(each.body for each in said)


def test_a_no_proposes_each_party_s_clock_by_its_name() -> None:
    talk = crisis()
    talk.say("anne", "!qualifier 2")
    said = next(messages(talk.say("anne", "!non")))
    assert "cnil/nord, " in said.body
    assert "`!ecarter registre/nord MOTIF`" not in said.body, "the register is never set aside"
    assert "/nord MOTIF`" in said.body


def test_the_supplement_quotes_its_own_party_s_reference() -> None:
    talk = crisis()
    talk.say("claire", "!depose cnil/nord NORD-1")
    talk.say("claire", "!depose cnil/sud SUD-2")
    said = " ".join(each.body for each in messages(talk.say("anne", "!dossier cnil-complement/nord")))
    assert "NORD-1" in said
    assert "SUD-2" not in said
