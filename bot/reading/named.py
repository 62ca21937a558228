"""Arguments that have a name: a person, a role, a track, a scenario, a clock, a template. Guarantee: a name is
exactly one of those that there are; what is only near is handed on as near."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.commands.call import EVERYTHING, NEXT_PHASE, When
from bot.commands.spec import Arg, Tense
from bot.domain.language import Language, fold
from bot.domain.moments import MOMENTS
from bot.domain.roles import Phase, Track, find_phase, find_role, find_track, role_names
from bot.domain.roster import Person
from bot.reading.asking import ENDS, LONGEST_SHOWN, Asking, Read, Remaining, Stop, phrases
from bot.reading.beginnings import split_clock, split_moment, split_when
from bot.reading.nearness import near
from bot.reading.numbers import remark
from bot.reading.people import near_people, read_person
from bot.reading.result import Asked, Refused
from bot.reading.times import Unread
from bot.reading.vocabulary import NAMES, first_word, nearest

_LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("fr", "francais", "francaise", "french"), "fr"),
    **dict.fromkeys(("en", "anglais", "anglaise", "english"), "en"),
}
_ALL_HELP = re.compile(
    r"(?:plus|more|tout|toutes|all|complete|complet|everything)(?:\s+(?P<subject>[1-9])(?:\s+(?P<page>[1-9]))?)?"
)
"""Everything; or of one subject of it, or a page of that."""
_ARTICLE = re.compile(r"\A(?:(?:une?|la|le|les|du|de la|des|de|d'|l'|an?|the|of)\b\s*)(?=\S)", re.IGNORECASE)
_AS = re.compile(r"\A[\s:=,>-]*(?:(?:est|is|comme|as)\s+)?", re.IGNORECASE)
_TO_NOBODY = re.compile(r"\s*(?:à|a|to|pour|for|@)\s*", re.IGNORECASE)
_FILED = re.compile(r"(?:filed|d[ée]p[ôo]t|d[ée]pos[ée]e?)\s?:\s?(?P<clock>[^\s:]+)", re.IGNORECASE)
_OF_TIMES = frozenset({"vers", "environ", "about", "around", "depuis", "since", "il", "y", "ya", "a", "at", "le", "la"})
"""What a time may begin with, and no moment's name does."""
_WHOLE = re.compile(r"\A(?:toute? |all )?(?:la |the )?(?:fili[èe]re|track)\s+", re.IGNORECASE)


def read_one_person(asking: Asking, text: str) -> tuple[Person, str]:
    """Return the one person that the text begins with, and the rest; raises `Stop` for none or several."""
    named = read_person(text, asking.context.roster, asking.context.sender)
    if len(named.people) > 1:
        values = {"typed": named.typed[:LONGEST_SHOWN]}
        raise Stop(Asked("person", asking.spec, values, named.people, asking.language))
    if not named.people:
        raise asking.refuse("unknown_person", named.typed, near_people(named.typed, asking.context.roster))
    return named.people[0], named.rest.strip()


