"""A message's text, read. Guarantee: one text is one command at most, and reading never raises.

A command is the first line of a fresh text; a text that does not begin with the prefix is one only if it is
said to the bot in one of a few plain forms. What is nearly a command is shown, never run.
"""

from __future__ import annotations

import re
from functools import partial

from bot.commands.call import Call
from bot.commands.spec import Kind, Spec
from bot.domain.language import fold
from bot.domain.roles import find_track
from bot.reading.alarm import first_sign, with_scenario
from bot.reading.arguments import read_arguments
from bot.reading.asking import Asking, Stop
from bot.reading.beginnings import split_clock
from bot.reading.doubts import doubted, drilled, not_yet, taken_back, with_second
from bot.reading.named import read_one_person, track_line
from bot.reading.nearness import near
from bot.reading.numbers import read_numbers
from bot.reading.options import Line, split_options
from bot.reading.people import read_person
from bot.reading.pills import pills, with_ids
from bot.reading.proposals import proposed, who_last
from bot.reading.result import Asked, Context, Reading, Refused, Silence, Suggestion
from bot.reading.said import after_name, may_be_named, read_forms, read_said, spelt_prefix
from bot.reading.slipped import propose_option, propose_undashed
from bot.reading.tidy import clean, without_fallback
from bot.reading.values import read_options
from bot.reading.vocabulary import NAMES, first_word, first_words, nearest, spec_named, split

_FULL_WIDTH = {"！": "!", "﹗": "!"}
_ENQUIRY = re.compile(r"\s*(?:(?:INC|EXE)-\d{4}-\d{3,5}[\s:,]+)?(?:@\S+\s+)?q\s?\d{1,4}\b", re.IGNORECASE)
_DRAFT = re.compile(r"\s*(?:(?:INC|EXE)-\d{4}-\d{3,5}[\s:,]+)?c\s?\d{1,4}\b", re.IGNORECASE)
_INCIDENT = re.compile(r"\s*\[?(?P<id>(?:INC|EXE)-\d{4}-\d{3,5})\b\]?[\s:,]*", re.IGNORECASE)
_SEPARATOR = re.compile(r"\A\s*[:,;.…]\s*(?=\S|\Z)|\A\s+")
_OTHER_WORDS = frozenset({"unexpected", "unknown_track", "unknown_command", "bad_number", "unknown_clock"})
"""Why a line that begins with a verb may be a plain form all the same: « !qui est là », « !tâche 3 faite »."""
_ID = re.compile(r"(?P<letter>[TFDCPEQ])\s?\d{1,4}[.!?]?", re.IGNORECASE)
_CARDS = {"T": "task", "F": "fact", "D": "decision", "C": "show", "P": "evidence", "E": "deadlines", "Q": "enquiry"}
"""The verbs that show what an id alone is the id of."""
_ENDS = " .,;:!?…"
_TO_A_BOT = re.compile(r"\A(?P<verb>[^\W\d_]{1,20})@(?:bot|tocsin)\b", re.IGNORECASE)
"""« !aide@bot », as one speaks to the bots of other networks."""
_NOT = re.compile(r"\A(?:not|pas|no)\s+", re.IGNORECASE)
_STOP_WORDS = frozenset({"pause reelle", "real pause"})
_LONGEST_STOP = 40
_FEW = 3
_CODE = 3
"""Letters of a scenario's code: « RAN », which is too short to be an alarm."""
_NOT_MEANT = frozenset({"missing", "bad_number", "unexpected", "unknown_track", "bad_severity", "bad_language"})
_AFTER_NAME = " \t\n:,;-—–"
_JOINED = re.compile(r"[\s,;.&+]*(?:\b(?:et|puis|et puis|ensuite|and|then|and then))?[\s,;]*\Z", re.IGNORECASE)
_NEEDED = {"deadline": ("in",), "question": ("for", "in")}
"""Options without one of which a command is refused."""
_BEFORE_VERB = re.compile(r"(?P<numbers>[^\W_]?[\w°#, ]{0,40}?\d)\s{1,3}(?P<verb>[^\W\d_]+)\s*(?P<rest>[.!…]*)\Z")


