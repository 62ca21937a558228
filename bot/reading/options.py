"""`--name value` in a command's first line. Guarantee: an option is understood, or the command is refused.

A value runs to the next option or to the end of the line; where nothing else is left for the command (« !note --de
"Dr Martin" plus de lits »), to its closing quotation mark. Phones turn `--` into a dash: `—exercice` is the
same. What stands after an option that takes no value belongs to the command again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.commands.options import OPTIONS
from bot.commands.spec import Kind, Option, Spec
from bot.domain.language import fold
from bot.reading.nearness import near
from bot.reading.tidy import quoted_first, unquoted

_DASHED = re.compile(
    r"(?:(?<=\s)|\A)(?P<dash>-{2,3}|[—–―‒‑−]{1,2}|-)(?P<name>[^\W\d_]{1,20}(?:['’][^\W\d_]{1,4})?)"
    r"(?:[=:]|(?!\w)|(?=\d))"
)
_APART = re.compile(r"(?:(?<=\s)|\A)(?P<dash>--|——|−−)\s(?=[^\W\d_])")
_BY_NAME: dict[str, Option] = {fold(name): each for each in OPTIONS for name in (*each.fr, *each.en)}
_SHORTEST_WORD = 3


@dataclass(frozen=True)
class Written:
    """An option as it stands in the line; `value` is empty for one that takes none."""

    option: Option
    typed: str
    value: str


@dataclass(frozen=True)
class Line:
    """The line without its options. `fault` is empty or a reason to refuse, about the option `typed`."""

    text: str
    written: tuple[Written, ...] = field(default=())
    fault: str = ""
    typed: str = ""
    near: tuple[str, ...] = ()


def split_options(line: str, spec: Spec) -> Line:
    """Return the line's options and what is left of it for the arguments."""
    line = _APART.sub(lambda gap: "--" if _named_at(line, gap.end()) else gap[0], line)
    free_text = any(arg.kind is Kind.TEXT for arg in spec.args)
    marks: list[tuple[re.Match[str], Option]] = []
    for mark in _DASHED.finditer(line):
        option = _BY_NAME.get(fold(mark["name"]))
        sure = option is not None and mark["dash"] != "-"
        if line[mark.end() : mark.end() + 1].isdigit() and not (sure or mark[0].endswith(("=", ":"))):
            continue  # « x -a4 », « --x86 »
        if option and sure:
            marks.append((mark, option))
            continue
        wrong = _wrong(mark, option, spec, free_text)
        if wrong:
            return wrong
    return _cut(line, marks, spec)


def _named_at(line: str, position: int) -> bool:
    """Whether an option's name stands there: « -- pour @karim »."""
    word = re.compile(r"[^\W\d_]{1,20}").match(line, position)
    return word is not None and fold(word[0]) in _BY_NAME


def _wrong(mark: re.Match[str], option: Option | None, spec: Spec, free_text: bool) -> Line | None:
    """Say what is wrong with something that looks like an option; None if it is just text."""
    typed = mark[0]
    if mark["dash"] == "-":
        # « -exercice » left in a title would call everyone for a real crisis.
        meant = option and option in spec.options and len(mark["name"]) >= _SHORTEST_WORD
        return Line("", (), "unknown_option", typed, (f"--{mark['name']}",)) if meant else None
    alike = near(mark["name"], [n for o in spec.options for n in (*o.fr, *o.en) if len(n) > _SHORTEST_WORD])
    if free_text and not alike and (spec.name != "task" or mark["dash"] != "--"):
        return None  # but « --due tomorrow » is no part of a task's title
    return Line("", (), "unknown_option", typed, tuple(f"--{name}" for name in alike))


def _cut(line: str, marks: list[tuple[re.Match[str], Option]], spec: Spec) -> Line:
    pieces = [line[: marks[0][0].start()].strip() if marks else line]
    written: list[Written] = []
    seen: set[str] = set()
    for index, (mark, option) in enumerate(marks):
        typed = mark[0].rstrip("=:")
        end = marks[index + 1][0].start() if index + 1 < len(marks) else len(line)
        value = line[mark.end() : end].strip()
        here = spec.option(option.name)
        if here is None:
            return Line("", (), "option_not_here", typed)
        if option.name in seen and not option.repeated:
            return Line("", (), "option_twice", typed)
        seen.add(option.name)
        if option.kind is Kind.FLAG:
            pieces.append(value)
            value = ""
        elif not value:
            return Line("", (), "option_empty", typed)
        elif not any(pieces) and end == len(line) and (quoted := quoted_first(value)):
            value, rest = quoted
            pieces.append(rest)
        written.append(Written(here, typed, unquoted(value)))
    return Line(" ".join(filter(None, (piece.strip() for piece in pieces))), tuple(written))
