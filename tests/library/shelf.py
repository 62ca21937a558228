"""The shipped playbooks as the tests take them from the shelf, and how one of an organisation's own is put beside them."""

from __future__ import annotations

from pathlib import Path

from bot.domain.playbook import Playbook
from bot.resources import data

SHIPPED = data("playbooks")
SCENARIOS = [path.stem for path in SHIPPED.joinpath("scenarios").glob("*.yaml") if path.stem != "core"]


def own(folder: Path, text: str, name: str = "own.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def from_the_start(book: Playbook) -> int:
    return sum(not task.dormant for task in book.tasks)
