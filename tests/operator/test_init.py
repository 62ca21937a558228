"""`tocsin init`: what it writes can be used as it is, and what is there stays."""

from __future__ import annotations

import base64
import pwd
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.config import load
from bot.domain.roles import VITAL, Role
from bot.init import prepare
from bot.library.directory import load_directory
from bot.library.roster import load as load_roster
from bot.values import Flag

Run = Callable[..., Any]
FILES = (
    "tocsin.toml", "roster.yaml", "directory.yaml", "tocsin.service", "Containerfile", ".gitignore",
    "secrets/store", "secrets/password",
)  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_it_writes_loads(tocsin: Run, tmp_path: Path, language: str) -> None:
    ran = tocsin("init", "site", LANG=f"{language}_XX.UTF-8")
    assert (ran.code, ran.err) == (0, "")
    folder = tmp_path / "site"
    for name in FILES:
        assert str(folder / name) in ran.out
        assert (folder / name).is_file()
    config = load(folder / "tocsin.toml", {})
    assert config.language == language
    roster = load_roster(config.paths.roster)
    assert all(roster.holders(role) for role in VITAL)
    assert load_directory(config.paths.directory).entries


def test_secrets_are_their_owners_alone(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", "site")
    folder = tmp_path / "site"
    for name in ("secrets", "data"):
        assert (folder / name).stat().st_mode & 0o777 == 0o700
    for name in ("secrets/store", "secrets/password", "tocsin.toml", "roster.yaml", "directory.yaml"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    store, password = ((folder / "secrets" / name).read_text() for name in ("store", "password"))
    assert len(base64.b64decode(store)) == 32
    assert store != password
    assert "secrets/" in (folder / ".gitignore").read_text()


def test_it_says_how_to_make_the_account_and_lift_its_limits(tocsin: Run) -> None:
    out = tocsin("init", "site").out
    for word in ("register_new_matrix_user", "--no-admin", "override_ratelimit", "check", "run"):
        assert word in out


def test_it_never_overwrites(tocsin: Run, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "tocsin.toml").write_text("mine")
    (folder / "roster.yaml").symlink_to(tmp_path / "elsewhere")
    first = tocsin("init", "site")
    assert first.code == 0
    assert (folder / "tocsin.toml").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    second = tocsin("init", "site")
    assert second.code == 0
    assert second.out.count("gardé") == len(FILES)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_file_is_no_folder(tocsin: Run, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    ran = tocsin("init", "site")
    assert ran.code == 2
    assert "n’est pas un dossier" in ran.err
    assert (tmp_path / "site").read_text() == ""


def test_the_unit_is_of_this_folder_and_hardened(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", "mon site")
    unit = (tmp_path / "mon site" / "tocsin.service").read_text()
    assert "Type=notify" in unit
    assert f'--config "{tmp_path}/mon site/tocsin.toml" run' in unit
    assert f"WorkingDirectory={tmp_path}/mon site" in unit
    assert "@FOLDER@" not in unit
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077"):
        assert line in unit


def test_the_bot_does_not_run_as_root_though_root_prepares_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert prepare(tmp_path / "site", "fr") == 0
    unit = (tmp_path / "site/tocsin.service").read_text()
    assert "\nUser=tocsin\n" in unit
    steps = [each.removeprefix("#   ") for each in unit.splitlines() if each.startswith("#   ")]
    assert steps[0].startswith(f"useradd --system --home-dir {tmp_path}/site ")
    assert steps[0].endswith(" tocsin")
    assert steps[1:] == [
        f"chown -R tocsin: {tmp_path}/site",
        f"cp {tmp_path}/site/tocsin.service /etc/systemd/system/",
        "systemctl enable --now tocsin",
    ]
    assert "sudo -u tocsin tocsin --config" in capsys.readouterr().out


def test_somebody_elses_bot_runs_as_that_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 65534)
    assert prepare(tmp_path / "site", "en") == 0
    unit = (tmp_path / "site/tocsin.service").read_text()
    assert f"\nUser={pwd.getpwuid(65534).pw_name}\n" in unit
    assert "useradd" not in unit
    assert "sudo" not in capsys.readouterr().out


def test_the_containers_user_can_read_what_init_wrote(tocsin: Run, tmp_path: Path) -> None:
    """Its files are its owner's alone: the container's user must be made to be that owner."""
    tocsin("init", "site")
    text = (tmp_path / "site/Containerfile").read_text()
    user = re.search(r"useradd .*--uid (\d+) --gid (\d+)", text)
    assert user is not None
    assert f"groupadd --system --gid {user[2]} " in text
    assert f"--userns=keep-id:uid={user[1]},gid={user[2]} -v" in text
    assert f"chown -R {user[1]}:{user[2]} ." in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sample_explains_each_role_and_flag_that_there_is(tocsin: Run, tmp_path: Path, language: str) -> None:
    tocsin("init", "site", LANG=f"{language}_XX.UTF-8")
    roster, config = ((tmp_path / "site" / name).read_text() for name in ("roster.yaml", "tocsin.toml"))
    comments = " ".join(each for each in roster.splitlines() if each.startswith("#"))
    assert [role.value for role in Role if not re.search(rf"\b{role.value}\b", comments)] == []
    comments = " ".join(each for each in config.splitlines() if each.startswith("#"))
    assert [flag for flag in get_args(Flag) if not re.search(rf"\b{flag}\b", comments)] == []
