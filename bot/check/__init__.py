"""`tocsin check`. Guarantee: it writes nothing, and exits with 1 exactly when something must be mended.

An unreadable configuration is 2. Without a configuration, `--offline` checks what is shipped.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import typer

from bot.check.files import (
    check_configuration,
    check_database,
    check_directory,
    check_folders,
    check_places,
    check_playbooks,
    check_roster,
    check_templates,
)
from bot.check.line import Line, Verdict, warn
from bot.check.logo import check_logo
from bot.check.rules import check_rules
from bot.check.sample import check_sample
from bot.clock import Clock, SystemClock
from bot.config import Config, load, locate
from bot.domain.language import Both, Language
from bot.domain.roster import Roster

_COUNTS = Both(
    "{mend} à corriger, {warn} à regarder, {ok} en ordre.",
    "{mend} to mend, {warn} to look at, {ok} in order.",
)


def check(
    path: Path | None, *, offline: bool, env: Mapping[str, str], spoken: Language, clock: Clock | None = None
) -> int:
    """Print a line for each thing and return the exit code. Raises ConfigurationError."""
    clock = clock or SystemClock()
    file = locate(path, env)
    named = path is not None or bool(env.get("TOCSIN_CONFIG"))
    config = None if offline and not named and not file.exists() else load(file, env)
    printer = _Printer(config.language if config else spoken)
    roster = Roster()
    if config:
        printer.show(check_configuration(config, file))
        printer.show(check_folders(config))
        printer.show(check_places(config))
        roster, lines = check_roster(config)
        printer.show(lines)
        printer.show(check_sample(config, file, roster))
        if config.channel or any(person.outside for person in roster):
            from bot.check.channels import check_channels  # apprise is heavy, and few need it

            printer.show(check_channels(config, roster))
        printer.show(check_directory(config, clock.now().date()))
        printer.show(check_logo(config))
    else:
        printer.show([_none_read(file)])
    printer.show(check_playbooks(config))
    printer.show(check_rules(config))
    printer.show(check_templates(config))
    if config:
        printer.show(check_database(config))
    if config and not offline:
        asyncio.run(_online(config, roster, clock, printer))
    return printer.end()


def _none_read(file: Path) -> Line:
    return warn(
        Both("configuration", "configuration"),
        Both(
            f"aucune n’a été lue ({file} n’existe pas)\u00a0: seul ce qui est livré est vérifié",
            f"none was read ({file} does not exist): only what is shipped is checked",
        ),
        Both(
            "nommez-la par --config, ou faites-en une par «\u00a0tocsin init DOSSIER\u00a0»",
            "name it with --config, or make one with “tocsin init FOLDER”",
        ),
    )


async def _online(config: Config, roster: Roster, clock: Clock, printer: _Printer) -> None:
    from bot.check.server import check_server

    async for line in check_server(config, roster, clock):
        printer.show([line])


class _Printer:
    """Prints lines as they come and keeps the count."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._counts: Counter[Verdict] = Counter()

    def show(self, lines: Iterable[Line]) -> None:
        """Print these lines."""
        for line in lines:
            self._counts[line.verdict] += 1
            typer.echo(line.text(self._language))

    def end(self) -> int:
        """Print the count and return the exit code."""
        mend, warn, ok = (self._counts[verdict] for verdict in (Verdict.MEND, Verdict.WARN, Verdict.OK))
        typer.echo(_COUNTS.get(self._language).format(mend=mend, warn=warn, ok=ok))
        return 1 if mend else 0
