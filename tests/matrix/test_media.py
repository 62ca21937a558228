"""Files that people posted: read whole and as announced, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nio.crypto.attachments import encrypt_attachment

from bot.domain.registers import Attachment, FileGone, Measured
from bot.matrix import media
from bot.matrix.client import Client
from bot.matrix.media import read_file
from tests.matrix.fake import FakeServer
from tests.matrix.peers import connected

DATA = bytes(range(256)) * 1000


@pytest.fixture
async def client(server: FakeServer, tmp_path: Path) -> AsyncIterator[Client]:
    made = await connected(server.url, server.user("bot"), tmp_path)
    yield made
    await made.close()


def put(server: FakeServer, data: bytes = DATA, **changes: Any) -> Attachment:
    """A file on the server, encrypted, as its event would announce it."""
    sealed, key = encrypt_attachment(data)
    server.media["abc"] = sealed
    made = {
        "event_id": "$file", "sender": "@a:x", "name": "a.png", "mimetype": "image/png", "size": len(data),
        "mxc": f"mxc://{server.server_name}/abc", "key": key,
    }  # fmt: skip
    return Attachment(**{**made, **changes})


async def test_an_encrypted_file_is_read(server: FakeServer, client: Client) -> None:
    assert await read_file(client, put(server)) == DATA


async def test_a_file_in_clear_is_read_as_it_is(server: FakeServer, client: Client) -> None:
    file = put(server, key=None)
    server.media["abc"] = DATA
    assert await read_file(client, file) == DATA


async def test_bytes_that_were_changed_are_refused(server: FakeServer, client: Client) -> None:
    file = put(server)
    server.media["abc"] = server.media["abc"][:-1] + b"!"
    with pytest.raises(FileGone, match="altered"):
        await read_file(client, file)


@pytest.mark.parametrize(
    "key", [{}, {"key": 3}, {"key": {"k": "é"}, "iv": "x", "hashes": {"sha256": "x"}}, {"hashes": [], "iv": None}]
)
async def test_a_key_that_is_none_is_refused(server: FakeServer, client: Client, key: dict[str, Any]) -> None:
    with pytest.raises(FileGone, match=r"altered|bad_key"):
        await read_file(client, put(server, key=key))


async def test_a_key_that_is_no_key_of_these_very_bytes_is_told_from_bytes_that_were_changed(
    server: FakeServer, client: Client
) -> None:
    file = put(server)
    assert file.key is not None
    with pytest.raises(FileGone, match="bad_key"):
        await read_file(client, replace(file, key={**file.key, "key": {"k": "AAAA"}}))


@pytest.mark.parametrize(
    "mxc",
    ["mxc://fake.example/gone", "https://fake.example/abc", "mxc://fake.example/", "mxc:///abc", "mxc://x/../abc"],
)
async def test_a_file_that_is_not_there_is_gone(server: FakeServer, client: Client, mxc: str) -> None:
    with pytest.raises(FileGone, match="not_found"):
        await read_file(client, put(server, mxc=mxc))


async def test_a_file_larger_than_may_be_read_is_left(
    server: FakeServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST", 1000)
    asked = server.count("GET", "/media/download/")
    with pytest.raises(FileGone, match="too_large"):
        await read_file(client, put(server))
    assert server.count("GET", "/media/download/") == asked
    # One that lies about its size is not read to its end.
    with pytest.raises(FileGone, match="too_large"):
        await read_file(client, put(server, size=3))


@pytest.mark.parametrize("sealed", [True, False])
async def test_a_file_is_measured_as_it_passes(
    server: FakeServer, client: Client, monkeypatch: pytest.MonkeyPatch, *, sealed: bool
) -> None:
    file = put(server)
    if not sealed:
        file, server.media["abc"] = replace(file, key=None), DATA
    expected = Measured(hashlib.sha256(DATA).hexdigest(), len(DATA))
    held: list[int] = []
    fetch = client.fetch

    async def watched(*args: Any, **more: Any) -> Any:
        answer = await fetch(*args, **more)
        held.append(len(answer[1]))
        return answer

    monkeypatch.setattr(client, "fetch", watched)
    assert await media.measure(client, file, len(DATA)) == expected
    assert held == [0], "nothing of it is kept"
    with pytest.raises(FileGone, match="too_large"):
        await media.measure(client, replace(file, size=3), len(DATA) - 1)


async def test_what_is_measured_is_what_was_announced_or_nothing(server: FakeServer, client: Client) -> None:
    file = put(server)
    assert file.key is not None
    with pytest.raises(FileGone, match="bad_key"):
        await media.measure(client, replace(file, key={**file.key, "key": {"k": "AAAA"}}), len(DATA))
    server.media["abc"] = server.media["abc"][:-1] + b"!"
    with pytest.raises(FileGone, match="altered"):
        await media.measure(client, file, len(DATA))
    server.fault("GET", "/media/download/", status=502)
    assert await media.measure(client, file, len(DATA)) is None


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 429}, {"drop": "before", "times": 2}])
async def test_while_the_homeserver_is_in_trouble_it_is_tried_later(
    server: FakeServer, client: Client, fault: dict[str, Any]
) -> None:
    file = put(server)
    server.fault("GET", "/media/download/", **fault)
    assert await read_file(client, file) is None
    assert await read_file(client, file) == DATA
