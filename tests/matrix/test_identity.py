"""The bot's own identity: made once, on disk first, never overwritten; on the fake homeserver and on a real one."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from bot.matrix.client import Client, Unreachable, path
from bot.matrix.errors import LoggedOut, MatrixRefused
from bot.matrix.identity import (
    ForeignIdentity,
    NotSigned,
    ensure_signed,
    grouped,
    read_seeds,
)
from bot.matrix.signatures import Json, public_key, read_chain, sign
from tests.matrix.fake import FakeServer
from tests.matrix.peers import connected

PASSPHRASE = "a passphrase"


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


@pytest.fixture
async def client(server: FakeServer, tmp_path: Path) -> AsyncIterator[Client]:
    made = await connected(server.url, server.user("bot"), tmp_path)
    yield made
    await made.close()


async def shown(client: Client) -> str:
    """The grouped master key that the server shows for the bot's account."""
    answer = await client.raw("POST", path("keys", "query"), {"device_keys": {client.user_id: []}})
    master = read_chain(answer.body, client.user_id).master
    assert master is not None
    return grouped(master)


def another_identity(user: str) -> Json:
    """The body of an upload of cross-signing keys that are nobody's we know."""
    seeds = {usage: secrets.token_bytes(32) for usage in ("master", "self_signing", "user_signing")}
    body: Json = {}
    for usage, seed in seeds.items():
        key = public_key(seed)
        value: Json = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{key}": key}}
        if usage != "master":
            signature = sign(value, seeds["master"])
            value["signatures"] = {user: {f"ed25519:{public_key(seeds['master'])}": signature}}
        body[f"{usage}_key"] = value
    return body


async def test_made_once_and_shown_by_the_server(server: FakeServer, client: Client, tmp_path: Path) -> None:
    signed = await ensure_signed(client, tmp_path, PASSPHRASE)
    uploads = server.count("POST", "/keys/(device_signing|signatures)/upload")
    assert uploads == 2
    file = tmp_path / "identity"
    assert file.stat().st_mode & 0o777 == 0o600
    seeds = read_seeds(tmp_path, PASSPHRASE)
    assert seeds is not None
    assert seeds.public("master") == signed.master
    assert seeds.master not in file.read_bytes()
    assert seeds.master.hex().encode() not in file.read_bytes()
    again = await ensure_signed(client, tmp_path, PASSPHRASE)
    assert again == signed
    assert server.count("POST", "/keys/(device_signing|signatures)/upload") == uploads
    assert signed.fingerprint.replace(" ", "") == signed.master
    assert all(len(group) <= 4 for group in signed.fingerprint.split(" "))
    assert await shown(client) == signed.fingerprint
    assert signed.device_fingerprint == grouped(client.olm.account.identity_keys["ed25519"])


async def test_the_seeds_are_on_disk_before_the_server_hears_of_them(
    server: FakeServer, client: Client, tmp_path: Path
) -> None:
    server.fault("POST", "/keys/device_signing/upload", drop="after")
    with pytest.raises(Unreachable):
        await ensure_signed(client, tmp_path, PASSPHRASE)
    seeds = read_seeds(tmp_path, PASSPHRASE)
    assert seeds is not None
    assert public_key(seeds.master) in str(server.cross_signing["master_keys"][client.user_id])
    signed = await ensure_signed(client, tmp_path, PASSPHRASE)
    assert signed.master == public_key(seeds.master)


async def test_a_wrong_passphrase_opens_nothing(client: Client, tmp_path: Path) -> None:
    await ensure_signed(client, tmp_path, PASSPHRASE)
    with pytest.raises(LoggedOut, match="phrase secrète"):
        read_seeds(tmp_path, "another")


async def test_a_damaged_identity_is_one_sentence(client: Client, tmp_path: Path) -> None:
    await ensure_signed(client, tmp_path, PASSPHRASE)
    (tmp_path / "identity").write_bytes(b"")
    with pytest.raises(LoggedOut, match="ne s’ouvre pas"):
        await ensure_signed(client, tmp_path, PASSPHRASE)


async def test_missing_signatures_are_repaired(server: FakeServer, client: Client, tmp_path: Path) -> None:
    signed = await ensure_signed(client, tmp_path, PASSPHRASE)
    device = server.device_keys[client.user_id][client.device_id]
    own = device["signatures"][client.user_id]
    for name in [name for name in own if client.device_id not in name]:
        own[name] = "A" * 86
    server.cross_signing["master_keys"][client.user_id]["signatures"] = {}
    assert await ensure_signed(client, tmp_path, PASSPHRASE) == signed
    assert await ensure_signed(client, tmp_path, PASSPHRASE) == signed
    assert server.count("POST", "/keys/signatures/upload") == 2


async def test_somebody_elses_identity_is_never_overwritten(server: FakeServer, client: Client, tmp_path: Path) -> None:
    await ensure_signed(client, tmp_path, PASSPHRASE)
    foreign = another_identity(client.user_id)
    server.cross_signing["master_keys"][client.user_id] = foreign["master_key"]
    with pytest.raises(ForeignIdentity):
        await ensure_signed(client, tmp_path, PASSPHRASE, "secret")
    assert server.cross_signing["master_keys"][client.user_id] == foreign["master_key"]


