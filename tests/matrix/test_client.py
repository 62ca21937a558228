"""The account: one device for ever, every trouble of a known type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.matrix.client import Client, Limited, LoggedOut, MatrixRefused, StoreInUse, Unreachable, path
from tests.matrix.fake import FakeServer
from tests.matrix.peers import Peer, account, connected


async def test_the_device_stays_the_same_over_restarts(server: FakeServer, tmp_path: Path) -> None:
    bot = server.user("bot")
    client = await connected(server.url, bot, tmp_path)
    device, identity = client.device_id, client.olm.account.identity_keys
    await client.close()
    again = await connected(server.url, bot, tmp_path)
    assert (again.device_id, again.olm.account.identity_keys) == (device, identity)
    assert server.count("POST", "/login") == 1
    assert server.device_keys[bot][device]["keys"][f"ed25519:{device}"] == identity["ed25519"]
    await again.close()


async def test_a_crash_between_the_login_and_its_record_leaves_no_second_device(
    server: FakeServer, tmp_path: Path
) -> None:
    bot = server.user("bot")
    server.fault("POST", "/login", drop="after")
    client = Client(account(server.url, bot, tmp_path))
    with pytest.raises(Unreachable):
        await client.connect()
    await client.connect()
    assert server.devices[bot] == {client.device_id}
    await client.close()


async def test_what_is_kept_is_for_its_owner_only(server: FakeServer, tmp_path: Path) -> None:
    client = await connected(server.url, server.user("bot"), tmp_path)
    await client.close()
    store = tmp_path / "crypto"
    assert store.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in store.iterdir()} == {
        file.name: "0o600" for file in store.iterdir()
    }


@pytest.mark.parametrize("soft", [False, True])
async def test_a_revoked_token_is_renewed_with_the_same_device(server: FakeServer, tmp_path: Path, soft: bool) -> None:
    bot = server.user("bot")
    client = await connected(server.url, bot, tmp_path)
    device = client.device_id
    told: list[str] = []

    async def listener() -> None:
        told.append("renewed")

    client.on_renewed.append(listener)
    server.revoke(bot, soft=soft)
    assert (await client.raw("GET", path("joined_rooms"))).body == {"joined_rooms": []}
    await client.settle()
    await client.settle()
    assert (client.device_id, told) == (device, ["renewed"])
    identity = client.olm.account.identity_keys["ed25519"]
    assert server.device_keys[bot][device]["keys"][f"ed25519:{device}"] == identity
    assert len(server.one_time_keys[bot, device]) >= 50
    await client.close()


async def test_a_revoked_token_without_a_password_is_a_clear_end(server: FakeServer, tmp_path: Path) -> None:
    bot = server.user("bot")
    token = server.log_in(bot, "TOKENDEV")
    client = await connected(server.url, bot, tmp_path, password=None, access_token=token)
    assert client.device_id == "TOKENDEV"
    server.revoke(bot)
    with pytest.raises(LoggedOut, match="mot de passe"):
        await client.raw("GET", path("joined_rooms"))
    await client.close()


async def test_another_ones_token_is_refused(server: FakeServer, tmp_path: Path) -> None:
    server.user("bot")
    token = server.log_in(server.user("mallory"), "X")
    client = Client(account(server.url, "@bot:fake.test", tmp_path, None, access_token=token))
    with pytest.raises(LoggedOut, match="@mallory"):
        await client.connect()
    await client.close()


async def test_two_processes_never_share_the_keys(server: FakeServer, tmp_path: Path) -> None:
    bot = server.user("bot")
    first = await connected(server.url, bot, tmp_path)
    second = Client(account(server.url, bot, tmp_path))
    with pytest.raises(StoreInUse):
        await second.connect()
    await first.close()
    await second.connect()
    await second.close()


async def test_lost_keys_make_a_new_device_since_others_would_refuse_the_old_name(
    server: FakeServer, tmp_path: Path
) -> None:
    bot = server.user("bot")
    client = await connected(server.url, bot, tmp_path)
    old = client.device_id
    await client.close()
    (tmp_path / "crypto" / f"{bot}_{old}.db").unlink()
    client = await connected(server.url, bot, tmp_path)
    assert client.device_id != old
    await client.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"status": 429, "body": {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, "headers": {}},
            Limited(1.5),
        ),
        (
            {"status": 429, "body": {"errcode": "M_LIMIT_EXCEEDED"}, "headers": {"Retry-After": "7"}},
            Limited(7),
        ),
        ({"status": 429, "body": "<html>slow down</html>", "headers": {}}, Limited(5)),
        ({"status": 502, "body": "<html>bad gateway</html>", "headers": {}}, Unreachable("HTTP 502", 502)),
        ({"status": 404, "body": "<html>nginx</html>", "headers": {}}, Unreachable("HTTP 404", 404)),
        (
            {"status": 200, "body": "<html>a portal</html>", "headers": {}},
            Unreachable("the answer is not JSON"),
        ),
        (
            {"status": 500, "body": {"errcode": "M_UNKNOWN", "error": "oops"}, "headers": {}},
            Unreachable("HTTP 500", 500),
        ),
        (
            {"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "no"}, "headers": {}},
            MatrixRefused("M_FORBIDDEN", 403, "no"),
        ),
    ],
)
async def test_each_trouble_has_its_type(
    server: FakeServer, tmp_path: Path, answer: dict[str, object], expected: Exception
) -> None:
    client = await connected(server.url, server.user("bot"), tmp_path)
    server.fault("GET", "joined_rooms", **answer)
    with pytest.raises(type(expected)) as caught:
        await client.raw("GET", path("joined_rooms"))
    assert str(caught.value).startswith(str(expected))
    await client.close()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_connection_is_unreachable(server: FakeServer, tmp_path: Path, when: str) -> None:
    client = await connected(server.url, server.user("bot"), tmp_path)
    server.fault("POST", "createRoom", drop=when)
    with pytest.raises(Unreachable):
        await client.raw("POST", path("createRoom"), {})
    assert len(server.rooms) == (when == "after")
    await client.close()


async def test_nio_errors_become_ours(server: FakeServer, tmp_path: Path) -> None:
    client = await connected(server.url, server.user("bot"), tmp_path)
    with pytest.raises(MatrixRefused, match="M_NOT_FOUND"):
        await client.ask(lambda: client.nio.join("!nowhere:fake.test"))
    server.fault("POST", "/join/", status=502, body="<html>")
    with pytest.raises(Unreachable):
        await client.ask(lambda: client.nio.join("!nowhere:fake.test"))
    server.fault(
        "POST",
        "/join/",
        status=429,
        body={"errcode": "M_LIMIT_EXCEEDED", "error": "slow", "retry_after_ms": 2000},
    )
    with pytest.raises(Limited, match=r"2\.0"):
        await client.ask(lambda: client.nio.join("!nowhere:fake.test"))
    await client.close()


async def test_private_keys_are_on_disk_before_the_upload(server: FakeServer, tmp_path: Path) -> None:
    bot = server.user("bot")
    client = Client(account(server.url, bot, tmp_path))
    await client.connect()
    from bot.matrix import keys

    server.fault("POST", "keys/upload", drop="after")
    with pytest.raises(Unreachable):
        await keys.upload(client)
    device = client.device_id
    await client.close()
    # As after a crash: only what the disk holds is left.
    again = await connected(server.url, bot, tmp_path)
    kept = set(again.olm.account._account.one_time_keys)
    assert kept == set(), "all were published in the second upload, under the same names"
    assert len(server.one_time_keys[bot, device]) == 50
    await again.close()


async def test_an_older_store_does_not_offer_its_keys_again(server: FakeServer, tmp_path: Path) -> None:
    from bot.matrix import keys

    bot = server.user("bot")
    client = await connected(server.url, bot, tmp_path)
    device = client.device_id
    held = server.one_time_keys[bot, device]
    client.olm.account.generate_one_time_keys(2)
    taken = next(iter(client.olm.account.one_time_keys["curve25519"]))
    held[f"signed_curve25519:{taken}"] = {"key": "of another life"}
    held.pop(next(iter(held)))
    client.olm.uploaded_key_count = 10
    with pytest.raises(MatrixRefused):
        await keys.upload(client)
    await keys.upload(client)
    assert held[f"signed_curve25519:{taken}"] == {"key": "of another life"}
    assert client.olm.uploaded_key_count >= 50
    await client.close()


async def test_exhausted_one_time_keys_leave_a_fallback_key(server: FakeServer, tmp_path: Path) -> None:
    bot, alice = server.user("bot"), server.user("alice")
    client = await connected(server.url, bot, tmp_path)
    server.one_time_keys[bot, client.device_id].clear()
    room = server.room(alice, bot)
    peer = await Peer(server.url, alice).start()
    await peer.share_keys(room)
    queue = server.to_device[bot, client.device_id]
    assert [event["type"] for _, event in queue] == ["m.room.encrypted"]
    await peer.stop()
    await client.close()


async def test_a_malformed_device_hides_no_other(server: FakeServer, tmp_path: Path) -> None:
    bot, alice = server.user("bot"), server.user("alice")
    peer = await Peer(server.url, alice).start()
    client = await connected(server.url, bot, tmp_path)
    good = server.device_keys[alice][peer.device_id]
    server.device_keys[alice] |= {
        "NOTHING": {},
        "NUMBER": 7,  # type: ignore[dict-item]
        "NAMELESS": json.loads(json.dumps(good)) | {"device_id": "NAMELESS", "keys": {}},
        "BADKEY": json.loads(json.dumps(good))
        | {"device_id": "BADKEY", "keys": {"ed25519:BADKEY": "%", "curve25519:BADKEY": "é"}},
        "STOLEN": json.loads(json.dumps(good)) | {"device_id": "STOLEN"},
    }
    heard: list[dict[str, object]] = []

    async def listener(answer: dict[str, object]) -> None:
        heard.append(answer)

    client.keys_listeners.append(listener)
    client.olm.users_for_key_query.add(alice)
    await client.nio.keys_query()
    assert [device.id for device in client.olm.device_store.active_user_devices(alice)] == [peer.device_id]
    assert set(heard[0]["device_keys"][alice]) == set(server.device_keys[alice])  # type: ignore[index]
    await peer.stop()
    await client.close()


async def test_another_passphrase_is_a_clear_end(server: FakeServer, tmp_path: Path) -> None:
    from dataclasses import replace

    bot = server.user("bot")
    await (await connected(server.url, bot, tmp_path)).close()
    wrong = Client(replace(account(server.url, bot, tmp_path), passphrase="another"))
    with pytest.raises(LoggedOut, match="phrase secrète"):
        await wrong.connect()
    await wrong.close()
    assert "secret" not in repr(wrong.account)


async def test_a_claimed_key_that_is_none_costs_no_other(server: FakeServer, tmp_path: Path) -> None:
    from bot.matrix import keys

    bot, alice = server.user("bot"), server.user("alice")
    peers = [await Peer(server.url, alice).start(name) for name in ("ONE", "TWO")]
    client = await connected(server.url, bot, tmp_path)
    await client.query_keys([alice])
    devices = client.olm.device_store[alice]
    server.one_time_keys[alice, "ONE"] = {"signed_curve25519:A": {"key": "%", "signatures": 7}}
    client.olm.wedged_devices.extend([devices["ONE"], devices["TWO"]])
    await keys.reopen(client)
    assert client.olm.session_store.get(devices["TWO"].curve25519) is not None
    assert client.olm.wedged_devices == []
    for peer in peers:
        await peer.stop()
    await client.close()


async def test_a_listener_that_fails_does_not_hide_the_devices(server: FakeServer, tmp_path: Path) -> None:
    bot, alice = server.user("bot"), server.user("alice")
    peer = await Peer(server.url, alice).start()
    client = await connected(server.url, bot, tmp_path)

    async def broken(_: dict[str, object]) -> None:
        raise KeyError("a fault")

    client.keys_listeners.append(broken)
    await client.query_keys([alice, "@no:one", "nonsense", "@\ud800:x"])
    assert peer.device_id in client.olm.device_store[alice]
    assert not client.olm.users_for_key_query
    await peer.stop()
    await client.close()
