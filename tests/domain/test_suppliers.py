"""By which names a supplier is known in a text that must not name it."""

from __future__ import annotations

import pytest

from bot.domain.directory import Directory, Entry, Kind
from bot.domain.screening import Finding, Lists, watched
from bot.domain.suppliers import short_names, whole_names

DIRECTORY = Directory(
    (
        Entry("Medisys SAS (Hôpital Plus)", Kind.VENDOR, aliases=("MDS Care", "dpi", "medinet")),
        Entry("Groupe Orange & Fils S.A.", Kind.RESPONSE, aliases=("forensique",)),
        Entry("Éditeur du dossier patient", Kind.VENDOR, aliases=("éditeur", "DPI")),
        Entry("Assureur", Kind.INSURER, aliases=("assurance",)),
        Entry("CHU de Rennes", Kind.PARTNER, aliases=("Pontchaillou",)),
    )
)
LISTS = Lists(suppliers=whole_names(DIRECTORY), short=short_names(DIRECTORY))


def named(text: str) -> list[str]:
    return [text[each.start : each.end] for each in watched(text, LISTS) if each.what is Finding.SUPPLIER]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Une panne de Medisys nous touche.", ["Medisys"]),
        ("Medisys nous a prévenus.", ["Medisys"]),
        ("MEDISYS nous a prévenus.", ["MEDISYS"]),
        ("Hôpital Plus ne répond plus.", ["Hôpital Plus"]),
        ("La panne vient de medisys sas (hôpital plus), dit-on.", ["medisys sas (hôpital plus)"]),
        ("Nous travaillons avec MDS Care et Medinet.", ["MDS Care", "Medinet"]),
        ("Orange & Fils enquête.", ["Orange & Fils"]),
        ("Le CHU de Rennes nous aide.", []),
        ("Notre assureur et l’éditeur du dossier patient sont prévenus.", []),
        ("Le DPI est arrêté, l’analyse forensique commence.", []),
        ("Le plan orange est déclenché.", []),
    ],
)
def test_a_supplier_is_found_by_any_of_its_names_and_no_word_of_what_it_does(text: str, found: list[str]) -> None:
    assert named(text) == found


def test_of_two_names_in_one_place_the_longest_is_said() -> None:
    assert named("Contrat de Medisys SAS (Hôpital Plus).") == ["Medisys SAS (Hôpital Plus)"]
