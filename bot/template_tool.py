"""What `tocsin template list`, `show`, `preview` and `freeze` do. Guarantee: an answer, or one sentence on what is
wrong and 2; what is frozen is what was shown, to the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from bot.config import Config
from bot.domain import drafts
from bot.domain.language import Both, Language, fold
from bot.domain.paper import Form, Texted, plain, seconds_aloud
from bot.domain.playbook import Text
from bot.domain.remarks import remarks
from bot.domain.screening import BLANK, Finding, Lists, blanks, fill, screen
from bot.faults import ConfigurationError
from bot.library.drawing import Value, draw
from bot.library.frozen import KEPT, frozen, write
from bot.library.sandbox import escaped, written
from bot.library.templates import SOURCES, TYPED, Template, TemplateFault, Templates, load_shipped
from bot.playbook.shown import configuration

USAGE = 2
_DASH = "- "
_GROUPS = {
    "staff": Both("Personnel", "Staff"),
    "public": Both("Public, patients, presse", "The public, patients, the press"),
    "individuals": Both("Personnes concernées", "Individuals concerned"),
    "partners": Both("Partenaires, prestataires", "Partners, suppliers"),
    "authorities": Both("Autorités, assureur", "Authorities, insurer"),
    "cell": Both("Cellule, dossier", "The cell, the file"),
}


@dataclass(frozen=True)
class Given:
    """What a command line says of a text: which one, in which language, with which values."""

    name: str
    lang: Language | None
    sets: tuple[str, ...] = ()
    path: Path | None = None
    env: Mapping[str, str] | None = None


def listed(lang: Language | None, path: Path | None, env: Mapping[str, str], spoken: Language) -> int:
    """Print the templates, by whom they are for, with those that were frozen. Raises ConfigurationError."""
    config = configuration(path, env)
    language = lang or (config.language if config else spoken)
    templates = _templates(config)
    for group, there in templates.grouped(language).items():
        typer.echo(_GROUPS[group].get(language))
        for each in there:
            kept = templates.frozen.get((each.id, language))
            since = Both(f" — figé le {kept.approved_on}", f" — frozen on {kept.approved_on}") if kept else Both("", "")
            typer.echo(f"  {each.id:12} {each.name:20} {each.title}{since.get(language)}")
    return 0


def show(given: Given, spoken: Language) -> int:
    """Print a template's head in words: for whom, by whom, where its values come from. Raises ConfigurationError."""
    _, language, template = _found(given, spoken)
    colon = "\u00a0:" if language == "fr" else ":"

    def line(fr: str, en: str, said: str) -> None:
        typer.echo(f"{Both(fr, en).get(language)}{colon} {said}")

    typer.echo(f"{template.id} — {template.title} ({template.name})")
    line("Public", "For", template.audience)
    line("Canal", "Channel", template.channel)
    line("Quand", "When", template.when)
    line("Rédigé par", "Written by", template.written_by.label(language))
    steps = (
        s.role.label(language)
        + (
            Both(f" (dès la gravité {s.from_severity})", f" (from severity {s.from_severity})").get(language)
            if s.from_severity
            else ""
        )
        for s in template.route
    )
    line("Approuvé par", "Approved by", ", ".join(steps))
    if template.urgent:
        line(
            "En urgence",
            "In haste",
            Both("un directeur seul, relu dans l’heure", "a director alone, read again within the hour").get(language),
        )
    if template.law:
        line("Texte de loi", "Law", f"{template.law.act}, article {template.law.article}")
    if template.plain:
        line("Facile à lire", "Easy to read", template.plain)
    line("Doit dire", "Must say", " ; ".join(each.what for each in template.mandatory))
    for variable in template.variables.values():
        source = Both("à saisir", "typed").get(language) if variable.source == "typed" else variable.source
        typer.echo(f"  - {variable.label} ({source})")
    typer.echo("")
    typer.echo(template.body.rstrip())
    return 0


def preview(given: Given, form: str, out: Path | None, now: datetime, spoken: Language) -> int:
    """Print a text as it would be drafted, or write it as a page or a PDF. Raises ConfigurationError."""
    config, language, template = _found(given, spoken)
    text, left = _drawn(given, config, template, now)
    if left:
        return _refused(left, language)
    organisation = config.organisation.name if config else _SAMPLE.get(language)
    if form == "text":
        typer.echo(text)
        _remarks(config, template, text, now)
        return 0
    if out is None:
        return _refused(Both("Dites où écrire : --out FICHIER.", "Say where to write: --out FILE."), language)
    if out.exists():
        return _refused(Both(f"{out} existe déjà.", f"{out} exists already."), language)
    if form == "html":
        out.write_text(_page(template, text, language), encoding="utf-8")
    else:
        data = _paper(template, text, organisation, Form.POSTER if form == "poster" else Form.PDF, now, config)
        if isinstance(data, Both):
            return _refused(data, language)
        out.write_bytes(data)
    typer.echo(str(out))
    return 0