def person(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(ENDS) or _TO_NOBODY.fullmatch(left.line):
        return None, replace(left, line="")
    person, rest = read_one_person(asking, left.line)
    return person, replace(left, line=rest)


def role(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _AS.sub("", left.line)
    if not line.strip(ENDS):
        return None, left
    role = find_role(line) or find_role(_ARTICLE.sub("", line))
    if role:
        return role, replace(left, line="")
    if "@" in line:
        for phrase, rest in phrases(line):
            role = find_role(phrase)
            if role:
                return role, replace(left, line=rest)
    raise asking.refuse("unknown_role", line, near(line, role_names()))


def track_line(line: str) -> str:
    """Return the line without the word « filière » before its name."""
    return _WHOLE.sub("", line)


def track(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = _ARTICLE.sub("", track_line(left.line.strip(ENDS)))
    if not line:
        return None, left
    if arg is not asking.spec.args[-1]:
        for phrase, rest in phrases(line):
            found = _named_track(phrase)
            if found and (not arg.optional or not rest or rest.startswith("@")):
                return found, replace(left, line=remark(rest))
        line = line if arg.optional else line.split()[0]
    track = _named_track(line)
    if track is None:
        raise asking.refuse("unknown_track", line, _near_labels(line, tuple(Track), asking.language))
    return track, replace(left, line="")


def _named_track(text: str) -> Track | None:
    """« juridiques », "communications" too."""
    return find_track(text) or find_track(re.sub(r"s\b", "", text))


_NEXT = frozenset(
    {"suivante", "phase suivante", "suivant", "d'apres", "prochaine", "prochaine phase", "next", "next phase"}
)


def phase(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(ENDS)
    if not line:
        return None, left
    if fold(_ARTICLE.sub("", line)) in _NEXT:
        return NEXT_PHASE, replace(left, line="")
    phase = find_phase(line) or find_phase(_ARTICLE.sub("", line))
    if phase is None:
        by_rank = tuple(each.label(asking.language) for n, each in enumerate(Phase, 1) if line == str(n))
        raise asking.refuse("unknown_phase", line, by_rank or _near_labels(line, tuple(Phase), asking.language))
    return phase, replace(left, line="")


def _near_labels(typed: str, words: Sequence[Track | Phase], language: Language) -> tuple[str, ...]:
    labels = {name: word.label(language) for word in words for name in (word.label("fr"), word.label("en"))}
    return tuple(dict.fromkeys(labels[each] for each in near(typed, labels)))


def scenario(asking: Asking, arg: Arg, left: Remaining) -> Read:
    return read_scenario(asking, left)


def read_scenario(asking: Asking, left: Remaining) -> Read:
    """Return the id of the scenario whose name the line begins with, and the rest; raises `Stop` for none."""
    if not left.line.strip(ENDS):
        return None, left
    for line in dict.fromkeys((left.line, _ARTICLE.sub("", left.line))):
        for phrase, rest in phrases(line):
            found = asking.context.find_scenario(phrase) if phrase else None
            if found:
                return found, replace(left, line=rest)
    typed = left.line.split()[0].strip(ENDS) or left.line
    near_scenarios = asking.context.near_scenarios
    close = tuple(near_scenarios(typed)) or tuple(near_scenarios(left.line[:LONGEST_SHOWN]))
    raise asking.refuse("unknown_scenario", typed, close[:3])


def language(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.strip(ENDS)
    if not line:
        return None, left
    return read_language(asking, line), replace(left, line="")


def read_language(asking: Asking, text: str) -> Language:
    """Return the language that the whole text names; raises `Stop` for any other."""
    language = _LANGUAGES.get(fold(text))
    if language is None:
        raise asking.refuse("bad_language", text)
    return language


def command(asking: Asking, arg: Arg, left: Remaining) -> Read:
    line = left.line.lstrip(asking.context.prefix + " ").strip(" .,;:!")
    if not line:
        return None, replace(left, line="")
    more = _ALL_HELP.fullmatch(fold(line))
    if more is not None:
        subject, page = more["subject"] or "", more["page"]
        return EVERYTHING + subject + (f".{page}" if page else ""), replace(left, line="")
    named = NAMES.get(fold(line) or line)
    if named is None:
        close = nearest(line, asking.language)
        raise asking.refuse("unknown_command", line, (close[0].verb(close[1]),) if close else ())
    return named.command.name, replace(left, line="")


def clock(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(ENDS):
        return None, left
    found = split_clock(left.line, asking.context.find_rule)
    if found is None:
        typed = left.line.split()[0].strip(ENDS)
        raise asking.refuse("unknown_clock", typed, near(typed, asking.context.rule_names)[:3])
    return found[0], replace(left, line=found[1])


def template(asking: Asking, arg: Arg, left: Remaining) -> Read:
    if not left.line.strip(ENDS):
        return None, left
    for phrase, rest in phrases(_ARTICLE.sub("", left.line)):
        found = asking.context.find_template(phrase) if phrase else None
        if found:
            return found, replace(left, line=rest)
    near_templates = tuple(asking.context.near_templates(left.line[:LONGEST_SHOWN], asking.language))
    raise asking.refuse("unknown_template", left.line, near_templates[:6])


def moment(asking: Asking, arg: Arg, left: Remaining) -> Read:
    found = split_moment(left.line)
    if found:
        return found[0], replace(left, line=found[1])
    filed = _FILED.match(left.line)
    if filed:
        values = {"typed": filed[0][:LONGEST_SHOWN], "clock": filed["clock"][:LONGEST_SHOWN]}
        raise Stop(Refused("moment_of_filing", asking.spec, values, language=asking.language))
    _no_moment(asking, left.line)
    return None, left


def _no_moment(asking: Asking, line: str) -> None:
    """« violaton 10h15 »: refused where what follows the word is a time and the whole is none."""
    word, _, rest = line.strip().partition(" ")
    now, zone = asking.context.now, asking.context.zone
    if not first_word(word) or fold(word) in _OF_TIMES or _is_time(split_when(line, now, zone, Tense.PAST)[0]):
        return
    words = [each for card in MOMENTS.values() if not card.by_act for each in card.word]
    close = near(word.strip(ENDS), words)
    if close or (rest and isinstance(split_when(rest, now, zone, Tense.PAST)[0], When)):
        raise asking.refuse("unknown_moment", word.strip(ENDS), close)


def _is_time(read: When | Unread) -> bool:
    return isinstance(read, When) or read.reason != "bad_time"
