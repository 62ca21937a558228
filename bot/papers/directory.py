"""`tocsin roster print`: the people and whom each calls, on paper. Guarantee: one page a copy, each with its number;
who did not agree that their number is printed is on it without it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import typer

from bot.config import Config
from bot.domain.directory import Directory, Entry
from bot.domain.language import Both, Language
from bot.domain.roles import BYSTANDERS, VITAL, Role
from bot.domain.roster import Person, Roster
from bot.domain.rungs import after
from bot.export.pdf.press import PressFault, printed
from bot.export.pdf.text import one_line
from bot.library.directory import BLANK, load_directory
from bot.library.roster import load
from bot.system_words import why_of

TEMPLATE = "roster.typ"
LINKS = 4
"""So many people one after the other for a role: more are in the list."""
SIZES = ((30, 9.2), (50, 8.4), (70, 7.6), (100, 6.4), (10_000, 5.0))
"""Up to how many lines, in points: one page holds them."""

_TITLE = Both("Annuaire de crise", "Crisis directory")
_WORDS = {
    "tree": Both("Qui appeler, dans l’ordre", "Whom to call, in order"),
    "people": Both("Les personnes", "The people"),
    "outside": Both("À l’extérieur", "Outside"),
    "silent": Both("Si Tocsin ne répond pas", "If Tocsin does not answer"),
}
_RULE = Both(
    "Confidentiel. À garder hors du système d’information, à rendre contre l’exemplaire suivant.",
    "Confidential. Keep it away from the information system; hand it in for the next copy.",
)
_COPY = Both("Exemplaire {number} sur {count}", "Copy {number} of {count}")
_GIVEN = Both("remis à : ______________", "given to: ______________")
_SUBTITLE = Both("{organisation} — imprimé le {day}", "{organisation} — printed on {day}")
_SILENT = (
    Both(
        "Tenez la main courante sur papier : l’heure, qui, quoi. Une ligne par fait.",
        "Keep the log on paper: the time, who, what. One line a fact.",
    ),
    Both(
        "Appelez de haut en bas. Sans réponse en cinq minutes : la personne suivante. Notez chaque appel.",
        "Call from top to bottom. No answer in five minutes: the next person. Note each call.",
    ),
    Both("Salon d’alerte : {room}", "Alert room: {room}"),
)
_UNCHECKED = Both("jamais vérifié", "never checked")
_NO_NUMBER = Both("pas de numéro", "no number")
_EXISTS = Both(
    "{path} existe déjà : donnez un autre nom avec --out.",
    "{path} exists already: give another name with --out.",
)
_MADE = Both(
    "{path}\u00a0: {copies} d’une page. Sans numéro imprimé\u00a0: {without}.",
    "{path}: {copies} of one page. Without a printed number: {without}.",
)
_ONE = Both("un exemplaire", "one copy")
_SEVERAL = Both("{count} exemplaires", "{count} copies")
_NOT_MADE = Both("L’annuaire n’a pas pu être imprimé : {why}", "The directory could not be printed: {why}")


def print_roster(config: Config, out: Path, copies: int, today: date) -> int:
    """Write the PDF, 0600; an existing file is left alone. Returns the exit code."""
    language = config.organisation.language
    if out.exists():
        typer.echo(_EXISTS.get(language).format(path=out), err=True)
        return 2
    roster = load(config.paths.roster, language)
    directory = load_directory(config.paths.own("directory"), language)
    try:
        made = printed(book(config, roster, directory, copies, today), 0, template=TEMPLATE)
        write(out, made)
    except (PressFault, OSError) as fault:
        typer.echo(_NOT_MADE.get(language).format(why=why_of(fault).get(language)), err=True)
        return 1
    without = ", ".join(p.name for p in roster if not p.shared_phone) or "0"
    said = (_ONE if copies == 1 else _SEVERAL).get(language).format(count=copies)
    typer.echo(_MADE.get(language).format(path=out, copies=said, without=without))
    return 0


def write(path: Path, made: bytes) -> None:
    """Write a file that is not there yet, for its owner alone from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(made)


def book(config: Config, roster: Roster, directory: Directory, copies: int, today: date) -> dict[str, Any]:
    """What stands on the page, in plain JSON."""
    language = config.organisation.language
    tree = _tree(roster, language)
    outside = [_entry(entry, language) for entry in directory.entries if _printable(entry)]
    lines = len(roster) + len(outside) + sum(len(chain["links"]) for chain in tree) // 2
    day = _day(today, language)
    room = config.matrix.alert_room or config.matrix.user_id
    return {
        "language": language,
        "title": _TITLE.get(language),
        "subtitle": one_line(_SUBTITLE.get(language).format(organisation=config.organisation.name, day=day)),
        "rule": _RULE.get(language),
        "given": _GIVEN.get(language),
        "copies": [_COPY.get(language).format(number=n, count=copies) for n in range(1, copies + 1)],
        "words": {name: words.get(language) for name, words in _WORDS.items()},
        "tree": tree,
        "people": [_person(person, language) for person in roster],
        "outside": outside,
        "silent": [words.get(language).format(room=room) for words in _SILENT],
        "size": next(size for most, size in SIZES if lines <= most),
    }


def _tree(roster: Roster, language: Language) -> list[dict[str, Any]]:
    """For each vital role who is called, then who after them."""
    chains: list[dict[str, Any]] = []
    for role in VITAL:
        first = roster.in_order_of_call(role)
        if not first:
            continue
        people = [first[0], *after(first[0].matrix_id, roster, [role])][:LINKS]
        links = [{"name": one_line(p.name), "phone": one_line(p.shared_phone or "")} for p in people]
        chains.append({"role": role.label(language), "links": links})
    return chains


def _person(person: Person, language: Language) -> dict[str, str]:
    roles = [role.label(language) for role in person.roles if role not in BYSTANDERS or role is Role.OBSERVER]
    said = [person.matrix_id, *([", ".join(person.speaks)] if person.speaks else [])]
    return {
        "name": one_line(person.name),
        "roles": ", ".join(roles),
        "phone": one_line(person.shared_phone or f"({_NO_NUMBER.get(language)})"),
        "more": one_line(" · ".join(said)),
    }


def _entry(entry: Entry, language: Language) -> dict[str, str]:
    checked = f"✓ {_day(entry.checked, language)}" if entry.checked else _UNCHECKED.get(language)
    more = [entry.web, entry.reference, entry.contract, checked]
    return {
        "name": one_line(entry.name),
        "roles": one_line(entry.hours or ""),
        "phone": one_line(" / ".join(filter(None, (entry.phone, entry.phone2)))),
        "more": one_line(" · ".join(filter(None, more))),
    }


def _printable(entry: Entry) -> bool:
    said = " ".join(filter(None, (entry.phone, entry.phone2, entry.web)))
    return bool(said) and not any(word in said for word in BLANK)


def _day(today: date, language: Language) -> str:
    return f"{today:%d/%m/%Y}" if language == "fr" else f"{today.day} {today:%B %Y}"
