"""What is said to the bot without the prefix. Guarantee: plain words are carried out only as a command line that could
have been typed, never one that is dangerous, and never one that was only nearly said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.commands.call import Call
from bot.commands.spec import Arg, Kind, Spec
from bot.domain.language import fold
from bot.reading.people import read_person
from bot.reading.plain import read_plain
from bot.reading.result import Asked, Context, Reading, Refused, Silence, Suggestion
from bot.reading.vocabulary import NAMES, split

Typed = Callable[[str, Context], Reading]
"""Reads a command line that stands after no prefix."""

_CODED = re.compile(r"(?P<word>oui|non|yes|no)[\s,:]+[0-9]{4}", re.IGNORECASE)
_SPELT = re.compile(r"(?:un )?(?:point d['’ ]exclamation|exclamation (?:mark|point))[\s,]+(?=\S)", re.IGNORECASE)
_MOST_WORDS, _FEW_WORDS = 14, 4
_CONTRARY = re.compile(
    r"\b(?:pas|ne|jamais|ni|sauf|presque|bient[ôo]t|si|not|never|nearly|almost|if|except|will)\b|\bn['’]|n['’]t\b",
    re.IGNORECASE,
)
_AND = re.compile(
    r"(?:\s*[,;.]\s+(?:(?:et puis|et|puis|and then|and|then)\s+)?|\s+(?:et puis|et|puis|and then|and|then)\s+)(?=\S)",
    re.IGNORECASE,
)
_MOST_JOINS = 3
_LONGEST = 160
_FIGURE = re.compile(r"\d")
_IDS = frozenset({Kind.TASKS, Kind.ENTRY, Kind.ENTRIES, Kind.NUMBER, Kind.CLOCK})
_FREE = frozenset({Kind.TEXT, Kind.TITLE, Kind.QUERY, Kind.WORD, Kind.SCENARIO})
"""Kinds of arguments that any words fill: what stands there may be talk."""
_HEARD = frozenset({"ok", "okay"})
"""What says no more than that one has heard, though a command is called so."""
_TOLD = frozenset({"note", "rumour"})
SHOWING = frozenset(
    {
        "help", "scenarios", "status", "team", "tasks", "finished", "task_card", "mine", "next", "why", "log",
        "deadlines", "all_deadlines", "facts", "rumours", "decisions", "exhibits", "calls", "questions", "drafts",
        "templates", "partners", "show", "releases", "enquiries", "compliance", "dossier", "services", "card",
    }
)  # fmt: skip
"""Commands that change nothing and bring nothing in front of others that they have not seen."""
_GREETING = r"(?:(?:h[ée]|eh|hey|dis|dites|ok|bonjour|bonsoir|salut|hello|hi)[\s,]+)?"


def spelt_prefix(body: str) -> str | None:
    """Return what follows « point d'exclamation », as some dictations write it; None where it does not begin so."""
    found = _SPELT.match(body, 0, 60)
    return body[found.end() :] if found else None


def after_name(body: str, context: Context) -> str | None:
    """Return the text without the bot's name before or after it; None where it has neither."""
    name = re.escape(context.bot_name)
    found = re.match(rf"{_GREETING}@?{name}(?:[\s,:;.–—-]+|(?=!))", body, re.IGNORECASE)
    if found:
        return body[found.end() :]
    last = re.search(rf"[\s,]+{name}[\s.!?]*\Z", body[-40:], re.IGNORECASE)
    if last and "\n" not in body:
        asks = "?" if "?" in last[0] else ""
        return body[: len(body) - len(last[0])] + asks
    return None


def may_be_named(body: str, bot_name: str) -> bool:
    """Whether a text may speak to the bot by its name, or spell its prefix; cheap, and sure only when it says no."""
    begins, ends = body[:60].casefold(), body[-40:].casefold()
    return bot_name.casefold() in begins or bot_name.casefold() in ends or "exclamation" in begins


def read_said(body: str, context: Context, typed: Typed) -> Reading:
    """Read what was said to the bot: one line, in one of the plain forms."""
    first, _, below = body.partition("\n")
    if below.strip():
        return Silence()
    coded = _CODED.fullmatch(first.strip())
    if coded:
        # A code completes what is dangerous, so it is typed.
        named = NAMES[fold(coded["word"])]
        if isinstance(named.command, Spec):
            return Suggestion(f"{context.prefix}{first.strip()}", named.command, True)
    return (
        read_forms(first, context, typed)
        or _without_prefix(first, context, typed)
        or _two(first, context, typed)
        or Silence()
    )


