"""The bot's own words: whole in both languages, used, and typeset as each language wants."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import bot
from bot.domain.language import LANGUAGES, Language
from bot.render import Catalogue, lint, pill, plain, room_link, uncapitalised
from bot.resources import data
from tests.commands.stock import catalogue

FOLDER = data("templates", "chat")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
_NAMED = re.compile(r'(?:Refusal|Reply|Confirm)\(\s*"([a-z]+\.[a-z_]+)"')


def test_the_shipped_words_have_no_fault() -> None:
    assert lint(FOLDER) == []


def test_the_linter_finds_what_is_in_one_language_only(tmp_path: Path) -> None:
    for language, text in (("fr", "un: Bonjour {{ name }}\ndeux: Oui"), ("en", "un: Hello")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "words.yaml").write_text(text, encoding="utf-8")
    assert lint(tmp_path) == ["words.deux: only in one language", "words.un: values in one language only: name"]
    (tmp_path / "en" / "words.yaml").write_text("un: '{{ name'", encoding="utf-8")
    (fault,) = lint(tmp_path)
    assert fault.startswith("en/words.un")


def test_every_message_that_the_code_names_exists() -> None:
    package = Path(bot.__file__).parent
    for path in (*package.glob("*.py"), *package.glob("commands/*.py")):
        for name in _NAMED.findall(path.read_text(encoding="utf-8")):
            assert name in catalogue().names("fr"), f"{path.name} names {name}"


def literal(source: str) -> str:
    return _JINJA.sub("\x00", source)


def test_of_what_is_left_one_is_said_in_the_singular() -> None:
    """« … et 1 autres » is what a count alone makes of it."""
    for name, source in Catalogue(FOLDER).sources("fr").items():
        for found in re.finditer(r"\{\{ [^}]*\}\} (?:autres|plus anciens|échéances|tâches)\b", source):
            assert re.search(r"(?:==|>) 1 %\}", source[: found.start()]), f"{name}: {found[0]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_typography(language: Language) -> None:
    words = Catalogue(FOLDER)
    for name, source in words.sources(language).items():
        text = literal(source)
        assert "..." not in text, name
        assert "'" not in re.sub(r"(?<=\w)'(?=\w)", "", text) or language == "en", f"{name}: a typewriter's apostrophe"
        if language == "fr":
            assert not re.search(r"\w'\w", text), f"{name}: a typewriter's apostrophe"
            assert not re.search(r"[\w»)][;!?»]", text.replace("?!", "")), f"{name}: no space before a double sign"
            assert '"' not in text, f"{name}: straight quotes"
            assert not re.search(r"\b(tu|ton|tes|toi)\b", text), f"{name}: vous"
        else:
            assert not re.search(r"\w [:;!?]", text), f"{name}: a space before a sign"


def test_french_signs_never_stand_alone_at_the_beginning_of_a_line() -> None:
    values = {"asked": SimpleNamespace(values={"typed": "hier"}), "spec": SimpleNamespace(name="note")}
    shown = catalogue().render("reading.asked_hour", "fr", values)
    assert "heure\u00a0?" in shown.body
    assert "«\u00a0hier\u00a0»" in shown.body


def test_the_plain_text_says_what_the_html_says() -> None:
    shown = catalogue().render("refusals.wrong_room", "fr", {"example": "!fait 3 <b>&"})
    assert shown.body.endswith("Exemple\u00a0: `!fait 3 <b>&`")
    assert shown.html.endswith("<code>!fait 3 &lt;b&gt;&amp;</code>")


def test_a_rooms_name_has_its_address_where_nothing_but_text_is_shown() -> None:
    link = room_link("!a/b:secours.example", "secours.example", "Cellule 2026-001")
    assert plain(f"<p>{link}, {pill('@claire:secours.example', 'Claire Morel')}</p>") == (
        "Cellule 2026-001 (https://matrix.to/#/!a%2Fb:secours.example?via=secours.example), Claire Morel"
    )


def test_labels_keep_their_capitals_where_they_are_initials() -> None:
    labels = ("RSSI", "Directeur de crise", "DSI", "Ingénierie biomédicale")
    assert [uncapitalised(each) for each in labels] == ["RSSI", "directeur de crise", "DSI", "ingénierie biomédicale"]
