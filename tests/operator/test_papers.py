"""What is printed in peacetime: one page a copy, numbers only of who agreed, and nothing overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.config import load
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from bot.export.pdf.press import pictured
from bot.library.directory import load_directory
from bot.papers import directory, slips
from tests.operator.conftest import Run

SKELETON = Path(__file__).parents[2] / "bot" / "skeleton"


def crowd(count: int) -> Roster:
    roles = [role for role in Role if role is not Role.PLAYER]
    people = [
        Person(
            f"Prénom{n} Nom-Composé", f"@p{n}:secours.example", (roles[n % len(roles)],),
            (f"@p{(n + 1) % count}:secours.example",), phone=f"+33 6 00 00 00 {n:02d}", agreed=n % 5 != 0 or None,
        )
        for n in range(count)
    ]  # fmt: skip
    return Roster(tuple(people))


@pytest.mark.parametrize("count", [3, 40, 60])
def test_a_copy_is_one_page_however_many_they_are(write: Callable[..., Path], tmp_path: Path, count: int) -> None:
    config = load(write(), {})
    outside = load_directory(SKELETON / "fr" / "directory.yaml")
    made = directory.book(config, crowd(count), outside, 2, date(2026, 11, 22))
    assert len(pictured(made, tmp_path, directory.TEMPLATE)) == 2
    assert made["copies"] == ["Exemplaire 1 sur 2", "Exemplaire 2 sur 2"]


def test_a_name_that_no_font_has_is_printed_as_its_numbers(write: Callable[..., Path], tmp_path: Path) -> None:
    roster = Roster((Person("张伟", "@z:s.example", (Role.DIRECTOR,)), Person("ليلى", "@l:s.example", (Role.LEGAL,))))
    outside = load_directory(SKELETON / "fr" / "directory.yaml")
    made = directory.book(load(write(), {}), roster, outside, 1, date(2026, 11, 22))
    assert len(pictured(made, tmp_path, directory.TEMPLATE)) == 1
    assert [person["name"] for person in made["people"]] == ["[U+5F20][U+4F1F]", "ليلى"]


def test_numbers_of_who_did_not_agree_and_blanks_are_not_printed(write: Callable[..., Path]) -> None:
    config = load(write(), {})
    roster = Roster(
        (
            Person("Claire", "@c:s.example", (Role.DIRECTOR,), ("@p:s.example",), phone="+33 1", agreed=False),
            Person("Paul", "@p:s.example", (Role.LEGAL,), phone="+33 2"),
            Person("Anne", "@a:s.example", (Role.DIRECTOR,), phone="+33 3", on_call=1),
        )
    )
    made = directory.book(config, roster, load_directory(SKELETON / "fr" / "directory.yaml"), 1, date(2026, 11, 22))
    assert "+33 1" not in json.dumps(made)
    assert "COMPLÉTER" not in json.dumps(made, ensure_ascii=False)
    first = made["tree"][0]
    assert [link["name"] for link in first["links"]] == ["Anne", "Claire"], "the order of call, then the next"


def test_the_command_writes_for_its_owner_alone_and_overwrites_nothing(tocsin: Run, tmp_path: Path) -> None:
    assert tocsin("init", str(tmp_path / "here")).code == 0
    config = str(tmp_path / "here" / "tocsin.toml")
    ran = tocsin("--config", config, "roster", "print", "--copies", "3")
    assert ran.code == 0, ran.err
    assert "3 exemplaires" in ran.out
    made = tmp_path / "roster.pdf"
    assert made.read_bytes().startswith(b"%PDF")
    assert made.stat().st_mode & 0o777 == 0o600
    again = tocsin("--config", config, "roster", "print")
    assert again.code == 2
    assert "existe déjà" in again.err


def test_a_slip_says_what_to_install_and_what_to_compare(write: Callable[..., Path], tmp_path: Path) -> None:
    config = load(write(language="en"), {})
    person = crowd(1).people[0]
    secret = slips.password()
    assert len(secret.replace("-", "")) == 24
    assert slips.password() != secret
    made = slips.book(config, [person, person], {person.matrix_id: secret}, "abcd efgh")
    assert len(pictured(made, tmp_path, slips.TEMPLATE)) == 2, "one page a person"
    text = json.dumps(made, ensure_ascii=False)
    for words in ("https://matrix.secours.example", person.matrix_id, secret, "abcd efgh", "Element X", "Change that"):
        assert words in text, words
    assert made["slips"][0]["qr"].startswith("<svg")


def test_a_slip_speaks_its_persons_language_and_points_to_no_fingerprint_that_is_not_there(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    config = load(write(language="fr"), {})
    long = "@prenom.nom.compose.de.la.direction.des.soins:secours.example"
    people = [
        Person("Máire O'Neil-Ó Súilleabháin", "@m:secours.example", (Role.LEGAL,), language="en"),
        Person("张伟", long, (Role.LEGAL,)),
    ]
    made = slips.book(config, people, {each.matrix_id: slips.password() for each in people}, "")
    assert len(pictured(made, tmp_path, slips.TEMPLATE)) == 2, "whatever script a name is in"
    english, french = made["slips"]
    assert (english["title"], english["roles"]) == ("Your access to the crisis cell", "Legal counsel")
    assert english["steps"][-1].endswith("Ask the administrator for its fingerprint, and compare it.")
    assert french["title"] == "Votre accès à la cellule de crise"
    assert french["fields"][1][1] == long, "what is typed from it is whole"
    assert "celle-ci" not in json.dumps(french, ensure_ascii=False)


def test_without_a_token_nothing_is_done(tocsin: Run, tmp_path: Path) -> None:
    assert tocsin("init", str(tmp_path / "here")).code == 0
    ran = tocsin("--config", str(tmp_path / "here" / "tocsin.toml"), "roster", "invite")
    assert (ran.code, ran.out) == (2, "")
    assert "Aucun jeton" in ran.err
    assert not (tmp_path / "slips.pdf").exists()
