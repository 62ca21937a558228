"""`tocsin roster invite` against a real Synapse: accounts are made once, and its administrator's token stays nowhere."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.demo.synapse import Synapse
from bot.papers.slips import Refused, Server, password

TOML = """
[organisation]
name = "CH de Val-Fleuri"
[matrix]
homeserver = "{url}"
user_id = "{bot}"
password = "x"
store_passphrase = "y"
"""


def login(url: str, user: str, word: str) -> dict[str, Any]:
    body = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": word}
    request = urllib.request.Request(f"{url}/_matrix/client/v3/login", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def run(folder: Path, token: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli", "--config", "tocsin.toml", "roster", "invite", *more]
    root = str(Path(__file__).parents[2])
    env = {"PYTHONPATH": root, "LANG": "fr_FR.UTF-8", "PATH": ""}
    return subprocess.run(
        command, cwd=folder, env=env, input=f"{token}\n", capture_output=True, text=True, timeout=120, check=False
    )


async def test_accounts_are_made_once_each_with_its_slip(
    synapse: Synapse, fresh: Callable[[str], str], tmp_path: Path
) -> None:
    admin, word = fresh("admin"), secrets.token_urlsafe(12)
    await synapse.register(admin, word, admin=True)
    token = (await asyncio.to_thread(login, synapse.url, admin, word))["access_token"]
    there = fresh("paul")
    await synapse.register(there, "déjà là")
    new = [synapse.user_id(fresh(name)) for name in ("claire", "anne")]
    people = [
        {"name": f"Personne {n}", "matrix_id": user, "roles": ["director"]}
        for n, user in enumerate([*new, synapse.user_id(there), "@loin:ailleurs.example"])
    ]
    (tmp_path / "roster.yaml").write_text(json.dumps({"people": people}), encoding="utf-8")
    bot = synapse.user_id("tocsin-x")
    (tmp_path / "tocsin.toml").write_text(TOML.format(url=synapse.url, bot=bot), encoding="utf-8")

    refused = await asyncio.to_thread(run, tmp_path, "faux-jeton")
    assert refused.returncode == 2
    assert "Le serveur refuse" in refused.stderr
    assert not (tmp_path / "slips.pdf").exists()

    done = await asyncio.to_thread(run, tmp_path, token)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("compte créé") == 2
    assert re.search(rf"{re.escape(synapse.user_id(there))}  compte déjà là", done.stdout)
    assert "sur un autre serveur" in done.stdout
    slips = tmp_path / "slips.pdf"
    assert slips.stat().st_mode & 0o777 == 0o600
    for user in new:
        account = await synapse.admin("GET", f"/_synapse/admin/v2/users/{user}")
        assert (account["admin"], account["displayname"][:8]) == (False, "Personne")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path
    assert token not in done.stdout + done.stderr

    again = await asyncio.to_thread(run, tmp_path, token, "--out", "encore.pdf")
    assert again.returncode == 0
    assert "Tous les comptes sont là" in again.stdout
    assert not (tmp_path / "encore.pdf").exists()
    assert (await asyncio.to_thread(login, synapse.url, there, "déjà là"))["user_id"], "its password is as it was"


async def test_a_made_account_opens_with_its_password_and_no_other(
    synapse: Synapse, fresh: Callable[[str], str]
) -> None:
    admin, word = fresh("admin"), secrets.token_urlsafe(12)
    await synapse.register(admin, word, admin=True)
    server = Server(synapse.url, (await asyncio.to_thread(login, synapse.url, admin, word))["access_token"])
    user, first = synapse.user_id(fresh("zoe")), password()
    assert not await asyncio.to_thread(server.has, user)
    await asyncio.to_thread(server.make, user, "Zoé Blanc", first)
    assert await asyncio.to_thread(server.has, user)
    assert (await asyncio.to_thread(login, synapse.url, user, first))["user_id"] == user
    assert await asyncio.to_thread(server.fingerprint, user) == ""
    with pytest.raises(Refused, match="401"):
        await asyncio.to_thread(Server(synapse.url, "x").has, user)
