"""The command line. Guarantee: what goes wrong is one sentence and an exit code, never a traceback.

Exit codes: 0 done, 1 not as it must be, 2 usage or configuration; `run` adds its own. Each command imports
what it needs when it is called, so that `tocsin --help` answers at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from bot import __version__
from bot.domain.language import Both
from bot.faults import ConfigurationError, nearest
from bot.spoken import spoken

if TYPE_CHECKING:
    from bot.config import Config

USAGE = 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


people = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The people: on paper, and their accounts.")
app.add_typer(people, name="roster")


class Lang(StrEnum):
    """A language, as an option's value."""

    fr = "fr"
    en = "en"


class LogForm(StrEnum):
    """The form of the log."""

    json = "json"
    text = "text"


ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="The configuration; default: TOCSIN_CONFIG, else ./tocsin.toml."),
]


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


def _load(context: typer.Context, config: Path | None) -> Config:
    from bot.config import load, locate

    return load(locate(config or context.obj, os.environ), os.environ)


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
    settings = _load(context, config)
    from bot import logs

    logs.configure(log.value, settings.secrets())
    from bot.app import run as serve

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
    settings = _load(context, config)
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
    settings = _load(context, config)
    from bot import backup as copies

    return copies.main_backup(settings, folder)


@app.command()
def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that “tocsin backup” wrote.")],
    config: ConfigPath = None,
) -> int:
    """Put a copy of all state back; nothing newer is replaced, and nothing is deleted."""
    settings = _load(context, config)
    from bot import backup as copies

    return copies.main_restore(settings, folder)


playbook_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show, compare and begin playbooks.")
app.add_typer(playbook_app, name="playbook")


class Kind(StrEnum):
    """A kind of organisation."""

    hospital = "hospital"
    company = "company"
    medical_practice = "medical_practice"


class Dpo(StrEnum):
    """What data protection officer there is."""

    internal = "internal"
    external = "external"
    none = "none"


class PlaybookForm(StrEnum):
    """In which form a playbook is shown."""

    text = "text"
    md = "md"
    pdf = "pdf"


@playbook_app.command("show")
def playbook_show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The scenario, by its id or a name.")],
    kind: Annotated[Kind | None, typer.Option(help="For which kind of organisation.")] = None,
    dpo: Annotated[Dpo | None, typer.Option(help="With which data protection officer.")] = None,
    flags: Annotated[str | None, typer.Option(metavar="A,B", help="The organisation's flags.")] = None,
    night: Annotated[bool, typer.Option("--night", help="As opened out of working hours.")] = False,
    parties: Annotated[int | None, typer.Option(min=1, help="How many parties owe notifications.")] = None,
    severity: Annotated[int, typer.Option(min=0, max=4, help="As opened with that severity.")] = 0,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="Only that role's tasks.")] = None,
    form: Annotated[
        PlaybookForm, typer.Option("--format", help="text, md, or pdf: reflex cards, a page a role.")
    ] = PlaybookForm.text,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it.")] = None,
    lang: Annotated[Lang | None, typer.Option(help="In which language.")] = None,
    config: ConfigPath = None,
) -> int:
    """Show a playbook as an organisation would open it: in the terminal, in Markdown, or as cards for the wall."""
    from bot.clock import SystemClock
    from bot.playbook import commands
    from bot.playbook.shown import Asked

    given = tuple(each.strip() for each in flags.split(",") if each.strip()) if flags is not None else None
    asked = Asked(
        name, kind.value if kind else None, dpo.value if dpo else None, given, night, parties, severity, role,
        lang.value if lang else None,
    )  # fmt: skip
    return commands.show(asked, form.value, out, config or context.obj, os.environ, SystemClock().now(), spoken())


@playbook_app.command("diff")
def playbook_diff(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Only that scenario.")] = None,
    config: ConfigPath = None,
) -> int:
    """Say what the organisation's own playbooks change of those that are shipped."""
    from bot.playbook import commands

    return commands.compare(name, config or context.obj, os.environ, spoken())


