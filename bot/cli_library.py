"""The terminal's commands about playbooks and texts: shown, compared, begun, frozen in peacetime.

Guarantee: each answers, or says in one sentence what is wrong; nothing is imported before it is called.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import ConfigPath, Lang
from bot.spoken import spoken

playbooks = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show, compare and begin playbooks.")


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


@playbooks.command("show")
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


@playbooks.command("diff")
def playbook_diff(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Only that scenario.")] = None,
    config: ConfigPath = None,
) -> int:
    """Say what the organisation's own playbooks change of those that are shipped."""
    from bot.playbook import commands

    return commands.compare(name, config or context.obj, os.environ, spoken())


@playbooks.command("new")
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


texts = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show, preview and freeze texts.")

TemplateName = Annotated[str, typer.Argument(metavar="ID", help="The template, by its id, number or name.")]
InLanguage = Annotated[Lang | None, typer.Option(help="In which language.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="BLANK=VALUE", help="Fill a blank; may be repeated.")]


class TextForm(StrEnum):
    """In which form a text is previewed."""

    text = "text"
    html = "html"
    pdf = "pdf"
    poster = "poster"


@texts.command("list")
def template_list(context: typer.Context, lang: InLanguage = None, config: ConfigPath = None) -> int:
    """List the templates, by whom they are for."""
    from bot import template_tool

    return template_tool.listed(lang.value if lang else None, config or context.obj, os.environ, spoken())


@texts.command("show")
def template_show(
    context: typer.Context, name: TemplateName, lang: InLanguage = None, config: ConfigPath = None
) -> int:
    """Show a template: for whom, who approves it, what it must say, where its values come from."""
    from bot import template_tool

    given = template_tool.Given(name, lang.value if lang else None, (), config or context.obj, os.environ)
    return template_tool.show(given, spoken())


@texts.command("preview")
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


@texts.command("freeze")
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
