"""The log's entries as lines to read: what each says, and what became of it later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.log import Entry, from_rfc3339
from bot.domain.log_lines import line_of
from bot.domain.purge import Mode, in_words
from bot.export.pdf.text import one_line, printable, runs_leftwards
from bot.export.pdf.words import Words

LONGEST = 4_000
"""So many characters of one text are printed; `journal.jsonl` has it whole."""
OWN = 240
"""So many of the bot's own words: most repeat what the lines around them say."""
OWN_EDIT = 80
_APART = timedelta(seconds=60)


@dataclass(frozen=True)
class Told:
    """One line. `tone`: how it is set (`said`, `own`, `done`, `weighty`, `alarm`, `gone`); `notes`: what came later."""

    seq: int
    logged_at: datetime
    who: str
    role: str
    did: str
    text: str
    tone: str
    notes: tuple[str, ...] = ()

    def as_dict(self, clock: str) -> dict[str, Any]:
        return {
            "seq": str(self.seq), "time": clock, "who": self.who, "role": self.role, "did": self.did,
            "text": self.text, "tone": self.tone, "notes": list(self.notes), "rtl": runs_leftwards(self.text),
        }  # fmt: skip


@dataclass
class _Later:
    """What later entries say of an earlier one."""

    notes: dict[int, list[str]] = field(default_factory=dict)
    masked: set[int] = field(default_factory=set)

    def add(self, seqs: Iterable[object], note: str) -> None:
        for seq in seqs:
            if isinstance(seq, int):
                self.notes.setdefault(seq, []).append(note)


def told(entries: Iterable[Entry], words: Words, withheld: frozenset[int], profile: str | None) -> list[Told]:
    """Every entry as a line, in order; those in `withheld` say that `profile` leaves them out."""
    lines: list[Told] = []
    later = _Later()
    for entry in entries:
        lines.append(_told(entry, words, entry.seq in withheld, profile))
        if entry.seq not in withheld:
            _look_back(entry, words, later)
    masked = words.say("masked")
    return [
        replace(
            line,
            text=masked if line.tone == "gone" and line.seq in later.masked - withheld else line.text,
            notes=(*line.notes, *later.notes[line.seq]),
        )
        if line.seq in later.notes
        else line
        for line in lines
    ]


def _look_back(entry: Entry, words: Words, later: _Later) -> None:
    """Note on earlier lines that they were edited, withdrawn, read at last, corrected or erased."""
    content = entry.content or {}
    target = content.get("target")
    if entry.kind == "edit" and entry.sender == words.bot:
        return  # a board that is kept up to date: each edit is a line of its own
    note = _note_of(entry.kind, content.get("action"))
    if target is None or note is None:
        return
    values = {"seq": entry.seq, "who": words.name(entry.sender), "at": words.instant(entry.logged_at)}
    inner = content.get("content")
    reason = inner.get("reason") if isinstance(inner, Mapping) else content.get("reason")
    values["reason"] = one_line(reason, 200) if isinstance(reason, str) else ""
    if entry.kind == "purge":
        values |= {"mode": str(content.get("mode")), "reason": one_line(in_words(reason, words.language), 200)}
        if content.get("mode") == Mode.MASK and isinstance(target, list):
            later.masked.update(seq for seq in target if isinstance(seq, int))
    later.add(target if isinstance(target, list) else [target], words.say(note, values))


def _note_of(kind: str, action: object) -> str | None:
    """The template of what is noted on the line that such an entry speaks of; None if nothing is."""
    if kind in ("edit", "redaction", "decrypted", "purge"):
        return f"later_{kind}"
    if kind == "correction":
        return "later_undo" if action == "undo" else "later_correction"
    return "later_summary" if (kind, action) == ("note", "summary") else None


def _told(entry: Entry, words: Words, withheld: bool, profile: str | None) -> Told:
    line = line_of(entry, words.name, words.language)
    content: Mapping[str, Any] = entry.content or {}
    by = content.get("by")
    author = by if isinstance(by, str) and by.startswith("@") else entry.sender
    own = author is None or author == words.bot
    made = Told(
        seq=entry.seq,
        logged_at=from_rfc3339(entry.logged_at),
        who=one_line(line.who, 80),
        role=words.roles(author),
        did="",
        text="",
        tone="own" if own else "said",
        notes=_times(entry, words, line.typist),
    )
    if withheld:
        return replace(made, text=words.say("withheld", {"profile": profile or ""}), tone="gone")
    if entry.content is None:
        return replace(made, text=words.say("erased"), tone="gone")
    if "action" in content:
        detail = words.say("detail", _details(entry, words)).removesuffix("·").rstrip()
        text = printable(line.text, LONGEST, _more(entry, words))
        tone = "weighty" if entry.kind in _WEIGHTY else "own" if entry.sender is None else "done"
        if (entry.kind, content["action"]) == ("task", "pass"):
            tone = "alarm"
        return replace(made, did=one_line(words.did(line), 200), text=_joined(text, printable(detail)), tone=tone)
    if entry.kind == "message":
        return replace(made, text=_body(entry, line.text, words, own))
    return replace(made, did=one_line(words.did(line), 200), text=_rest(entry, line.text, words, own))


