"""The account on the homeserver. Guarantee: one device for ever (the same id over restarts, revoked tokens
and soft logouts), one process on its keys, and every trouble as one of the types of `errors`.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import structlog
from nio.client.async_client import AsyncClientConfig
from nio.crypto.olm_machine import Olm
from nio.exceptions import LocalProtocolError
from nio.responses import ErrorResponse
from nio.store.database import DefaultStore

from bot.matrix import keys
from bot.matrix.errors import Limited, LoggedOut, MatrixError, MatrixRefused, StoreInUse, Unreachable
from bot.matrix.guards import GuardedClient, KeysListener, install

__all__ = [
    "Account",
    "Answer",
    "Client",
    "Limited",
    "LoggedOut",
    "MatrixError",
    "MatrixRefused",
    "StoreInUse",
    "Unreachable",
    "path",
]

log = structlog.get_logger(__name__)
T = TypeVar("T")

API = "/_matrix/client/v3"
REQUEST_SECONDS = 30.0
DEFAULT_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Account:
    """Which account, and where its device's keys are kept. A password or an access token is needed."""

    homeserver: str
    user_id: str
    store: Path
    passphrase: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    device_name: str = "Tocsin"


class Answer(NamedTuple):
    """A homeserver's answer of status 2xx."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


def path(*parts: str) -> str:
    """Return a client-server path, each part quoted: `path("rooms", room_id, "leave")`."""
    return API + "".join("/" + quote(part, safe="") for part in parts)


class Client:
    """Our device. `nio` is nio's client behind the guards; `raw` is for all that nio does not know."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.homeserver = account.homeserver.rstrip("/")
        config = AsyncClientConfig(
            store=DefaultStore,
            pickle_key=account.passphrase,
            store_sync_tokens=False,
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=REQUEST_SECONDS,
        )
        self.nio = GuardedClient(self.homeserver, account.user_id, None, str(account.store), config)
        self.nio.ask_keys = lambda users: keys.query(self, users)
        self.nio.send_keys = lambda: keys.upload(self)
        self.keys_listeners: list[KeysListener] = []
        """Each is awaited with every whole answer of `/keys/query`."""
        self.on_renewed: list[Callable[[], Awaitable[None]]] = []
        """Each is awaited after a new login: the server may have forgotten the device's keys and
        signatures.
        """
        self._session: aiohttp.ClientSession | None = None
        self._renewing = asyncio.Lock()
        self._unsettled = False
        self._lock: int | None = None

    @property
    def user_id(self) -> str:
        """Our Matrix id."""
        return self.account.user_id

    @property
    def device_id(self) -> str:
        """Our device's id; empty before `connect`."""
        return self.nio.device_id or ""

    @property
    def olm(self) -> Olm:
        """nio's encryption machine. Raises LocalProtocolError before `connect`."""
        if self.nio.olm is None:
            raise LocalProtocolError("not connected: the encryption keys are not loaded")
        return self.nio.olm

    async def connect(self) -> None:
        """Take the device up again, or log in for the first time.

        A known session is restored without a request. Raises LoggedOut, StoreInUse, Unreachable, Limited.
        """
        self._take_store()
        known = self._read_session()
        device = known.get("device_id", "")
        if device and known.get("shared") and not self._database(device).exists():
            # Other devices refuse new keys under a known device id: without its keys the device is lost.
            log.warning("the device's keys are gone: logging in as a new device", lost=device)
            known, device = {}, ""
        token = known.get("access_token")
        if self.account.password is None:
            device, token = await self._identify(self.account.access_token, device)
        elif not token:
            # The id is ours and written first: a crash after the login cannot leave a device that we do not
            # know.
            device = device or secrets.token_hex(5).upper()
            self._write_session(device, None)
            token = await self._log_in(device)
        self._write_session(device, token)
        self._load(device, str(token))

    async def close(self) -> None:
        """Close connections and the key store. Can be called twice."""
        await self.nio.close()  # type: ignore[no-untyped-call]
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self.nio.store is not None:
            self.nio.store.database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def raw(
        self,
        method: str,
        where: str,
        body: dict[str, Any] | bytes | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        timeout: float = REQUEST_SECONDS,
        content_type: str = "application/json",
    ) -> Answer:
        """Make one request. Logs in again, once, if the token is refused.

        Raises Limited, Unreachable (outcome unknown), MatrixRefused, LoggedOut.
        """
        status, data, headers = await self.fetch(
            method, where, body, query=query, timeout=timeout, content_type=content_type
        )
        return Answer(status, _object(data), headers)

    async def fetch(
        self,
        method: str,
        where: str,
        body: dict[str, Any] | bytes | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        timeout: float = REQUEST_SECONDS,
        content_type: str = "application/json",
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Like `raw`, with the exact bytes of the answer, unread."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        url = self.homeserver + where + ("?" + urlencode(query) if query else "")
        token = self.nio.access_token
        if not token:
            await self.renew(token)
            token = self.nio.access_token
        try:
            return await self._request(method, url, data, token, timeout=timeout, content_type=content_type)
        except MatrixRefused as refusal:
            if refusal.errcode != "M_UNKNOWN_TOKEN":
                raise
            await self.renew(token)
        return await self._request(
            method, url, data, self.nio.access_token, timeout=timeout, content_type=content_type
        )

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Run one of nio's requests, its error responses turned into ours. Logs in again once, as `raw` does.

        `call` makes the request anew: `await client.ask(lambda: client.nio.room_leave(room_id))`.
        """
        token = self.nio.access_token
        try:
            return await self._ask(call)
        except MatrixRefused as refusal:
            if refusal.errcode != "M_UNKNOWN_TOKEN":
                raise
            await self.renew(token)
        return await self._ask(call)

    async def ask_all(self, call: Callable[[], Awaitable[Iterable[Any]]]) -> None:
        """Like `ask`, of a call that makes several requests: raises the first error among their answers."""
        for response in await self._ask(call):
            if isinstance(response, ErrorResponse):
                raise _error_of(response)

    async def renew(self, refused: str) -> None:
        """Log in again with the same device id, because the token `refused` is over.

        Raises LoggedOut if we have no password or it is refused.
        """
        async with self._renewing:
            if self.nio.access_token and self.nio.access_token != refused:
                return
            if self.account.password is None:
                raise LoggedOut("the access token was revoked, and no password is configured")
            token = await self._log_in(self.device_id)
            self._write_session(self.device_id, token)
            self.nio.access_token = token
            # A revoked token takes the device's keys with it on the server; uploading them again harms
            # nothing.
            self.olm.account.shared = False
            self.olm.uploaded_key_count = None
            self._unsettled = True
            log.warning("logged in again with the same device", device=self.device_id)

    async def settle(self) -> None:
        """After a new login: upload the device's keys again and tell those who must know. Does nothing
        otherwise.
        """
        if self._unsettled:
            await keys.upload(self)
            for listener in self.on_renewed:
                await listener()
            self._unsettled = False

    async def query_keys(self, users: list[str]) -> dict[str, Any]:
        """Ask the homeserver for the devices of `users`; see `keys.query`."""
        return await keys.query(self, users)

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            response = await call()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(repr(error)) from error
        except LocalProtocolError as error:
            if not self.nio.access_token:
                raise MatrixRefused("M_UNKNOWN_TOKEN", 401, str(error)) from error
            raise
        if isinstance(response, ErrorResponse):
            raise _error_of(response)
        return response

    async def _request(
        self,
        method: str,
        url: str,
        data: bytes | None,
        token: str,
        *,
        timeout: float = REQUEST_SECONDS,
        content_type: str = "application/json",
    ) -> tuple[int, bytes, Mapping[str, str]]:
        headers = {"Content-Type": content_type}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=10)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(repr(error)) from error
        if 200 <= response.status < 300:
            return response.status, answer, response.headers
        raise _trouble(response.status, answer, response.headers)

    async def _log_in(self, device: str) -> str:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.account.user_id},
            "password": self.account.password,
            "device_id": device,
            "initial_device_display_name": self.account.device_name,
        }
        url = self.homeserver + path("login")
        try:
            _, data, _ = await self._request("POST", url, json.dumps(body).encode(), "")
        except MatrixRefused as refusal:
            raise LoggedOut(f"the homeserver refuses the password: {refusal}") from refusal
        answer = _object(data)
        if answer.get("user_id") != self.account.user_id:
            raise LoggedOut(f"the homeserver logged us in as {answer.get('user_id')!r}")
        if answer.get("device_id") != device or not isinstance(answer.get("access_token"), str):
            raise LoggedOut("the homeserver gave another device id than ours")
        return str(answer["access_token"])

    async def _identify(self, token: str | None, known: str) -> tuple[str, str]:
        """Return the device and the token of an account that has only a token, which says whose it is."""
        if not token:
            raise LoggedOut("neither a password nor an access token is configured")
        try:
            _, data, _ = await self._request(
                "GET",
                self.homeserver + path("account", "whoami"),
                None,
                token,
            )
        except MatrixRefused as refusal:
            raise LoggedOut(f"the homeserver refuses the access token: {refusal}") from refusal
        answer = _object(data)
        device = answer.get("device_id")
        if answer.get("user_id") != self.account.user_id:
            raise LoggedOut(f"the access token belongs to {answer.get('user_id')!r}")
        if not isinstance(device, str) or (known and device != known):
            raise LoggedOut("the access token is not of the device whose keys are kept here")
        return device, token

    def _load(self, device: str, token: str) -> None:
        for name in ("trusted", "ignored", "blacklisted"):
            (self.account.store / f"{self.account.user_id}_{device}.{name}_devices").touch(mode=0o600)
        before = os.umask(0o077)
        try:
            self.nio.restore_login(self.account.user_id, device, token)
        finally:
            os.umask(before)
        install(self.olm)
        self._write_session(device, token, shared=True)

    def _database(self, device: str) -> Path:
        return self.account.store / f"{self.account.user_id}_{device}.db"

    def _take_store(self) -> None:
        self.account.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.account.store.chmod(0o700)
        if self._lock is not None:
            return
        handle = os.open(self.account.store / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise StoreInUse(f"another process uses {self.account.store}") from error
        self._lock = handle

    def _read_session(self) -> dict[str, Any]:
        try:
            known = json.loads((self.account.store / "session.json").read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise LoggedOut(f"{self.account.store / 'session.json'} is damaged: {error}") from error
        if known.get("user_id") != self.account.user_id:
            raise LoggedOut(f"{self.account.store} belongs to {known.get('user_id')!r}")
        return dict(known)

    def _write_session(self, device: str, token: str | None, *, shared: bool | None = None) -> None:
        if shared is None:
            shared = bool(device) and self._database(device).exists()
        content = {
            "user_id": self.account.user_id,
            "device_id": device,
            "access_token": token,
            "shared": shared,
        }
        target = self.account.store / "session.json"
        draft = target.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)


def _object(data: bytes) -> dict[str, Any]:
    """Return the JSON object in `data`; raises Unreachable if it is none, as a proxy's page is."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"the answer is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Unreachable("the answer is not a JSON object")
    return body


def _trouble(status: int, data: bytes, headers: Mapping[str, str]) -> MatrixError:
    try:
        body = _object(data)
    except Unreachable:
        body = None
    if status == 429 or (body and body.get("errcode") == "M_LIMIT_EXCEEDED"):
        return Limited(_wait_of(body or {}, headers))
    if body is None or status >= 500 or status < 400:
        return Unreachable(f"HTTP {status}", status)
    return MatrixRefused(str(body.get("errcode", "")), status, str(body.get("error", "")), body)


def _wait_of(body: dict[str, Any], headers: Mapping[str, str]) -> float:
    told = body.get("retry_after_ms")
    if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
        return float(told) / 1000
    seconds = headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else DEFAULT_WAIT_SECONDS


def _error_of(response: ErrorResponse) -> MatrixError:
    transport: Any = response.transport_response
    status = transport.status if transport is not None else 0
    code = response.status_code
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return Limited((response.retry_after_ms or DEFAULT_WAIT_SECONDS * 1000) / 1000)
    if not code or status >= 500:
        return Unreachable(f"HTTP {status}: {response.message}", status)
    return MatrixRefused(str(code), status, str(response.message))
