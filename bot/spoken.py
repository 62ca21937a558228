"""The language of whoever sits at the terminal, and faults that speak it.

Guarantee: what stops a command is said in French, or in English where the locale asks for it, never in a mixture.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bot.domain.language import Both, Language


def spoken(env: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the terminal: English where the locale says so, else French."""
    locale = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "fr"


class Told(Exception):  # noqa: N818 - says what it is
    """A fault that ends a command; `said` is one clear sentence, its text that sentence in the terminal's language.

    A mere text is somebody else's words, the same in both.
    """

    def __init__(self, said: Both | str) -> None:
        self.said = said if isinstance(said, Both) else Both(said, said)
        super().__init__(self.said.get(spoken()))
