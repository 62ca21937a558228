"""What `tocsin check` asks a homeserver. Guarantee: nothing is written, and no device that is made stays.

Where the bot's device exists its stored token is used. Where there is none, a password is tried once, by a
login that is logged out again before this module lets go.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.domain.language import Both
from bot.matrix.errors import Limited, LoggedOut, MatrixRefused, Unreachable
from bot.matrix.signatures import Chain, read_chain

# Twice as many at once as Synapse's default lets pass.
BURST = 12
NOBODY_AT_ALL = "@nobody:tocsin.invalid"

CLIENT = "/_matrix/client/v3"
SECONDS = 15.0

# Why no answer came, as the text of `Unreachable`.
SILENT = "no answer in time"
BAD_CERTIFICATE = "certificate refused"
NO_SUCH_NAME = "unknown name"
NOBODY = "nothing answers"
NOT_MATRIX = "no Matrix homeserver"

UNAUTHORISED, FORBIDDEN, MISSING, LIMITED, BROKEN = 401, 403, 404, 429, 500


@dataclass(frozen=True)
class Session:
    """The bot's device, as it was left on disk; `token` may be over."""

    user_id: str
    device_id: str
    token: str | None


@dataclass(frozen=True)
class Server:
    """What a homeserver says of itself; `clock` is its own time, to the second, if it gave one."""

    versions: tuple[str, ...]
    clock: datetime | None


def stored_session(store: Path) -> Session | None:
    """Return the device kept in the store, or None where none was ever made; LoggedOut if it is damaged."""
    file = store / "session.json"
    try:
        kept = json.loads(file.read_bytes())
        return Session(str(kept["user_id"]), str(kept["device_id"]), kept.get("access_token"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoggedOut(Both(f"{file} est abîmé", f"{file} is damaged")) from error


class Inspector:
    """Questions to one homeserver; `async with` opens and closes the connection."""

    def __init__(self, homeserver: str) -> None:
        self._base = homeserver.rstrip("/")
        self._token: str | None = None
        self._borrowed = False

    async def __aenter__(self) -> Inspector:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._borrowed:
                await self._ask("POST", f"{CLIENT}/logout", {})
        except (Unreachable, MatrixRefused, Limited):
            # The device of the trial login stays; it holds no keys and is of no use to anybody.
            return
        finally:
            await self._http.close()

    async def server(self) -> Server:
        """Return the server's versions and clock. Raises Unreachable."""
        answer, headers = await self._exchange("GET", "/_matrix/client/versions", None)
        versions = answer.get("versions")
        if not isinstance(versions, list):
            raise Unreachable(NOT_MATRIX)
        return Server(tuple(str(version) for version in versions), _date(headers.get("Date")))

    def use(self, token: str) -> None:
        """Ask the following questions with this token."""
        self._token = token

    def forget(self) -> None:
        """Ask the following questions as nobody."""
        self._token = None

    @property
    def admitted(self) -> bool:
        """Tell whether a token is in use."""
        return self._token is not None

    async def whoami(self) -> tuple[str, str]:
        """Return the account and the device of the token in use. Raises MatrixRefused if it is over."""
        answer = await self._ask("GET", f"{CLIENT}/account/whoami")
        return str(answer.get("user_id")), str(answer.get("device_id", ""))

    async def borrow(self, user_id: str, password: str) -> None:
        """Log in for the time of the check only. Raises MatrixRefused where the password is not right."""
        identifier = {"type": "m.id.user", "user": user_id}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        answer = await self._ask("POST", f"{CLIENT}/login", body | {"initial_device_display_name": "tocsin check"})
        self._token, self._borrowed = str(answer.get("access_token")), True

    async def room(self, alias: str) -> str | None:
        """Return the room of an alias, or None where there is none."""
        try:
            answer = await self._ask("GET", f"{CLIENT}/directory/room/{quote(alias, safe='')}")
        except MatrixRefused as refusal:
            if refusal.status == MISSING:
                return None
            raise
        return str(answer.get("room_id"))

    async def is_encrypted(self, room_id: str) -> bool | None:
        """Tell whether a room is encrypted; None where we may not see, not being in it."""
        try:
            await self._ask("GET", f"{CLIENT}/rooms/{quote(room_id, safe='')}/state/m.room.encryption/")
        except MatrixRefused as refusal:
            return None if refusal.status == FORBIDDEN else False
        return True

    async def exists(self, user_id: str) -> bool | None:
        """Tell whether an account exists; None where its server does not say."""
        try:
            await self._ask("GET", f"{CLIENT}/profile/{quote(user_id, safe='')}")
        except MatrixRefused as refusal:
            return False if refusal.status == MISSING else None
        except Unreachable:
            return None
        return True

    async def chains(self, users: list[str]) -> dict[str, Chain]:
        """Return the cross-signing and the devices of each of these people."""
        answer = await self._ask("POST", f"{CLIENT}/keys/query", {"device_keys": {user: [] for user in users}})
        return {user: read_chain(answer, user) for user in users}

    async def is_limited(self) -> bool | None:
        """Tell whether the homeserver limits the account's rate; None where that cannot be found out.

        Only an administrator may read it, so it is tried: reports of a user of a server that cannot exist
        (RFC 2606) count against a small bucket of their own, Synapse ignores them after counting, and an
        account whose limits were lifted is never told to wait.
        """
        place = f"{CLIENT}/users/{quote(NOBODY_AT_ALL, safe='')}/report"
        tried = [self._ask("POST", place, {"reason": ""}) for _ in range(BURST)]
        answers = await asyncio.gather(*tried, return_exceptions=True)
        if any(isinstance(answer, Limited) for answer in answers):
            return True
        return None if any(isinstance(answer, BaseException) for answer in answers) else False

    async def is_administrator(self, user_id: str) -> bool:
        """Tell whether the account administers its homeserver (Synapse's), which it should not."""
        place = f"/_synapse/admin/v1/users/{quote(user_id, safe='')}/admin"
        try:
            return (await self._ask("GET", place)).get("admin") is True
        except MatrixRefused:
            return False

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer, _ = await self._exchange(method, path, body)
        return answer

    async def _exchange(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._http.request(
                method, self._base + path, json=body, headers=headers, allow_redirects=False
            ) as response:
                answer = await response.json(content_type=None)
                status, received = response.status, dict(response.headers)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(_plain(error)) from error
        except ValueError as error:
            raise Unreachable(NOT_MATRIX) from error
        if not isinstance(answer, dict) or status >= BROKEN:
            raise Unreachable(f"HTTP {status}", status)
        if status == LIMITED:
            raise Limited(float(answer.get("retry_after_ms") or 0) / 1000)
        if status >= 300:
            raise MatrixRefused(str(answer.get("errcode", "")), status, str(answer.get("error", "")), answer)
        return answer, received


def _plain(error: Exception) -> str:
    """Return a network error in a few words, without the address that the sentence around it names."""
    if isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return BAD_CERTIFICATE
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NO_SUCH_NAME
    if isinstance(error, aiohttp.ClientConnectorError):
        return NOBODY
    return type(error).__name__


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
