"""The care board: what is kept, logged, exported, taken back, and drawn into the situation point."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from bot.domain import care
from bot.domain.care import MeasureKind, ServiceState
from bot.domain.profiles import PROFILES
from bot.export.registers import files
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, messages, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN

SOLINE = matrix_id("soline")


def logged(talk: Talk) -> list[dict[str, object]]:
    return [dict(entry.content or {}) for entry in talk.entries() if entry.kind == "care"]


@pytest.mark.parametrize(
    ("typed", "name", "state", "note"),
    [
        ("urgences degrade", "urgences", ServiceState.DEGRADED, None),
        ("bloc arrêté plus d’anesthésie", "bloc", ServiceState.STOPPED, "plus d’anesthésie"),
        ("le labo est en mode dégradé", "le labo", ServiceState.DEGRADED, None),
        ("Chaîne du froid : ok", "Chaîne du froid", ServiceState.NORMAL, None),
        ("SAU en délestage", "SAU", ServiceState.DIVERTED, None),
        ("lifts down", "lifts", ServiceState.STOPPED, None),
        ("imagerie à l’arrêt\nle PACS ne répond plus", "imagerie", ServiceState.STOPPED, "le PACS ne répond plus"),
        ("bloc", "bloc", None, None),
    ],
)
def test_a_name_a_state_and_a_remark_are_taken_apart(
    typed: str, name: str, state: ServiceState | None, note: str | None
) -> None:
    assert care.said(typed) == care.Said(name, state, note)


@pytest.mark.parametrize("known", care.KNOWN, ids=lambda known: known.name)
def test_every_service_is_found_by_each_of_its_names(known: care.Known) -> None:
    for name in (*known.label, *known.names):
        assert care.find(name) is known
        assert care.find(f"le {name}".upper()) is known


@pytest.mark.parametrize(
    ("typed", "number"),
    [("M2 obtenu", 2), ("2 : fin", 2), ("m1 terminé.", 1), ("M3 over", 3), ("2 brancardiers", None), ("fin", None)],
)
def test_what_ends_a_measure(typed: str, number: int | None) -> None:
    assert care.ending(typed) == number


def test_a_state_is_kept_with_its_moment_its_author_and_what_was_before() -> None:
    talk = talk_in_crisis()
    talk.say("soline", "!service urgences degrade --depuis 5h")
    talk.say("nadia", "!service urgences arrete")
    kept = talk.cell.services["emergency"]
    assert (kept.state, kept.by, kept.since) == (ServiceState.STOPPED, matrix_id("nadia"), talk.clock.now())
    first, second = logged(talk)
    assert (first["action"], first["id"], first["before"]) == ("service", "Urgences", None)
    assert first["reconstructed"] is True, "it was so before the crisis was opened"
    entry = next(e for e in talk.entries() if e.kind == "care")
    assert (entry.sender, entry.occurred_at) == (SOLINE, "2026-11-22T04:00:00.000000Z")
    assert second["before"] == {"state": "degraded", "since": "2026-11-22T04:00:00.000000Z", "note": None}
    talk.say("nadia", "!annuler")
    assert talk.cell.services["emergency"].since == datetime(2026, 11, 22, 4, tzinfo=UTC)
    talk.say("soline", "!service bloc arrete")
    talk.say("soline", "!annuler")
    assert "theatre" not in talk.cell.services


def test_measures_have_numbers_of_their_own_that_are_not_used_again() -> None:
    talk = talk_in_crisis()
    talk.say("soline", "!contournement par coursier")
    talk.say("soline", "!annuler")
    talk.say("soline", "!renfort deux brancardiers")
    assert [m.id for m in talk.cell.measures_of(MeasureKind.NEED)] == ["M2"]
    assert talk.cell.measures_of(MeasureKind.WORKAROUND) == []
    assert [(each["action"], each["id"]) for each in logged(talk)] == [
        ("workaround", "M1"),
        ("undo", "M1"),
        ("need", "M2"),
    ]


def test_it_is_drawn_into_the_situation_point() -> None:
    talk = talk_in_crisis()
    for text in ("!service bloc arrete --depuis 13h", "!contournement par coursier", "!renfort deux brancardiers"):
        talk.say("soline", text)
    (point,) = messages(talk.say("nadia", "!point"))
    assert "Bloc opératoire à l’arrêt depuis 22/11\u00a013\u00a0h\u00a000" in point.body
    assert "contournements\u00a0: M1" in point.body
    assert "M2 deux brancardiers" in point.body


def test_it_is_a_register_of_the_incident_file() -> None:
    talk = talk_in_crisis()
    for text in (
        "!service bloc arrete plus d’anesthésie",
        "!service repas ok",
        "!renfort une clé 4G",
        "!renfort M1 obtenu",
    ):
        talk.say("soline", text)
    text = dict(files(talk.cell, []))["care.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["id"], row["kind"], row["name"], row["state"], row["note"]) for row in rows] == [
        ("", "service", "Bloc opératoire", "stopped", "plus d’anesthésie"),
        ("", "building", "Repas", "normal", ""),
        ("M1", "need", "", "ended", "une clé 4G"),
    ]
    assert {p.name for p in PROFILES if "care.csv" in p.registers} == {p.name for p in PROFILES if "care" in p.kinds}


def test_what_is_purged_is_gone_from_the_board_too() -> None:
    talk = talk_in_crisis(url=OF_ITS_OWN)
    talk.say("soline", "!contournement Madame Durand Suzanne en chambre 12")
    number = next(e.seq for e in talk.entries() if e.sender == SOLINE and e.kind == "message")
    asked = talk.say("anne", f"!purger {number} donnee patient --effacer")
    code = next(s.body for s in reversed([*asked]) if "!oui" in s.body).partition("!oui ")[2][:4]
    talk.say("pmartin", f"!oui {code}")
    assert "Suzanne" not in talk.cell.measures[1].text
    board = [s for s in talk.said if s.key.startswith("board:") or (s.edits or "").startswith("board:")][-1]
    assert "Suzanne" not in board.body


def test_a_board_on_which_everything_is_wrong_still_fits_a_screen() -> None:
    talk = talk_in_crisis()
    for known in care.KNOWN[:12]:
        talk.say("soline", f"!service {known.label.get('fr')} arrete --depuis 5h")
    talk.say("soline", f"!service {care.KNOWN[12].label.get('fr')} normal")
    for number in range(6):
        talk.say("soline", f"!contournement chemin {number}")
        talk.say("soline", f"!renfort équipe {number}")
    body = next(s.body for s in reversed(talk.said) if s.edits and ":services:" in s.edits)
    assert "… et 5 autres\u00a0: `!services`" in body
    assert "… et 3 plus anciens\u00a0: `!contournement`" in body
    assert "chemin 5" in body
    assert len(body.splitlines()) <= 21


def test_a_state_alone_is_asked_of_which_service() -> None:
    talk = talk_in_crisis()
    (asked,) = messages(talk.say("soline", "!service degrade"))
    assert "De quel service" in asked.body
    assert "`!service urgences degrade --depuis 5h`" in asked.body
