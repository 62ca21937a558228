"""What becomes of a text outside the conversation: paper, a word processor, a text message, a voice.

Guarantee: how long it is there is counted as those who carry it count (3GPP TS 23.038 for text messages).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from bot.domain.language import fold

WORDS_A_SECOND = 2.5
"""At which a voice message is spoken: 150 words a minute."""
LONGEST_ALOUD = 40
"""Seconds after which an answering machine often cuts."""
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>|~#+\-.)])")


class Form(StrEnum):
    """What a text can be made into besides a message: `voice` is a script, as plain text."""

    TXT = "txt"
    DOCX = "docx"
    PDF = "pdf"
    POSTER = "poster"
    VOICE = "voice"

    @property
    def suffix(self) -> str:
        """Of its file's name."""
        return {"poster": "-a4.pdf", "voice": "-voix.txt"}.get(self.value, f".{self.value}")

    @property
    def mimetype(self) -> str:
        return _MIMETYPES[self]


_MIMETYPES = {
    Form.TXT: "text/plain",
    Form.VOICE: "text/plain",
    Form.PDF: "application/pdf",
    Form.POSTER: "application/pdf",
    Form.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_BY_WORD = {
    Form.POSTER: "affiche affiches affichage poster posters a4 porte portes entree entrees hall",
    Form.DOCX: "docx word traitement modifiable",
    Form.PDF: "pdf lettre lettres courrier courriers papier imprime letter letters mail paper print",
    Form.VOICE: "repondeur repondeurs vocal vocale voix annonce voicemail voice loudspeaker announcement",
    Form.TXT: "txt texte text",
}
_FORMS = {word: form for form, words in _BY_WORD.items() for word in words.split()}
_SMS = frozenset({"sms", "texto", "textos", "textmessage"})
_A_LINE, _LINES, _GAP = 104, 63, 0.28
"""Signs of a line, lines, and the lines that stand between two paragraphs, of an A4 poster at its smallest type."""


class Carrier(StrEnum):
    """A way by which a text goes out that cuts what is too long for it."""

    SMS = "sms"
    POSTER = "poster"
    VOICE = "voice"


_CARRIERS = (
    (Carrier.SMS, re.compile(r"(?<!\w)(?:sms|textos?|text messages?)(?!\w)(?! court| that)")),
    (Carrier.POSTER, re.compile(r"(?<!\w)(?:affiches?|posters?)(?!\w)")),
    (Carrier.VOICE, re.compile(r"(?<!\w)(?:repondeurs?|vocaux|vocal|voice ?mail|answering machine)(?!\w)")),
)

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_ALIKE = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "–": "-", "—": "-", "…": "..."}
)


@dataclass(frozen=True)
class Texted:
    """A text as text messages: how many signs, how many messages, and whether signs outside the basic alphabet make
    each shorter (160 and 153 signs of the basic alphabet, else 70 and 67)."""

    characters: int
    parts: int
    unicode: bool

    @classmethod
    def of(cls, text: str) -> Texted:
        """Count it as it is typed on a phone: typographic quotes and spaces as their plain kin."""
        plainly = text.translate(_ALIKE)
        wide = any(char not in _BASIC and char not in _EXTENDED for char in plainly)
        if wide:
            length = len(plainly.encode("utf-16-le")) // 2
            one, more = 70, 67
        else:
            length = len(plainly) + sum(char in _EXTENDED for char in plainly)
            one, more = 160, 153
        return cls(length, 1 if length <= one else -(-length // more), wide)


def carriers(channel: str | None) -> frozenset[Carrier]:
    """The ways that the words of a template name."""
    said = fold(channel or "")
    return frozenset(carrier for carrier, words in _CARRIERS if words.search(said))


def pages(text: str) -> int:
    """How many A4 pages a poster of it takes, about: paragraphs begin anew, and are set apart."""
    lines = sum(-(-len(line) // _A_LINE) if line else _GAP for line in plain(text).split("\n"))
    return max(1, ceil(lines / _LINES))


def sms(channel: str | None) -> bool:
    """Whether a channel is that of text messages."""
    return not _SMS.isdisjoint(fold(channel or "").split())


def form_of(channel: str | None) -> Form | None:
    """The form that a channel wants, by the words with which it was named; None where they say nothing of it."""
    return next((_FORMS[word] for word in fold(channel or "").split() if word in _FORMS), None)


def plain(text: str) -> str:
    """The text without the marks that keep Markdown from reading it: as it is read on paper, or aloud."""
    return _ESCAPED.sub(r"\1", text)


def seconds_aloud(text: str) -> int:
    """How long a voice takes to say it."""
    return max(1, round(len(plain(text).split()) / WORDS_A_SECOND))
