"""Text as phones and clipboards leave it, made regular. Guarantee: whatever goes in, text comes out.

Invisible and direction-changing characters, control characters and lone surrogates never reach an argument.
"""

from __future__ import annotations

import re
import unicodedata

# A Matrix event is 65,536 bytes at most (client-server API, "Size limits").
LONGEST = 65_536

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"'})
_PAIRS = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("'", "'"), ("‘", "’"), ("‹", "›"))
_POLITE = re.compile(
    r"(?:\A|[\s,]+)(?:svp|stp|s['’]il (?:vous|te) pla[iî]t|merci(?: d['’]avance| beaucoup| bcp)?"
    r"|please|pls|plz|thanks|thank you|thx|ty)\Z",
    re.IGNORECASE,
)
_ENDS = " \t\n.,;:!?…\u00a0\u202f"
_FALLBACK = re.compile(r"\A(?:>[^\n]*\n)+\n?")


def clean(text: str) -> str:
    """Return the text composed (NFC), its line ends as `\\n`, without anything that cannot be seen."""
    text = _SURROGATES.sub("\ufffd", text[:LONGEST])
    text = _LINE_ENDS.sub("\n", text)
    text = _CONTROLS.sub("", text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def without_fallback(text: str) -> str:
    """Return a reply without the quotation that older clients put before it (rich reply fallback)."""
    return _FALLBACK.sub("", text)


def flat(text: str) -> str:
    """Return the text in lower case, without accents, with plain quotes and single spaces; signs stay."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", bare.casefold()).strip()


def unquoted(text: str) -> str:
    """Return the text without the pair of quotation marks that encloses all of it."""
    text = text.strip()
    for opening, closing in _PAIRS:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            return text[1:-1].strip()
    return text


def quoted_first(text: str) -> tuple[str, str] | None:
    """Return what stands in quotation marks at the beginning, and what follows it; None where nothing does."""
    for opening, closing in _PAIRS:
        if text.startswith(opening):
            found = re.compile(rf"(?P<within>.+?){re.escape(closing)}\s+(?=\S)").match(text, len(opening))
            if found:
                return found["within"].strip(), text[found.end() :]
    return None


def without_courtesy(line: str) -> str:
    """Return the line without « svp », "please" and the like at its end."""
    bare = line.rstrip(_ENDS)
    polite = _POLITE.search(bare, max(0, len(bare) - 40))
    return bare[: polite.start()] if polite else line
