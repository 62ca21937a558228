"""A disk that takes nothing any more, under a real bot: it stays alive and says so, acknowledges nothing, and goes on."""

from __future__ import annotations

import resource
import socket
from collections import Counter

import aiohttp

from bot.demo.process import BotProcess
from bot.demo.stage import Stage

from ..e2e.conftest import PROGRAM, Staged
from ..e2e.crisis import eventually, marks, raise_alarm


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def reasons(port: int) -> dict[str, str]:
    """Why the bot is not ready, as a supervisor asks."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/ready") as answer:
        said = await answer.json()
        assert answer.status == (503 if said["reasons"] else 200)
        return dict(said["reasons"])


def let_write(pid: int, size: int) -> None:
    """Let this process's files grow to so many bytes: beyond, the kernel refuses each write, its log's too."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def test_what_is_said_while_the_disk_takes_nothing_is_logged_afterwards(staged: Staged) -> None:
    port = free_port()
    stage: Stage = await staged(run=False, more=f'[health]\nlisten = "127.0.0.1:{port}"')
    stage.bot = BotProcess(stage.config, stage.folder / "tocsin.log", PROGRAM)
    await stage.bot.start(LOST_AFTER="1")
    claire = await stage.player("claire")
    crisis = await raise_alarm(stage, claire)
    await crisis.settled()
    assert await reasons(port) == {}

    assert stage.bot.pid is not None
    let_write(stage.bot.pid, 4096)
    said = [await claire.say(crisis.room, f"personne ne note {n}") for n in range(3)]
    note = await claire.say(crisis.room, "!note pendant la panne")

    async def told() -> bool:
        return (await reasons(port)).get("store") == "the disk answers with an error"

    await eventually(told, what="the reason why the bot is not ready")
    assert not {entry.event_id for entry in crisis.entries()} & {*said, note}

    let_write(stage.bot.pid, resource.RLIM_INFINITY)
    await claire.ticked(crisis.room, note)
    await claire.hears(crisis.room, "je n’ai rien pu noter.*le disque répond par une erreur", sender=stage.bot_id)
    events = await crisis.settled(seconds=60)
    found = Counter(entry.event_id for entry in crisis.entries() if entry.event_id is not None)
    assert found == Counter(event["event_id"] for event in events), "each once"
    kinds = {entry.event_id: entry.kind for entry in crisis.entries()}
    assert [kinds[event] for event in (*said, note)] == ["message"] * 4, "and read"
    assert len([entry for entry in crisis.entries() if entry.kind == "note"]) == 1
    assert [mark for mark, count in marks(events).items() if count > 1] == []
    assert any((entry.content or {}).get("action") == "written_again" for entry in crisis.entries())
    assert await reasons(port) == {}