def freeze(
    given: Given, by: Sequence[str], choices: Sequence[str], out: Path | None, now: datetime, spoken: Language
) -> int:
    """Keep a text as it was approved in peacetime. Raises ConfigurationError."""
    config, language, template = _found(given, spoken)
    folder = out or (config.paths.templates if config else None)
    if folder is None:
        return _refused(
            Both(
                "Dites où le garder : --out DOSSIER, celui de vos modèles.",
                "Say where to keep it: --out DIR, that of your templates.",
            ),
            language,
        )
    text, left = _drawn(given, config, template, now)
    if left:
        return _refused(left, language)
    slots: dict[str, tuple[str, ...]] = {}
    for each in choices:
        name, sign, values = each.partition("=")
        known = _label(name, blanks(text))
        if not sign or known is None:
            return _refused(_unknown_blank(name, blanks(text)), language)
        slots[known] = tuple(value.strip() for value in values.split("|") if value.strip())
    stopped = [each for each in screen(text) if each.what.blocks and each.what is not Finding.BLANK]
    if stopped:
        said = ", ".join(f"{each.words} ({each.what.label(language)})" for each in stopped)
        return _refused(
            Both(f"Ce texte ne peut pas être figé : {said}.", f"This text cannot be frozen: {said}."), language
        )
    try:
        recorded = [each.label for each in template.variables.values() if each.source not in TYPED]
        made = frozen(template.id, language, text, slots, tuple(dict.fromkeys(by)), now.date(), recorded)
    except ValueError as error:
        return _refused(_why_not(str(error)), language)
    path = write(folder, made)
    _remarks(config, template, made.text, now)
    typer.echo(made.text)
    typer.echo("")
    for name, offered in made.slots.items():
        recorded_words = Both("d’après l’incident", "from the incident").get(language)
        typer.echo(f"{name} = {' | '.join(offered) or recorded_words}")
    until = made.approved_on + KEPT
    people = ", ".join(made.approved_by)
    typer.echo(
        Both(
            f"Figé dans {path}, approuvé par {people}, jusqu’au {until:%d/%m/%Y}. Empreinte : {made.sha256[:8]}",
            f"Frozen in {path}, approved by {people}, until {until:%d/%m/%Y}. Hash: {made.sha256[:8]}",
        ).get(language)
    )
    return 0


# -- what they share ---------------------------------------------------------------------------------------------------

_SAMPLE = Both("Votre établissement", "Your organisation")


def _templates(config: Config | None) -> Templates:
    try:
        return load_shipped(config.paths.own("templates") if config else None)
    except TemplateFault as fault:
        raise ConfigurationError(fault.both) from fault


def _found(given: Given, spoken: Language) -> tuple[Config | None, Language, Template]:
    config = configuration(given.path, given.env or {})
    language = given.lang or (config.language if config else spoken)
    templates = _templates(config)
    identifier = templates.find(given.name)
    if identifier is None:
        near = ", ".join(templates.nearest(given.name, language)[:5])
        raise ConfigurationError(
            Both(
                f"Je ne connais pas le modèle «\u00a0{given.name}\u00a0». Il y a, par exemple\u00a0: {near}.",
                f"I do not know the template “{given.name}”. There are, for instance: {near}.",
            ),
            language,
        )
    return config, language, templates.get(identifier, language)


def _drawn(given: Given, config: Config | None, template: Template, now: datetime) -> tuple[str, Both | None]:
    """The text with what is known in peacetime and what was given; or what is wrong with what was given."""
    nothing: dict[str, Value] = {"text": None, "list": (), "time": None, "flag": False}
    values: dict[str, Value] = {source: nothing[kind] for source, kind in SOURCES.items() if source != "typed"}
    values["organisation.care"] = config is None or config.organisation.kind != "company"
    values["organisation.name"] = config.organisation.name if config else _SAMPLE.get(template.language)
    values["now"] = now
    text = draw(template, values, _zone(config))
    for each in given.sets:
        name, sign, value = each.partition("=")
        known = _label(name, blanks(text))
        if not sign or known is None or not value.strip():
            return text, _unknown_blank(name, blanks(text))
        text = fill(text, known, escaped(value.strip()))
    return text, None


def _zone(config: Config | None) -> ZoneInfo:
    return ZoneInfo(config.organisation.timezone if config else "Europe/Paris")


