"""A communication on paper and in a file: every word of the approved text, and nothing that was typed as markup."""

from __future__ import annotations

import io
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.paper import Form, Texted, form_of, plain, seconds_aloud, sms
from bot.export.pdf.press import pictured
from bot.export.sheets import Sheet, book, made

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
TEXT = "URGENCE VITALE : appelez le 15.\n\nSI VOUS VENEZ, apportez :\n- vos ordonnances\n- #strong[rien] \\*d’autre\\*"


def sheet(text: str = TEXT, **changes: str) -> Sheet:
    return Sheet(text, "Accès", "C1 v2 · 7f3a91c2", "CH de Val-Fleuri", "fr", "22 nov. 2026, 14 h 05", **changes)


def words(form: Form, text: str = TEXT) -> str:
    data = made(asdict(sheet(text)), form, NOW)
    if form is not Form.DOCX:
        return data.decode("utf-8-sig")
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)


def test_word_holds_every_word_and_the_version() -> None:
    data = made(asdict(sheet(mark="EXERCICE")), Form.DOCX, NOW)
    document = Document(io.BytesIO(data))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert said == [
        "EXERCICE", "CH de Val-Fleuri", "URGENCE VITALE : appelez le 15.", "SI VOUS VENEZ, apportez :",
        "vos ordonnances", "#strong[rien] *d’autre*",
    ]  # fmt: skip
    assert "C1 v2 · 7f3a91c2" in document.sections[0].footer.paragraphs[0].text
    assert [run.text for run in document.paragraphs[2].runs if run.bold] == ["URGENCE VITALE "]


@pytest.mark.parametrize("form", [Form.PDF, Form.POSTER])
def test_paper_is_one_page_and_a_pdf(form: Form, tmp_path: Path) -> None:
    assert made(asdict(sheet()), form, NOW).startswith(b"%PDF-")
    assert len(pictured(book(sheet(), form), tmp_path, "text.typ")) == 1


@pytest.mark.parametrize(("lines", "sheets"), [(1, 1), (30, 1), (48, 1), (150, 3)])
def test_a_poster_is_set_as_small_as_it_takes_to_be_one_page_but_not_so_that_nobody_reads_it(
    lines: int, sheets: int, tmp_path: Path
) -> None:
    text = "\n\n".join(["Les rendez-vous de lundi sont reportés ; nous vous rappelons."] * lines)
    assert len(pictured(book(sheet(text), Form.POSTER), tmp_path, "text.typ")) == sheets


def test_a_question_and_a_short_word_in_capitals_stand_out() -> None:
    text = "Suis-je concerné ?\nNous vérifions.\n\nDO: leave it on.\n\nUne question ?\n\nCD, doses\n\nPLAINTE – CH"
    parts = book(sheet(text), Form.POSTER)["parts"]
    assert [part["lines"][0] for part in parts] == [
        ("Suis-je concerné ?", ""), ("DO", ": leave it on."), ("", "Une question ?"), ("", "CD, doses"),
        ("PLAINTE ", "– CH"),
    ]  # fmt: skip


def test_a_few_words_and_a_colon_stand_over_what_follows_them() -> None:
    text = "Vous venez ? Apportez :\n- vos ordonnances\n\nNous vérifions. Et aussi :\n- vos accès\n\nProchain point :"
    parts = book(sheet(text), Form.POSTER)["parts"]
    assert [part["lines"][0] for part in parts if not part["items"]] == [
        ("Vous venez ? Apportez :", ""), ("", "Nous vérifions. Et aussi :"), ("", "Prochain point :"),
    ]  # fmt: skip


def test_a_numbered_head_stands_out_and_a_number_is_no_head() -> None:
    (part,) = book(sheet("1. OFFRE DE SOINS\n2. Nos équipes réparent.\n15, 18, 112: free"), Form.PDF)["parts"]
    assert part["lines"] == [("1. OFFRE DE SOINS", ""), ("", "2. Nos équipes réparent."), ("", "15, 18, 112: free")]


def test_no_line_ends_within_a_telephone_number_or_an_hour() -> None:
    (part,) = book(sheet("Appelez le 01 00 00 00 01, de 8 h à 20 h 30."), Form.POSTER)["parts"]
    assert part["lines"] == [("", "Appelez le 01\u00a000\u00a000\u00a000\u00a001, de 8\u00a0h à 20\u00a0h\u00a030.")]


def test_a_script_says_how_long_it_takes() -> None:
    said = words(Form.VOICE, " ".join(["mot"] * 100))
    assert "40 secondes" in said
    assert seconds_aloud(" ".join(["mot"] * 100)) == 40


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=200))
def test_the_parts_hold_every_line(text: str) -> None:
    said = [head + rest for part in book(sheet(text), Form.PDF)["parts"] for head, rest in part["lines"]]
    lines = [line.removeprefix("- ") for line in plain(text).split("\n\n") for line in line.split("\n")]
    assert [line.replace("\u00a0", " ") for line in said] == [line.replace("\u00a0", " ") for line in lines]


@pytest.mark.parametrize(
    ("channel", "form"),
    [("affiches des entrées", Form.POSTER), ("répondeur", Form.VOICE), ("courrier aux patients", Form.PDF),
     ("docx", Form.DOCX), ("site de secours", None), (None, None), ("posters at the doors", Form.POSTER)],
)  # fmt: skip
def test_the_channel_says_the_form(channel: str | None, form: Form | None) -> None:
    assert form_of(channel) is form


@pytest.mark.parametrize(
    ("text", "characters", "parts", "wide"),
    [("a" * 160, 160, 1, False), ("a" * 161, 161, 2, False), ("€" * 80, 160, 1, False), ("ê" * 70, 70, 1, True),
     ("ê" * 71, 71, 2, True), ("l’été", 5, 1, False), ("a" * 306, 306, 2, False), ("a" * 307, 307, 3, False)],
)  # fmt: skip
def test_text_messages_are_counted_as_the_network_counts(text: str, characters: int, parts: int, wide: bool) -> None:
    assert Texted.of(text) == Texted(characters, parts, wide)


def test_the_channel_of_text_messages_is_known() -> None:
    assert sms("SMS aux cadres")
    assert not sms("site")
