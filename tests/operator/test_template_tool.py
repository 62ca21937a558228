"""`tocsin template`: what a person sees at the terminal, and what is kept of an approval in peacetime."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.domain.screening import BLANK
from bot.library import frozen
from tests.export.test_logo import png
from tests.operator.conftest import Write

RUN = CliRunner()
CHOICES = [
    "--choice", "état des urgences=ouvertes|fermées",
    "--choice", "rendez-vous : venir ou ne pas venir=maintenus|reportés",
]  # fmt: skip
PHONE = ["--set", "téléphone pour se renseigner=01 00 00 00 01"]
BY = ["--by", "Claire Morel", "--by", "Paul Martin"]


@pytest.fixture(autouse=True)
def _french(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")


def run(*arguments: str) -> tuple[int, str, str]:
    result = RUN.invoke(app, ["template", *arguments], standalone_mode=False)
    return result.return_value if result.exception is None else 2, result.stdout, result.stderr


def test_all_are_listed_by_whom_they_are_for() -> None:
    code, out, _ = run("list", "--lang", "fr")
    assert code == 0
    assert out.index("Personnel") < out.index("TPL-01") < out.index("Public") < out.index("TPL-05")


def test_a_template_says_who_approves_it_and_what_the_law_wants() -> None:
    code, out, _ = run("show", "personnes", "--lang", "fr")
    assert code == 0
    assert "Approuvé par\u00a0: DPO" in out or "Approuvé par\u00a0: Délégué" in out
    assert "article 34" in out


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("poster", b"%PDF-")])
def test_a_preview_is_written_to_a_file_that_is_not_there(tmp_path: Path, form: str, begins: bytes) -> None:
    target = tmp_path / f"p.{form}"
    assert run("preview", "6", "--format", form, "--out", str(target), "--lang", "fr")[0] == 0
    assert target.read_bytes().startswith(begins)
    assert run("preview", "6", "--format", form, "--out", str(target), "--lang", "fr")[0] == 2


def test_what_is_found_in_a_text_is_told_with_what_to_write_instead() -> None:
    value = "LockBit demande 2 M€"
    code, _, error = run("preview", "attente", "--set", f"conséquence pour le public={value}", "--lang", "fr")
    assert code == 0
    assert "⚠ nom d’un attaquant\u00a0: LockBit — le nommer le sert, et rien ne le prouve\u00a0; écrivez" in error
    assert "⚠ montant\u00a0: 2 M€" in error


def test_hostile_values_stay_text_in_a_page(tmp_path: Path) -> None:
    target = tmp_path / "p.html"
    value = "<script>alert(1)</script>"
    arguments = ("--set", f"état des urgences={value}", "--format", "html", "--out", str(target), "--lang", "fr")
    assert run("preview", "6", *arguments)[0] == 0
    assert "<script>" not in target.read_text(encoding="utf-8")


class Page(HTMLParser):
    """What a page is made of: its elements in each other, and what the text of each element is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, str, dict[str, str | None]]] = []
        self.loose: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, self.open[-1] if self.open else "", dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] in ("html", "main", "ul"):
            self.loose.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, _, attributes in self.seen if name == tag]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("number", ["1", "5", "6", "7", "8", "12", "15", "22", "23"])
def test_a_preview_is_a_page_for_a_telephone_and_for_who_has_it_read_aloud(
    tmp_path: Path, number: str, language: str
) -> None:
    target = tmp_path / "p.html"
    assert run("preview", number, "--format", "html", "--out", str(target), "--lang", language)[0] == 0
    text = target.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.loose == []
    assert page.of("html") == [{"lang": language}]
    assert {"charset": "utf-8"} in page.of("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.of("meta")
    assert re.search(r"<title>\w[^<]+</title>", text)
    assert {parent for tag, parent, _ in page.seen if tag in ("p", "ul")} == {"main"}
    assert {parent for tag, parent, _ in page.seen if tag == "br"} <= {"p"}, "no empty line that nobody wrote"
    assert {parent for tag, parent, _ in page.seen if tag == "mark"} <= {"p", "li"}
    assert "<p></p>" not in text
    assert not re.search(r"^- ", text, re.MULTILINE)
    assert len(page.of("mark")) == len(BLANK.findall(text)), "each blank is marked, and nothing else is"
    assert not {"img", "script", "link"} & {tag for tag, _, _ in page.seen}, "nothing is fetched"


def test_what_is_frozen_is_taken_back_with_its_hash(tmp_path: Path) -> None:
    code, out, error = run("freeze", "6", *BY, *PHONE, *CHOICES, "--out", str(tmp_path), "--lang", "fr")
    assert code == 0, error
    found, faults = frozen.load(tmp_path)
    assert faults == []
    kept = found["TPL-06", "fr"]
    assert kept.sha256[:8] in out
    assert kept.slots["état des urgences"] == ("ouvertes", "fermées")
    assert kept.slots["début de l’incident"] == ()
    assert (tmp_path / "frozen").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["6", *BY, *CHOICES], "téléphone pour se renseigner"),
        (["6", "--by", "Claire Morel", *PHONE, *CHOICES], "deux personnes"),
        (["6", *BY, *PHONE, "--choice", "rien=a|b"], "n’est pas un de ses blancs"),
        (["6", *BY, "--set", "téléphone pour se renseigner=1 84 12 75 116 001 23", *CHOICES], "ne peut pas être figé"),
    ],
)
def test_what_cannot_be_frozen_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    code, _, error = run("freeze", *arguments, "--out", str(tmp_path), "--lang", "fr")
    assert code == 2
    assert said in error
    assert not (tmp_path / "frozen").exists()


def test_a_preview_bears_the_logo_of_the_configuration_or_says_what_is_wrong_with_it(write: Write) -> None:
    path = write()
    path.write_text(path.read_text().replace("[matrix]", 'logo = "logo.png"\n[matrix]', 1))
    target, arguments = path.parent / "a.pdf", ("preview", "6", "--format", "poster", "--config", str(path), "--out")
    code, _, error = run(*arguments, str(target))
    assert code == 2
    assert "logo.png n’existe pas" in error
    (path.parent / "logo.png").write_bytes(png(40, 40))
    assert run(*arguments, str(target))[0] == 0
    assert b"/Subtype/Image" in target.read_bytes()
