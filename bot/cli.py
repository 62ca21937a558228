"""The command line. Guarantee: what goes wrong is one sentence and an exit code, never a traceback.

Exit codes: 0 done, 1 not as it must be, 2 usage or configuration; `run` adds its own. Each command imports
what it needs when it is called, so that `tocsin --help` answers at once.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from bot import __version__
from bot.cli_library import playbooks, texts
from bot.cli_options import ConfigPath, Lang, load
from bot.cli_people import people
from bot.domain.language import Both
from bot.faults import ConfigurationError, nearest
from bot.spoken import spoken
from bot.system_words import why

USAGE = 2
_COLLECTED = gc.get_threshold()

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(people, name="roster")
app.add_typer(playbooks, name="playbook")
app.add_typer(texts, name="template")


class LogForm(StrEnum):
    """The form of the log."""

    json = "json"
    text = "text"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    context: typer.Context,
    config: ConfigPath = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tocsin coordinates a crisis cell over Matrix while the organisation's computers are under attack."""
    context.obj = config


@app.command()
def demo(
    scenario: Annotated[str, typer.Option(metavar="ID", help="The scenario that is played.")] = "rancongiciel",
    lang: Annotated[Lang, typer.Option(help="The language that is spoken.")] = Lang.fr,
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything up afterwards.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to leave the files.")] = Path("demo-out"),
) -> int:
    """Play a crisis on an embedded homeserver, with real encrypted clients, from alarm to closing."""
    from bot.demo.story import play

    return play(scenario, lang.value, stay, out)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to prepare.")]) -> int:
    """Write a commented configuration, a roster and what runs the bot; never overwrite."""
    from bot.init import prepare

    return prepare(folder, spoken())


@app.command()
def check(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Without the network, nor necessarily a configuration.")
    ] = False,
    config: ConfigPath = None,
) -> int:
    """Check all that the bot needs, a line each, with what to do about it."""
    from bot.check import check as examine

    return examine(config or context.obj, offline=offline, env=os.environ, spoken=spoken())


@app.command()
def run(
    context: typer.Context,
    log: Annotated[LogForm, typer.Option(help="The form of the log, on standard error.")] = LogForm.json,
    config: ConfigPath = None,
) -> int:
    """Run the bot until SIGTERM or SIGINT."""
    settings = load(context, config)
    from bot import logs

    logs.configure(log.value, settings.secrets())
    from bot.app import run as serve

    gc.freeze()  # what was imported stays to the end: no need to look through it again and again
    gc.set_threshold(*_COLLECTED)
    return serve(settings, log.value)


@app.command()
def due(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A deadline rule, by its id or alias.")],
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="A local date and time, with or without an offset, or a date.")
    ],
    tz: Annotated[
        str | None,
        typer.Option("--tz", metavar="ZONE", help="The site's time zone; default: the configuration's."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="What else the rule takes; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    config: ConfigPath = None,
) -> int:
    """Say what a deadline rule gives for a time, and why; needs no configuration."""
    from bot import due as deadline

    return deadline.run(
        deadline.Query(rule, when, tuple(sets or ()), as_json), tz, config or context.obj, os.environ, spoken()
    )


@app.command()
def export(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, such as INC-2026-001.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder in which to write it.")],
    config: ConfigPath = None,
) -> int:
    """Write an incident's file, as a folder and as a zip, with the bot running or not."""
    settings = load(context, config)
    from bot.export.folder import ExportRefused, export_whole
    from bot.export.words import refusal as sentence

    try:
        made = export_whole(settings.database.url, incident, out, settings.matrix.store_passphrase.get_secret_value())
    except ExportRefused as refusal:
        return _say(str(refusal))
    typer.echo(str(made.folder))
    if made.unprinted is not None:
        _say(sentence("unprinted", reason=made.unprinted))
    return 0


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An exported folder, zip or journal.jsonl.")],
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ:HASH", help="A witness of the log's state; may be repeated."),
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="The log's public key, known otherwise.")] = None,
    authority: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHA256", help="A time-stamping authority's certificate, known otherwise; may be repeated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> int:
    """Verify an exported log, offline and without any configuration."""
    from bot.export.verify import main as examine

    return examine(path, anchor or [], key, as_json, authority or [])


@app.command()
def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, in which to write the copy.")],
    config: ConfigPath = None,
) -> int:
    """Copy all state, consistently, with the bot running or not."""
    settings = load(context, config)
    from bot import backup as copies

    return copies.main_backup(settings, folder)


