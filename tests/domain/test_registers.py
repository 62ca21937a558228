"""What a text says of itself: reasons, what was set aside, sources; and what may lie in an incident file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.registers import reasoned, replaced, sourced, stated_source, who_and_what
from bot.domain.samples import is_sample


@pytest.mark.parametrize(
    ("typed", "text", "reasons", "set_aside"),
    [
        ("couper internet", "couper internet", None, None),
        ("couper internet, car le chiffrement avance", "couper internet", "le chiffrement avance", None),
        ("couper internet parce qu’il le faut", "couper internet", "il le faut", None),
        ("cut it because it spreads", "cut it", "it spreads", None),
        ("couper internet plutôt que le VPN, car il avance", "couper internet", "il avance", "le VPN"),
        ("couper car il avance plutôt que d'attendre", "couper", "il avance", "d'attendre"),
        ("prévenir le car scolaire", "prévenir le car scolaire", None, None),
        ("arrêter un car parce que c’est plein", "arrêter un car", "c’est plein", None),
        ("car il le faut", "car il le faut", None, None),
        ("carton : fermer la carte", "carton : fermer la carte", None, None),
        ("couper\ncar le chiffrement\navance", "couper", "le chiffrement\navance", None),
    ],
)
def test_reasons(typed: str, text: str, reasons: str | None, set_aside: str | None) -> None:
    said = reasoned(typed)
    assert (said.text, said.reasons, said.set_aside) == (text, reasons, set_aside)


@pytest.mark.parametrize(
    ("typed", "text", "source"),
    [
        ("le PACS répond", "le PACS répond", None),
        ("le PACS répond, source : radiologie", "le PACS répond", "radiologie"),
        ("le PACS répond (source : radiologie)", "le PACS répond", "radiologie"),
        ("it answers. Source: the ward.", "it answers", "the ward"),
        ("source : inconnue", "source : inconnue", None),
        (
            "la source : elle est tarie, et alors (on ne sait pas)",
            "la source : elle est tarie, et alors (on ne sait pas)",
            None,
        ),
    ],
)
def test_sources(typed: str, text: str, source: str | None) -> None:
    assert sourced(typed) == (text, source)


def test_what_follows_a_verdict() -> None:
    assert stated_source("source : le prestataire") == "le prestataire"
    assert stated_source("motif: essai") == "essai"
    assert stated_source("  ") is None
    assert stated_source(None) is None


@pytest.mark.parametrize(("typed", "number"), [("x, remplace F3", 3), ("replaces F 12", 12), ("remplace le 3", None)])
def test_what_a_fact_replaces(typed: str, number: int | None) -> None:
    assert replaced(typed) == number


@pytest.mark.parametrize(
    ("typed", "who", "what"),
    [
        ("the vendor does not answer", "the vendor", "does not answer"),
        ("La préfecture rappelle à 16 h", "La préfecture", "rappelle à 16 h"),
        ("the vendor", "the vendor", None),
        ("CERT Santé : rappellent à 16 h", "CERT Santé", "rappellent à 16 h"),
        ("CERT Santé - rappellent", "CERT Santé", "rappellent"),
        ("prestataire ne répond pas", "prestataire", "ne répond pas"),
        ("prestataire", "prestataire", None),
        ("@claire:secours.example : elle arrive", "@claire:secours.example", "elle arrive"),
        ("@claire - elle arrive", "@claire", "elle arrive"),
    ],
)
def test_whom_a_call_was_with(typed: str, who: str, what: str | None) -> None:
    assert who_and_what(typed) == (who, what)


@given(st.text())
def test_nothing_that_is_typed_is_lost_or_raises(typed: str) -> None:
    said = reasoned(typed)
    assert all(part.strip() in typed for part in (said.text, said.reasons or "", said.set_aside or ""))
    text, source = sourced(typed)
    assert text.strip() in typed
    assert (source or "") in typed
    who_and_what(typed)


@pytest.mark.parametrize("run", [" " * 200_000, "car " * 50_000, "source " * 50_000, ": " * 100_000, "(" * 200_000])
def test_long_texts_are_read_at_once(run: str) -> None:
    # What looks back over a run of blanks, again and again, does not end before the test's own limit.
    for typed in (f"a{run}b", run):
        reasoned(typed)
        sourced(typed)
        who_and_what(typed)
        replaced(typed)


OFFICE = b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml"


@pytest.mark.parametrize(
    ("name", "data", "sample"),
    [
        ("ecran.png", b"\x89PNG\r\n\x1a\n", False),
        ("note.txt", b"LISEZ-MOI", False),
        ("rapport.docx", OFFICE, False),
        ("rapport.docx", OFFICE + b"word/vbaProject.bin", True),
        ("rapport.docm", OFFICE, True),
        ("photo.png", b"MZ\x90\0", True),
        ("photo.png", b"\x7fELF\x02", True),
        ("lecteur.PS1", b"Get-Item", True),
        ("sauvegarde.zip", OFFICE, True),
        ("sauvegarde", b"PK\x03\x04autre", True),
        ("sauvegarde", b"\0" * 257 + b"ustar", True),
        ("sauvegarde", b"\x1f\x8b\x08", True),
        ("", b"", False),
    ],
)
def test_what_may_not_lie_in_an_incident_file(name: str, data: bytes, sample: bool) -> None:
    assert is_sample(name, data) is sample