def _label(name: str, names: Sequence[str]) -> str | None:
    return next((each for each in names if fold(each) == fold(name)), None)


def _unknown_blank(name: str, names: Sequence[str]) -> Both:
    there = ", ".join(names)
    if not names:
        return Both(f"Ce texte n’a pas de blanc «\u00a0{name}\u00a0».", f"This text has no blank “{name}”.")
    return Both(
        f"«\u00a0{name}\u00a0» n’est pas un de ses blancs\u00a0: {there}. Écrivez BLANC=VALEUR.",
        f"“{name}” is not one of its blanks: {there}. Write BLANK=VALUE.",
    )


def _why_not(why: str) -> Both:
    if why == "approved_by":
        return Both(
            "Il faut deux personnes qui l’ont approuvé\u00a0: --by NOM --by NOM.",
            "It takes two people who approved it: --by NAME --by NAME.",
        )
    return Both(
        f"Il reste à remplir : {why}. Donnez la valeur par --set, ou par --choice celles entre lesquelles on choisira.",
        f"Still to be filled in: {why}. Give the value with --set, or with --choice those to choose from.",
    )


def _remarks(config: Config | None, template: Template, text: str, now: datetime) -> None:
    """On standard error: how long it is where it goes, and what is to be read again, with what to write instead."""
    language = template.language
    length, aloud = Texted.of(plain(text)), seconds_aloud(text)
    said = Both(
        f"{length.characters} caractères, {length.parts} SMS\u00a0; environ {aloud} secondes à voix haute.",
        f"{length.characters} characters, {length.parts} text messages; about {aloud} seconds aloud.",
    )
    typer.echo(said.get(language), err=True)
    names = config.texts.names if config else ()
    version = drafts.write(1, text, "", now, lists=Lists(names=names))
    title = Text(template.title, template.title)
    made = drafts.Draft(
        1, template.id, title, language, template.leaves, template.route, now, (version,), audience=template.group,
        channel=template.channel,
    )  # fmt: skip
    for each in remarks(made, version, frozenset()):
        said = Both(f"{each.what.label('fr')}\u00a0: ", f"{each.what.label('en')}: ")
        quoted = ", ".join(filter(None, (each.words, each.said(language))))
        why = Both(
            f" — {each.reason('fr')}\u00a0; {each.instead('fr')}", f" — {each.reason('en')}; {each.instead('en')}"
        )
        more = "" if each.what is Finding.BLANK else why.get(language)
        typer.echo(f"⚠ {said.get(language)}{quoted}{more}", err=True)


def _page(template: Template, text: str, language: Language) -> str:
    """The text as a web page for a telephone, what is still to be filled in marked."""
    blocks = "\n".join(_block(each) for each in plain(text).split("\n\n"))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(template.title)}</title>\n"
        "<style>:root{color-scheme:light dark}body{font:17px/1.45 sans-serif;max-width:38em;margin:1.5em auto;"
        "padding:0 1em;overflow-wrap:anywhere}ul{padding-left:1.2em}mark{color:#000;background:#ffe680}</style>\n"
        f"<main>\n{blocks}\n</main>\n</html>\n"
    )


def _block(paragraph: str) -> str:
    """One paragraph; its lines that begin with a dash are a list."""
    made = []
    for dashed, lines in groupby(paragraph.split("\n"), lambda line: line.startswith(_DASH)):
        said = [
            BLANK.sub(r"<mark>\g<0></mark>", escape(line.removeprefix(_DASH) if dashed else line)) for line in lines
        ]
        begin, between, end = ("<ul>\n<li>", "</li>\n<li>", "</li>\n</ul>") if dashed else ("<p>", "<br>\n", "</p>")
        made.append(begin + between.join(said) + end)
    return "\n".join(made)


def _paper(
    template: Template, text: str, organisation: str, form: Form, now: datetime, config: Config | None
) -> bytes | Both:
    from bot.export.logo import LogoFault, read
    from bot.export.pdf.press import PressFault
    from bot.export.sheets import Sheet, made

    at = written(now, template.language, _zone(config), clock=False)
    sheet = Sheet(text, template.title, template.id, organisation, template.language, at)
    path = config.organisation.logo if config else None
    try:
        return made(asdict(sheet), form, now, read(path) if path else None)
    except LogoFault as fault:
        return Both(f"Logo\u00a0: {fault.both.fr}.", f"Logo: {fault.both.en}.")
    except PressFault as fault:
        return Both(f"Le PDF n’a pas pu être fait\u00a0: {fault}", f"The PDF could not be made: {fault}")


def _refused(sentence: Both, language: Language) -> int:
    typer.echo(sentence.get(language), err=True)
    return USAGE