def read(text: str, *, html: str | None = None, context: Context) -> Reading:
    """Return what a text means. `html` is the event's formatted body, read only for whom its pills name."""
    found = pills(clean(html)) if html else ()
    body = with_ids(clean(text), found)
    if context.reply:
        body = without_fallback(body)
    body = body.strip()
    body, addressed = _unaddressed(body, context)
    if body[:1] in _FULL_WIDTH:
        body = _FULL_WIDTH[body[0]] + body[1:]
    first, _, below = body.partition("\n")
    if first.startswith(context.prefix):
        return _typed(first[len(context.prefix) :].strip(), below, body, context)
    if (context.drill or context.to_bot or addressed) and _is_stop_word(body):
        return Call(spec_named("stop"), raw=body, language=context.language, plain=True)
    if (not body and addressed) or (fold(body) and fold(body) == fold(context.bot_name)):
        return Call(spec_named("help"), raw=body, language=context.language, plain=True)
    return _unprefixed(body, context, to_bot=addressed or context.to_bot)


def is_talk(text: str, *, html: str | None, prefix: str = "!", bot_id: str, bot_name: str = "Tocsin") -> bool:
    """Whether `read` is silent about a text that is no reply, in a room of several, whatever else is known.

    Cheap, for thousands of lines at once; where it is not sure it says no.
    """
    body = clean(text).strip()
    begins = _FULL_WIDTH.get(body[:1], body[:1])
    linked = html is not None and "<a" in html.casefold()  # a pill may name the bot
    heard = begins == prefix[:1] or bot_id in body or may_be_named(body, bot_name) or _is_stop_word(body)
    return not (linked or heard)


def _is_stop_word(body: str) -> bool:
    """Whether the whole message is the word that stops a drill: « PAUSE RÉELLE ! »."""
    return len(body) <= _LONGEST_STOP and fold(body).strip(_ENDS) in _STOP_WORDS


def _unaddressed(body: str, context: Context) -> tuple[str, bool]:
    """Return the text without the bot's own pill before or after it, and whether there was one."""
    bot = context.bot_id
    if bot and body.startswith(bot) and not body[len(bot) : len(bot) + 1].isalnum():
        return body[len(bot) :].lstrip(_AFTER_NAME), True
    if bot and "\n" not in body and body.endswith(bot) and not body.startswith(context.prefix):
        return body[: -len(bot)].rstrip(_AFTER_NAME), True
    return body, False


def _typed(line: str, below: str, raw: str, context: Context, *, proposing: bool = True) -> Reading:
    """Read a line that began with the prefix. `proposing`: what is nearly right may be proposed in its place."""
    if not line:
        return Call(spec_named("help"), raw=raw, language=context.language)
    line = _TO_A_BOT.sub(r"\g<verb>", line)
    named = split(line) or split(line := _verb_first(line))
    if named is None:
        plain = read_forms(line, context, _bare_line) if not below.strip() else None
        return plain or _near(line, below, context)
    name, rest = named
    language = name.language(context.language)
    rest = _SEPARATOR.sub("", rest)
    command = _meant_here(name.command, rest, below, context)
    verb = line[: len(line) - len(rest)].rstrip(" :,;.-")
    alone = proposing and not below.strip()
    bare = partial(_bare_line, context=context)
    if alone and (meant := taken_back(command, verb, rest, context, bare)):
        return meant
    figures = command.about_tasks and any(each.isdecimal() for each in rest)
    if figures and (numbers := read_numbers(rest, remarks=False)).found and not numbers.rest.strip(_ENDS):
        about = spec_named(command.about_tasks)  # « !clore 3 » closes no crisis
        return Suggestion(f"{context.prefix}{about.verb(language)} {rest}", about, about.dangerous)
    try:
        call = _call(Asking(command, context, language), rest, below, raw)
    except Stop as stop:
        if not proposing or not isinstance(stop.reading, Refused):
            return stop.reading
        return _instead(stop, stop.reading, line, rest, below, context)
    call = with_second(call, verb, rest, context, bare) if alone else call
    if denied := not_yet(call):
        return denied
    if not alone:
        return call
    left = doubted(call, rest, context)
    left = drilled(call, verb, rest, context, bare) if left is None else left
    if left is not None:
        return Suggestion(f"{context.prefix}{verb} {left}".rstrip(), call.spec, call.spec.dangerous)
    meant_by = who_last(call, line, rest, context)
    if meant_by is None:
        return call
    if meant_by[1]:
        return _typed(meant_by[0], "", raw, context, proposing=False)
    return Suggestion(f"{context.prefix}{meant_by[0]}", call.spec, call.spec.dangerous)