@playbook_app.command("new")
def playbook_new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A scenario's id, or a new one.")],
    base: Annotated[str, typer.Option("--extends", metavar="ID", help="What a new scenario extends.")] = "core",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of playbooks.")] = None,
    config: ConfigPath = None,
) -> int:
    """Write a playbook of one's own to start from; never overwrite."""
    from bot.playbook import commands

    return commands.start(name, base, out, config or context.obj, os.environ, spoken())


template_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show, preview and freeze texts.")
app.add_typer(template_app, name="template")

TemplateName = Annotated[str, typer.Argument(metavar="ID", help="The template, by its id, number or name.")]
InLanguage = Annotated[Lang | None, typer.Option(help="In which language.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="BLANK=VALUE", help="Fill a blank; may be repeated.")]


class TextForm(StrEnum):
    """In which form a text is previewed."""

    text = "text"
    html = "html"
    pdf = "pdf"
    poster = "poster"


@template_app.command("list")
def template_list(context: typer.Context, lang: InLanguage = None, config: ConfigPath = None) -> int:
    """List the templates, by whom they are for."""
    from bot import template_tool

    return template_tool.listed(lang.value if lang else None, config or context.obj, os.environ, spoken())


@template_app.command("show")
def template_show(
    context: typer.Context, name: TemplateName, lang: InLanguage = None, config: ConfigPath = None
) -> int:
    """Show a template: for whom, who approves it, what it must say, where its values come from."""
    from bot import template_tool

    given = template_tool.Given(name, lang.value if lang else None, (), config or context.obj, os.environ)
    return template_tool.show(given, spoken())


@template_app.command("preview")
def template_preview(
    context: typer.Context,
    name: TemplateName,
    sets: Sets = None,
    form: Annotated[TextForm, typer.Option("--format", help="text, html, pdf, or poster.")] = TextForm.text,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it.")] = None,
    lang: InLanguage = None,
    config: ConfigPath = None,
) -> int:
    """Show a text as it would be drafted, with what is still to be filled in."""
    from bot import template_tool
    from bot.clock import SystemClock

    given = template_tool.Given(
        name, lang.value if lang else None, tuple(sets or ()), config or context.obj, os.environ
    )
    return template_tool.preview(given, form.value, out, SystemClock().now(), spoken())


@template_app.command("freeze")
def template_freeze(
    context: typer.Context,
    name: TemplateName,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="NAME", help="Who approved it; two or more.")] = None,
    sets: Sets = None,
    choices: Annotated[
        list[str] | None,
        typer.Option("--choice", metavar="BLANK=A|B", help="What a blank may be filled with; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of your templates.")] = None,
    lang: InLanguage = None,
    config: ConfigPath = None,
) -> int:
    """Keep a text as it was approved in peacetime, for twelve months."""
    from bot import template_tool
    from bot.clock import SystemClock

    given = template_tool.Given(
        name, lang.value if lang else None, tuple(sets or ()), config or context.obj, os.environ
    )
    return template_tool.freeze(given, by or (), choices or (), out, SystemClock().now(), spoken())


@people.command(name="print")
def roster_print(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The PDF to write.")] = Path("roster.pdf"),
    copies: Annotated[int, typer.Option(min=1, max=99, help="How many numbered copies.")] = 1,
    config: ConfigPath = None,
) -> int:
    """Print the paper directory and phone tree: one page a copy, each numbered."""
    settings = _load(context, config)
    from bot.clock import SystemClock
    from bot.papers.directory import print_roster

    return print_roster(settings, out, copies, SystemClock().now().astimezone(settings.zone).date())


@people.command(name="invite")
def roster_invite(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The PDF to write.")] = Path("slips.pdf"),
    config: ConfigPath = None,
) -> int:
    """Make the accounts that are missing on a Synapse, with its administrator's token, and a slip for each person."""
    settings = _load(context, config)
    from bot.papers.slips import invite

    return invite(settings, out, _secret)


def _secret(question: str) -> str:
    """What somebody types without its being shown; from a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    from getpass import getpass

    return getpass(question)


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
    except Exception as error:
        return _say(_unexpected(error).get(spoken()), 1)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Carry out the process's own command line and exit."""
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
