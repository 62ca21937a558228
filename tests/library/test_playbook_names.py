"""A playbook is found by each of its names, suggested by plain words, and by nothing else."""

from __future__ import annotations

import pytest

from bot.library.playbooks import Library


@pytest.mark.parametrize(
    "typed",
    ["rancongiciel", "Rançongiciel", "RANSOMWARE", "ran", "RAN", " rançon ", "ransom", "cryptolocker"],
)
def test_it_is_found_by_every_name(library: Library, typed: str) -> None:
    found = library.find(typed)
    assert found is not None
    assert found.id == "rancongiciel"


@pytest.mark.parametrize("typed", ["", "   ", "incendie", "r", "socle"])
def test_what_is_no_name_finds_nothing(library: Library, typed: str) -> None:
    assert library.find(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["rancongicel", "ransonware", "rançongiciels", "serveurs chiffrés", "tout est crypté", "our files are encrypted",
     "une note de rançon sur l’écran"],
)  # fmt: skip
def test_a_near_name_or_plain_words_suggest_it(library: Library, typed: str) -> None:
    assert library.nearest(typed) == ["rancongiciel"]


@pytest.mark.parametrize("typed", ["", "bonjour à tous", "la machine à café", "zzzz"])
def test_other_words_suggest_nothing(library: Library, typed: str) -> None:
    assert library.nearest(typed) == []


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("rancongiciel Serveurs  chiffrés", "Serveurs  chiffrés"),
        ("  Rançongiciel\u00a0: bloc 3", "bloc 3"),
        ("ransomware", ""),
    ],
)
def test_the_name_is_taken_from_the_start_of_a_line(library: Library, typed: str, rest: str) -> None:
    found = library.at_start(typed)
    assert found is not None
    assert found[0].id == "rancongiciel"
    assert found[1] == rest


def test_a_line_that_begins_otherwise_names_nothing(library: Library) -> None:
    assert library.at_start("Serveurs chiffrés rancongiciel") is None