def _meant_here(command: Spec, rest: str, below: str, context: Context) -> Spec:
    """What the verb means by what follows it: a clock, a track, an enquiry, a draft, nothing at all."""
    command = _about_clock(command, rest, context)
    if command.about_track and _names_track(rest):
        command = spec_named(command.about_track)
    if command.about_enquiry and _ENQUIRY.match(rest):
        command = spec_named(command.about_enquiry)
    if command.about_draft and _DRAFT.match(rest):
        command = spec_named(command.about_draft)
    incident = _INCIDENT.match(rest)
    here = rest[incident.end() :] if incident else rest
    if command.bare and not context.file and not below.strip() and _is_bare(here, spec_named(command.bare)):
        command = spec_named(command.bare)
    return command


def _instead(stop: Stop, refused: Refused, line: str, rest: str, below: str, context: Context) -> Reading:
    """What is proposed instead of a line that is refused, or the refusal."""
    if refused.spec.name == "show" and refused.reason == "bad_number":
        text = f"{spec_named('draft').verb(refused.language)} {rest}"
        drafts = _typed(text, below, text, context)
        if isinstance(drafts, Call | Suggestion):  # « !brouillon interne »
            shown = drafts.text if isinstance(drafts, Suggestion) else f"{context.prefix}{text}"
            return Suggestion(shown, drafts.spec, drafts.spec.dangerous)
    about = refused.values.get("typed", "") if refused.reason == "unexpected" else ""
    if about and context.find_rule(about) and not below.strip():
        shows = spec_named("deadlines")  # « !statut cnil »
        return Suggestion(f"{context.prefix}{shows.verb(context.language)} {about}", shows, shows.dangerous)
    again = proposed(stop, line, rest, below, context, lambda text: _typed(text, below, text, context, proposing=False))
    if again is not None or below.strip() or refused.reason not in _OTHER_WORDS:
        return again or refused
    said = read_forms(line, context, _bare_line)
    object_first = isinstance(said, Suggestion) and refused.reason == "unknown_clock"  # « !cnil déposée »
    return said if said and (isinstance(said, Call) or object_first) else refused


def _bare_line(line: str, context: Context) -> Reading:
    """Read a command line that plain words make: it is right, or it is none."""
    return _typed(line, "", line, context, proposing=False)


def _about_clock(spec: Spec, rest: str, context: Context) -> Spec:
    """Return what the verb means where a clock follows it (« !prendre cnil »), or the command itself."""
    if not spec.about_clock:
        return spec
    incident = _INCIDENT.match(rest)
    line = rest[incident.end() :] if incident else rest
    if spec.takes_actor and line.startswith("@"):
        line = read_person(line, context.roster, context.sender).rest.strip()
    named = split_clock(line, context.find_rule)
    if context.task is not None and not (named and named[0].own):
        return spec  # in reply to a task's message what follows the verb is a remark
    word = first_word(line)
    slip = named is None and word and not read_numbers(line).found and near(word, context.rule_names)
    return spec_named(spec.about_clock) if named or slip else spec


