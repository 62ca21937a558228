"""`roster.yaml` and `directory.yaml`: what loads, and the sentence that says what does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.domain.roles import Role
from bot.faults import ConfigurationError
from bot.library.directory import complaints, load_directory
from bot.library.roster import load, roster_faults

GOOD = """
people:
  - name: Claire Morel
    matrix_id: "@claire:secours.example"
    roles: [director, "Porte-parole"]
    deputy: "@paul:secours.example"
    phone: "+33 6 00 00 00 01"
    language: fr
  - name: Paul Garnier
    matrix_id: "@paul:secours.example"
    roles: [rssi]
    deputy: ["@claire:secours.example"]
"""


def written(tmp_path: Path, text: str, name: str = "roster.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_people_in_their_order(tmp_path: Path) -> None:
    roster = load(written(tmp_path, GOOD))
    claire, paul = roster
    assert claire.roles == (Role.DIRECTOR, Role.SPOKESPERSON)
    assert claire.deputies == ("@paul:secours.example",)
    assert (claire.phone, claire.language) == ("+33 6 00 00 00 01", "fr")
    assert (paul.roles, paul.deputies, paul.phone, paul.language) == (
        (Role.CISO,),
        ("@claire:secours.example",),
        None,
        None,
    )


def person(**changes: str) -> str:
    lines = {"name": "Claire Morel", "matrix_id": '"@claire:s.example"', "roles": "[director]"} | changes
    return "people:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in lines.items() if value) + "\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (person(roles="[directeure]"), ["Claire Morel", "directeure", "director"]),
        (person(roles="director"), ["Claire Morel", "roles", "liste"]),
        (person(roles=""), ["Claire Morel", "roles"]),
        (person(matrix_id="claire"), ["Claire Morel", "claire", "@nom:serveur"]),
        (person(matrix_id="12"), ["Claire Morel", "12"]),
        (person(matrix_id='"@Cl aire:s.example"'), ["Claire Morel", "@Cl aire"]),
        (person(deputy='"@nobody:s.example"'), ["Claire Morel", "@nobody:s.example"]),
        (person(deputy='"@claire:s.example"'), ["Claire Morel", "suppléant"]),
        (person(deputy="paul"), ["Claire Morel", "paul"]),
        (person(phone="33600000001"), ["Claire Morel", "phone", "guillemets"]),
        (person(language="de"), ["Claire Morel", "language", "fr ou en"]),
        (person(rolls="[director]"), ["Claire Morel", "rolls", "roles"]),
        (person(name=""), ["n° 1", "name"]),
        (
            person() + person().removeprefix("people:\n"),
            ["Claire Morel et Claire Morel", "@claire:s.example", "2 fois"],
        ),
        ("people: []", ["personne"]),
        ("people: 3", ["people"]),
        ("- a", ["people"]),
        ("people:\n  - Claire", ["n° 1"]),
        ("people: [", ["ligne", "YAML"]),
        (person(matrix_id=""), ["Claire Morel", "il manque « matrix_id »"]),
        (person(phone_agreed="2026-02-30"), ["ligne 5", "2026-02-30", "n’existe pas"]),
        (person() + "    roles: [legal]\n", ["ligne 5", "« roles » est donnée deux fois"]),
        (person() + person(), ["ligne 5", "« people » est donnée deux fois"]),
        ("people: " + "[" * 3000 + "]" * 3000, ["ligne 1", "YAML"]),
        ("? [a]\n: b\npeople: []", ["ligne", "YAML"]),
        ("", ["people"]),
    ],
)
def test_a_fault_names_the_file_and_the_person(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, text), "fr")
    sentence = str(caught.value).replace("\u00a0", " ")
    assert sentence.startswith("roster.yaml")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.yaml cannot be read: it does not exist"):
        load(tmp_path / "absent.yaml", "en")


def test_every_fault_is_found_at_once(tmp_path: Path) -> None:
    _, found = roster_faults(written(tmp_path, person(roles="[x, y]", language="de", phone="3")))
    assert len(found) == 4


def test_yaml_can_make_nothing_run(tmp_path: Path) -> None:
    _, found = roster_faults(written(tmp_path, "people: !!python/object/apply:os.getcwd []"))
    assert len(found) == 1


def test_directory(tmp_path: Path) -> None:
    text = "entries:\n  - name: CERT\n    kind: authority\n    phone: '3218'\n    checked: 2026-11-01\n"
    (entry,) = load_directory(written(tmp_path, text, "directory.yaml")).entries
    assert (entry.name, entry.kind, entry.phone, entry.checked) == (
        "CERT",
        "authority",
        "3218",
        date(2026, 11, 1),
    )
    with pytest.raises(ConfigurationError, match="“checked” must be a date"):
        load_directory(written(tmp_path, text.replace("2026-11-01", "hier"), "directory.yaml"), "en")
    with pytest.raises(ConfigurationError, match="the nearest is “hours”"):
        load_directory(written(tmp_path, text + "    hour: '24'\n", "directory.yaml"), "en")


def test_directory_is_complained_of(tmp_path: Path) -> None:
    text = """entries:
  - {name: CERT, kind: authority, phone: "3218", checked: 2026-11-01, rules: [certsante], tasks: [SOC-DIR-01]}
  - {name: Assureur, kind: insurer, phone: "À COMPLÉTER"}
  - {name: Vieux, kind: partner, phone: "1", checked: 2026-01-01}
  - {name: Jamais, kind: partner, phone: "2"}
  - {name: Faux, phone: "3", checked: 2026-11-01, rules: [cnill], tasks: [SOC-XX-99]}
