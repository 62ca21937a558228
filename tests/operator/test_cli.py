"""The command line, as a real process: sentences, exit codes, and no traceback ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import cli

from .conftest import Ran, Run, Write, environment


@pytest.fixture
def tocsin(tmp_path: Path) -> Run:
    """The command line as a shell starts it."""

    def run(*arguments: str, **env: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=tmp_path,
            env=environment(env),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def one_sentence(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "french", "english"),
    [
        (["run", "--log", "xml"], "« xml » n’en est pas une valeur. À choisir parmi : json, text.", "json, text."),
        (["due", "cnil", "2026-11-21", "--set"], "Il manque une valeur après --set.", "--set needs a value after it."),
        (["--config", "x.toml"], "Il manque une commande.", "A command is missing."),
        (
            ["restore", "nowhere"],
            "(manifest.json : ce fichier ou ce dossier n’existe pas).",
            "(manifest.json: there is no ",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_reader_s_own_language(
    tocsin: Run, write: Write, arguments: list[str], french: str, english: str
) -> None:
    where = ["--config", str(write())] if arguments[0] == "restore" else []
    said = tocsin(*where, *arguments).err
    assert french in said.replace("\u00a0", " ")
    assert "is not one of" not in said
    assert "Errno" not in said
    assert english in tocsin(*where, *arguments, LC_ALL="en_GB.UTF-8").err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["foo"], "foo"),
        (["chekc"], "check"),
        (["run", "--foo"], "--foo"),
        (["--foo", "run"], "--foo"),
        (["verify"], "PATH"),
        (["export", "INC-2026-001"], "--out"),
        (["init"], "DIR"),
        (["run", "--log", "xml"], "--log"),
        (["demo", "--lang", "de"], "--lang"),
        (["run", "extra"], "extra"),
        (["run"], "tocsin.toml"),
        (["check"], "tocsin.toml"),
        (["run", "--config", "nowhere.toml"], "nowhere.toml"),
        (["--config", "nowhere.toml", "run"], "nowhere.toml"),
        (["check", "--offline", "--config", "nowhere.toml"], "nowhere.toml"),
        (["export", "INC-2026-001", "--out", "d", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_usage_or_configuration_error_is_one_sentence(tocsin: Run, arguments: list[str], word: str) -> None:
    ran = tocsin(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert one_sentence(ran.err)
    assert word in ran.err


def test_without_a_command_it_shows_help_and_fails(tocsin: Run) -> None:
    ran = tocsin()
    assert ran.code == 2
    assert "Usage: tocsin" in ran.err
    for command in ("demo", "init", "check", "run", "export", "verify"):
        assert f"  {command} " in ran.err


def test_help_and_version(tocsin: Run) -> None:
    assert tocsin("--help").code == 0
    assert tocsin("run", "--help").code == 0
    ran = tocsin("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("tocsin ")


def test_sentences_follow_the_terminal(tocsin: Run) -> None:
    assert "La commande" in tocsin("foo").err
    assert "There is no command" in tocsin("foo", LANG="en_GB.UTF-8").err
    assert "There is no command" in tocsin("foo", LC_ALL="en_US.UTF-8").err


def test_a_wrong_key_is_named_wherever_config_stands(tocsin: Run, write: Write) -> None:
    path = write("homserver = 'x'")
    for arguments in (["--config", str(path), "run"], ["run", "--config", str(path)], ["run"]):
        ran = tocsin(*arguments)
        assert ran.code == 2
        assert one_sentence(ran.err)
        assert "homserver" in ran.err
        assert "homeserver" in ran.err
    path.rename(path.with_name("other.toml"))
    assert "homserver" in tocsin("run", TOCSIN_CONFIG="other.toml").err


def test_a_wrong_variable_is_named(tocsin: Run, write: Write) -> None:
    write()
    ran = tocsin("check", TOCSIN_MATRIX__HOMSERVER="x")
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert "TOCSIN_MATRIX__HOMESERVER" in ran.err


def test_the_unexpected_is_a_sentence_and_its_details_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    @cli.app.command("explode")
    def explode() -> int:
        return 1 // 0

    try:
        assert cli.execute(["explode"]) == 1
    finally:
        cli.app.registered_commands.pop()
    captured = capsys.readouterr()
    assert one_sentence(captured.err)
    (details,) = tmp_path.glob("tocsin-*.log")
    assert str(details) in captured.err
    assert "Traceback" in details.read_text()
    assert details.stat().st_mode & 0o077 == 0


def test_an_answer_that_no_disk_takes_is_not_a_verdict() -> None:
    """`verify` and `check` answer by 1 what is not as it must be; a full disk says nothing of the kind."""
    command = [sys.executable, "-m", "bot.cli", "due", "cnil", "2026-11-21"]
    with Path("/dev/full").open("wb", buffering=0) as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert one_sentence(done.stderr.decode())
    assert "plus de place" in done.stderr.decode() or "no room left" in done.stderr.decode()


def test_a_terminal_that_lacks_our_signs_is_told_the_rest() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "latin-1", "LC_ALL": "fr_FR"}
    command = [sys.executable, "-m", "bot.cli", "due", "cnil", "2026-11-21"]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Départ" in done.stdout.decode("latin-1")


def test_verify_refuses_what_is_not_there(tocsin: Run, tmp_path: Path) -> None:
    ran = tocsin("verify", str(tmp_path / "nothing"))
    assert ran.code == 2
    assert "Traceback" not in ran.err + ran.out
