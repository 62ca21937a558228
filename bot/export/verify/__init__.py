"""`tocsin verify`: what a stranger runs, offline and with no configuration, to judge an incident file.

Guarantee: of ours this package imports the log's arithmetic (`bot.domain.log`) and nothing else, so that
reading it is reading all of the verifier. Exit codes: 0 intact, 1 not, 2 unreadable or misused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.export.verify.arguments import Anchor, BadArgumentError, read_anchor, read_authority, read_key
from bot.export.verify.check import Verdict, verify
from bot.export.verify.package import UnreadableError
from bot.export.verify.report import as_json as _as_json
from bot.export.verify.report import in_words, language

__all__ = [
    "Anchor",
    "BadArgumentError",
    "UnreadableError",
    "Verdict",
    "main",
    "read_anchor",
    "read_authority",
    "read_key",
    "verify",
]


def main(path: Path, anchors: Sequence[str], key: str | None, as_json: bool, authorities: Sequence[str] = ()) -> int:
    """Verify, print the verdict on standard output, and return the exit code."""
    lang = language(os.environ)
    try:
        verdict = verify(
            path,
            [read_anchor(text) for text in anchors],
            read_key(key) if key else None,
            [read_authority(text) for text in authorities],
        )
    except (BadArgumentError, UnreadableError) as error:
        where = f"{path}: " if lang == "en" else f"{path} : "
        said = where + error.reason(lang) if isinstance(error, UnreadableError) else error.reason(lang)
        print(said, file=sys.stderr)
        return 2
    print(_as_json(verdict, lang) if as_json else in_words(verdict, lang))
    return 0 if verdict.intact else 1
