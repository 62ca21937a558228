"""`tocsin init`: what it writes can be used as it is, and what is there stays."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.config import load
from bot.domain.roles import VITAL
from bot.library.roster import load as load_roster
from bot.library.roster import load_directory

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
    assert load_directory(config.paths.directory)


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
