"""Real files to configure Tocsin with, and the real command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

BASE = """
[organisation]
name = "CH de Val-Fleuri"
language = "{language}"
[matrix]
homeserver = "https://matrix.secours.example"
user_id = "@tocsin:secours.example"
password = "mot de passe du bot"
store_passphrase = "phrase du coffre"
{matrix}
{more}
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
Write = Callable[..., Path]


@pytest.fixture
def tocsin(tmp_path: Path) -> Run:
    """Runs the command in the test's folder, as a shell would; `LANG` is French unless told."""

    def run(*arguments: str, **env: str) -> Ran:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "LC_", "LANG"))}
        repository = str(Path(__file__).resolve().parents[2])
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": repository, "LANG": "fr_FR.UTF-8", **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration; `matrix` and `more` are lines added to it."""

    def written(matrix: str = "", more: str = "", language: str = "fr", name: str = "tocsin.toml") -> Path:
        path = tmp_path / name
        path.write_text(BASE.format(matrix=matrix, more=more, language=language), encoding="utf-8")
        return path

    return written
