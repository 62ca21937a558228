"""Real files to configure Tocsin with, and the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
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


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """What a command finds: `LANG` is French unless told, and nothing of ours lies over the configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "LC_", "LANG"))}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "LANG": "fr_FR.UTF-8", **more}


@pytest.fixture(scope="session")
def commands() -> Iterator[subprocess.Popen[str]]:
    """Carries out command lines; to start Python for each would take longer than most of what they do."""
    program = [sys.executable, str(Path(__file__).with_name("commands.py"))]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment({})
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def tocsin(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, commands: subprocess.Popen[str]) -> Run:
    """Runs the command in the test's folder, as a shell would, in a process of its own."""
    said = tmp_path_factory.mktemp("said")

    def run(*arguments: str, **env: str) -> Ran:
        out, err = said / "out", said / "err"
        for file in (out, err):
            file.write_bytes(b"")
        asked = {"arguments": arguments, "folder": str(tmp_path), "environment": environment(env)}
        assert commands.stdin is not None
        assert commands.stdout is not None
        print(json.dumps({**asked, "out": str(out), "err": str(err)}), file=commands.stdin, flush=True)
        code = int(commands.stdout.readline())
        return Ran(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration; `matrix` and `more` are lines added to it."""

    def written(matrix: str = "", more: str = "", language: str = "fr", name: str = "tocsin.toml") -> Path:
        path = tmp_path / name
        path.write_text(BASE.format(matrix=matrix, more=more, language=language), encoding="utf-8")
        return path

    return written