async def test_an_identity_that_was_there_before_us_is_not_taken_over(
    server: FakeServer, client: Client, tmp_path: Path
) -> None:
    foreign = another_identity(client.user_id)
    await client.raw("POST", path("keys", "device_signing", "upload"), foreign)
    with pytest.raises(ForeignIdentity):
        await ensure_signed(client, tmp_path, PASSPHRASE, "secret")
    assert read_seeds(tmp_path, PASSPHRASE) is None
    assert server.count("POST", "/keys/device_signing/upload") == 1


async def test_the_store_of_another_account_is_refused(server: FakeServer, client: Client, tmp_path: Path) -> None:
    await ensure_signed(client, tmp_path, PASSPHRASE)
    other = await connected(server.url, server.user("other"), tmp_path / "other")
    with pytest.raises(ForeignIdentity, match=client.user_id):
        await ensure_signed(other, tmp_path, PASSPHRASE)
    await other.close()


async def test_refused_signatures_are_not_ready(server: FakeServer, client: Client, tmp_path: Path) -> None:
    failure = {"failures": {client.user_id: {client.device_id: {"errcode": "M_INVALID_SIGNATURE"}}}}
    server.fault("POST", "/keys/signatures/upload", status=200, body=failure)
    with pytest.raises(NotSigned, match="M_INVALID_SIGNATURE"):
        await ensure_signed(client, tmp_path, PASSPHRASE)


async def test_a_server_that_asks_for_the_password_gets_it(server: FakeServer, client: Client, tmp_path: Path) -> None:
    ask = {"session": "s1", "flows": [{"stages": ["m.login.password"]}], "params": {}}
    server.fault("POST", "/keys/device_signing/upload", status=401, body=ask, times=2)
    with pytest.raises(NotSigned, match="password"):
        await ensure_signed(client, tmp_path, PASSPHRASE)
    assert (await ensure_signed(client, tmp_path, PASSPHRASE, "secret")).device_id == client.device_id


async def test_a_signature_by_a_stranger_counts_for_nothing(server: FakeServer, client: Client, tmp_path: Path) -> None:
    """The chain is checked with keys, not by the mere presence of names."""
    await ensure_signed(client, tmp_path, PASSPHRASE)
    foreign = another_identity(client.user_id)
    answer = {
        "device_keys": {client.user_id: server.device_keys[client.user_id]},
        "master_keys": {client.user_id: server.cross_signing["master_keys"][client.user_id]},
        "self_signing_keys": {client.user_id: foreign["self_signing_key"]},
    }
    chain = read_chain(answer, client.user_id)
    assert chain.self_signing is None
    assert not chain.devices[client.device_id].signed


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"master_keys": [], "device_keys": 3, "self_signing_keys": None},
        {"master_keys": {"@a:b": {"user_id": "@a:b", "usage": "master", "keys": {"ed25519:x": "x"}}}},
        {"device_keys": {"@a:b": {"D": None, "E": {"keys": []}, "F": {"keys": {"ed25519:F": 1}}}}},
        {"device_keys": {"@a:b": {"\ud800": {"keys": {"ed25519:\ud800": "a", "curve25519:\ud800": "b"}}}}},
        {
            "device_keys": {
                "@a:b": {
                    "D": {
                        "user_id": "@a:b",
                        "device_id": "D",
                        "keys": {"ed25519:D": "é", "curve25519:D": "é"},
                        "signatures": {"@a:b": {"ed25519:D": "\ud800"}},
                    }
                }
            }
        },
    ],
)
def test_nonsense_is_not_signed_and_raises_nothing(answer: Json) -> None:
    chain = read_chain(answer, "@a:b")
    assert chain.master is None
    assert not any(device.signed or device.consistent for device in chain.devices.values())


# -- on a real homeserver --


async def test_on_synapse(synapse: Synapse, tmp_path: Path) -> None:
    name = f"bot-{time.monotonic_ns()}"
    user = await synapse.register(name, "secret")
    client = await connected(synapse.url, user, tmp_path / "one")
    signed = await ensure_signed(client, tmp_path, PASSPHRASE, "secret")
    await client.close()
    again = await connected(synapse.url, user, tmp_path / "one")
    assert await ensure_signed(again, tmp_path, PASSPHRASE, "secret") == signed
    await again.close()
    # The crypto store was lost: a new device, the same identity, no question asked.
    second = await connected(synapse.url, user, tmp_path / "two")
    moved = await ensure_signed(second, tmp_path, PASSPHRASE)
    assert (moved.master, moved.device_id != signed.device_id) == (signed.master, True)
    # Somebody with the password resets the account's identity.
    foreign = another_identity(user)
    where = path("keys", "device_signing", "upload")
    with pytest.raises(MatrixRefused) as asked:
        await second.raw("POST", where, foreign)
    identifier = {"type": "m.id.user", "user": user}
    auth = {"type": "m.login.password", "identifier": identifier, "password": "secret"}
    await second.raw("POST", where, foreign | {"auth": auth | {"session": asked.value.body["session"]}})
    with pytest.raises(ForeignIdentity):
        await ensure_signed(second, tmp_path, PASSPHRASE, "secret")
    assert await shown(second) != signed.fingerprint
    await second.close()
