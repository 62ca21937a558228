"""From a template and values to what a phone shows: `body` and `formatted_body`, escaped and sized.

Owns two guarantees: no value can become markup, a mention or a command; the plain body says everything that the
HTML says (it is what a lock screen, a watch and a screen reader show). Templates are small pieces of HTML; the plain
text is made from them, so that the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import yaml
from jinja2 import DictLoader, StrictUndefined, Template, TemplateSyntaxError, meta
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from bot.domain.directory import Directory, Entry
from bot.domain.language import LANGUAGES, Both, Language, fold
from bot.domain.log import from_rfc3339

LIMIT = 24_000
"""Bytes of body and formatted_body together: an encrypted event is at most 65,536 bytes, and base64 costs a third."""

NBSP = "\u00a0"
_PARIS = ZoneInfo("Europe/Paris")
_JINJA = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|<[^>]*>)", re.DOTALL)
_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
# Characters that reorder or hide text: a name or a title must not be able to disguise a line.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_BLANKS = re.compile(r"[ \t\r\n]+")

_ELIDES = re.compile(r"[aeiou]|y[^aeiou]")
"""Before which names « de » is « d’ »: Anne, Yves; an h is taken as sounded."""


@dataclass(frozen=True)
class Rendered:
    """A message's two forms."""

    body: str
    html: str

    @property
    def fits(self) -> bool:
        """Whether it is short enough for one message."""
        return len(self.body.encode()) + len(self.html.encode()) <= LIMIT


def local(at: datetime, zone: str, lang: Language, *, seconds: bool = False) -> str:
    """An instant as a person of the site reads it, always with its date: « dimanche 22 nov. 2026, 14 h 05 »."""
    there = at.astimezone(ZoneInfo(zone))
    if lang == "fr":
        clock = f"{there.hour}{NBSP}h{NBSP}{there.minute:02d}"
        if seconds:
            clock += f"{NBSP}min{NBSP}{there.second:02d}{NBSP}s"
    else:
        clock = f"{there:%H:%M:%S}" if seconds else f"{there:%H:%M}"
    return f"{_day(there, lang)}, {clock}{_which(there).get(lang)}"


def dated(at: date, zone: str, lang: Language) -> str:
    """The same of an instant; of a day its date alone."""
    return local(at, zone, lang) if isinstance(at, datetime) else _day(at, lang)


def _day(day: date, lang: Language) -> str:
    name, month = _DAYS[lang][day.weekday()], _MONTHS[lang][day.month - 1]
    if lang == "fr":
        return f"{name}{NBSP}{'1er' if day.day == 1 else day.day}{NBSP}{month} {day.year}"
    return f"{name} {day.day} {month} {day.year}"


def _which(there: datetime) -> Both:
    """Of an hour that the site's clock shows twice, whether it is the first time or the second."""
    if there.replace(fold=1 - there.fold).utcoffset() == there.utcoffset():
        return Both("", "")
    first = Both(" (heure d’été)", " (summer time)")
    return Both(" (heure d’hiver)", " (winter time)") if there.fold else first


def clock_time(at: datetime, zone: str, lang: Language) -> str:
    """The time of day alone, for lists that carry their date elsewhere."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.hour}{NBSP}h{NBSP}{there.minute:02d}" if lang == "fr" else f"{there:%H:%M}"


def short(at: datetime, zone: str, lang: Language) -> str:
    """Day, month and time, for boards: « 22/11 14 h 05 »."""
    there = at.astimezone(ZoneInfo(zone))
    if lang == "fr":
        return f"{there:%d/%m}{NBSP}{clock_time(at, zone, lang)}"
    return f"{there.day} {_MONTHS['en'][there.month - 1]} {there:%H:%M}"


def in_paris(at: datetime, zone: str, lang: Language) -> str:
    """The same instant in Paris, for a site elsewhere: most French authorities count there. Empty at a Paris hour."""
    if at.astimezone(_PARIS).utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset():
        return ""
    there = short(at, _PARIS.key, lang)
    return f" (Paris{NBSP}: {there})" if lang == "fr" else f" (Paris: {there})"


def length_of(span: timedelta, lang: Language) -> str:
    """How long, rounded down, in two units at most: « 2 j 5 h », « 11 h 40 », « 12 min », « 20 s »."""
    days, rest = divmod(max(span, timedelta(0)), timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    day = "j" if lang == "fr" else "d"
    if days:
        return f"{days}{NBSP}{day}{NBSP}{hours}{NBSP}h" if hours else f"{days}{NBSP}{day}"
    if hours:
        if not minutes:
            return f"{hours}{NBSP}h"
        return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if lang == "fr" else f"{hours}{NBSP}h{NBSP}{minutes}{NBSP}min"
    if minutes:
        return f"{minutes}{NBSP}min"
    if rest.seconds:
        return f"{rest.seconds}{NBSP}s"
    return "moins d’une minute" if lang == "fr" else "less than a minute"


def shown(value: object) -> str:
    """A value's text without what reorders, hides or rings: control characters go, `@room` cannot be a mention."""
    return _HIDDEN.sub("", str(value)).replace("@room", "@\u2060room")


