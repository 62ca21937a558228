"""What the caller knows from elsewhere: anchors, the log's key, an authority's certificate; each in its one form."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass


class BadArgumentError(ValueError):
    """An anchor or a key that is not in its form; the two arguments say so, French and English."""

    def reason(self, language: str) -> str:
        return str(self.args[1 if language == "en" else 0])


@dataclass(frozen=True)
class Anchor:
    """A head that somebody else holds: an entry's number and the first digits of its hash."""

    seq: int
    digits: str


def read_anchor(text: str) -> Anchor:
    """`412:9f3a 00c1 …`, at least 32 hex digits. Raises BadArgumentError."""
    seq, _, digits = "".join(text.split()).partition(":")
    digits = digits.lower()
    if not re.fullmatch("[0-9]{1,15}", seq) or not re.fullmatch("[0-9a-f]{32,64}", digits):
        raise BadArgumentError(
            f"« {text} » n’est pas une empreinte : N:EMPREINTE, avec 32 chiffres hexadécimaux au moins",
            f"“{text}” is not an anchor: SEQ:HASH, with at least 32 hexadecimal digits",
        )
    return Anchor(int(seq), digits)


def read_key(text: str) -> bytes:
    """The 32 bytes of a public key in base64, padded or not, spaces ignored. Raises BadArgumentError."""
    digits = "".join(text.split()).rstrip("=")
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadArgumentError(
            f"« {text} » n’est pas une clé publique Ed25519 en base64",
            f"“{text}” is not an Ed25519 public key in base64",
        )
    return key


def read_authority(text: str) -> str:
    """The SHA-256 of a time-stamping authority's certificate, spaces and colons ignored. Raises BadArgumentError."""
    digits = re.sub(r"[\s:]", "", text).lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise BadArgumentError(
            f"« {text} » n’est pas l’empreinte SHA-256 d’un certificat : 64 chiffres hexadécimaux",
            f"“{text}” is not the SHA-256 of a certificate: 64 hexadecimal digits",
        )
    return digits
