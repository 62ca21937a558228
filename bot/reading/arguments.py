"""What follows a verb, made into typed values. Guarantee: every word is used, or the command is refused.

Which arguments there are is the declaration's to say; how each kind is read is said once, in the table below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.commands.call import LogQuery, Value, When
from bot.commands.spec import Arg, Kind, Tense
from bot.reading import named, numbered
from bot.reading.asking import ENDS, LONGEST_SHOWN, MOST_WORDS, Asking, Read, Remaining, Stop
from bot.reading.beginnings import split_moment, split_when
from bot.reading.numbers import read_numbers, remark
from bot.reading.people import read_person
from bot.reading.result import Asked, Refused
from bot.reading.tidy import unquoted, without_courtesy
from bot.reading.times import read_date

_COUNT = re.compile(r"\d{1,4}")
_LAST = re.compile(
    r"(?:les |the )?(?:(?P<before>\d{1,4}) derni[èe]re?s?|derni[èe]re?s? (?P<middle>\d{1,4})|last (?P<after>\d{1,4}))"
    r"(?: (?:entr[ée]es|lignes|messages|entries|lines))?",
    re.IGNORECASE,
)
_OF = re.compile(r"(?:de |d['’]|par |of |by |from )(?=\S)", re.IGNORECASE)
_SIGNS = ENDS + "-–—"


def read_arguments(asking: Asking, line: str, below: str) -> dict[str, Value]:
    """Return the declared arguments by name; raises `Stop` with the refusal or the question."""
    left = Remaining(line.strip(), below.rstrip("\n"))
    if not any(arg.kind in (Kind.TEXT, Kind.TITLE) for arg in asking.spec.args):
        left = replace(left, line=without_courtesy(left.line))
    values: dict[str, Value] = {}
    left = replace(left, line=_rearranged(asking, left.line))
    for arg in _in_order(asking.spec.args, left.line):
        value, left = _READERS[arg.kind](asking, arg, left)
        if value is not None:
            values[arg.name] = value
        elif not arg.optional:
            raise asking.missing(arg)
    if left.line.strip(ENDS):
        raise asking.refuse("unexpected", left.line)
    _moment_last(asking, values)
    return values


def _moment_last(asking: Asking, values: dict[str, Value]) -> None:
    """« connu 13h40 violation »: the moment after its time, where nothing else follows."""
    moment = next((arg.name for arg in asking.spec.args if arg.kind is Kind.MOMENT), None)
    text = values.get("text")
    if moment is None or moment in values or not isinstance(text, str):
        return
    found = split_moment(text)
    if found and not found[1]:
        values[moment] = found[0]
        del values["text"]


def _rearranged(asking: Asking, line: str) -> str:
    """« plustard 1h 5 » as « plustard 5 1h »; in reply to a task's message its number may be left out."""
    if tuple(arg.kind for arg in asking.spec.args) != (Kind.TASKS, Kind.DURATION) or len(line) > LONGEST_SHOWN:
        return line
    ends = [word.end() for word in re.finditer(r"\S+", line)]
    for end in reversed(ends[:MOST_WORDS]):
        length, rest = line[:end].strip(ENDS), line[end:]
        if not numbered.length(length):
            continue
        numbers = read_numbers(rest, remarks=False)
        if numbers.found and not numbers.rest:
            return f"{', '.join(map(str, numbers.found))} {length}"
        if not rest.strip(ENDS) and asking.context.task is not None:
            return f"{asking.context.task} {length}"
    return line


def _in_order(args: tuple[Arg, ...], line: str) -> tuple[Arg, ...]:
    """Return the arguments in the order typed: tired people put the person first, or last."""
    kinds = tuple(arg.kind for arg in args)
    if kinds == (Kind.TASKS, Kind.PERSON) and not read_numbers(line).found:
        faulty = read_numbers(line).fault
        return args if faulty or not line else args[::-1]
    if kinds == (Kind.TRACK, Kind.PERSON) and line.startswith("@"):
        return args[::-1]
    if kinds == (Kind.PERSON, Kind.ROLE) and not line.startswith("@") and "@" in line:
        return args[::-1]
    return args


def _text(asking: Asking, arg: Arg, left: Remaining) -> Read:
    text = f"{left.line}\n{left.below}".strip()
    said = text.strip(_SIGNS) and not (arg.optional and not without_courtesy(text).strip(_SIGNS))
    return (text if said else None), Remaining("")


def _title(asking: Asking, arg: Arg, left: Remaining) -> Read:
    title = unquoted(remark(left.line))
    if not title and left.below.strip():
        title = unquoted(left.below.strip().split("\n", 1)[0])
    return (title or None), Remaining("")


def _word(asking: Asking, arg: Arg, left: Remaining) -> Read:
    word, _, rest = left.line.partition(" ")
    return (word.strip(ENDS) or None), replace(left, line=rest)


def _query(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip()
    done = replace(left, line="")
    if not line.strip(ENDS):
        return None, done
    if _COUNT.fullmatch(line):
        return LogQuery(count=int(line)), done
    if line.startswith("@"):
        person, rest = named.read_one_person(asking, line)
        return LogQuery(person=person), replace(left, line=rest)
    last = _LAST.fullmatch(line)
    if last:
        return LogQuery(count=int(last["before"] or last["middle"] or last["after"])), done
    of = _OF.match(line)
    by = read_person(line[of.end() :], asking.context.roster, asking.context.sender) if of else None
    if by and len(by.people) == 1 and not by.rest.strip(ENDS):
        return LogQuery(person=by.people[0]), done
    day = read_date(line, asking.context.now, asking.context.zone)
    if day:
        return LogQuery(day=day), done
    return LogQuery(words=unquoted(line)), done


def _when(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip()
    if not line.strip(ENDS):
        return None, left
    read, rest = split_when(line, asking.context.now, asking.context.zone, Tense.PAST)
    if isinstance(read, When):
        return read, replace(left, line=rest)
    if read.reason == "hour":
        raise Stop(Asked("hour", asking.spec, {"typed": line[:LONGEST_SHOWN]}, language=asking.language))
    refused = asking.refuse(read.reason, line).reading
    raise Stop(replace(refused, times=read.times) if isinstance(refused, Refused) else refused)


# FLAG is an option's alone; `bot.reading.values` reads it.
_READERS: dict[Kind, Callable[[Asking, Arg, Remaining], Read]] = {
    Kind.TASKS: numbered.tasks,
    Kind.ENTRY: numbered.entry,
    Kind.ENTRIES: numbered.entries,
    Kind.PERSON: named.person,
    Kind.ROLE: named.role,
    Kind.TRACK: named.track,
    Kind.PHASE: named.phase,
    Kind.TEXT: _text,
    Kind.TITLE: _title,
    Kind.SCENARIO: named.scenario,
    Kind.SEVERITY: numbered.severity,
    Kind.NUMBER: numbered.number,
    Kind.CODE: numbered.code,
    Kind.DURATION: numbered.duration,
    Kind.WORD: _word,
    Kind.LANGUAGE: named.language,
    Kind.COMMAND: named.command,
    Kind.QUERY: _query,
    Kind.CLOCK: named.clock,
    Kind.MOMENT: named.moment,
    Kind.TEMPLATE: named.template,
    Kind.WHEN: _when,
}
