"""A logo on letters and posters: shown where it can be set, and never in the way of a text."""

from __future__ import annotations

import struct
import zlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain.paper import Form
from bot.export.logo import MOST, Logo, LogoFault, read, usable
from bot.export.pdf.press import PressFault, pictured
from bot.export.sheets import Sheet, book, made

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 1"><rect width="9" height="1" fill="#146e78"/></svg>'
REACHES_OUT = SVG.replace(b"<rect", b'<image href="/etc/hostname" width="1" height="1"/><rect')


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x14\x6e\x78" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sheet(text: str = "Les urgences restent ouvertes.") -> Sheet:
    return Sheet(text, "Accès", "C1 v2 · 7f3a91c2", "CH de Val-Fleuri", "fr", "22 nov. 2026, 14 h 05")


def printed(form: Form, logo: Logo | None = None) -> bytes:
    return made(asdict(sheet()), form, NOW, logo)


@pytest.mark.parametrize(("data", "kind"), [(png(4, 4), "png"), (b"\xff\xd8\xff\xe0rest", "jpg"), (SVG, "svg")])
def test_what_it_is_shows_in_its_bytes_not_in_its_name(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "logo.bmp"
    path.write_bytes(data)
    assert read(path) == Logo(data, kind)


@pytest.mark.parametrize(
    ("data", "fr", "en"),
    [
        (b"GIF89a", "ni un PNG, ni un JPEG, ni un SVG", "neither a PNG"),
        (b"", "ni un PNG, ni un JPEG, ni un SVG", "neither a PNG"),
        (png(4, 4) + b"x" * MOST, "dépasse 2\u00a0Mo", "larger than 2 MB"),
        (None, "n’existe pas", "does not exist"),
    ],
)
def test_what_is_none_is_said_in_a_sentence(tmp_path: Path, data: bytes | None, fr: str, en: str) -> None:
    path = tmp_path / "logo.png"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LogoFault) as raised:
        read(path)
    assert fr in raised.value.both.fr
    assert en in raised.value.both.en
    with capture_logs() as logs:
        assert usable(path) is None
    assert [each["event"] for each in logs] == ["logo_unusable"]


def test_a_folder_is_no_logo(tmp_path: Path) -> None:
    with pytest.raises(LogoFault, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("form", [Form.POSTER, Form.PDF])
def test_it_stands_on_posters_and_letters(form: Form) -> None:
    assert b"/Subtype/Image" in printed(form, Logo(png(40, 40), "png"))
    assert b"/Subtype/Image" not in printed(form)
    assert len(printed(form, Logo(SVG, "svg"))) > len(printed(form))


@pytest.mark.parametrize("logo", [Logo(png(900, 40), "png"), Logo(png(40, 900), "png"), Logo(SVG, "svg")])
def test_a_poster_stays_one_page_whatever_its_shape(logo: Logo, tmp_path: Path) -> None:
    text = "\n\n".join(["Les rendez-vous de lundi sont reportés ; nous vous rappelons."] * 40)
    made_of = book(sheet(text), Form.POSTER, logo)
    assert len(pictured(made_of, tmp_path, "text.typ", {logo.name: logo.data})) == 1


@pytest.mark.parametrize("logo", [Logo(b"\x89PNG\r\n\x1a\nbroken", "png"), Logo(REACHES_OUT, "svg")])
def test_one_that_cannot_be_set_or_reaches_out_is_refused(logo: Logo) -> None:
    with pytest.raises(PressFault):
        printed(Form.POSTER, logo)


def test_the_name_is_not_said_twice_where_the_text_begins_with_it() -> None:
    parts = book(sheet("CH de Val-Fleuri\n\nLes ordinateurs ne marchent pas."), Form.POSTER)["parts"]
    assert [part["lines"] for part in parts] == [[("", "Les ordinateurs ne marchent pas.")]]
    (part,) = book(sheet("CH de Val-Fleuri – point du jour"), Form.POSTER)["parts"]
    assert part["lines"] == [("", "CH de Val-Fleuri – point du jour")]
