"""A line in which somebody asks, takes back, or says two things. Guarantee: what a question mark asks about is not
done, what is taken back in the same breath is not done, and of two things in one line the second is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.commands.call import Call, When
from bot.commands.spec import Kind, Spec, Tense
from bot.domain.language import fold
from bot.reading.asking import ENDS, LONGEST_SHOWN
from bot.reading.beginnings import split_clock
from bot.reading.durations import read_duration
from bot.reading.numbers import read_numbers
from bot.reading.options import Line, split_options
from bot.reading.people import read_person
from bot.reading.plain import read_plain
from bot.reading.result import Context, Reading, Refused, Suggestion
from bot.reading.said import SHOWING
from bot.reading.times import read_when

Typed = Callable[[str], Reading]
"""Reads a command line that stands after no prefix, and proposes nothing in its place."""

_ASKS = re.compile(r"\?[\s?!.…)\]»\"'’]*\Z")
_ASKING = SHOWING | {"glossary", "directory", "guests", "calendar", "picture", "picture_dark", "ack", "stop"}
"""Commands to which a question mark adds nothing: they only show."""
_BARE = frozenset({"severity", "phase", "mobilise", "qualify", "present", "let_stand"})
"""Commands that, bare, answer or ask, and change nothing."""
_LONGEST = 300
_FREE = (Kind.TEXT, Kind.TITLE)
_NUMBERS = (Kind.TASKS, Kind.ENTRY, Kind.ENTRIES, Kind.NUMBER)

_HUM = r"(?:(?:euh|heu|ah|oh|hum|um|uh|er|mince|zut|oups|oops)[\s,.…]+)"
_TAKEN_BACK = re.compile(
    rf"[\s,;.…(–—-]+{_HUM}*"
    r"(?:non(?:[\s,]+(?:non|pardon|plut[oô]t|attends?|attendez|en fait|je veux dire|c['’]est|d[ée]sol[ée]e?))*"
    r"|pardon|enfin(?:[\s,]+(?:non|plut[oô]t))?|(?:ou |oh )?plut[oô]t|je (?:veux|voulais) dire|d[ée]sol[ée]e?|erreur"
    r"|rectif(?:ication)?|oups|oops"
    r"|no(?:[\s,]+(?:no|wait|sorry|i mean|make (?:that|it)))*|wait(?:[\s,]+no)?|sorry|i meant?|(?:or )?rather|actually"
    rf"|make (?:that|it)|scratch that|correction)[\s,:;.…]+{_HUM}*(?:(?:c['’]est|it['’]?s|à|at)\s+)?(?=\S)",
    re.IGNORECASE,
)
_MOST_WORDS = 6
_JOINED = re.compile(r"(?:et puis|et|puis|ensuite|and then|and|then|&|\+)[\s,]+", re.IGNORECASE)
_NOT_YET = re.compile(
    r"[(\[]?(?:(?:c['’]est|it['’]s|mais|but)\s)?"
    r"(?:pas (?:encore|faite?|finie?|termin[ée]e?|tout [àa] fait|vraiment|compl[èe]tement)|non|à (?:faire|finir)"
    r"|presque(?: fini| fait| termin[ée])?|bient[oô]t(?: fini| fait| termin[ée])?|en cours|en partie|partiellement"
    r"|[àa] moiti[ée](?: fait| fini)?|(?:[àa] )?\d\d? ?%"
    r"|not (?:yet|done|finished|really|quite|filed)|no|(?:almost|nearly)(?: done| finished)?|half(?: done)?"
    r"|in progress|ongoing|wip|pending|to do|to be done|part(?:ly|ially)(?: done)?"
    r"|(?:demain|ce soir|plus tard(?! que)|tomorrow|tonight|later(?! than)|soon)(?: \S+){0,2})[\s.!…)\]]*",
    re.IGNORECASE,
)
"""What is said of a thing that is not done: it is no remark on its being done, and no reference of a filing."""
_REFERENCE = re.compile(r"\A\D{0,12}\d")
_BETWEEN = re.compile(r"(?<=\S)(?:\s*[,;]\s+|\s+(?:et|and|puis|then|&|\+)\s+)(?=\S)", re.IGNORECASE)
_NO_REFERENCE = re.compile(r"(?:et|mais|puis|and|but|then)\s", re.IGNORECASE)
_BUT_THE_LAST = re.compile(
    r"(?:n['’])?(?:(?:est|sont|restent?|is|are|was|pas|not|non|stuck|blocked|presque|almost|en cours)\b"
    r"|bloqu|coinc|isn['’]?t|aren['’]?t)",
    re.IGNORECASE,
)
"""« fait 3, la 4 est bloquée »: what is said of the last of several numbers, which is then none of those done."""
_DOING = frozenset(
    {"done", "done_clock", "filed", "receipt", "true", "known", "close", "hold", "publish", "posted", "approve"}
)
_SAID_OF = ("text", "channel", "which")
"""The arguments that such words fill."""
_DRILL = frozenset({"exercice", "exo", "drill", "exercise", "simulation", "entrainement"})
_TRIAL = frozenset({"test", "essai"})
_EDGES = ENDS + "()[]«»\"'-"


def doubted(call: Call, rest: str, context: Context) -> str | None:
    """What follows the verb without the question mark, where that mark asks whether to do it; None where it does not.

    A text that is free may end in a question: « !rumeur tout est volé ? ».
    """
    spec = call.spec
    if not _ASKS.search(rest) or spec.name in _ASKING or (spec.name in _BARE and not call.args):
        return None
    written = split_options(rest, spec).written
    if written and written[-1].option.kind is Kind.TEXT:
        return None
    if any(arg.kind in _FREE and not arg.optional for arg in spec.args) and not (written or spec.dangerous):
        return None
    return _ASKS.sub("", rest).rstrip(" ([«\"'.!?…")


def taken_back(spec: Spec, verb: str, rest: str, context: Context, typed: Typed) -> Suggestion | None:
    """« fait 3 non pardon 4 » as « fait 4 »: proposed, since only who typed it knows. `verb`, `rest`: the line."""
    found = [*_TAKEN_BACK.finditer(rest[:_LONGEST])]
    if not found or len(rest) > _LONGEST:
        return None
    before, after = rest[: found[-1].start()], rest[found[-1].end() :].strip(ENDS + ")")
    line = split_options(rest, spec)
    if any(arg.kind in _FREE and not arg.optional for arg in spec.args) and not _in_option(line, after):
        return None
    words = [word.start() for word in re.finditer(r"\S+", before)]
    for kind in _kinds(spec, line):
        if not _is(kind, after, context):
            continue
        for start in reversed(words[-_MOST_WORDS:]):
            if not _is(kind, before[start:].strip(ENDS), context):
                continue
            meant = f"{verb} {before[:start]}{after}"
            reading = typed(meant)
            if isinstance(reading, Call) and reading.spec is spec:
                return Suggestion(f"{context.prefix}{meant}", spec, spec.dangerous)
    return None


def _in_option(line: Line, after: str) -> bool:
    return bool(line.written) and line.written[-1].option.kind not in _FREE and line.written[-1].value.endswith(after)


def _kinds(spec: Spec, line: Line) -> list[Kind]:
    """The kinds of values that may stand last in the line."""
    if line.written:
        return [line.written[-1].option.kind]
    return [arg.kind for arg in spec.args]


def _is(kind: Kind, text: str, context: Context) -> bool:
    """Whether the whole text is a value of that kind."""
    if kind in _NUMBERS:
        numbers = read_numbers(text, remarks=False)
        return bool(numbers.found) and not numbers.rest
    if kind is Kind.CLOCK:
        clock = split_clock(text, context.find_rule)
        return clock is not None and not clock[1].strip(ENDS)
    if kind is Kind.WHEN:
        tenses = (Tense.PAST, Tense.FUTURE)
        return any(isinstance(read_when(text, context.now, context.zone, tense), When) for tense in tenses)
    if kind is Kind.DURATION:
        return read_duration(text) is not None
    if kind is Kind.PERSON:
        named = read_person(text, context.roster, context.sender)
        return bool(named.people) and not named.rest.strip(ENDS)
    return False


def with_second(call: Call, verb: str, rest: str, context: Context, typed: Typed) -> Call:
    """The same command, without the note that is a second command: « fait 3 et je prends la 5 ».

    The second is handed on as left over, so that its author is told that it was not done.
    """
    text, spec = call.args.get("text"), call.spec
    first = spec.args[0].kind if spec.args else None
    if not isinstance(text, str) or first not in (Kind.TASKS, Kind.CLOCK) or len(text) > _LONGEST or "\n" in text:
        return call
    for between in _BETWEEN.finditer(text) if first is Kind.CLOCK else ():
        if _files(text[between.end() :], context):  # « depose cnil REF-12 et plainte REF-13 »
            left = (*call.left_over, f"{context.prefix}{verb} {text[between.end() :]}")
            return replace(call, args={**call.args, "text": text[: between.start()]}, left_over=left)
    join = _JOINED.match(text)
    if join is None and not rest.rpartition(text)[0].rstrip().endswith((",", ";")):
        return call
    second = _command(text[join.end() if join else 0 :], spec, verb, context, typed)
    if second is None:
        return call
    args = {name: value for name, value in call.args.items() if name != "text"}
    return replace(call, args=args, left_over=(*call.left_over, f"{context.prefix}{second}"))


def _files(text: str, context: Context) -> bool:
    """Whether the whole text is a clock, with a reference or without."""
    found = split_clock(text, context.find_rule)
    return found is not None and (not found[1].strip(ENDS) or _REFERENCE.match(found[1]) is not None)


def _command(text: str, spec: Spec, verb: str, context: Context, typed: Typed) -> str | None:
    """The command line that the whole text is, in plain words too; None where it is a mere remark."""
    first = spec.args[0].kind
    if first is Kind.TASKS and _is(first, text, context):
        return f"{verb} {text}"  # « fait 3 ! et 4 »
    if first is Kind.CLOCK and _files(text, context):
        return f"{verb} {text}"  # « depose cnil et plainte REF-12 »
    said = plain_command(text, context, typed)
    if said is not None:
        return said
    reading = typed(text)
    about = reading.spec.args[0] if isinstance(reading, Call) and reading.spec.args else None
    if isinstance(reading, Call) and about and about.kind in (Kind.TASKS, Kind.CLOCK) and about.name in reading.args:
        return text
    return None


def plain_command(text: str, context: Context, typed: Typed) -> str | None:
    """The command line that plain words mean, where it changes something; None for conversation."""
    for said in read_plain(text, replace(context, task=None)):
        reading = typed(said.line)
        if isinstance(reading, Call) and reading.spec.name not in SHOWING and reading.args:
            return said.line
    return None


def not_yet(call: Call) -> Refused | None:
    """« depose cnil pas encore », « fait 3 presque »: nothing is done, and it is said."""
    text = next((call.args[name] for name in _SAID_OF if name in call.args), None)
    if call.spec.name not in _DOING or not isinstance(text, str):
        return None
    values = {"typed": text[:LONGEST_SHOWN]}
    if _NOT_YET.fullmatch(text.strip()):
        return Refused("not_yet", call.spec, values, language=call.language)
    if call.spec.name in ("filed", "receipt") and _NO_REFERENCE.match(text):
        return Refused("unexpected", call.spec, values, language=call.language)
    if len(call.numbers()) > 1 and _BUT_THE_LAST.match(text):
        return Refused("unclear_numbers", call.spec, {"typed": f"{call.numbers()[-1]} {text}"}, language=call.language)
    return None


def drilled(call: Call, verb: str, rest: str, context: Context, typed: Typed) -> str | None:
    """« incident exercice panne du labo » with its option: nobody is to be called out of bed for a drill.

    What follows the verb, as it was probably meant; None where nothing says that it is a drill.
    """
    if call.spec.name != "incident" or call.get("drill", bool):
        return None
    line = split_options(rest, call.spec)
    words = line.text.split()
    if len(words) < 2:
        return None
    title = str(call.args.get("title", "")).split() or words
    first, begins, last = (fold(each.strip(_EDGES)) for each in (words[0], title[0], words[-1]))
    if first not in _DRILL | _TRIAL and not {begins, last} & _DRILL and not (last in _TRIAL and len(words) == 2):
        return None
    option = next(each for each in call.spec.options if each.name == "drill").typed(call.language)
    others = (option, *(f"{each.typed} {each.value}".rstrip() for each in line.written))
    without = " ".join((*words[1:], *others))
    said = first in _DRILL | _TRIAL and isinstance(typed(f"{verb} {without}"), Call)
    return without if said else " ".join((*words, *others))
