"""The terminal's commands about people: on paper, and their accounts. Guarantee: no secret that is typed is shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import ConfigPath, load

people = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The people: on paper, and their accounts.")


@people.command(name="print")
def roster_print(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The PDF to write.")] = Path("roster.pdf"),
    copies: Annotated[int, typer.Option(min=1, max=99, help="How many numbered copies.")] = 1,
    config: ConfigPath = None,
) -> int:
    """Print the paper directory and phone tree: one page a copy, each numbered."""
    settings = load(context, config)
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
    settings = load(context, config)
    from bot.papers.slips import invite

    return invite(settings, out, _secret)


def _secret(question: str) -> str:
    """What somebody types without its being shown; from a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    from getpass import getpass

    return getpass(question)
