"""What follows a verb, made into typed values. Guarantee: every word is used, or the command is refused.

Which arguments there are is the declaration's to say; how each kind is read is said here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.commands.call import EVERYTHING, LogQuery, Value, When
from bot.commands.spec import Arg, Kind, Planned, Spec, Tense
from bot.domain.language import Language, fold
from bot.domain.roles import Phase, Track, find_phase, find_role, find_track, role_names
from bot.domain.roster import Person
from bot.reading.beginnings import split_clock, split_moment, split_when
from bot.reading.durations import read_duration
from bot.reading.nearness import near
from bot.reading.numbers import read_numbers, remark
from bot.reading.numerals import in_figures
from bot.reading.people import near_people, read_person
from bot.reading.result import Asked, Context, Later, Refused
from bot.reading.tidy import flat, unquoted, without_courtesy
from bot.reading.times import read_date
from bot.reading.vocabulary import NAMES, nearest

_LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("fr", "francais", "french"), "fr"),
    **dict.fromkeys(("en", "anglais", "english"), "en"),
}
_ALL_HELP = frozenset({"plus", "more", "tout", "toutes", "all", "complete", "complet", "everything"})
_ARTICLE = re.compile(r"\A(?:(?:une?|la|le|les|du|de la|des|de|d'|l'|an?|the|of)\b\s*)(?=\S)", re.IGNORECASE)
_AS = re.compile(r"\A[\s:=,>-]*(?:(?:est|is|comme|as)\s+)?", re.IGNORECASE)
_FOR = re.compile(r"\A(?:de|dans|pour|by|in|for)\s+|\Ad['’]\s*", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,4}")
_CODE = re.compile(r"[0-9][ -]?[0-9][ -]?[0-9][ -]?[0-9]")
_SEVERITY = re.compile(r"(?:niveau |level |gravite |severity |a |to )?([1-4])(?: ?(?:/|sur|of|out of) ?4)?")
_ENDS = " \t\n.,;:!?…"
_SIGNS = _ENDS + "-–—"
_TO_NOBODY = re.compile(r"\s*(?:à|a|to|pour|for|@)\s*", re.IGNORECASE)
_MOST_WORDS = 4
_LONGEST_SHOWN = 80


class Stop(Exception):  # noqa: N818 - it is no error of ours: it carries the answer up
    """Reading ends here, with this answer."""

    def __init__(self, reading: Refused | Asked | Later) -> None:
        super().__init__()
        self.reading = reading


@dataclass(frozen=True)
class Remaining:
    """What is still to be read: the rest of the first line, and the lines below it."""

    line: str
    below: str = ""


@dataclass(frozen=True)
class Asking:
    """The command that is being read, where, and in which of its languages it was typed."""

    spec: Spec
    context: Context
    language: Language

    def refuse(self, reason: str, typed: str = "", near: tuple[str, ...] = ()) -> Stop:
        """Make the refusal of what was typed."""
        values = {"typed": typed.strip()[:_LONGEST_SHOWN]} if typed else {}
        return Stop(Refused(reason, self.spec, values, near, language=self.language))

    def missing(self, arg: Arg) -> Stop:
        """Make the refusal of a command that lacks an argument."""
        label = arg.label.get(self.language)
        return Stop(Refused("missing", self.spec, {"argument": label}, language=self.language))


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
    if left.line.strip(_ENDS):
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
    if tuple(arg.kind for arg in asking.spec.args) != (Kind.TASKS, Kind.DURATION) or len(line) > _LONGEST_SHOWN:
        return line
    ends = [word.end() for word in re.finditer(r"\S+", line)]
    for end in reversed(ends[:_MOST_WORDS]):
        length, rest = line[:end].strip(_ENDS), line[end:]
        if not read_duration(_FOR.sub("", length)):
            continue
        numbers = read_numbers(rest, remarks=False)
        if numbers.found and not numbers.rest:
            return f"{', '.join(map(str, numbers.found))} {length}"
        if not rest.strip(_ENDS) and asking.context.task is not None:
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


def _phrases(line: str) -> Iterator[tuple[str, str]]:
    """Yield the beginnings of the line, four words to one, each with what follows it."""
    words = (word for word in re.finditer(r"\S+", line[:200]) if fold(word[0]))
    ends = [word.end() for word in words][:_MOST_WORDS]
    for end in reversed(ends):
        yield line[:end].strip(_ENDS), line[end:].strip()


Read = tuple[Value | None, Remaining]


def _tasks(asking: Asking, arg: Arg, left: Remaining) -> Read:
    numbers = read_numbers(left.line, remarks=asking.spec.args[-1].kind is Kind.TEXT)
    if numbers.fault == "spoken" and asking.context.task is None:
        values = {"typed": numbers.typed, "said": left.line, "figures": numbers.rest}
        raise Stop(Refused("unclear_numbers", asking.spec, values, language=asking.language))
    if numbers.fault and numbers.fault != "spoken":
        raise asking.refuse(numbers.fault, numbers.typed)
    if numbers.found:
        return numbers.found, replace(left, line=numbers.rest)
    if asking.context.task is not None:
        return (asking.context.task,), replace(left, line=remark(left.line))
    if arg.optional and not left.line.strip(_ENDS):
        return None, left
    raise asking.missing(arg)


def _entries(asking: Asking, arg: Arg, left: Remaining) -> Read:
    replied = {"C": asking.context.draft, "N": asking.context.entry}.get(arg.letter)
    about = (replied,) if replied is not None else None
    if not left.line.strip(_ENDS):
        return about, left
    numbers = read_numbers(left.line, arg.letter)
    if about and not numbers.found and not numbers.fault:
        return about, left
    if numbers.fault == "wrong_kind":
        raise asking.refuse("wrong_entry", numbers.typed)
    if not numbers.found:
        raise asking.refuse(numbers.fault or "bad_number", numbers.typed or left.line)
    return numbers.found, replace(left, line=numbers.rest)


def _entry(asking: Asking, arg: Arg, left: Remaining) -> Read:
    found, rest = _entries(asking, arg, left)
    if isinstance(found, tuple) and len(found) != 1:
        raise asking.refuse("bad_number", left.line)
    return (found[0] if isinstance(found, tuple) else None), rest


def read_one_person(asking: Asking, text: str) -> tuple[Person, str]:
    """Return the one person that the text begins with, and the rest; raises `Stop` for none or several."""
    named = read_person(text, asking.context.roster, asking.context.sender)
    if len(named.people) > 1:
        values = {"typed": named.typed[:_LONGEST_SHOWN]}
        raise Stop(Asked("person", asking.spec, values, named.people, asking.language))
    if not named.people:
        raise asking.refuse("unknown_person", named.typed, near_people(named.typed, asking.context.roster))
    return named.people[0], named.rest.strip()


def _person(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(_ENDS) or _TO_NOBODY.fullmatch(left.line):
        return None, replace(left, line="")
    person, rest = read_one_person(asking, left.line)
    return person, replace(left, line=rest)


def _role(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _AS.sub("", left.line)
    if not line.strip(_ENDS):
        return None, left
    role = find_role(line)
    if role:
        return role, replace(left, line="")
    if "@" in line:
        for phrase, rest in _phrases(line):
            role = find_role(phrase)
            if role:
                return role, replace(left, line=rest)
    raise asking.refuse("unknown_role", line, near(line, role_names()))


_WHOLE = re.compile(r"\A(?:toute? |all )?(?:la |the )?(?:fili[èe]re|track)\s+", re.IGNORECASE)


def track_line(line: str) -> str:
    """Return the line without the word « filière » before its name."""
    return _WHOLE.sub("", line)


def _track(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _ARTICLE.sub("", track_line(left.line.strip(_ENDS)))
    if not line:
        return None, left
    if arg is not asking.spec.args[-1]:
        for phrase, rest in _phrases(line):
            found = _named_track(phrase)
            if found:
                return found, replace(left, line=remark(rest))
        line = line.split()[0]
    track = _named_track(line)
    if track is None:
        raise asking.refuse("unknown_track", line, _near_labels(line, tuple(Track), asking.language))
    return track, replace(left, line="")


def _named_track(text: str) -> Track | None:
    """« juridiques », "communications" too."""
    return find_track(text) or find_track(re.sub(r"s\b", "", text))


def _phase(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(_ENDS)
    if not line:
        return None, left
    phase = find_phase(line) or find_phase(_ARTICLE.sub("", line))
    if phase is None:
        raise asking.refuse("unknown_phase", line, _near_labels(line, tuple(Phase), asking.language))
    return phase, replace(left, line="")


def _near_labels(typed: str, words: Sequence[Track | Phase], language: Language) -> tuple[str, ...]:
    labels = {name: word.label(language) for word in words for name in (word.label("fr"), word.label("en"))}
    return tuple(dict.fromkeys(labels[each] for each in near(typed, labels)))


def _text(asking: Asking, arg: Arg, left: Remaining) -> Read:
    text = f"{left.line}\n{left.below}".strip()
    said = text.strip(_SIGNS) and not (arg.optional and not without_courtesy(text).strip(_SIGNS))
    return (text if said else None), Remaining("")


def _title(asking: Asking, arg: Arg, left: Remaining) -> Read:
    title = unquoted(remark(left.line))
    if not title and left.below.strip():
        title = unquoted(left.below.strip().split("\n", 1)[0])
    return (title or None), Remaining("")


def _scenario(asking: Asking, arg: Arg, left: Remaining) -> Read:
    return read_scenario(asking, left)


def read_scenario(asking: Asking, left: Remaining) -> Read:
    """Return the id of the scenario whose name the line begins with, and the rest; raises `Stop` for none."""
    if not left.line.strip(_ENDS):
        return None, left
    for line in dict.fromkeys((left.line, _ARTICLE.sub("", left.line))):
        for phrase, rest in _phrases(line):
            found = asking.context.find_scenario(phrase) if phrase else None
            if found:
                return found, replace(left, line=rest)
    typed = left.line.split()[0].strip(_ENDS) or left.line
    near_scenarios = asking.context.near_scenarios
    close = tuple(near_scenarios(typed)) or tuple(near_scenarios(left.line[:_LONGEST_SHOWN]))
    raise asking.refuse("unknown_scenario", typed, close[:3])


def _severity(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line:
        return None, left
    return read_severity(asking, left.line), replace(left, line="")


def read_severity(asking: Asking, text: str) -> int:
    """Return the severity that the whole text means, 1 to 4; raises `Stop` for anything else."""
    found = _SEVERITY.fullmatch(in_figures(flat(text), articles=True).strip(_ENDS))
    if not found:
        raise asking.refuse("bad_severity", text)
    return int(found[1])


def _number(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line:
        return None, left
    numbers = read_numbers(left.line)
    if len(numbers.found) != 1:
        raise asking.refuse("bad_number", left.line)
    return numbers.found[0], replace(left, line=numbers.rest)


def _duration(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _FOR.sub("", left.line.strip(_ENDS))
    if not line:
        return None, replace(left, line="")
    length = read_duration(line)
    if length is None:
        raise asking.refuse("bad_duration", line)
    return length, replace(left, line="")


def _code(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(_ENDS)
    if not line:
        return None, replace(left, line="")
    if not _CODE.fullmatch(line):
        raise asking.refuse("bad_code", line)
    return re.sub(r"\D", "", flat(line)), replace(left, line="")


def _word(asking: Asking, arg: Arg, left: Remaining) -> Read:
    word, _, rest = left.line.partition(" ")
    return (word.strip(_ENDS) or None), replace(left, line=rest)


def _language(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(_ENDS)
    if not line:
        return None, left
    return read_language(asking, line), replace(left, line="")


def read_language(asking: Asking, text: str) -> Language:
    """Return the language that the whole text names; raises `Stop` for any other."""
    language = _LANGUAGES.get(fold(text))
    if language is None:
        raise asking.refuse("bad_language", text)
    return language


def _command(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.lstrip(asking.context.prefix + " ").strip(" .,;:!")
    if not line:
        return None, replace(left, line="")
    if fold(line) in _ALL_HELP:
        return EVERYTHING, replace(left, line="")
    named = NAMES.get(fold(line) or line)
    if named is None:
        close = nearest(line, asking.language)
        raise asking.refuse("unknown_command", line, (close[0].verb(close[1]),) if close else ())
    if isinstance(named.command, Planned):
        raise Stop(Later(named.command, named.language(asking.language)))
    return named.command.name, replace(left, line="")


def _query(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip()
    done = replace(left, line="")
    if not line.strip(_ENDS):
        return None, done
    if _COUNT.fullmatch(line):
        return LogQuery(count=int(line)), done
    if line.startswith("@"):
        person, rest = read_one_person(asking, line)
        return LogQuery(person=person), replace(left, line=rest)
    day = read_date(line, asking.context.now, asking.context.zone)
    if day:
        return LogQuery(day=day), done
    return LogQuery(words=unquoted(line)), done


def _clock(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(_ENDS):
        return None, left
    found = split_clock(left.line, asking.context.find_rule)
    if found is None:
        typed = left.line.split()[0].strip(_ENDS)
        raise asking.refuse("unknown_clock", typed, near(typed, asking.context.rule_names)[:3])
    return found[0], replace(left, line=found[1])


def _template(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(_ENDS):
        return None, left
    for phrase, rest in _phrases(_ARTICLE.sub("", left.line)):
        found = asking.context.find_template(phrase) if phrase else None
        if found:
            return found, replace(left, line=rest)
    near_templates = tuple(asking.context.near_templates(left.line[:_LONGEST_SHOWN], asking.language))
    raise asking.refuse("unknown_template", left.line, near_templates[:6])


def _moment(asking: Asking, arg: Arg, left: Remaining) -> Read:
    found = split_moment(left.line)
    return (found[0], replace(left, line=found[1])) if found else (None, left)


def _when(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip()
    if not line.strip(_ENDS):
        return None, left
    read, rest = split_when(line, asking.context.now, asking.context.zone, Tense.PAST)
    if isinstance(read, When):
        return read, replace(left, line=rest)
    if read.reason == "hour":
        raise Stop(Asked("hour", asking.spec, {"typed": line[:_LONGEST_SHOWN]}, language=asking.language))
    refused = asking.refuse(read.reason, line).reading
    raise Stop(replace(refused, times=read.times) if isinstance(refused, Refused) else refused)


# FLAG is an option's alone; `bot.reading.values` reads it.
_READERS: dict[Kind, Callable[[Asking, Arg, Remaining], Read]] = {
    Kind.TASKS: _tasks,
    Kind.ENTRY: _entry,
    Kind.ENTRIES: _entries,
    Kind.PERSON: _person,
    Kind.ROLE: _role,
    Kind.TRACK: _track,
    Kind.PHASE: _phase,
    Kind.TEXT: _text,
    Kind.TITLE: _title,
    Kind.SCENARIO: _scenario,
    Kind.SEVERITY: _severity,
    Kind.NUMBER: _number,
    Kind.CODE: _code,
    Kind.DURATION: _duration,
    Kind.WORD: _word,
    Kind.LANGUAGE: _language,
    Kind.COMMAND: _command,
    Kind.QUERY: _query,
    Kind.CLOCK: _clock,
    Kind.MOMENT: _moment,
    Kind.TEMPLATE: _template,
    Kind.WHEN: _when,
}
