"""Profiles of export: what leaves for whom. Guarantee: what a profile does not name stays here, its hash alone leaves.

A list of what is let out, never of what is kept back: a kind of entry that comes later is withheld until it is named.
Conversation never leaves by a profile: who needs it asks for the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.language import Both, fold
from bot.domain.log import Entry

PROOF = frozenset({"anchor", "purge", "gap", "system"})
"""What the chain itself needs to be judged: it is in every export."""
STEERING = frozenset({"open", "close", "severity", "phase", "undo", "reactivate", "archive", "halt"})
"""Of the kind `incident`, the actions that leave where the kind does (`undo` takes a severity or a phase back). Who was
called to the lawyer's room, why the log is on hold, and what a purge was asked with do not."""
RESTS = ("repos", "rest")
"""What is typed to say that somebody rests."""
_REST = re.compile(rf"\s*[!！]\s*(?:{'|'.join(RESTS)})\b", re.IGNORECASE)
_FOLLOWS = "correction"
"""A kind that leaves with the entry that it corrects."""


@dataclass(frozen=True)
class Profile:
    """`kinds`: of which entries the content leaves (of `incident`, only `STEERING`); `registers`: which CSV files;
    `drafts`: which templates' texts; `files`: whether exhibits leave; `anonymous`: roles stand for people but in the
    log itself."""

    name: str
    names: Both
    purpose: Both
    kinds: frozenset[str]
    registers: frozenset[str]
    drafts: frozenset[str] = frozenset()
    files: bool = False
    anonymous: bool = False


def _of(
    name: str, names: Both, purpose: Both, kinds: str, registers: str, drafts: str = "", *, files: bool = False,
    anonymous: bool = False,
) -> Profile:  # fmt: skip
    texts = frozenset(f"TPL-{number}" for number in drafts.split())
    files_of = frozenset(f"{register}.csv" for register in registers.split())
    return Profile(name, names, purpose, frozenset(kinds.split()), files_of, texts, files, anonymous)


PROFILES: tuple[Profile, ...] = (
    _of(
        "assureur",
        Both("assureur", "insurer"),
        Both("faits, mesures, décisions, appels et échéances", "facts, measures, decisions, calls and deadlines"),
        "incident moment qualification task deadline fact decision evidence call care",
        "tasks deadlines facts decisions evidence calls moments care",
        "18",
    ),
    _of(
        "cnil",
        Both("cnil", "dpa"),
        Both(
            "repères, faits, mesures, échéances et notifications", "moments, facts, measures, deadlines, notifications"
        ),
        "incident moment qualification task deadline fact decision draft",
        "tasks deadlines facts decisions moments",
        "07 15 16 27",
    ),
    _of(
        "plainte",
        Both("plainte", "complaint"),
        Both(
            "faits, mesures, appels et pièces avec leurs fichiers", "facts, measures, calls, exhibits with their files"
        ),
        "incident moment task fact decision evidence call draft care",
        "tasks facts decisions evidence calls moments care",
        "17",
        files=True,
    ),
    _of(
        "ars",
        Both("ars", "health-agency"),
        Both(
            "repères, faits, mesures, échéances et points de situation", "moments, facts, measures, deadlines, sitreps"
        ),
        "incident moment qualification task deadline fact draft care",
        "tasks deadlines facts moments care",
        "13 14 22",
    ),
    _of(
        "retex",
        Both("retex", "review"),
        Both("le déroulé sans les noms : des rôles", "how it went, without names: roles"),
        "incident moment qualification task deadline fact decision nudge rollcall role handover care",
        "tasks deadlines facts decisions moments care",
        anonymous=True,
    ),
)
_BY_WORD = {fold(word): profile for profile in PROFILES for word in (profile.name, *profile.names)}


def find(word: str) -> Profile | None:
    """The profile that a word means, in either language; None if it means none."""
    return _BY_WORD.get(fold(word))


def resting(entries: Iterable[Entry]) -> frozenset[int]:
    """The numbers of the entries that say who rests: what was typed, what it changed, what was answered to it.

    It is for the person, whoever coordinates and whoever looks after the staff: no file that leaves says it by name.
    """
    kept: set[int] = set()
    typed: dict[int, str] = {}
    asked: set[str] = set()
    for entry in entries:
        said = entry.content
        if said is None:
            continue
        if entry.kind == "message" and entry.event_id is not None:
            if said.get("reply_to") in asked:
                kept.add(entry.seq)
            body = said["content"].get("body") if isinstance(said.get("content"), Mapping) else None
            if isinstance(body, str) and body.lstrip()[:1] in ("!", "！"):
                typed[entry.seq] = entry.event_id
                if _REST.match(body):
                    # Whoever types it again, or is refused it, is told who rests all the same.
                    kept.add(entry.seq)
                    asked.add(entry.event_id)
        elif entry.kind == "rollcall" and said.get("action") in ("rest", "unrest"):
            cause = said.get("cause")
            kept |= {entry.seq, *((cause,) if cause in typed else ())}
            asked |= {typed[cause]} if cause in typed else set()
    return frozenset(kept)


def withheld(profile: Profile, entries: Iterable[Entry]) -> frozenset[int]:
    """The numbers of the entries whose content the profile keeps back."""
    kept: set[int] = set()
    templates: dict[str, str] = {}
    for entry in entries:
        if entry.content is not None and not _leaves(profile, entry, entry.content, kept, templates):
            kept.add(entry.seq)
    return frozenset(kept)


def _leaves(
    profile: Profile, entry: Entry, content: Mapping[str, Any], kept: set[int], templates: dict[str, str]
) -> bool:
    if entry.kind in PROOF:
        return True
    if entry.kind == _FOLLOWS:
        target = content.get("target")
        return isinstance(target, int) and target not in kept
    if entry.kind not in profile.kinds or (entry.kind == "incident" and content.get("action") not in STEERING):
        return False
    file = content.get("file")
    if isinstance(file, Mapping) and "path" in file and not profile.files:
        return False
    if entry.kind != "draft":
        return True
    about, after = str(content.get("id")), content.get("after")
    if isinstance(after, Mapping) and isinstance(after.get("template"), str):
        templates[about] = after["template"]
    return templates.get(about) in profile.drafts