_WEIGHTY = frozenset({"incident", "decision", "purge"})


def _body(entry: Entry, text: str, words: Words, own: bool) -> str:
    if not text:
        kind = (entry.content or {}).get("type")
        return one_line(str(kind or ""), 200)
    if own:
        lines = (line.strip().removeprefix("- ") for line in text.splitlines() if line.strip())
        return one_line(" · ".join(lines), OWN_EDIT if entry.kind == "edit" else OWN)
    return printable(text, LONGEST, _more(entry, words))


def _rest(entry: Entry, text: str, words: Words, own: bool) -> str:
    """The text of what is neither a message nor a change of state."""
    content: Mapping[str, Any] = entry.content or {}
    inner = content.get("content")
    values = {
        "kind": entry.kind,
        "content": soft(content),
        **_event(entry, inner if isinstance(inner, Mapping) else {}),
    }
    if entry.kind == "purge":
        values["reason"] = text
    detail = printable(words.say("event", values), LONGEST)
    if entry.kind in ("membership", "reaction", "redaction", "anchor", "purge", "gap"):
        return detail
    return _joined(_body(entry, text, words, own) if text else "", detail)


def _more(entry: Entry, words: Words) -> str:
    return words.say("more", {"seq": entry.seq})


def _times(entry: Entry, words: Words, typist: str | None) -> tuple[str, ...]:
    """The time of the fact where it is another; that of the server where the entry came late; who typed."""
    notes: list[str] = []
    if entry.occurred_at:
        notes.append(words.say("occurred", {"at": words.instant(entry.occurred_at)}))
    if (entry.content or {}).get("reconstructed"):
        notes.append(words.say("reconstructed"))
    if entry.origin_ts is not None:
        late = from_rfc3339(entry.logged_at).timestamp() - entry.origin_ts / 1000
        if abs(late) > _APART.total_seconds() and 0 <= entry.origin_ts < 4_102_444_800_000:
            sent = datetime.fromtimestamp(entry.origin_ts / 1000, words.zone)
            notes.append(words.say("sent", {"at": words.instant(sent)}))
    if typist is not None:
        notes.append(words.say("typed", {"who": one_line(typist, 80)}))
    return tuple(notes)


def _details(entry: Entry, words: Words) -> dict[str, Any]:
    """What the template of details may use of a change of state: nothing of it is markup."""
    content = soft(entry.content or {})
    after = content["after"]
    return {
        "kind": entry.kind,
        "action": str(content["action"]),
        "title": _title(str(content["id"] or ""), words),
        "before": soft(content["before"]),
        "after": soft(after),
        "value": after if isinstance(after, str) else "",
        "content": content,
        "targets": _targets(content),
    }


def _event(entry: Entry, inner: Mapping[str, Any]) -> dict[str, Any]:
    """What the template of events may use of what a stranger sent: strings, each of them looked at."""
    content = entry.content or {}
    relation, state_key = inner.get("m.relates_to"), content.get("state_key")
    sign = relation.get("key") if isinstance(relation, Mapping) else None
    reason, new_name = inner.get("reason"), inner.get("name")
    subject = state_key if entry.kind == "membership" and state_key != entry.sender else None
    return {
        "sign": sign if isinstance(sign, str) else "",
        "reason": reason if isinstance(reason, str) else "",
        "named": new_name if isinstance(new_name, str) else "",
        "subject": subject if isinstance(subject, str) else "",
        "file": soft(content.get("file")),
        "targets": _targets(content),
    }


def _targets(content: Mapping[str, Any]) -> str:
    target = content.get("target")
    return ", ".join(str(each) for each in (target if isinstance(target, list) else [target]) if isinstance(each, int))


class soft(dict[str, Any]):  # noqa: N801 - it reads as a function
    """An object of the log for a template: what it lacks is None; what is no object is an empty one."""

    def __init__(self, value: object) -> None:
        held = value if isinstance(value, Mapping) else {}
        super().__init__({k: soft(v) if isinstance(v, Mapping) else v for k, v in held.items()})

    def __missing__(self, name: str) -> None:
        return None


def _title(about: str, words: Words) -> str:
    """The title of the task, the clock, the communication … that an id names."""
    cell, language = words.cell, words.language
    letter, number = about[:1], about[1:]
    if about in cell.clocks:
        return cell.clocks[about].title.get(language)
    if not number.isascii() or not number.isdecimal():
        return ""
    if letter == "T" and int(number) in cell.tasks:
        return cell.tasks[int(number)].title.get(language)
    if letter == "C" and int(number) in cell.drafts:
        return cell.drafts[int(number)].title.get(cell.drafts[int(number)].language)
    return ""


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