def _two(line: str, context: Context, typed: Typed) -> Reading | None:
    """« la 3 est faite et je prends la 5 »: the first is carried out, and the second said to be left."""
    if _asks(line):
        return None
    for join in list(_AND.finditer(line[:_LONGEST]))[:_MOST_JOINS]:
        first = read_forms(line[: join.start()], context, typed)
        if not isinstance(first, Call) or first.spec.name in SHOWING or not first.args:
            continue
        for said in read_plain(line[join.end() :], replace(context, task=None)):
            second = typed(said.line, context)
            if isinstance(second, Call) and second.args:
                return replace(first, raw=line, left_over=(f"{context.prefix}{said.line}",))
    return None


def _without_prefix(line: str, context: Context, typed: Typed) -> Reading | None:
    """A command's own line whose prefix was left out: what only shows is shown, all else is proposed."""
    words, named = line.split(), split(line)
    if not 0 < len(words) <= _MOST_WORDS or fold(line) in _HEARD:
        return None
    if named is None:
        return _slip(line, context, typed) if not (_CONTRARY.search(line) or _asks(line)) else None
    spec = named[0].command
    reasoned = isinstance(spec, Spec) and any(_is_reason(spec, arg) for arg in spec.args)
    if not isinstance(spec, Spec) or (_CONTRARY.search(line) and not reasoned):
        return None
    reading = typed(line, context)
    if isinstance(reading, Call):
        return _said_whole(reading, line, context)
    if _asks(line):
        return None
    if isinstance(reading, Refused) and reading.reason == "missing" and _FIGURE.search(line):
        first = spec.args[0].label.get(context.language)  # « skip 5 » lacks its reason; « finished with 3, … » is talk
        return reading if reading.values.get("argument") != first else None
    return reading if isinstance(reading, Suggestion) else None


def _said_whole(call: Call, line: str, context: Context) -> Reading | None:
    """What a line means that could have been typed; None where its words may be mere talk."""
    talk = any(_may_be_talk(call, arg, context) for arg in call.spec.args if arg.name in call.args)
    if call.spec.name in SHOWING and not talk:
        return replace(call, raw=line, plain=True)
    told = call.spec.name in _TOLD and len(line.split()) > 2
    if _asks(line) or (talk and not told):
        return None
    return Suggestion(f"{context.prefix}{line}", call.spec, call.spec.dangerous)


def _may_be_talk(call: Call, arg: Arg, context: Context) -> bool:
    """Whether any words would do there: « fait 3 fois », « décision difficile »."""
    value = call.args[arg.name]
    if arg.kind not in _FREE or _is_reason(call.spec, arg):
        return False
    found = read_person(value, context.roster) if isinstance(value, str) else None
    return found is None or len(found.people) != 1 or bool(found.rest.strip())


def _is_reason(spec: Spec, arg: Arg) -> bool:
    """Whether free words there follow an id that they are about: « sansobjet 5 pas de site »."""
    about = spec.args[0].kind
    return arg.kind is Kind.TEXT and about in _IDS and not (about is Kind.TASKS and arg.optional)


def _slip(line: str, context: Context, typed: Typed) -> Reading | None:
    """« rejette la 2 », « T3 », « plainte », « rançongiciel urgences bloquées »: nearly a command, or its subject."""
    figures = len(line.split()) <= _FEW_WORDS and _FIGURE.search(line)
    near = typed(line, context)
    if not isinstance(near, Suggestion) or near.spec.name == "incident":
        return near if isinstance(near, Suggestion) else None
    meant = typed(near.text.removeprefix(context.prefix), context) if figures or context.find_rule(line) else None
    if not isinstance(meant, Call) or any(a.kind in _FREE and a.name in meant.args for a in meant.spec.args):
        return None
    return replace(meant, raw=line, plain=True) if meant.spec.name in SHOWING else near


def _asks(line: str) -> bool:
    return line.rstrip().endswith("?")


def read_forms(line: str, context: Context, typed: Typed) -> Reading | None:
    """The first plain form that fits and makes a command, or lacks but one thing; None for conversation."""
    for said in read_plain(line, context):
        if said.lacks_number and (verb := split(said.line)) and isinstance(verb[0].command, Spec):
            return Asked("task", verb[0].command, language=context.language)  # « rappelle-moi dans 20 min »: of what?
        reading = typed(said.line, context if said.numbered else replace(context, task=None))
        if isinstance(reading, Call):
            if reading.spec.dangerous or not said.sure:
                return Suggestion(f"{context.prefix}{said.line}", reading.spec, reading.spec.dangerous)
            return replace(reading, raw=line, plain=True)
        if isinstance(reading, Asked):
            return reading
        if isinstance(reading, Refused) and reading.reason in ("missing", "clock_not_put_off"):
            return _lacking(reading, context)
    return None


def _lacking(refused: Refused, context: Context) -> Reading:
    """Which task is asked; what else is lacking is said."""
    tasks = next((arg for arg in refused.spec.args if arg.kind is Kind.TASKS), None)
    if tasks is not None and refused.values.get("argument") == tasks.label.get(context.language):
        return Asked("task", refused.spec, language=context.language)
    return refused
