"""What several commands of the terminal take. Guarantee: an option has the same name and the same meaning under any."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Config


class Lang(StrEnum):
    """A language, as an option's value."""

    fr = "fr"
    en = "en"


ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="The configuration; default: TOCSIN_CONFIG, else ./tocsin.toml."),
]


def load(context: typer.Context, config: Path | None) -> Config:
    """The configuration that the command line names. Raises ConfigurationError."""
    from bot import config as files

    return files.load(files.locate(config or context.obj, os.environ), os.environ)
