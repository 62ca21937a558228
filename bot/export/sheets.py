"""A communication on paper, or as a file to work with: PDF, poster, Word, and a script to be read aloud.

Guarantee: each holds every word of the text that was approved, in its order, and names the version by its hash; what
was typed is text in it and never markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.domain.language import Both, Language
from bot.domain.paper import Form, plain, seconds_aloud
from bot.domain.screening_words import PHONE
from bot.export.logo import Logo
from bot.export.pdf.press import printed

_HEAD = re.compile(
    r"(?:\d{1,2}\. )?[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ0-9’' ,-]{3,}(?=[ \u00a0]?[:,(–]|\Z)|[A-ZÀ-ÖØ-Þ]{2,3}(?=[ \u00a0]?:)"
)
"""What stands in capitals, numbered or not, before a colon, a comma, a dash or the end of the line; a short word only
before a colon."""
TEMPLATE = "text.typ"
_ONE = re.compile(rf"{PHONE.pattern}|(?<!\w)\d{{1,2}} h(?: \d{{2}})?(?!\w)")
"""What is read at one glance, a telephone number or an hour: no line ends within it."""
_OVER = re.compile(r"[^\n]*\?|[^.;!:\n]{1,50}:")
"""A line that stands over what follows it."""
_MOST_POSTER, _LEAST_POSTER = 24, 9
"""Points: from three metres, and from the length of an arm."""


_AT = Both("Version du {}", "Version of {}")
_SPOKEN = Both("À lire lentement, deux fois. Environ {} secondes.", "To be read slowly, twice. About {} seconds.")


@dataclass(frozen=True)
class Sheet:
    """What is printed: one exact text. `mark` stands over it in red (a drill, or not approved yet)."""

    text: str
    title: str
    heading: str
    organisation: str
    language: Language
    at: str
    mark: str = ""


def made(sheet: Mapping[str, Any], form: Form, when: datetime, logo: Logo | None = None) -> bytes:
    """The file, a letter or a poster with the logo. Raises PressFault where the typesetter fails, for the logo too."""
    held = Sheet(**sheet)
    match form:
        case Form.TXT:
            return plain(held.text).encode("utf-8-sig")
        case Form.VOICE:
            head = _SPOKEN.get(held.language).format(seconds_aloud(held.text))
            lines = (head, held.mark, plain(held.text), held.heading)
            return "\n\n".join(filter(None, lines)).encode("utf-8-sig")
        case Form.DOCX:
            return _word(held, when)
        case Form.PDF | Form.POSTER:
            beside = {logo.name: logo.data} if logo else {}
            return printed(book(held, form, logo), int(when.timestamp()), template=TEMPLATE, beside=beside)


def book(sheet: Sheet, form: Form, logo: Logo | None = None) -> dict[str, Any]:
    """What the typesetter reads: the text in its parts, each line as strings; a logo by its name beside it."""
    parts = [{"items": items, "lines": lines} for items, lines in _parts(_ONE.sub(_held, _below(sheet)))]
    at = _AT.get(sheet.language).format(sheet.at)
    sizes = {"points": _MOST_POSTER, "least": _LEAST_POSTER}
    return {**asdict(sheet), "at": at, "form": form.value, "parts": parts, "logo": logo.name if logo else "", **sizes}


def _held(match: re.Match[str]) -> str:
    return match[0].replace(" ", "\u00a0")


def _below(sheet: Sheet) -> str:
    """The text below the organisation's name, which stands over it: where it begins with a line of that name alone, the
    name is that line."""
    text = plain(sheet.text)
    name = f"{sheet.organisation}\n"
    return text.removeprefix(name).lstrip("\n") if text.startswith(name) else text


def _parts(text: str) -> list[tuple[bool, list[tuple[str, str]]]]:
    """The text's paragraphs and lists, in order: whether it is a list, and its lines, each as the words at its head (in
    capitals, or a question or a few words and a colon that the rest of the paragraph answers) and the rest."""
    found: list[tuple[bool, list[tuple[str, str]]]] = []
    for paragraph in text.split("\n\n"):
        found.append((False, []))
        lines = paragraph.split("\n")
        for line in lines:
            items = line.startswith("- ")
            if items is not found[-1][0]:
                found.append((items, []))
            over = not items and line is lines[0] and len(lines) > 1 and _OVER.fullmatch(line)
            found[-1][1].append((line, "") if over else _headed(line[2:] if items else line))
    return [(items, lines) for items, lines in found if lines]


def _headed(line: str) -> tuple[str, str]:
    head = _HEAD.match(line)
    return (head[0], line[head.end() :]) if head else ("", line)


def _word(sheet: Sheet, when: datetime) -> bytes:
    """A Word file that a colleague can open anywhere."""
    # Heavy, and seldom wanted.
    from docx import Document
    from docx.shared import Pt, RGBColor

    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    core = document.core_properties
    core.title, core.author, core.comments = sheet.title, sheet.organisation, sheet.heading
    core.created = core.modified = when.replace(tzinfo=None)
    if sheet.mark:
        run = document.add_paragraph().add_run(sheet.mark)
        run.bold, run.font.color.rgb = True, RGBColor(0xA3, 0x20, 0x20)
    document.add_heading(sheet.organisation, level=1)
    for items, lines in _parts(_below(sheet)):
        paragraph = None
        for head, rest in lines:
            if paragraph is None or items:
                paragraph = document.add_paragraph(style="List Bullet" if items else None)
            else:
                paragraph.add_run().add_break()
            paragraph.add_run(head).bold = True
            paragraph.add_run(rest)
    document.sections[0].footer.paragraphs[0].text = f"{sheet.heading} · {_AT.get(sheet.language).format(sheet.at)}"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
