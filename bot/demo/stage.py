"""The scene on which a crisis is played: a homeserver, accounts, a configured bot, and people's clients.

Guarantee: everything is below one folder and on this machine; whatever happens, every process that was
started here has ended when the stage is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from bot.demo.players import Player
from bot.demo.process import BotProcess, Ran, tocsin
from bot.demo.synapse import Synapse
from bot.demo.synapse_settings import Limits
from bot.domain.language import Language


@dataclass(frozen=True)
class Character:
    """A person: the local part of the account, the name and roles in the roster (none: not in it)."""

    local: str
    name: str
    roles: tuple[str, ...] = ()
    signed: bool = True
    language: Language | None = None


PEOPLE: Final = (
    Character("claire", "Claire Morel", ("director", "care_director")),
    Character("karim", "Karim Benali", ("ciso", "cio")),
    Character("sophie", "Sophie Laurent", ("legal",)),
    Character("paul", "Paul Girard", ("dpo",), signed=False),
    Character("nadia", "Nadia Roche", ("communication", "coordinator", "scribe")),
)

ORGANISATION: Final = "CH de Val-Fleuri"


class Stage:
    """`async with Stage(folder) as stage:` starts homeserver and bot; `await stage.player("claire")` enters.

    `server` is a homeserver that is already there (it is left running); then `suffix` keeps names apart.
    `more` is added to the configuration. `run=False` leaves the bot to be started by `stage.bot.start()`. `vouching`:
    whoever enters has to be vouched for, as in an organisation's own configuration; in the stories they are not.
    """

    def __init__(
        self,
        folder: Path,
        *,
        people: Sequence[Character] = PEOPLE,
        limits: Limits = "none",
        language: Language = "fr",
        kind: str = "hospital",
        server: Synapse | None = None,
        suffix: str = "",
        database: str = "sqlite:///data/tocsin.db",
        more: str = "",
        run: bool = True,
        vouching: bool = False,
    ) -> None:
        self.folder = folder
        self.people = {person.local: person for person in people}
        self.language: Language = language
        self.kind = kind
        self.server = server or Synapse(folder / "synapse", limits=limits)
        self.players: dict[str, Player] = {}
        self.passwords: dict[str, str] = {}
        self.bot = BotProcess(folder / "tocsin.toml", folder / "tocsin.log")
        self._ours = server is None
        self._suffix = suffix
        self._database = database
        self._more = more
        self._run = run
        self._vouching = vouching

    @property
    def alert_alias(self) -> str:
        """The alert room's alias."""
        return f"#alerte{self._suffix}:{self.server.server_name}"

    @property
    def alert_name(self) -> str:
        """The name that the bot gives to the alert room."""
        return "Alerte" if self.language == "fr" else "Alert"

    @property
    def bot_id(self) -> str:
        """The bot's Matrix id."""
        return self.user_id("tocsin")

    @property
    def config(self) -> Path:
        """The bot's configuration file."""
        return self.folder / "tocsin.toml"

    def user_id(self, local: str) -> str:
        """The Matrix id of a character, by local part."""
        return self.server.user_id(f"{local}{self._suffix}")

    def name_of(self, user_id: str) -> str:
        """What the roster calls somebody; the bot is « Tocsin »."""
        if user_id == self.bot_id:
            return "Tocsin"
        return next((p.name for p in self.people.values() if self.user_id(p.local) == user_id), user_id)

    # Setting up and taking down

    async def __aenter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            await asyncio.to_thread(self.server.start)
            for local in ("tocsin", *self.people):
                self.passwords[local] = secrets.token_urlsafe(9)
                await self.server.register(f"{local}{self._suffix}", self.passwords[local])
            self._write_files()
            if self._run:
                await self.bot.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def events(self, room: str) -> list[dict[str, Any]]:
        """Every event of a room that the homeserver has, oldest first."""
        found: list[dict[str, Any]] = []
        start = ""
        while True:
            path = f"/_synapse/admin/v1/rooms/{quote(room, safe='')}/messages?dir=b&limit=500{start}"
            page = await self.server.admin("GET", path)
            found += page["chunk"]
            if not page["chunk"] or "end" not in page:
                return found[::-1]
            start = f"&from={page['end']}"

    async def close(self) -> None:
        """End every client and process that was started here."""
        for player in self.players.values():
            await player.close()
        self.players.clear()
        try:
            if self.bot.pid is not None:
                await self.bot.stop()
        finally:
            if self._ours:
                await asyncio.to_thread(self.server.stop)

    async def player(self, local: str, *, accepts: bool = True) -> Player:
        """A character's client, logged in; the same one each time."""
        if local not in self.players:
            person = self.people[local]
            client = Player(
                self.server.url,
                self.user_id(local),
                self.passwords[local],
                person.name,
                signed=person.signed,
                accepts=accepts,
            )
            self.players[local] = client
            await client.start()
        return self.players[local]

    async def tocsin(self, *arguments: str) -> Ran:
        """Run one command line on the bot's configuration."""
        return await tocsin(*arguments, config=self.config)

    # Files

    def _write_files(self) -> None:
        hidden = self.folder / "secrets"
        hidden.mkdir(mode=0o700, exist_ok=True)
        _write(hidden / "password", self.passwords["tocsin"])
        _write(hidden / "store", secrets.token_urlsafe(32))
        _write(self.folder / "tocsin.toml", self._configuration())
        # JSON is YAML, and needs no library to write.
        people = [self._entry(person) for person in self.people.values() if person.roles]
        _write(self.folder / "roster.yaml", json.dumps({"people": people}, ensure_ascii=False, indent=1))

    def _entry(self, person: Character) -> dict[str, object]:
        entry: dict[str, object] = {
            "name": person.name,
            "matrix_id": self.user_id(person.local),
            "roles": list(person.roles),
        }
        return entry | ({"language": person.language} if person.language else {})

    def _configuration(self) -> str:
        return f"""\
[organisation]
name = "{ORGANISATION}"
kind = "{self.kind}"
country = "FR"
timezone = "Europe/Paris"
language = "{self.language}"

[matrix]
homeserver = "{self.server.url}"
user_id = "{self.bot_id}"
password_file = "secrets/password"
alert_room = "{self.alert_alias}"
store = "data/crypto"
store_passphrase_file = "secrets/store"

[database]
url = "{self._database}"

[permissions]
vouching = {"true" if self._vouching else "false"}

{self._more}
"""


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
