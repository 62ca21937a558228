"""The account on the homeserver. Guarantee: one device for ever (the same id over restarts, revoked tokens
and soft logouts), one process on its keys, and every trouble as one of the types of `errors`.
"""

from __future__ import annotations

import asyncio
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
import vodozemac
from nio.client.async_client import AsyncClientConfig
from nio.crypto.olm_machine import Olm
from nio.exceptions import LocalProtocolError
from nio.responses import ErrorResponse
from nio.store.database import DefaultStore

from bot.domain.language import Both
from bot.matrix import keys, successor
from bot.matrix.device import DeviceFolder
from bot.matrix.errors import Limited, LoggedOut, MatrixError, MatrixRefused, StoreInUse, Unreachable
from bot.matrix.guards import GuardedClient, KeysListener, install
from bot.matrix.wire import REQUEST_SECONDS, Wire, error_of, in_words, object_of

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
        self._wire = Wire(self.homeserver)
        self._folder = DeviceFolder(account.store, account.user_id)
        self._renewing = asyncio.Lock()
        self._unsettled = False

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
        self._folder.take()
        known = self._folder.read_session()
        if known.get("restored"):
            known = await self._retire(known)
        device = known.get("device_id", "")
        if device and known.get("shared") and not self._folder.database(device).exists():
            # Other devices refuse new keys under a known device id: without its keys the device is lost.
            log.warning("the device's keys are gone: logging in as a new device", lost=device)
            known, device = {}, ""
        token = known.get("access_token")
        retired = known.get("retired") or {}
        if self.account.password is None:
            device, token = await self._identify(self.account.access_token, device, retired.get("device_id"))
        elif not token:
            # The id is ours and written first: a crash after the login cannot leave a device that we do not
            # know.
            device = device or secrets.token_hex(5).upper()
            self._folder.write_session(device, None)
            token = await self._log_in(device)
        self._folder.write_session(device, token)
        self._load(device, str(token))
        if retired:
            successor.inherit(self, retired["device_id"])

    async def succeed(self) -> None:
        """All is well with the device that took a restored one's place: log that one out, and delete its keys.

        Does nothing otherwise. Raises Unreachable, Limited.
        """
        retired = self._folder.read_session().get("retired")
        if retired:
            if retired.get("access_token"):
                await successor.log_out(self, retired["access_token"])
            self._folder.forget(retired["device_id"])
            log.warning("the restored device is gone", device=retired["device_id"], successor=self.device_id)

    async def close(self) -> None:
        """Close connections and the key store. Can be called twice."""
        await self.nio.close()  # type: ignore[no-untyped-call]
        await self._wire.close()
        if self.nio.store is not None:
            self.nio.store.database.close()
        self._folder.release()

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
        return Answer(status, object_of(data), headers)

    async def fetch(
        self,
        method: str,
        where: str,
        body: dict[str, Any] | bytes | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        timeout: float = REQUEST_SECONDS,
        content_type: str = "application/json",
        most: int | None = None,
        into: Callable[[bytes], None] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Like `raw`, with the exact bytes of the answer, unread; an answer of more than `most` bytes is refused.

        With `most` and `into`, the bytes are given to `into` piece by piece, and none are held.
        """
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        url = where + ("?" + urlencode(query) if query else "")
        token = self.nio.access_token
        if not token:
            await self.renew(token)
            token = self.nio.access_token
        try:
            return await self._wire.request(
                method, url, data, token, timeout=timeout, content_type=content_type, most=most, into=into
            )
        except MatrixRefused as refusal:
            if refusal.errcode != "M_UNKNOWN_TOKEN":
                raise
            await self.renew(token)
        return await self._wire.request(
            method,
            url,
            data,
            self.nio.access_token,
            timeout=timeout,
            content_type=content_type,
            most=most,
            into=into,
        )

    async def fetch_as(self, token: str, where: str, query: Mapping[str, str | int], method: str = "GET") -> bytes:
        """One request in another device's name. Raises Limited, Unreachable, MatrixRefused."""
        url = where + ("?" + urlencode(query) if query else "")
        data = b"{}" if method == "POST" else None
        return (await self._wire.request(method, url, data, token, timeout=60)).data

    def another(self, device: str, token: str) -> GuardedClient:
        """nio's client on the keys of another of our devices, to read with."""
        other = GuardedClient(self.homeserver, self.account.user_id, None, str(self.account.store), self.nio.config)
        other.restore_login(self.account.user_id, device, token)
        return other

    def store_of(self, device: str) -> DefaultStore:
        """The keys of another of our devices; close its `database`."""
        store = self.account.store
        return DefaultStore(self.account.user_id, device, str(store), self.account.passphrase)

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
                raise error_of(response)

    async def renew(self, refused: str) -> None:
        """Log in again with the same device id, because the token `refused` is over.

        Raises LoggedOut if we have no password or it is refused.
        """
        async with self._renewing:
            if self.nio.access_token and self.nio.access_token != refused:
                return
            if self.account.password is None:
                raise LoggedOut(
                    Both(
                        "Le jeton d’accès a été révoqué, et aucun mot de passe n’est configuré.",
                        "The access token was revoked, and no password is configured.",
                    )
                )
            token = await self._log_in(self.device_id)
            self._folder.write_session(self.device_id, token)
            self.nio.access_token = token
            # A revoked token takes the device's keys with it on the server; uploading them again harms
            # nothing.
            self.olm.account.shared = False
            self.olm.uploaded_key_count = None
            self._unsettled = True
            log.warning("logged in again with the same device", device=self.device_id)

    def reload_keys(self) -> None:
        """Forget what of the keys is only in memory, after the disk failed: what is on it counts.

        Outbound sessions are made anew; who was tracked is asked about again.
        """
        before: Any = self.olm
        tracked = before.tracked_users | before.users_for_key_query
        if self.nio.store is not None:
            self.nio.store.database.close()
        self.nio.store, self.nio.olm = None, None
        self.nio.load_store()  # type: ignore[no-untyped-call]
        install(self.olm)
        self.olm.users_for_key_query.update(tracked)
        log.warning("the device's keys were read again from the disk")

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
            raise Unreachable(in_words(error)) from error
        except LocalProtocolError as error:
            if not self.nio.access_token:
                raise MatrixRefused("M_UNKNOWN_TOKEN", 401, str(error)) from error
            raise
        if isinstance(response, ErrorResponse):
            raise error_of(response)
        return response

    async def _log_in(self, device: str) -> str:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.account.user_id},
            "password": self.account.password,
            "device_id": device,
            "initial_device_display_name": self.account.device_name,
        }
        try:
            _, data, _ = await self._wire.request("POST", path("login"), json.dumps(body).encode(), "")
        except MatrixRefused as refusal:
            raise LoggedOut(
                Both(
                    f"Le serveur refuse le mot de passe : {refusal}",
                    f"The homeserver refuses the password: {refusal}",
                )
            ) from refusal
        answer = object_of(data)
        if answer.get("user_id") != self.account.user_id:
            raise LoggedOut(_another(answer))
        if answer.get("device_id") != device or not isinstance(answer.get("access_token"), str):
            raise LoggedOut(
                Both(
                    "Le serveur a donné un autre identifiant d’appareil que le nôtre.",
                    "The homeserver gave another device id than ours.",
                )
            )
        return str(answer["access_token"])

    async def _retire(self, known: dict[str, Any]) -> dict[str, Any]:
        """A restored device reads what waits for it, and is used no more; return the session from there on."""
        device, token = known.get("device_id", ""), known.get("access_token")
        if device and token and self._folder.database(device).exists():
            await successor.drain(self, device, token)
        self._folder.retire(device, token)
        return self._folder.read_session()

    async def _identify(self, token: str | None, known: str, retired: str | None) -> tuple[str, str]:
        """Return the device and the token of an account that has only a token, which says whose it is."""
        if not token:
            raise LoggedOut(
                Both(
                    "Ni mot de passe ni jeton d’accès n’est configuré.",
                    "Neither a password nor an access token is configured.",
                )
            )
        try:
            _, data, _ = await self._wire.request("GET", path("account", "whoami"), None, token)
        except MatrixRefused as refusal:
            raise LoggedOut(
                Both(
                    f"Le serveur refuse le jeton d’accès : {refusal}",
                    f"The homeserver refuses the access token: {refusal}",
                )
            ) from refusal
        answer = object_of(data)
        device = answer.get("device_id")
        if answer.get("user_id") != self.account.user_id:
            raise LoggedOut(_another(answer))
        if retired and device == retired:
            raise LoggedOut(
                Both(
                    "Après une restauration, l’ancien appareil ne sert plus : connectez le compte à nouveau et donnez "
                    "le nouveau jeton d’accès.",
                    "After a restore the old device is used no more: log the account in again and give the new access "
                    "token.",
                )
            )
        if not isinstance(device, str) or (known and device != known):
            raise LoggedOut(
                Both(
                    "Le jeton d’accès n’est pas celui de l’appareil dont les clés sont ici.",
                    "The access token is not of the device whose keys are kept here.",
                )
            )
        return device, token

    def _load(self, device: str, token: str) -> None:
        self._folder.prepare(device)
        before = os.umask(0o077)
        try:
            self.nio.restore_login(self.account.user_id, device, token)
        except (vodozemac.PickleException, vodozemac.LibolmPickleException) as error:
            raise LoggedOut(
                Both(
                    "La phrase secrète du magasin n’ouvre pas les clés de l’appareil.",
                    "The store's passphrase does not open the device's keys.",
                )
            ) from error
        finally:
            os.umask(before)
        install(self.olm)
        self._folder.write_session(device, token, shared=True)


def _another(answer: Mapping[str, Any]) -> Both:
    """Whose the session is that should be ours."""
    owner = answer.get("user_id")
    return Both(f"La session est celle de {owner}, non du bot.", f"The session is of {owner}, not of the bot.")
