"""What is said to the bot in plain words. Guarantee: a form is read whole, as a command line of its own; a question is
answered and never acts; a denial, a condition or a promise means nothing.

Anything beyond the forms is conversation, and means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from bot.commands.call import When
from bot.commands.spec import Tense
from bot.domain.language import Language, fold
from bot.domain.roles import find_role, find_track
from bot.reading.beginnings import split_clock
from bot.reading.durations import read_duration
from bot.reading.form import Form
from bot.reading.forms import SAID
from bot.reading.numbers import read_numbers
from bot.reading.people import read_person
from bot.reading.result import Context
from bot.reading.times import read_when

LONGEST = 160
_END = " .!…:;,)"
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_SPACES = re.compile(r"\s+")

_BEFORE = re.compile(
    r"(?:(?:bonjour|bonsoir|salut|coucou|slt|cc|hello|hi|hey|he|eh|dis|dites|ok|bon|ben|bah|alors|donc|euh|heu|hum|ah|oui"
    r"|voila|stp|svp|du coup|en fait|um|uh|er|hmm|please|pls|plz|well|so|right|okay|good|merci|et|ca y est"
    r"|c'est bon|s'il (?:te|vous) plait|moi|perso|tocsin)[\s,.!:]+)+"
)
_AFTER = re.compile(
    r"(?:[\s,.!]+(?:merci(?: beaucoup| d'avance)?|stp|svp|s'il (?:te|vous) plait|please|pls|plz|thanks"
    r"|thank you|thx|cheers|mate|pour info|du coup|de mon cote|a l'instant|tout de suite|maintenant|now|right now|today"
    r"|aujourd'hui|all|tocsin|tout le monde|chef|actuellement|deja|enfin|hein|voila|a present|exactement))+"
)
_WITHIN = re.compile(
    r"(?<= )(?:bien|donc|deja|enfin|finalement|aussi|euh|heu|hum|um|uh|already|finally|actually|also)[,.…]? "
)
_BEGGED = re.compile(
    r"(?:(?:stp|svp|s'il (?:te|vous) plait|please|pls)[\s,]+)?"
    r"(?:(?:est-ce que )?(?:tu (?:peux|pourrais)|vous (?:pouvez|pourriez))|(?:peux|pourrais)-tu"
    r"|(?:pouvez|pourriez)-vous|(?:can|could|would) you(?: please)?) "
    r"(?=(?:donner|affecter|attribuer|confier|passer|repousser|reporter|decaler|rouvrir|reouvrir|debloquer|noter|cocher"
    r"|marquer|give|assign|hand|pass|snooze|postpone|reopen|unblock|note|mark|tick|check off) )"
)
"""« tu peux donner la 4 à Karim ? »: asked of the bot, politely; what is asked so is proposed."""
_QUESTION = re.compile(
    r"est-ce que|qui |que |qu'|quand |quel|combien|comment|pourquoi|ou en|c'est quoi|a-t-|avons-nous|peut-on|"
    r"who|what|when|where|why|how|is |are |has |have (?:we|you|they|i)\b|did |does |do we|can |which"
)
_WRITTEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!')\b(c|j|d|l|m|n|s|t|qu) (?=(?:est|ai|ont|en|y|il|elle|on)\b)", re.IGNORECASE), r"\1'"),
    (re.compile(r"\b(c)(?=est\b)|\b(j)(?=ai\b)|\b(m)(?=en (?:occupe|charge)\b)", re.IGNORECASE), r"\1\2\3'"),
    (re.compile(r"\b(?:(i)(?=(?:m|ll|ve) )|(we|they)(?=ve )|(that|what|who)(?=s ))", re.IGNORECASE), r"\1\2\3'"),
    (re.compile(r"(?<=\best) (?=ce\b)", re.IGNORECASE), "-"),
    (re.compile(r"\bc (?=(?:fait|fini|bon|ok|[kq]u?oi)\b)", re.IGNORECASE), "c'est "),
    (re.compile(r"\bg (?=(?:fait|fini|pris)\b)", re.IGNORECASE), "j'ai "),
    (re.compile(r"\b[kq]u?oi\b", re.IGNORECASE), "quoi"),
    (re.compile(r"\btps\b", re.IGNORECASE), "temps"),
    (re.compile(r"\bpr\b", re.IGNORECASE), "pour"),
    (re.compile(r"\bqd\b", re.IGNORECASE), "quand"),
    (re.compile(r"\bqq(?:un|n)\b", re.IGNORECASE), "quelqu'un"),
    (re.compile(r"\bwat\b|\bwtf(?= (?:is|are)\b)", re.IGNORECASE), "what"),
    (re.compile(r"\bdaide\b", re.IGNORECASE), "d'aide"),
    (re.compile(r"\bg (?=besoin\b)", re.IGNORECASE), "j'ai "),
    (
        re.compile(
            r"(?:montre[rz]?|affiche[rz]?|liste[rz]?|fais voir|(?:je (?:veux|voudrais) )?voir)"
            r" (?=(?:les?|la|l'|nos|mes|ma|toutes)\b)",
            re.IGNORECASE,
        ),
        "montre-moi ",
    ),
)
"""How tired thumbs write: « cest fait », « c est fait », « jai fini », "whos here"."""
_NO_WORD = frozenset(
    {"ce", "cet", "cette", "ces", "ton", "ta", "tes", "mon", "ma", "this", "that", "wrong", "up", "new", "left"}
)
"""What « c'est quoi … » is not followed by, where a word of the glossary is meant."""
_MOST_WORDS = 4


