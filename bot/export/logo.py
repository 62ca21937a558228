"""An organisation's logo, for its letters and posters. Guarantee: what is not a picture of a kind and a size that can
be set is refused in one sentence; nothing else of the file is trusted, and it is set in the press's own process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.domain.language import Both

logger = structlog.get_logger(__name__)

MOST = 2 << 20
"""Bytes of a logo: more makes every poster slow to post, and to print."""

_BEGINNINGS = {"png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",)}
_LOOKED_AT = 2000


@dataclass(frozen=True)
class Logo:
    """A picture, and what it is: `png`, `jpg` or `svg`, by its bytes and not by its name."""

    data: bytes
    kind: str

    @property
    def name(self) -> str:
        """How its file is called beside the page that shows it."""
        return f"logo.{self.kind}"


class LogoFault(ValueError):  # noqa: N818 - the file is at fault, not the program
    """A logo that cannot be used; `both` says why."""

    def __init__(self, fr: str, en: str) -> None:
        self.both = Both(fr, en)
        super().__init__(en)


def read(path: Path) -> Logo:
    """The logo in that file. Raises LogoFault."""
    try:
        if path.stat().st_size > MOST:
            raise LogoFault(
                f"{path} dépasse 2\u00a0Mo\u00a0: il en faut une version plus légère",
                f"{path} is larger than 2 MB: a lighter version is needed",
            )
        data = path.read_bytes()
    except FileNotFoundError as fault:
        raise LogoFault(f"{path} n’existe pas", f"{path} does not exist") from fault
    except OSError as fault:
        raise LogoFault(f"{path} ne peut pas être lu", f"{path} cannot be read") from fault
    kind = _kind(data)
    if kind is None:
        raise LogoFault(
            f"{path} n’est ni un PNG, ni un JPEG, ni un SVG", f"{path} is neither a PNG, nor a JPEG, nor an SVG"
        )
    return Logo(data, kind)


def usable(path: Path | None) -> Logo | None:
    """The logo in that file; None where there is none, or none that can be used, which the program's log says."""
    try:
        return read(path) if path is not None else None
    except LogoFault as fault:
        logger.warning("logo_unusable", why=str(fault))
        return None


def _kind(data: bytes) -> str | None:
    found = next((kind for kind, begins in _BEGINNINGS.items() if data.startswith(begins)), None)
    return found or ("svg" if b"<svg" in data[:_LOOKED_AT] else None)
