"""The bot as a process of its own, started as an administrator starts it.

Guarantee: it is a real `tocsin run`, killed and stopped by real signals; it ends when the process that
started it does, however that one ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bot
from bot.demo.leash import LEASH
from bot.domain.language import Language

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0
COMMAND_SECONDS: Final = 60.0

_PROGRAM: Final = 'runpy.run_module("bot.cli", run_name="__main__", alter_sys=True)'


class BotError(Exception):
    """The bot did not become ready, or is not running; the message holds its last words."""


@dataclass(frozen=True)
class Ran:
    """A command line that has ended."""

    code: int
    out: str
    err: str


class BotProcess:
    """`tocsin run` on a configuration; what it says on standard error goes to the file `log`.

    `program` is a Python file that is run in its place, with the same arguments.
    """

    def __init__(self, config: Path, log: Path, program: Path | None = None) -> None:
        self._code = LEASH + (f'runpy.run_path({str(program)!r}, run_name="__main__")' if program else _PROGRAM)
        self.config = config
        self.log = log
        self.ready: dict[str, Any] = {}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, *, seconds: float = READY_SECONDS, **environment: str) -> dict[str, Any]:
        """Start it and wait for its ready line, which is returned. Raises BotError with its last words."""
        if self.pid is not None:
            return self.ready
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", self._code, "--config", str(self.config), "run", "--log", "json"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self.config.parent,
                env=_environment(environment),
                start_new_session=True,  # Ctrl-C is for us: we end it in our own order
            )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
        except TimeoutError:
            await self.kill()
            raise BotError(f"The bot was not ready within {seconds:g} s. {self.last_words()}") from None
        if not line:
            code = await self._process.wait()
            raise BotError(f"The bot ended with {code} before it was ready. {self.last_words()}")
        self.ready = json.loads(line)
        return self.ready

    async def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """Ask it to end (SIGTERM) and return its exit code; killed if it takes more than fifteen seconds."""
        process = self._process
        if process is None:
            raise BotError("The bot was not started.")
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                await self.kill()
        assert process.returncode is not None
        return process.returncode

    async def wait(self, *, seconds: float = READY_SECONDS) -> int:
        """The exit code, once it has ended by itself."""
        if self._process is None:
            raise BotError("The bot was not started.")
        return await asyncio.wait_for(self._process.wait(), seconds)

    def last_words(self) -> str:
        """The end of what it said on standard error."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n".join(lines[-4:])


async def tocsin(*arguments: str, config: Path | None = None, language: Language | None = None) -> Ran:
    """Run one command line to its end, as in a terminal, of that language if one is given."""
    locale = {"LC_ALL": f"{language}_{'FR' if language == 'fr' else 'GB'}.UTF-8"} if language else {}
    chosen = ("--config", str(config)) if config is not None else ()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", *chosen, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(locale),
        start_new_session=True,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Ours, without settings that would lie over the stage's own, and with this very package to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    found = [str(Path(bot.__file__).resolve().parents[1]), kept.get("PYTHONPATH", "")]
    return {**kept, "PYTHONPATH": os.pathsep.join(part for part in found if part), **more}