"""
    directory = load_directory(written(tmp_path, text, "directory.yaml"))
    said = [fault.fr for fault, _ in complaints(directory, date(2026, 11, 22), ("certsante", "cnil"), {"SOC-DIR-01"})]
    assert said == [
        "à compléter : Assureur",
        "jamais vérifié : Jamais",
        "non vérifié depuis plus de six mois : Vieux",
        "Faux : cnill, SOC-XX-99 n’existe pas",
    ]
    assert [e.name for e in directory.for_rule("CertSanté")] == ["CERT"]
    assert [e.name for e in directory.find("cert")] == ["CERT"]
    assert [e.name for e in directory.find("partenaire")] == ["Vieux", "Jamais"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("entries:\n  - {name: A, kind: autority}\n", ["autority", "authority"]),
        ("entries:\n  - {name: A, personal: peut-être}\n", ["personal", "true"]),
        ("entries:\n  - {name: A, aliases: [{a: b}]}\n", ["aliases", "liste"]),
        ("entries:\n  - {name: A}\n  - {name: B, aliases: [a]}\n", ["« a » nomme déjà A"]),
        ("entries:\n  - name: A\n    checked: 2026-13-01\n", ["ligne 3", "2026-13-01", "n’existe pas"]),
    ],
)
def test_directory_that_does_not_load(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_directory(written(tmp_path, text, "directory.yaml"), "fr")
    assert all(word in str(refused.value) for word in words)


def test_order_of_call_agreement_and_languages(tmp_path: Path) -> None:
    text = person(on_call="2", phone='"+33 1"', phone_agreed="false", languages="[en, de]") + person(
        name="Paul", matrix_id='"@paul:s.example"', on_call="1"
    ).removeprefix("people:\n")
    roster = load(written(tmp_path, text))
    assert [p.first_name for p in roster.in_order_of_call(Role.DIRECTOR)] == ["Paul", "Claire"]
    assert load(written(tmp_path, person(phone_agreed='"2026-11-21"'))).people[0].agreed == date(2026, 11, 21)
    claire = roster.people[0]
    assert (claire.phone, claire.shared_phone, claire.speaks) == ("+33 1", None, ("en", "de"))
    for key, value in (("on_call", "0"), ("on_call", "demain"), ("phone_agreed", "oui"), ("languages", "[1]")):
        _, found = roster_faults(written(tmp_path, person(**{key: value})))
        assert any(key in each.fr for each in found), key