@dataclass(frozen=True)
class Said:
    """A command line that plain words mean; one that is not `sure` is proposed. `numbered`: it says which tasks,
    or it `lacks_number` and nothing else does."""

    line: str
    language: Language
    sure: bool
    numbered: bool
    lacks_number: bool = False


@dataclass(frozen=True)
class _Text:
    """A text and the same in lower case without accents, letter by letter."""

    written: str
    folded: str

    def without(self, *spans: tuple[int, int]) -> _Text:
        written, folded, position = "", "", 0
        for start, end in spans:
            written, folded = written + self.written[position:start], folded + self.folded[position:start]
            position = end
        return _Text(written + self.written[position:], folded + self.folded[position:])

    def cut(self, start: int, end: int) -> _Text:
        return _Text(self.written[start:end], self.folded[start:end])


def read_plain(text: str, context: Context) -> Iterator[Said]:
    """Yield what the whole text may mean, the likeliest first: command lines, still to be read."""
    if len(text) > LONGEST:
        return
    said = _text(text)
    asking = "?" in said.folded[-4:]
    said = _stripped(said)
    if not said.folded:
        return
    yield from _fitting(said, asking, context)
    begged = _BEGGED.match(said.folded)
    if begged is not None:
        asked = _fitting(said.cut(begged.end(), len(said.folded)), False, context)
        yield from (replace(each, sure=False) for each in asked)


def _fitting(said: _Text, asking: bool, context: Context) -> Iterator[Said]:
    """Yield what the forms make of it that fit."""
    variants = tuple(_bare(said))
    for sure in (True, False):
        for each in variants:
            asked = asking or _QUESTION.match(each.folded) is not None
            for form, pattern in _patterns(sure):
                if (asking and not form.asking) or (not asked and form.only_asking):
                    continue
                found = pattern.fullmatch(each.folded)
                line = _line(form, found, each, context) if found else None
                if line is not None:
                    numbered = "{N}" in form.command or "{T}" in form.command
                    lacks = numbered and found is not None and "N" in found.re.groupindex and not found["N"]
                    yield Said(line, form.language, form.sure, numbered, lacks and context.task is None)


def _text(text: str) -> _Text:
    written = _SPACES.sub(" ", text.translate(_QUOTES)).strip()
    for form, meant in _WRITTEN:
        written = form.sub(meant, written)
    return _Text(written, "".join(_plain(c) for c in written))


def _plain(char: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)).casefold()
    return bare if len(bare) == 1 else char


def _stripped(text: _Text) -> _Text:
    ends = _END + "?"
    start = len(text.folded) - len(text.folded.lstrip(" ,.…"))
    return text.cut(start, max(start, len(text.folded.rstrip(ends))))


def _bare(text: _Text) -> Iterator[_Text]:
    """Yield the text as it is, then without greeting, courtesy and the words that change nothing."""
    seen = {text.folded}
    yield text
    before, after = _BEFORE.match(text.folded), None
    for cut in ("after", "before", "both"):
        each = text
        if cut != "before" and (after := _last(each.folded)):
            each = each.cut(0, after)
        if cut != "after" and before:
            each = each.cut(before.end(), len(each.folded))
        each = _stripped(each)
        each = each.without(*(found.span() for found in _WITHIN.finditer(each.folded)))
        if each.folded and each.folded not in seen:
            seen.add(each.folded)
            yield each


def _last(folded: str) -> int | None:
    """Where the courtesies at the end begin."""
    for start in (found.start() for found in re.finditer(r"[\s,.!]+", folded)):
        if _AFTER.fullmatch(folded, start):
            return start
    return None


_ANY = r"(?:[^\s].{0,119}?)"
_NUMERAL = (
    r"(?:\d|une?\b|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente"
    r"|quarante|cinquante|soixante|septante|huitante|octante|nonante|one\b|two|three|four|five|seven|eight|nine|ten\b"
    r"|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety)"
)
_DAY = (
    r"(?:hier|avant-hier|ce |cet |cette |midi|minuit|il y a|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|noon"
    r"|midday|midnight|quarter|half|yesterday|this |last |monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|le \d|maintenant|now)"
)
_MARK = r"(?:la|le|les|des|de|the|t|taches?|tasks?|num|numeros?|numbers?|n[°o]s?|#)"
_GROUPS = {
    "N": rf"(?P<N>(?:{_MARK}[ .-]?){{0,3}}{_NUMERAL}.{{0,60}}?)",
    "C": r"(?P<C>[a-z(].{1,40}?)",
    "P": r"(?P<P>\S.{0,60}?)",
    "D": rf"(?P<D>(?:(?:dans|in|d'ici|for|by|de) |d')?(?:{_NUMERAL}|an? |demi|half|quart).{{0,40}}?)",
    "W": rf"(?P<W>(?:{_NUMERAL}|{_DAY}).{{0,40}}?)",
    "K": r"(?P<K>[a-z].{0,30}?)",
    "R": r"(?P<R>[a-z].{1,40}?)",
    "L": r"(?P<L>[a-z]{5,9})",
    "X": rf"(?P<X>{_ANY})",
}