def clip(text: str, length: int) -> str:
    """A text cut to `length` characters, on one line, with an ellipsis if something was cut."""
    flat = _BLANKS.sub(" ", shown(text)).strip()
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def uncapitalised(label: str) -> str:
    """A label as it stands within a sentence: « directeur de crise », but « RSSI »."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def pill(user: str, name: str) -> Markup:
    """A link that Matrix clients show as a person (Matrix specification, `matrix.to` navigation)."""
    return Markup('<a href="https://matrix.to/#/{}">{}</a>').format(quote(user, safe="@:"), shown(name))


def room_link(room_id: str, server: str, name: str) -> Markup:
    """A link to a room, with the server through which it can be reached."""
    return Markup('<a href="https://matrix.to/#/{}?via={}">{}</a>').format(
        quote(room_id, safe="!:"), server, shown(name)
    )


def alias_link(alias: str, name: str) -> Markup:
    """A link to a room by an address of its own, which may be written before the room is there."""
    return Markup('<a href="https://matrix.to/#/{}">{}</a>').format(quote(alias, safe=":"), shown(name))


_ROOMS = ("https://matrix.to/#/!", "https://matrix.to/#/%23")
"""What the address of a room begins with, by its id and by an alias."""


class _Plain(HTMLParser):
    """The plain text of our own small HTML: lists as dashes, code in back-quotes, paragraphs as lines, a room's name
    with its address."""

    _BREAK = frozenset({"p", "ul", "ol", "li", "blockquote", "h4", "div"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._counters: list[int | None] = []
        self._leads_to = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag in ("ul", "ol"):
            self._counters.append(None if tag == "ul" else 1)
            self._line()
        elif tag == "li":
            self._line()
            counter = self._counters[-1] if self._counters else None
            if counter is None:
                self.parts.append("- ")
            else:
                self.parts.append(f"{counter}. ")
                self._counters[-1] = counter + 1
        elif tag in self._BREAK:
            self._line()
        elif tag == "code":
            self.parts.append("`")
        elif tag == "a":
            address = dict(attrs).get("href") or ""
            self._leads_to = address if address.startswith(_ROOMS) else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._counters:
            self._counters.pop()
        if tag in self._BREAK:
            self._line()
        elif tag == "code":
            self.parts.append("`")
        elif tag == "a" and self._leads_to:
            # The name of a person says who it is; that of a room leads nowhere.
            self.parts.append(f" ({self._leads_to})")
            self._leads_to = ""

    def handle_data(self, data: str) -> None:
        text = re.sub(r"[ \t\n]+", " ", data)
        if not self.parts or self.parts[-1].endswith("\n"):
            text = text.lstrip(" ")  # what stands between two blocks is the template's own layout
        if text:
            self.parts.append(text)

    def _line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")


def plain(html: str) -> str:
    """The plain text of one of our HTML messages."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    lines = (line.strip(" ") for line in "".join(parser.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _french_spaces(source: str) -> str:
    """No-break spaces before « : ; ! ? », inside guillemets and after « n° », in the literal parts of a template."""
    pieces = _JINJA.split(source)
    for index in range(0, len(pieces), 2):
        piece = re.sub(r" ([:;!?»])", f"{NBSP}\\1", pieces[index])
        pieces[index] = piece.replace("« ", f"«{NBSP}").replace("n° ", f"n°{NBSP}")
    return "".join(pieces)


class CatalogueFault(Exception):  # noqa: N818
    """A template is missing, or wrong: ours to mend, found by the linter."""


