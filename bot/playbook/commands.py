"""What `tocsin playbook show`, `diff` and `new` do. Guarantee: an answer, or one sentence on what is wrong and 2."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import typer

from bot.config import Config
from bot.domain.language import Both, Language
from bot.domain.roles import Role, find_role
from bot.library.playbooks import load
from bot.playbook import cards, diff, new
from bot.playbook.shown import Asked, Shown, configuration, library, shown
from bot.playbook.text import as_markdown, as_text
from bot.resources import data
from bot.system_words import why

USAGE = 2
FORMATS = ("text", "md", "pdf")


def show(
    asked: Asked,
    form: str,
    out: Path | None,
    path: Path | None,
    env: Mapping[str, str],
    now: datetime,
    spoken: Language,
) -> int:
    """Print a playbook, or write it to a file that is not there yet. Raises ConfigurationError."""
    config = configuration(path, env)
    language = asked.lang or (config.language if config else spoken)
    found = shown(asked, config, spoken)
    role = find_role(asked.role) if asked.role else None
    if asked.role and role is None:
        return _refused(
            Both(f"Le rôle «\u00a0{asked.role}\u00a0» n’existe pas.", f"There is no role “{asked.role}”."), language
        )
    if role is not None and role not in cards.roles_of(found.tasks):
        label = role.label(language)
        return _refused(
            Both(f"{label}\u00a0: aucune tâche dans ce scénario.", f"{label}: no task in this scenario."), language
        )
    if form == "pdf":
        return _pdf(found, role, out, now, language)
    said = as_markdown(found, role) if form == "md" else as_text(found, role)
    if out is None:
        typer.echo(said, nl=False)
        return 0
    return _written(out, said.encode(), language)


def _pdf(found: Shown, role: Role | None, out: Path | None, now: datetime, language: Language) -> int:
    from bot.export.pdf.press import PressFault

    if out is None:
        return _refused(
            Both("Dites où écrire le PDF\u00a0: --out FICHIER.", "Say where to write the PDF: --out FILE."), language
        )
    if out.exists():
        return _exists(out, language)
    try:
        made = cards.as_pdf(found, now.date(), role)
    except PressFault as fault:
        return _refused(
            Both(f"Le PDF n’a pas pu être fait\u00a0: {fault}", f"The PDF could not be made: {fault}"), language
        )
    return _written(out, made, language)


def compare(name: str | None, path: Path | None, env: Mapping[str, str], spoken: Language) -> int:
    """Print what the organisation's own playbooks change. Raises ConfigurationError."""
    config = configuration(path, env)
    language = config.language if config else spoken
    if config is None:
        return _refused(
            Both(
                "Aucun scénario à vous\u00a0: il n’y a pas de configuration (--config) qui en nomme le dossier.",
                "No playbook of your own: there is no configuration (--config) that names their folder.",
            ),
            language,
        )
    if config.paths.own("playbooks") is None:
        folder = config.paths.playbooks
        return _refused(
            Both(
                f"Aucun scénario à vous\u00a0: {folder} n’existe pas. Pour commencer\u00a0: tocsin playbook new NOM",
                f"No playbook of your own: {folder} does not exist. To begin: tocsin playbook new NAME",
            ),
            language,
        )
    own = library(config, language)
    if name is not None and name not in own.playbooks:
        return _refused(
            Both(f"Le scénario «\u00a0{name}\u00a0» n’existe pas.", f"There is no scenario “{name}”."), language
        )
    typer.echo(diff.difference(load(data("playbooks")), own, language, name), nl=False)
    return 0


def start(name: str, base: str, out: Path | None, path: Path | None, env: Mapping[str, str], spoken: Language) -> int:
    """Write a playbook to start from. Raises ConfigurationError."""
    config = configuration(path, env)
    language = config.language if config else spoken
    books = load(data("playbooks")).playbooks
    if base != "core" and base not in books:
        return _refused(
            Both(f"Le scénario «\u00a0{base}\u00a0» n’existe pas.", f"There is no scenario “{base}”."), language
        )
    codes = {"core": "SOC", **{i: book.code for i, book in books.items()}}
    try:
        text = new.started(name, codes, base, language)
    except new.NameRefusedError as refused:
        return _refused(refused.said, language)
    folder = out or _folder(config)
    target = folder / "scenarios" / f"{name}.yaml"
    try:
        new.write(target, text)
    except FileExistsError:
        return _exists(target, language)
    except OSError as error:
        return _refused(Both(f"{target}\u00a0: {why(error).fr}", f"{target}: {why(error).en}"), language)
    typer.echo(str(target))
    return 0


def _folder(config: Config | None) -> Path:
    return (config.paths.playbooks if config else None) or Path("playbooks")


def _written(out: Path, content: bytes, language: Language) -> int:
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return _exists(out, language)
    except OSError as error:
        return _refused(Both(f"{out}\u00a0: {why(error).fr}", f"{out}: {why(error).en}"), language)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    typer.echo(str(out))
    return 0


def _exists(out: Path, language: Language) -> int:
    return _refused(
        Both(f"{out} existe déjà\u00a0: rien n’est écrasé.", f"{out} exists already: nothing is overwritten."), language
    )


def _refused(said: Both, language: Language) -> int:
    typer.echo(said.get(language), err=True)
    return USAGE