@app.command()
def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that “tocsin backup” wrote.")],
    config: ConfigPath = None,
) -> int:
    """Put a copy of all state back; nothing newer is replaced, and nothing is deleted."""
    settings = load(context, config)
    from bot import backup as copies

    return copies.main_restore(settings, folder)


def _say(sentence: str, code: int = USAGE) -> int:
    typer.echo(sentence, err=True)
    return code


def _usage(error: TyperException) -> Both:
    """Return what is wrong with the line that was typed, as one sentence."""
    name = type(error).__name__
    message = " ".join(str(getattr(error, "message", "") or error).split())
    message = message.removeprefix("Value error, ").rstrip(".")
    parameter = getattr(error, "param", None)
    called = _called(parameter) if parameter is not None else ""
    if name == "NoSuchOption":
        option = getattr(error, "option_name", "")
        near = ", ".join(getattr(error, "possibilities", None) or [])
        return Both(
            f"L’option {option} n’existe pas{f' ; peut-être {near}' if near else ''}.",
            f"There is no option {option}{f'; perhaps {near}' if near else ''}.",
        )
    if message.startswith("No such command"):
        typed = message.split("'")[1] if "'" in message else ""
        group: Any = getattr(getattr(error, "ctx", None), "command", None) or typer.main.get_command(app)
        near = nearest(typed, list(group.commands))
        return Both(
            f"La commande « {typed} » n’existe pas ; la plus proche est « {near} ».",
            f"There is no command “{typed}”; the nearest is “{near}”.",
        )
    if name == "MissingParameter" and called:
        return Both(f"Il manque {called}.", f"{called} is missing.")
    if name == "BadOptionUsage":
        option = getattr(error, "option_name", "")
        return Both(f"Il manque une valeur après {option}.", f"{option} needs a value after it.")
    if message == "Missing command":
        return Both("Il manque une commande.", "A command is missing.")
    extra = re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? ?\((.*)\)", message)
    if extra:
        return Both(
            f"De trop\u00a0: «\u00a0{extra[1]}\u00a0»\u00a0; mettez entre guillemets ce qui a des espaces.",
            f"Too much: “{extra[1]}”; put quotation marks around what has spaces.",
        )
    offered = re.fullmatch(r"'(.*)' is not one of (.*)", message)
    if name == "BadParameter" and called and offered:
        choices = offered[2].replace("'", "")
        return Both(
            f"{called} : « {offered[1]} » n’en est pas une valeur. À choisir parmi : {choices}.",
            f"{called}: “{offered[1]}” is no value of it. Choose one of: {choices}.",
        )
    if name == "BadParameter" and called:
        return Both(
            f"La valeur de {called} ne convient pas : {message}.",
            f"The value of {called} will not do: {message}.",
        )
    return Both(f"Ligne de commande refusée : {message}.", f"Command line refused: {message}.")


def _called(parameter: Any) -> str:
    """Return what the help calls a parameter: its option, or its word in capitals."""
    if parameter.param_type_name == "option":
        return "/".join(parameter.opts)
    return str(parameter.metavar or parameter.name or "").upper()


def _unexpected(error: Exception) -> Both:
    """Keep the details in a file of its own and say where they are."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="tocsin-", suffix=".log", delete=False) as details:
        traceback.print_exception(error, file=details)
    name = type(error).__name__
    return Both(
        f"Erreur inattendue ({name}) ; les détails sont dans {details.name}.",
        f"Unexpected error ({name}); the details are in {details.name}.",
    )


def _no_room(error: OSError) -> Both:
    """What was found could not be written out: nothing is known to be wrong but the disk."""
    said = why(error)
    return Both(
        f"La réponse n’a pas pu être écrite\u00a0: {said.fr}. Faites de la place, puis recommencez.",
        f"The answer could not be written: {said.en}. Make room, then try again.",
    )


def execute(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        code = typer.main.get_command(app).main(args=list(arguments), prog_name="tocsin", standalone_mode=False)
    except ConfigurationError as error:
        return _say(str(error))
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _say(Both("Interrompu.", "Interrupted.").get(spoken()), 130)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            return _say(str(error))
        typed = getattr(getattr(error, "ctx", None), "command_path", "tocsin")
        hint = Both(f" Voyez «\u00a0{typed} --help\u00a0».", f" See “{typed} --help”.")
        return _say(_usage(error).get(spoken()) + hint.get(spoken()))
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            return _say(_no_room(error).get(spoken()))
        return _say(_unexpected(error).get(spoken()), 1)
    except Exception as error:
        return _say(_unexpected(error).get(spoken()), 1)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Carry out the process's own command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no « ’ » still says the rest
    gc.set_threshold(50_000)  # importing makes many objects and no garbage: looking for it takes a sixth of a start
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
