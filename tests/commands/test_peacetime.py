"""Texts approved in peacetime: released at night by the duty manager and one other, in the words that were approved."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.library import frozen
from bot.library.templates import load_shipped
from tests.commands.harness import Said, Talk, talk_in_crisis

TEXT = "Notre informatique est en panne. Rendez-vous : [À COMPLÉTER : rendez-vous]. Urgence : appelez le 15."
SLOTS = {"rendez-vous": ("maintenus", "reportés ; nous vous rappelons")}
BY = ("Claire Morel", "Paul Martin")


def kept(tmp_path: Path, on: date = date(2026, 11, 2), text: str = TEXT) -> frozen.Frozen:
    made = frozen.frozen("TPL-06", "fr", text, SLOTS, BY, on)
    frozen.write(tmp_path, made)
    return made


def with_frozen(tmp_path: Path) -> Talk:
    talk = talk_in_crisis("claire", "pdurand", "karim")
    talk.tools = replace(talk.tools, templates=load_shipped(tmp_path))
    talk.engine._tools = talk.tools
    return talk


def bodies(said: list[Said]) -> str:
    return "\n".join(each.body for each in said if each.edits is None)


def test_it_is_released_by_two_without_its_route(tmp_path: Path) -> None:
    kept(tmp_path)
    talk = with_frozen(tmp_path)
    asked = bodies(talk.say("pdurand", "!rediger acces-soins"))
    assert "02/11/2026 par Claire Morel et Paul Martin" in asked
    assert "!modifier 1 rendez-vous = maintenus" in asked
    assert "rendez-vous" in bodies(talk.say("pdurand", "!diffuser 1 affiches")), "a blank stops it"
    assert "approuvé" in bodies(talk.say("pdurand", "!modifier 1 rendez-vous = maintenus"))
    asked = bodies(talk.say("pdurand", "!diffuser 1 affiches"))
    code = re.search(r"!oui (\d{4})", asked)
    assert code
    assert "une autre personne" in asked
    refused = bodies(talk.say("pdurand", f"!oui {code[1]}"))
    assert not talk.cell.drafts[1].releases, refused
    talk.say("karim", f"!oui {code[1]}")
    (release,) = talk.cell.drafts[1].releases
    assert release.channel == "affiches"
    assert release.user.startswith("@pdurand:")


def test_any_other_words_are_to_be_approved(tmp_path: Path) -> None:
    kept(tmp_path)
    talk = with_frozen(tmp_path)
    talk.say("pdurand", "!rediger acces-soins")
    talk.say("pdurand", "!modifier 1 rendez-vous = peut-être maintenus")
    assert talk.cell.drafts[1].last.frozen is None
    assert talk.cell.drafts[1].missing(None)
    assert "pas encore approuvé" in bodies(talk.say("pdurand", "!diffuser 1"))


def test_after_twelve_months_it_is_a_template_again(tmp_path: Path) -> None:
    kept(tmp_path, date(2025, 11, 20))
    talk = with_frozen(tmp_path)
    talk.say("pdurand", "!rediger acces-soins")
    assert talk.cell.drafts[1].last.frozen is None


@pytest.mark.parametrize("change", [("15", "16"), ("maintenus", "annulés"), ("Paul Martin", "Paul Marin")])
def test_one_that_was_touched_is_not_taken(tmp_path: Path, change: tuple[str, str]) -> None:
    kept(tmp_path)
    (path,) = (tmp_path / "frozen").glob("*.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    found, faults = frozen.load(tmp_path)
    assert not found
    assert "changé depuis son approbation" in faults[0].fr


def test_it_takes_two_and_every_slot_its_values() -> None:
    with pytest.raises(ValueError, match="rendez-vous"):
        frozen.frozen("TPL-06", "fr", TEXT, {}, BY, date(2026, 11, 2))
    with pytest.raises(ValueError, match="approved_by"):
        frozen.frozen("TPL-06", "fr", TEXT, SLOTS, ("Claire Morel",), date(2026, 11, 2))


def test_it_is_stale_after_a_year(tmp_path: Path) -> None:
    made = kept(tmp_path)
    assert not made.stale(made.approved_on + timedelta(days=365))
    assert made.stale(made.approved_on + timedelta(days=366))


def test_put_up_by_hand_it_takes_two_as_well(tmp_path: Path) -> None:
    made = kept(tmp_path)
    talk = with_frozen(tmp_path)
    talk.say("claire", "!rediger acces-soins")
    talk.say("claire", "!modifier 1 rendez-vous = maintenus")
    code = re.search(r"!oui (\d{4})", bodies(talk.say("claire", "!publie 1 affiches des entrées")))
    assert code
    assert not talk.cell.drafts[1].releases
    talk.say("karim", f"!oui {code[1]}")
    (release,) = talk.cell.drafts[1].releases
    assert release.mode == "by_hand"
    entry = next(e for e in talk.entries() if e.content and e.content.get("action") == "posted")
    assert entry.content is not None
    assert entry.content["after"]["frozen"] == made.sha256
    assert entry.content["after"]["confirmed_by"].startswith("@karim:")