def _names_track(rest: str) -> bool:
    """Whether what follows the verb is a whole track, before the person or after."""
    line = " ".join(word for word in rest.split()[:8] if not word.startswith("@"))
    words = track_line(line).split()[:3]
    return any(find_track(" ".join(words[:count])) for count in range(len(words), 0, -1))


def _is_bare(rest: str, bare: Spec) -> bool:
    """Whether nothing follows the verb but, at most, one id: then the register or one of its cards is meant."""
    typed = rest.strip(" .!?")
    numbers = read_numbers(typed, bare.args[0].letter if bare.args else "")
    one = len(numbers.found) == 1 and not numbers.rest and any(c.isdecimal() for c in typed)
    return not typed or one or numbers.typed == typed


def _verb_first(line: str) -> str:
    """Return « 3 fait » as « fait 3 », where the verb is about tasks and nothing else follows."""
    found = _BEFORE_VERB.fullmatch(line) if len(line) <= 80 else None
    name = NAMES.get(fold(found["verb"])) if found else None
    if found is None or name is None or not isinstance(name.command, Spec):
        return line
    numbers = read_numbers(found["numbers"])
    about_tasks = any(arg.kind is Kind.TASKS for arg in name.command.args)
    fits = about_tasks and numbers.found and not numbers.rest
    return f"{found['verb']} {found['numbers']}" if fits else line


def _near(line: str, below: str, context: Context) -> Reading:
    incident = _INCIDENT.match(line)
    card = _ID.fullmatch(line[incident.end() :] if incident else line)
    if card:
        meant = spec_named(_CARDS[card["letter"].upper()])
        return Suggestion(f"{context.prefix}{meant.verb(context.language)} {line}", meant, meant.dangerous)
    named = _named_alone(line, below, context)
    if named:
        return named
    if _NOT.match(line) and split(_NOT.sub("", line)):
        return Silence()  # « !not done 3 » is no slip of « !note »
    words = next((words for words in first_words(line) if nearest(words, context.language)), "")
    close = nearest(words, context.language) if words else None
    if close is None:
        return Silence()
    command, language = close
    rest = line[len(words) :].rstrip()
    mended = f"{command.verb(language)}{rest}"
    text = f"{context.prefix}{mended}" + (f"\n{below}" if below.strip() else "")
    reading = _typed(mended, below, mended, context) if not command.dangerous else None
    if isinstance(reading, Suggestion):
        return reading
    talk = rest.count(" ") > (_FEW if isinstance(reading, Refused) and reading.reason == "missing" else 1)
    if isinstance(reading, Refused) and reading.reason in _NOT_MEANT and talk:
        return Silence()  # « !faut que je vous dise » is no « !faux »
    meant = (
        reading.spec if isinstance(reading, Call | Refused | Asked) else command
    )  # « !skpi cnil » sets a clock aside
    return Suggestion(text, meant, meant.dangerous)


def _named_alone(line: str, below: str, context: Context) -> Reading | None:
    """« !plainte » and « !rançongiciel urgences bloquées »: what is named, without what is to be done with it."""
    if below.strip() or not first_word(line):
        return None
    bare = line.strip(_ENDS)
    if context.find_rule(bare):
        shows = spec_named("deadlines")
        return Suggestion(f"{context.prefix}{shows.verb(context.language)} {bare}", shows, shows.dangerous)
    opens = spec_named("incident")
    if context.find_scenario(bare) and len(bare) > _CODE and not context.find_template(bare):
        return _typed(f"{opens.verb(context.language)} {bare}", "", line, context, proposing=False)
    for words in first_words(line):
        known = context.find_scenario(words) and not (context.find_rule(words) or context.find_template(words))
        if known and len(words) > _CODE and len(words) < len(bare):
            text = f"{opens.verb(context.language)} {line}"
            if isinstance(_typed(text, "", text, context, proposing=False), Call):
                return Suggestion(f"{context.prefix}{text}", opens, opens.dangerous)
    return None


