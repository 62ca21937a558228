"""What is wrong with a file is said in the reader's language, with the key or the line and what to write there: a
library's own English reaches nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain.language import LANGUAGES, Both
from bot.library import frozen, template_lint
from bot.library.playbook_faults import PlaybookFault
from bot.library.playbooks import load
from bot.library.templates import TemplateFault, read
from bot.resources import data

_ENGLISH = re.compile(
    r"\b(?:input|field|should|expected|unexpected|unknown|undefined|while|found|line|required|valid|encountered|Errno)\b"
)
SHIPPED = (data("templates", "communications", "fr") / "TPL-05.md.j2").read_text(encoding="utf-8")


def written(folder: Path, text: str | bytes, name: str = "TPL-05") -> Path:
    path = folder / "fr" / f"{name}.md.j2"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def said_of(folder: Path, text: str | bytes) -> Both:
    with pytest.raises(TemplateFault) as fault:
        read(written(folder, text))
    return Both(*(each.replace("\u00a0", " ") for each in fault.value.both))


@pytest.mark.parametrize(
    ("old", "new", "fr", "en"),
    [
        ("title: Décl", "titel: Décl", "il manque « title »", "“title” is missing"),
        (
            "group: public", "group: public\naudiance: x",
            "la clé « audiance » n’existe pas ; la plus proche est « audience »",
            "there is no key “audiance”; the nearest is “audience”",
        ),
        (
            "type: flag, from: act", "tipe: flag, type: flag, from: act",
            "la clé « variables.authorities.tipe » n’existe pas ; la plus proche est « type »",
            "there is no key “variables.authorities.tipe”; the nearest is “type”",
        ),
        (
            "group: public", "group: presse",
            "« group » doit être l’un de : staff, public, individuals, partners, authorities, cell ; pas « presse »",
            "“group” must be one of: staff, public, individuals, partners, authorities, cell; not “presse”",
        ),
        (
            "written_by: communication", "written_by: comunication",
            "« written_by » ne peut pas être « comunication » ; le plus proche est « communication »",
            "“written_by” cannot be “comunication”; the nearest is “communication”",
        ),
        (
            "- role: legal", "- rôle: legal",
            "il manque « route n° 2, role »", "“route no. 2, role” is missing",
        ),
        (
            "leaves_the_cell: true", "leaves_the_cell: peut-être",
            "« leaves_the_cell » doit être true ou false", "“leaves_the_cell” must be true or false",
        ),
        ("checked: 2026-11-21", "checked: hier", "« source.checked » doit être une date comme 2026-11-21",
         "“source.checked” must be a date such as 2026-11-21"),
        ("checked: 2026-11-21", "checked: 2026-02-31", "ligne 31, la date « 2026-02-31 » n’existe pas",
         "line 31, the date “2026-02-31” does not exist"),
        ("group: public", "group: public\ngroup: staff", "ligne 6, la clé « group » est donnée deux fois",
         "line 6, the key “group” is given twice"),
        ("title: Décl", "title: [Décl", "ligne", "this is not valid YAML"),
        ("{% if facts %}", "{% si facts %}", "une balise {% … %} n’existe pas", "a tag {% … %} does not exist"),
        ("began | day }}", "began | jour }}", "ligne 33, le filtre « jour » n’existe pas",
         "line 33, there is no filter “jour”"),
        ("{{ organisation }} fait", "{{ organisation fait", "ligne 33, une balise {{ … }} ou {% … %} est mal écrite",
         "line 33, a tag {{ … }} or {% … %} is ill written"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_read(tmp_path: Path, old: str, new: str, fr: str, en: str) -> None:
    assert old in SHIPPED
    said = said_of(tmp_path, SHIPPED.replace(old, new, 1))
    assert fr in said.fr
    assert en in said.en
    assert said.fr.startswith("fr/TPL-05.md.j2 : ")
    assert not _ENGLISH.search(said.fr.partition(" : ")[2].replace(new, "")), said.fr


def test_a_tag_that_is_not_closed_and_a_file_in_another_alphabet(tmp_path: Path) -> None:
    assert "une balise ouverte n’est pas fermée" in said_of(tmp_path, SHIPPED + "{% if care %}").fr
    assert "il n’est pas écrit en UTF-8" in said_of(tmp_path, SHIPPED.encode("utf-16")).fr
    assert "l’en-tête doit être fait de « clé: valeur »" in said_of(tmp_path, "---\n- un\n---\ntexte").fr


def test_what_a_template_names_and_does_not_declare_and_what_makes_no_sense(tmp_path: Path) -> None:
    for language in LANGUAGES:
        shipped = (data("templates", "communications", language) / "TPL-05.md.j2").read_text(encoding="utf-8")
        place = tmp_path / "communications" / language
        place.mkdir(parents=True)
        place.joinpath("TPL-05.md.j2").write_text(shipped + "\n{{ press_contact / 2 }}\n", encoding="utf-8")
    found = [each.fr for each in template_lint.lint(tmp_path)]
    assert any("ne se rend pas (une expression n’a pas de sens" in each for each in found), found
    assert not [each for each in found if "unsupported" in each]


def test_a_text_approved_in_peacetime_that_cannot_be_read(tmp_path: Path) -> None:
    place = tmp_path / "frozen"
    place.mkdir()
    place.joinpath("TPL-01.fr.yaml").write_text("id: TPL-01\nlanguage: fr\ntext: bonjour\n", encoding="utf-8")
    place.joinpath("TPL-02.fr.yaml").write_text("id: [", encoding="utf-8")
    first, second = (each.fr.replace("\u00a0", " ") for each in frozen.load(tmp_path)[1])
    assert first == "frozen/TPL-01.fr.yaml : il manque « approved_by »"
    assert second == "frozen/TPL-02.fr.yaml : ligne 2, ce n’est pas du YAML valide"


def test_a_scenario_in_another_alphabet(tmp_path: Path) -> None:
    tmp_path.joinpath("scenarios").mkdir()
    tmp_path.joinpath("scenarios", "a.yaml").write_bytes("id: été".encode("latin-1"))
    with pytest.raises(PlaybookFault) as fault:
        load(data("playbooks"), tmp_path)
    assert "le fichier n’est pas écrit en UTF-8" in str(fault.value)
