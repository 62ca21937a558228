"""The registers as tables to read, behind the log: the same rows as the CSV files, in people's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.clocks import Clock
from bot.domain.moments import FILED, MOMENTS, Moment
from bot.export.fact_registers import custody, where
from bot.export.pdf.text import one_line, printable
from bot.export.pdf.words import Words

Cells = Sequence[str]
_LONGEST = 1_200


def annexes(words: Words, exports: Iterable[Mapping[str, Any]], left: Mapping[str, bool], profile: str) -> list[Any]:
    """Every annex: its title, its columns with their widths, its rows. `left`: which registers leave, by name."""
    tables = {**_TABLES, "exports": (_EXPORTS, lambda words: _exports(words, exports))}
    made = []
    for name, (columns, rows) in tables.items():
        leaves = left.get(name, True)
        made.append(
            {
                "title": words.say("answers_title" if name == "answers" else name),
                "columns": [words.say(f"c_{column}") for column, _ in _columns(columns)],
                "widths": [width for _, width in _columns(columns)],
                "rows": [[printable(cell, _LONGEST) for cell in row] for row in rows(words)] if leaves else [],
                "empty": words.say("annex_empty") if leaves else words.say("annex_withheld", {"profile": profile}),
            }
        )
    return made


def _columns(said: str) -> tuple[tuple[str, str], ...]:
    pairs = (each.partition(":") for each in said.split())
    return tuple((name, width) for name, _, width in pairs)


def _who_when(words: Words, who: str | None, at: Any) -> str:
    return "\n".join(each for each in (words.name(who) if who else "", words.minute(at)) if each)


def _tasks(words: Words) -> Iterator[Cells]:
    for task in words.cell.in_order:
        title = task.title.get(words.language) + (f" ({words.say('critical')})" if task.critical else "")
        why = "\n".join(one_line(each, 300) for each in (task.reason, task.note) if each)
        yield (
            task.id, f"{title}\n{why}" if why else title, task.role.label(words.language),
            words.say(f"task_{task.status}"), words.name(task.owner) if task.owner else "", words.minute(task.due),
            words.minute(task.done_at),
        )  # fmt: skip


def _clocks(words: Words) -> Iterator[Cells]:
    language = words.language
    for clock in sorted(words.cell.clocks.values(), key=lambda c: (c.started_at, c.id)):
        due = words.minute(clock.due) + (f"\n{words.say('prudent')}" if clock.hypothesis else "")
        names = (clock.authority, clock.reference_text)
        reference = "\n".join(one_line(each.get(language), 200) for each in names if each)
        title = clock.title.get(language)
        yield (
            f"{title} ({clock.typed(language)})", words.say(f"class_{clock.visible}"), reference, due,
            words.say(f"clock_{clock.status}"), _proof(words, clock),
        )  # fmt: skip


def _proof(words: Words, clock: Clock) -> str:
    """When it was filed, and when its receipt came, where that was later."""
    filed, came = words.minute(clock.filed_at), words.minute(clock.closed_at)
    receipt = words.say("receipt", {"at": came}) if filed and came and came != filed else None
    parts = (filed, receipt, clock.reference, clock.late_reason, clock.waive_text)
    return "\n".join(one_line(each, 200) for each in parts if each)


def _facts(words: Words) -> Iterator[Cells]:
    for _, fact in sorted(words.cell.facts.items()):
        if not fact.withdrawn:
            yield (
                fact.id, fact.text, words.say(f"fact_{fact.status}"), fact.source or fact.reason or "",
                _who_when(words, fact.said_by, fact.said_at), _who_when(words, fact.decided_by, fact.decided_at),
            )  # fmt: skip


def _decisions(words: Words) -> Iterator[Cells]:
    for _, taken in sorted(words.cell.decisions.items()):
        if not taken.withdrawn:
            standing = words.minute(taken.confirmed_at)
            if taken.denied_at:
                standing = words.say("denied")
            reasons = "\n".join(each for each in (taken.reasons, taken.set_aside) if each)
            yield (
                taken.id, taken.text, reasons, words.name(taken.by), words.minute(taken.at),
                standing or words.say("unconfirmed"),
            )  # fmt: skip


def _evidence(words: Words) -> Iterator[Cells]:
    zone = ZoneInfo(words.cell.incident.timezone)
    for _, exhibit in sorted(words.cell.evidence.items()):
        if not exhibit.withdrawn:
            kept = "\n".join(each for each in (where(exhibit), custody(exhibit, zone)) if each)
            yield (
                exhibit.id, exhibit.description, exhibit.sha256 or "", words.name(exhibit.collected_by),
                words.minute(exhibit.collected_at), kept,
            )  # fmt: skip


def _calls(words: Words) -> Iterator[Cells]:
    for _, call in sorted(words.cell.calls.items()):
        if not call.withdrawn:
            yield call.id, call.who, call.summary, words.name(call.by), words.minute(call.at)


def _moments(words: Words) -> Iterator[Cells]:
    for _, change in sorted(words.cell.history.items()):
        yield (
            _moment(words, change.name), words.minute(change.at), _who_when(words, change.set_by, change.set_at),
            _moment(words, change.reason or ""),
            words.minute(change.previous),
        )  # fmt: skip


def _moment(words: Words, name: str) -> str:
    """A moment in words; that of a filing by the clock that was filed; whatever else as it is."""
    if name in list(Moment):
        return MOMENTS[Moment(name)].word.get(words.language)
    if not name.startswith(FILED):
        return name
    filed = name.removeprefix(FILED)
    # By every party, where it names none and there is no such clock.
    any_party = next((c.names.get(words.language) for c in words.cell.clocks.values() if c.rule == filed), name)
    clock = words.cell.clocks.get(filed)
    return words.say("filing", {"clock": clock.typed(words.language) if clock else any_party})


def _answers(words: Words) -> Iterator[Cells]:
    for said in sorted(words.cell.answers.values(), key=lambda s: (s.at, s.question)):
        yield (
            words.question(said.question), words.answer(said.answer.value), words.name(said.by), words.minute(said.at)
        )  # fmt: skip


def _drafts(words: Words) -> Iterator[Cells]:
    for _, draft in sorted(words.cell.drafts.items()):
        versions = (words.say("version", {"number": v.number, "who": words.name(v.author)}) for v in draft.versions)
        approved = (f"v{a.version} {words.name(a.user)} ({a.role.label(words.language)})" for a in draft.approvals)
        released = (
            words.say(
                "released",
                {
                    "version": r.version,
                    "channel": r.channel,
                    "at": words.minute(r.at),
                    "down": words.minute(r.withdrawn_at) if r.withdrawn_at else "",
                    "why": r.withdrawn_why,
                },
            )
            for r in draft.releases
        )
        title = f"{draft.title.get(draft.language)} ({draft.template})"
        yield draft.id, title, "\n".join(versions), "\n".join(approved), "\n".join(released)


def _exports(words: Words, exports: Iterable[Mapping[str, Any]]) -> Iterator[Cells]:
    for each in exports:
        to = each["to"] if isinstance(each["to"], str) else None
        yield (
            words.name(to), words.instant(each["at"]), str(each["profile"] or words.say("whole")), str(each["upto"]),
            str(each["sha256"] or ""),
        )  # fmt: skip


_TABLES: Mapping[str, tuple[str, Callable[[Words], Iterable[Cells]]]] = {
    "decisions": ("id:9mm text:1fr reasons:1fr by:26mm at:23mm confirmed:23mm", _decisions),
    "facts": ("id:9mm text:1fr status:18mm source:28mm said:30mm decided:30mm", _facts),
    "clocks": ("title:1fr class:17mm reference:34mm due:26mm status:17mm filed:30mm", _clocks),
    "moments": ("moment:26mm at:26mm by:28mm reason:1fr before:26mm", _moments),
    "answers": ("question:1fr answer:26mm by:34mm at:26mm", _answers),
    "tasks": ("id:9mm title:1fr role:26mm status:17mm owner:26mm due:23mm done:23mm", _tasks),
    "evidence": ("id:9mm text:1fr sha:38mm by:26mm at:23mm location:26mm", _evidence),
    "calls": ("id:9mm who:32mm text:1fr by:28mm at:26mm", _calls),
    "drafts": ("id:9mm title:1fr versions:38mm approved:36mm released:40mm", _drafts),
}
_EXPORTS = "to:34mm at:26mm profile:26mm upto:17mm sha:1fr"