@cache
def _patterns(sure: bool) -> tuple[tuple[Form, re.Pattern[str]], ...]:
    found = []
    for form in (each for each in SAID if each.sure is sure):
        for written in form.patterns:
            for single in _alternatives(written):
                pattern = single
                for name, group in _GROUPS.items():
                    pattern = pattern.replace(f"{{{name}}}", group)
                found.append((form, re.compile(pattern)))
    return tuple(found)


def _alternatives(pattern: str) -> Iterator[str]:
    """Split a pattern at its outermost bars: a group may stand once in each part."""
    depth, start = 0, 0
    for position, char in enumerate(pattern):
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            yield pattern[start:position]
            start = position + 1
    yield pattern[start:]


def _line(form: Form, found: re.Match[str], text: _Text, context: Context) -> str | None:
    """The command line of a form, each of its parts wholly read; None where a part is not what it must be."""
    line = form.command
    if "{T}" in line:
        if context.task is None:
            return None
        line = line.replace("{T}", str(context.task))
    values = {
        name: _part(name, text.written[slice(*found.span(name))]) for name, got in found.groupdict().items() if got
    }
    for name, typed in values.items():
        read = _READ[name](typed, context)
        if read is None:
            return None
        values[name] = read
    if form.command.startswith(("lexique", "glossary")) and not _is_a_word(values["X"]):
        return None
    when = values.get("W")
    line = line.replace("{--W}", f"--{'a' if form.language == 'fr' else 'at'} {when}" if when else "")
    if "{N}" in line and "N" not in values and context.task is not None:
        values["N"] = str(context.task)
    for name in _READ:
        line = line.replace(f"{{{name}}}", values.get(name, ""))
    return _SPACES.sub(" ", line).strip()


def _part(name: str, typed: str) -> str:
    return typed.strip(" ,:;") if name != "X" else typed.strip(" ,")


def _numbers(typed: str, context: Context) -> str | None:
    typed = _OF.sub("", typed)
    read = read_numbers(typed, remarks=False)
    whole = read.found and not read.rest and not read.fault and not re.fullmatch(r"(?:une?|a|an)", typed, re.IGNORECASE)
    return ", ".join(map(str, read.found)) if whole else None


def _clock(typed: str, context: Context) -> str | None:
    typed = _DEADLINE.sub("", typed)
    found = split_clock(typed, context.find_rule)
    return _ARTICLE.sub("", typed) if found and not found[1].strip(_END) else None


def _person(typed: str, context: Context) -> str | None:
    named = read_person(typed, context.roster, context.sender)
    if not named.people or named.rest.strip(_END):
        return None
    return typed if typed.startswith("@") or fold(typed) in ("moi", "me") else f"@{_ARTICLE.sub('', typed)}"


_OF = re.compile(r"\A(?:des|du|de) ", re.IGNORECASE)
_DEADLINE = re.compile(
    r"\A(?:(?:la|le|l['’]|the) ?)?(?:deadline|d[ée]lai|date limite)(?: (?:de |pour |du )?(?=\S)| d['’])"
    r"| (?:deadline|clock)\Z",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\A(?:(?:la|le|les|the) |l['’])(?=\S)", re.IGNORECASE)
_FOR = re.compile(r"\A(?:(?:de|dans|d'ici|pour|by|in|for)\s+|d['’]\s*)", re.IGNORECASE)


def _length(typed: str, context: Context) -> str | None:
    bare = _FOR.sub("", typed)
    return bare if read_duration(bare) else None


def _when(typed: str, context: Context) -> str | None:
    return typed if isinstance(read_when(typed, context.now, context.zone, Tense.PAST), When) else None


def _track(typed: str, context: Context) -> str | None:
    return typed if find_track(typed) else None


def _role(typed: str, context: Context) -> str | None:
    return typed if find_role(typed) else None


def _language(typed: str, context: Context) -> str | None:
    return typed if fold(typed) in ("anglais", "francais", "english", "french") else None


def _words(typed: str, context: Context) -> str | None:
    return typed or None


def _is_a_word(typed: str) -> bool:
    """Whether it may stand in a glossary."""
    words = fold(typed).split()
    return 0 < len(words) <= _MOST_WORDS and words[0] not in _NO_WORD


_READ: dict[str, Callable[[str, Context], str | None]] = {
    "N": _numbers,
    "C": _clock,
    "P": _person,
    "D": _length,
    "W": _when,
    "K": _track,
    "R": _role,
    "L": _language,
    "X": _words,
}
