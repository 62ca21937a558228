"""The templates of communications: whole, in both languages, and safe whatever the values."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from bot.domain import filling
from bot.domain.language import LANGUAGES, Language
from bot.domain.paper import Texted
from bot.domain.roles import Role
from bot.domain.screening import blanks, fill
from bot.library.drawing import Value, draw
from bot.library.sandbox import escaped
from bot.library.template_lint import lint, lint_shipped
from bot.library.templates import SOURCES, TemplateFault, Templates, load, load_shipped
from bot.resources import data

PARIS = ZoneInfo("Europe/Paris")
VALUES: dict[str, Value] = {
    **{source: {"text": None, "list": (), "flag": False, "time": None}[kind] for source, kind in SOURCES.items()},
    "organisation.name": "CH de Val-Fleuri",
    "organisation.care": True,
    "now": datetime(2026, 11, 21, 15, 30, tzinfo=UTC),
    "incident.id": "INC-2026-001",
    "incident.title": "Serveurs chiffrés",
    "incident.began": datetime(2026, 11, 21, 13, 5, tzinfo=UTC),
    "spokesperson.name": "Paul Durand",
}

SMALL = """---
id: TPL-90
alias: {fr: essai, en: trial}
title: Essai
audience: a
channel: b
when: c
written_by: communication
leaves_the_cell: true
route: [{role: legal}]
mandatory: [{what: le nom, has: name}]
variables:
  name: {type: text, from: organisation.name, label: nom}
