"""`drafts/`: each version of each communication, as a file of exactly its text.

Guarantee: a file's SHA-256 is the one by which the version was approved, so that what was published can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.cell import Cell


def files(cell: Cell) -> Iterator[tuple[str, bytes]]:
    """Each version: its name, `C2-v3`, and the bytes of its text."""
    for _, draft in sorted(cell.drafts.items()):
        for version in draft.versions:
            yield f"{draft.id}-v{version.number}", version.text.encode()
