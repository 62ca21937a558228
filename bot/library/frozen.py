"""Texts approved in peacetime. Guarantee: one whose words, slots or approvers were touched since is not taken for
approved; and a slot takes what it was frozen with, and nothing else.

A file `frozen/TPL-06.fr.yaml` beside an organisation's own templates holds the wording, the values that each slot may
take, who approved it and when; its hash covers all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import rfc8785
import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.domain.drafts import canonical
from bot.domain.language import Both, Language
from bot.domain.screening import blanks
from bot.library.by_hand import HandLoader
from bot.library.in_words import why_not

FOLDER = "frozen"
KEPT = timedelta(days=365)
"""A text that was approved longer ago is approved no more."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    language: Language
    text: str = Field(min_length=1)
    slots: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    approved_by: tuple[str, ...] = Field(min_length=2)
    approved_on: date
    sha256: str


@dataclass(frozen=True)
class Frozen:
    """One text approved in peacetime. `slots`: what each blank that is left may be filled with; nothing for one that is
    filled from the incident itself (when it began, who speaks)."""

    id: str
    language: Language
    text: str
    slots: Mapping[str, tuple[str, ...]]
    approved_by: tuple[str, ...]
    approved_on: date
    sha256: str
    file: str = ""

    def stale(self, today: date) -> bool:
        """Whether it was approved too long ago to be released as it is."""
        return today - self.approved_on > KEPT

    def takes(self, values: Mapping[str, str]) -> bool:
        """Whether these values are among those with which it was approved."""
        return all(value in self.slots.get(name, ()) for name, value in values.items())


def digest(text: str, slots: Mapping[str, tuple[str, ...]], approved_by: tuple[str, ...], approved_on: date) -> str:
    """The hexadecimal SHA-256 of all that was approved, as RFC 8785 writes it."""
    held: dict[str, Any] = {
        "text": canonical(text),
        "slots": {name: list(values) for name, values in slots.items()},
        "approved_by": list(approved_by),
        "approved_on": approved_on.isoformat(),
    }
    return hashlib.sha256(rfc8785.dumps(held)).hexdigest()


def frozen(
    identifier: str,
    language: Language,
    text: str,
    slots: Mapping[str, tuple[str, ...]],
    approved_by: tuple[str, ...],
    today: date,
    recorded: Collection[str] = (),
) -> Frozen:
    """Freeze a text. `recorded`: the blanks that the incident itself fills. Raises ValueError for any other blank that
    has no values, and for fewer than two approvers."""
    exact = canonical(text)
    names = set(blanks(exact))
    open_ = sorted(names - {name for name, values in slots.items() if values} - set(recorded))
    if open_:
        raise ValueError("; ".join(open_))
    if len(set(approved_by)) < 2:
        raise ValueError("approved_by")
    kept = {name: tuple(slots.get(name, ())) for name in blanks(exact)}
    sha256 = digest(exact, kept, approved_by, today)
    return Frozen(identifier, language, exact, kept, approved_by, today, sha256)


def write(folder: Path, text: Frozen) -> Path:
    """Keep it in `folder/frozen`. Returns the file."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = {
        "id": text.id, "language": text.language, "text": text.text,
        "slots": {name: list(values) for name, values in text.slots.items()},
        "approved_by": list(text.approved_by), "approved_on": text.approved_on, "sha256": text.sha256,
    }  # fmt: skip
    path = place / f"{text.id}.{text.language}.yaml"
    path.write_text(yaml.safe_dump(held, allow_unicode=True, sort_keys=False, width=100), encoding="utf-8")
    path.chmod(0o600)
    return path


def load(folder: Path | None) -> tuple[dict[tuple[str, Language], Frozen], list[Both]]:
    """The texts that were frozen, and what is wrong with those that are not taken."""
    found: dict[tuple[str, Language], Frozen] = {}
    faults: list[Both] = []
    place = folder / FOLDER if folder is not None else None
    for path in sorted(place.glob("*.yaml")) if place is not None and place.is_dir() else ():
        name = f"{FOLDER}/{path.name}"
        try:
            held = _File.model_validate(yaml.load(path.read_text(encoding="utf-8"), HandLoader))
        except (OSError, ValueError, yaml.YAMLError) as error:
            said = why_not(error, _File)
            faults.append(Both(f"{name}\u00a0: {said.fr}", f"{name}: {said.en}"))
            continue
        if digest(held.text, held.slots, held.approved_by, held.approved_on) != held.sha256:
            faults.append(
                Both(
                    f"{name}\u00a0: changé depuis son approbation\u00a0; faites-le approuver et figer de nouveau",
                    f"{name}: changed since it was approved; have it approved and frozen again",
                )
            )
            continue
        made = Frozen(file=name, **held.model_dump())
        found[made.id, made.language] = made
    return found, faults