source: {ref: r, kind: practice, checked: 2026-11-21}
---
BODY
"""


@pytest.fixture(scope="module")
def shipped() -> Templates:
    return load_shipped()


def put(folder: Path, body: str, *, language: Language | None = None, head: tuple[str, str] = ("", "")) -> Path:
    for each in (language,) if language else LANGUAGES:
        place = folder / "communications" / each
        place.mkdir(parents=True, exist_ok=True)
        (place / "TPL-90.md.j2").write_text(SMALL.replace("BODY", body).replace(*head), encoding="utf-8")
    return folder


def test_the_shipped_ones_have_no_fault() -> None:
    assert lint_shipped() == []


def test_who_approves(shipped: Templates) -> None:
    def route(identifier: str) -> list[tuple[Role, int | None]]:
        return [(step.role, step.from_severity) for step in shipped.get(identifier, "fr").route]

    assert route("TPL-01") == [(Role.COMMUNICATION, None), (Role.CISO, None), (Role.DIRECTOR, 3)]
    assert route("TPL-03") == [(Role.LEGAL, None), (Role.COMMUNICATION, None)]
    assert route("TPL-05") == [(Role.COMMUNICATION, None), (Role.LEGAL, None), (Role.DIRECTOR, None)]


@pytest.mark.parametrize(
    ("typed", "identifier"),
    [("interne", "TPL-01"), ("Staff", "TPL-01"), ("confidentialité", "TPL-03"), ("holding", "TPL-05"), ("5", "TPL-05"),
     ("TPL-05", "TPL-05"), ("tpl 5", "TPL-05"), ("Déclaration d’attente", "TPL-05"), ("", None), ("presse", None)],
)  # fmt: skip
def test_found_by_any_name(shipped: Templates, typed: str, identifier: str | None) -> None:
    assert shipped.find(typed) == identifier


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_missing_shows_as_a_blank(shipped: Templates, language: Language) -> None:
    for template in shipped.listed(language):
        text = draw(template, {**VALUES, "spokesperson.name": None}, PARIS)
        empty = {"typed", *(source for source, value in VALUES.items() if value in (None, ())), "spokesperson.name"}
        wanted = {v.label for v in template.variables.values() if v.source in empty and not v.optional}
        assert set(blanks(text)) == wanted
        assert "  " not in text
        assert "\n\n\n" not in text


def test_times_are_written_in_full(shipped: Templates) -> None:
    assert "depuis le samedi 21\u00a0novembre 2026 à 14\u00a0h\u00a005 (heure de Paris)" in draw(
        shipped.get("TPL-01", "fr"), VALUES, PARIS
    )
    assert "since Saturday 21 November 2026 at 14:05 (Paris time)" in draw(shipped.get("TPL-01", "en"), VALUES, PARIS)
    assert "17\u00a0h\u00a005 (heure locale)" in draw(shipped.get("TPL-01", "fr"), VALUES, ZoneInfo("Indian/Reunion"))


def test_an_act_is_said_only_when_it_is_proved(shipped: Templates) -> None:
    template = shipped.get("TPL-05", "fr")
    assert "autorités" not in draw(template, VALUES, PARIS)
    assert "Les autorités compétentes ont été informées." in draw(template, {**VALUES, "act.authorities": True}, PARIS)


def test_verified_facts_are_drawn_in(shipped: Templates) -> None:
    text = draw(
        shipped.get("TPL-05", "fr"), {**VALUES, "facts.verified": ("Le site est *ouvert*", "Le labo\nmarche")}, PARIS
    )
    assert "\n- Le site est \\*ouvert\\*\n- Le labo marche\n" in text


def test_an_organisation_that_gives_no_care(shipped: Templates) -> None:
    for language in LANGUAGES:
        for template in shipped.listed(language, care=False):
            text = draw(template, {**VALUES, "organisation.care": False}, PARIS)
            assert not re.search(r"patient|\bsoins|médicale|\bcare\b|medical", text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("CH *Val*_Fleuri_", r"CH \*Val\*\_Fleuri\_"),
        ("[lien](http://x)", r"\[lien\](http://x)"),
        ("<b>gras</b>", r"\<b\>gras\</b\>"),
        ("# Titre", r"\# Titre"),
        ("- point", r"\- point"),
        ("1. un", r"1\. un"),
        ("2026 est une année", "2026 est une année"),
        ("a\nb", "a b"),
        ("01 00 00 00 02", "01 00 00 00 02"),
        ("presse_chu@exemple.fr", "presse_chu@exemple.fr"),
        ("[TLP:AMBER] 2 * 3 < 4", "[TLP:AMBER] 2 * 3 < 4"),
        (r"C:\Users\x, C:\_x", r"C:\Users\x, C:\\\_x"),
        ("> cité ~~rayé~~", r"\> cité \~\~rayé\~\~"),
    ],
)
def test_values_are_escaped_for_markdown(value: str, shown: str) -> None:
    assert escaped(value) == shown


@given(st.text(min_size=1))
def test_no_value_makes_a_line_or_a_blank_of_its_own(value: str) -> None:
    shown = escaped(value)
    assert "\n" not in shown
    assert blanks(shown) == ()


def test_an_organisation_s_own_file_takes_the_place(tmp_path: Path, shipped: Templates) -> None:
    place = tmp_path / "communications" / "fr"
    place.mkdir(parents=True)
    source = data("templates", "communications", "fr", "TPL-05.md.j2").read_text(encoding="utf-8")
    (place / "mien.md.j2").write_text(source.replace("Des vérifications sont", "Des recherches sont"), encoding="utf-8")
    own = load_shipped(tmp_path)
    assert "Des recherches sont" in own.get("TPL-05", "fr").body
    assert own.get("TPL-05", "en") == shipped.get("TPL-05", "en")
    assert len(own.by_id) == len(shipped.by_id)


@pytest.mark.parametrize(
    ("body", "head", "said"),
    [
        ("{{ name }} {{ other }}", ("", ""), "other"),
        ("{{ name }}", ("label: nom}", "label: nom}\n  more: {type: text, from: typed, label: plus}"), "more"),
        ("{{ name }}", ("organisation.name", "organisation.secret"), "organisation.secret"),
        ("{{ name }}", ("organisation.name", "incident.began"), "time"),
        ("rien", ("", ""), "il manque : le nom"),
        ("{{ name }}", ("route: [{role: legal}]", "route: []"), "route"),
        ("{{ name }} Une plainte a été déposée.", ("", ""), "plainte a été déposée"),
        ("{{ name }} Jamais.", ("", ""), "Jamais"),
        ("{{ name }} va bien : oui", ("", ""), "insécable"),
        ("{{ name }}", ("id: TPL-90", "id: essai"), "essai"),
    ],
)
def test_the_linter_says_what_is_wrong(tmp_path: Path, body: str, head: tuple[str, str], said: str) -> None:
    faults = lint(put(tmp_path, body, head=head))
    assert any(said in fault.fr for fault in faults), faults


def test_an_act_behind_a_condition_is_no_fault(tmp_path: Path) -> None:
    variables = ("label: nom}", "label: nom}\n  done: {type: flag, from: act.complaint, label: plainte}")
    body = "{{ name }}{% if done %} Une plainte a été déposée.{% endif %}"
    assert lint(put(tmp_path, body, head=variables)) == []


def test_the_two_languages_must_agree(tmp_path: Path) -> None:
    put(tmp_path, "{{ name }}")
    put(tmp_path, "{{ name }}", language="en", head=("role: legal", "role: dpo"))
    assert [fault.en for fault in lint(tmp_path)] == ["TPL-90: “route” differs from one language to the other"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (("title: Essai\n", ""), "title"),
        (("title: Essai", "title: Essai\nextra: 1"), "extra"),
        (("role: legal", "role: avocat"), "route n° 1, role"),
        (("id: TPL-90", "id: [TPL-90"), "ligne 3, ce n’est pas du YAML valide"),
    ],
)
def test_a_head_that_is_wrong_is_refused_in_a_sentence(tmp_path: Path, head: tuple[str, str], said: str) -> None:
    with pytest.raises(TemplateFault) as caught:
        load(put(tmp_path, "{{ name }}", head=head))
    assert said in caught.value.both.fr
    assert "TPL-90.md.j2" in caught.value.both.fr


def test_one_language_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateFault, match="qu’en une langue"):
        load(put(tmp_path, "{{ name }}", language="fr"))


def test_a_template_cannot_leave_its_sandbox(tmp_path: Path) -> None:
    templates = load(put(tmp_path, "{{ name.__class__.__mro__ }}"))
    with pytest.raises(SecurityError):
        draw(templates.get("TPL-90", "fr"), VALUES, PARIS)


def test_all_thirty_are_there_in_both_languages(shipped: Templates) -> None:
    for language in LANGUAGES:
        ids = {template.id for template in shipped.listed(language)}
        assert {f"TPL-{number:02d}" for number in range(1, 31)} <= ids
        assert {f"TPL-{number:02d}-FALC" for number in (6, 7, 8)} <= ids
        assert {template.plain for template in shipped.listed(language)} - {None} <= ids


@pytest.mark.parametrize("identifier", ["TPL-07", "TPL-15"])
def test_what_the_law_wants_said_is_asked_of_a_template_laid_over(tmp_path: Path, identifier: str) -> None:
    for language in LANGUAGES:
        place = tmp_path / "communications" / language
        place.mkdir(parents=True)
        source = (data("templates") / "communications" / language / f"{identifier}.md.j2").read_text(encoding="utf-8")
        kept = [line for line in source.splitlines() if "33(3)(c)" not in line]
        (place / f"{identifier}.md.j2").write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert any("33(3)(c)" in fault.fr for fault in lint(data("templates"), tmp_path))


def test_a_value_that_means_harm_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.library.sandbox.escaped", lambda value: value)
    assert any("autour d’elle" in fault.fr for fault in lint(put(tmp_path, "{{ name }}")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_blank_can_be_filled_by_its_name_all_at_once(shipped: Templates, language: Language) -> None:
    for template in shipped.listed(language):
        names = blanks(draw(template, VALUES, PARIS))
        short = filling.short(names)
        typed = ", ".join(f"{name} = valeur {number}" for number, name in enumerate(short))
        given = filling.read(typed, names) if names else None
        assert names == () or (given is not None and given.unknown is None), template.id
        if given is not None:
            assert dict(given.by_name) == {name: f"valeur {number}" for number, name in enumerate(names)}, template.id


def test_the_first_message_to_staff_has_no_sign_that_halves_a_text_message(shipped: Templates) -> None:
    for language in LANGUAGES:
        template = shipped.get("TPL-01", language)
        text = draw(template, VALUES, PARIS)
        for name in blanks(text):
            text = fill(text, name, "le 4400")
        assert not Texted.of(text).unicode