def _call(asking: Asking, rest: str, below: str, raw: str) -> Call:
    spec, context = asking.spec, asking.context
    incident = _INCIDENT.match(rest) if spec.needs_incident else None
    if incident:
        rest = rest[incident.end() :]
    line = split_options(rest, spec)
    if line.fault:
        values = {"option": line.typed, "typed": line.typed}
        raise Stop(Refused(line.fault, spec, values, line.near, language=asking.language))
    actor = None
    text, beside = _without_second(line.text, spec, context)
    _propose_options(asking, line)
    if spec.takes_actor and text.startswith("@"):
        actor, text = read_one_person(asking, text)
    understood = None
    if spec.name == "incident":
        text, understood = with_scenario(asking, text)
    left_over = (*beside, *_commands_below(below, context))
    kept = below
    if left_over and not any(arg.kind is Kind.TEXT and not arg.optional for arg in spec.args):
        # The second command of a message must not become the note of the first.
        kept = ""
    args, options = read_arguments(asking, text, kept), dict(read_options(asking, line.written))
    if spec.name == "incident":
        first_sign(asking, args, options)
        options |= {"understood": understood} if understood else {}
    return Call(
        spec=spec,
        args=args,
        options=options,
        actor=actor,
        incident=incident["id"].upper() if incident else None,
        raw=raw,
        language=asking.language,
        left_over=left_over,
    )


def _propose_options(asking: Asking, line: Line) -> None:
    """Raise `Stop` where an option was nearly written in words that would else be taken as they stand."""
    if any(arg.kind in (Kind.TEXT, Kind.TITLE) for arg in asking.spec.args):
        propose_option(asking, line)
    if not any(each.option.name in _NEEDED.get(asking.spec.name, ()) for each in line.written):
        for name in _NEEDED.get(asking.spec.name, ()):
            propose_undashed(asking, line, name)


def _without_second(text: str, spec: Spec, context: Context) -> tuple[str, tuple[str, ...]]:
    """« 3 !fait 5 » without its second command, and that command; what wants a text may speak of commands."""
    if any(a.kind is Kind.COMMAND or (a.kind in (Kind.TEXT, Kind.TITLE) and not a.optional) for a in spec.args):
        return text, ()
    for mark in re.finditer(rf"(?:\A|(?<=[\s,;.])){re.escape(context.prefix)}\s?(?=[^\W\d_])", text[:400]):
        if split(text[mark.end() :]):
            return _JOINED.sub("", text[: mark.start()]), (text[mark.start() :][:80],)
    return text, ()


def _commands_below(below: str, context: Context) -> tuple[str, ...]:
    lines = (line.strip() for line in below.split("\n")[:100])
    commands = (line for line in lines if line.startswith(context.prefix))
    return tuple(line[:80] for line in commands if split(line[len(context.prefix) :].strip()))


def _unprefixed(body: str, context: Context, *, to_bot: bool) -> Reading:
    """Read what does not begin with the prefix: said to the bot, by where it stands or by the bot's name, or spelt."""
    spelt = spelt_prefix(body)
    if spelt is not None:
        reading = _typed(spelt.partition("\n")[0].strip(), spelt.partition("\n")[2], body, context)
        if to_bot or not isinstance(reading, Call):
            return reading if to_bot else Silence()
        return Suggestion(f"{context.prefix}{spelt.strip()}", reading.spec, reading.spec.dangerous)
    named = after_name(body, context)
    if named is None:
        return read_said(body, context, _bare_line) if to_bot else Silence()
    if named.startswith(context.prefix):
        first, _, below = named.partition("\n")
        return _typed(first[len(context.prefix) :].strip(), below, named, context)
    return read_said(named, context, _bare_line)