class Catalogue:
    """All the sentences that the bot says in the chat, in both languages.

    Each is compiled when it is first said: there are hundreds, and a start must not wait for them.
    """

    def __init__(self, folder: Path, zone: str = "Europe/Paris") -> None:
        self._zone = zone
        self.directory = Directory()
        """Whom to call outside: their numbers stand on the deadlines and tasks that need them."""
        self._environments = {lang: self._environment(lang) for lang in LANGUAGES}
        self._sources: dict[Language, dict[str, str]] = {lang: _read(folder / lang) for lang in LANGUAGES}
        for lang in LANGUAGES:
            texts = {n: _french_spaces(s) if lang == "fr" else s for n, s in self._sources[lang].items()}
            # A message may include another: what is said in several places is written once.
            self._environments[lang].loader = DictLoader(texts)

    def _template(self, name: str, lang: Language) -> Template:
        if name not in self._sources[lang]:
            raise CatalogueFault(f"{lang}/{name}: no such message")
        try:
            return self._environments[lang].get_template(name)
        except TemplateSyntaxError as fault:
            raise CatalogueFault(f"{lang}/{name}: {fault}") from fault

    def _environment(self, lang: Language) -> SandboxedEnvironment:
        environment = SandboxedEnvironment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalize,
            cache_size=-1,  # what was compiled once is kept
            auto_reload=False,
        )
        environment.filters["at"] = lambda at: local(at, self._zone, lang)
        environment.filters["exact"] = lambda at: local(at, self._zone, lang, seconds=True)
        environment.filters["short"] = lambda at: short(at, self._zone, lang)
        environment.filters["paris"] = lambda at: in_paris(at, self._zone, lang)
        environment.filters["instants"] = lambda times: joined((dated(at, self._zone, lang) for at in times), lang)
        environment.filters["stamp"] = lambda text: short(from_rfc3339(text), self._zone, lang)
        environment.filters["exact_stamp"] = lambda text: local(from_rfc3339(text), self._zone, lang, seconds=True)
        environment.filters["time"] = lambda at: clock_time(at, self._zone, lang)
        environment.filters["length_of"] = lambda span: length_of(span, lang)
        environment.filters["clip"] = clip
        environment.filters["t"] = lambda text: text.get(lang)
        environment.filters["listed"] = lambda parts: joined(parts, lang)
        environment.filters["either"] = lambda parts: joined(parts, lang, either=True)
        environment.filters["ids"] = lambda things: joined((thing.id for thing in things), lang)
        environment.filters["label"] = lambda word: word.label(lang)
        environment.filters["low"] = lambda word: uncapitalised(word.label(lang))
        environment.filters["labels"] = lambda words: joined((uncapitalised(word.label(lang)) for word in words), lang)
        environment.filters["any_of"] = lambda words: joined(
            (uncapitalised(word.label(lang)) for word in words), lang, either=True
        )
        environment.filters["de"] = lambda name: "d’" if _ELIDES.match(fold(str(name))) else "de "
        environment.filters["que"] = lambda name: "qu’" if _ELIDES.match(fold(str(name))) else "que "
        environment.filters["pill"] = pill
        environment.filters["called_for"] = self._called_for
        environment.filters["called_in"] = lambda task, deadlines=(): self.directory.for_task(task.code, deadlines)
        environment.globals["lang"] = lang
        return environment

    def _called_for(self, clock: Any) -> list[Entry]:
        """Whom that deadline is filed with, or asked about."""
        return self.directory.for_rule(clock.names.fr, clock.names.en, clock.rule)

    def render(self, name: str, lang: Language, values: Mapping[str, Any]) -> Rendered:
        """The message `name` in one language, cut where it is too long. Raises CatalogueFault if it does not exist."""
        rendered = self.whole(name, lang, values)
        while not rendered.fits:
            html = f"<p>{escape(rendered.body[: max(200, len(rendered.body) // 2)])}…</p>"
            rendered = Rendered(plain(html), html)
        return rendered

    def whole(self, name: str, lang: Language, values: Mapping[str, Any]) -> Rendered:
        """The same with nothing cut off, for whoever has a shorter form of it."""
        html = self._template(name, lang).render(values).strip()
        return Rendered(plain(html), html)

    def document(self, name: str, lang: Language, values: Mapping[str, Any]) -> str:
        """The plain text of the message `name`, of any length, for a file. Raises `CatalogueFault` if there is none."""
        return plain(self._template(name, lang).render(values).strip()) + "\n"

    def names(self, lang: Language) -> set[str]:
        return set(self._sources[lang])

    def sources(self, lang: Language) -> Mapping[str, str]:
        """Every message as it is written, for the linter."""
        return self._sources[lang]

    def variables(self, name: str, lang: Language) -> set[str]:
        """The values that a message needs, for the linter. Raises CatalogueFault if it is not a template."""
        environment = self._environments[lang]
        try:
            found = meta.find_undeclared_variables(environment.parse(self._sources[lang][name]))
        except TemplateSyntaxError as fault:
            raise CatalogueFault(f"{lang}/{name}: {fault}") from fault
        return found - set(environment.globals)


def _finalize(value: object) -> object:
    return value if isinstance(value, Markup) else shown(value) if isinstance(value, str) else value


def _read(folder: Path) -> dict[str, str]:
    sources: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, source in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
            key = f"{path.stem}.{name}"
            if not isinstance(source, str):
                raise CatalogueFault(f"{path.name}: {name} is not a text")
            sources[key] = source
    return sources


def lint(folder: Path) -> list[str]:
    """What is wrong with the chat's catalogue: a message in one language only, or with other values."""
    try:
        catalogue = Catalogue(folder)
        needs = {lang: {name: catalogue.variables(name, lang) for name in catalogue.names(lang)} for lang in LANGUAGES}
    except (CatalogueFault, yaml.YAMLError, OSError) as fault:
        return [str(fault)]
    faults = [f"{name}: only in one language" for name in sorted(needs["fr"].keys() ^ needs["en"].keys())]
    for name in sorted(needs["fr"].keys() & needs["en"].keys()):
        differing = needs["fr"][name] ^ needs["en"][name]
        if differing:
            faults.append(f"{name}: values in one language only: {', '.join(sorted(differing))}")
    return faults


def joined(parts: Iterable[str], lang: Language, *, either: bool = False) -> str:
    """A list in words: « T3, T4 et T7 », or « T3, T4 ou T7 » where one of them is meant."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    word = ("ou" if lang == "fr" else "or") if either else ("et" if lang == "fr" else "and")
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
