"""Rooms made, entered and left, people invited and removed: the outbox's rows that send no event.

Guarantee: each may be tried again after an outcome that nobody knows, and takes effect once. `createRoom`
has no transaction id: the room's alias, chosen before, says whether it was made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.matrix.client import Client, path
from bot.matrix.errors import Limited, MatrixRefused, Unreachable
from bot.matrix.rooms import alias_in, facts, is_encrypted, read_state, resolve, state_of, upgrade_refused
from bot.matrix.signatures import Json, dig
from bot.store.outbox import OutboxRow
from bot.store.rooms import Room

# How long the homeserver's bucket of invitations takes to hold one again, at most, where it does not say so.
INVITES_WAIT = 60.0
LEAVE_SECONDS = 10.0

Notice = tuple[str, Json, str | None]


@dataclass(frozen=True)
class Done:
    """A row took effect: its event, our key's new room id, and what the engine is told."""

    event_id: str | None = None
    mapped: tuple[str, str] | None = None
    left: str | None = None
    notices: tuple[Notice, ...] = ()


class Undeliverable(Exception):  # noqa: N818
    """A row that will never take effect; `notices` tell the engine instead of the usual one."""

    def __init__(self, why: str, *notices: Notice) -> None:
        super().__init__(why)
        self.why = why
        self.notices = notices


Act = Callable[[OutboxRow, Room | None, Json], Awaitable[Done]]


class Acts:
    """What the lane `rooms` does, and leaving."""

    def __init__(
        self, client: Client, on_invited: Callable[[str, str], None], on_barred: Callable[[str], None]
    ) -> None:
        self._client = client
        self._on_invited, self._on_barred = on_invited, on_barred
        self.table: dict[str, Act] = {
            "create": self.create,
            "invite": self.invite,
            "kick": self.kick,
            "join": self.join,
            "leave": self.leave,
        }

    async def create(self, row: OutboxRow, room: Room | None, frozen: Json) -> Done:
        """Make the room, or find the one that an earlier attempt made."""
        for user in frozen.get("invite", ()):
            await self._must_exist(user)
        alias = alias_in(frozen["room_alias_name"], self._client.user_id)
        room_id = await resolve(self._client, alias) if row.first_attempt_at else None
        if room_id is None:
            try:
                room_id = await self._make(frozen, [u for u in row.payload.get("first", ()) if await self._exists(u)])
            except MatrixRefused as refusal:
                if _too_many(refusal):
                    raise Limited(INVITES_WAIT) from refusal  # Synapse says so, but not with 429
                if refusal.errcode != "M_ROOM_IN_USE":
                    raise
                room_id = await self._ours(alias)
        else:
            room_id = await self._ours(alias)
        if not isinstance(room_id, str):
            raise Unreachable("the homeserver named no room")
        notice = ("created", {"room_key": row.room_key, "room_id": room_id}, room_id)
        return Done(mapped=(row.room_key, room_id), notices=(notice,))

    async def _make(self, frozen: Json, first: list[str]) -> Any:
        """Make the room, inviting these with it if the homeserver lets so many in at once, and return its id."""
        if not first:
            return (await self._client.raw("POST", path("createRoom"), frozen)).body.get("room_id")
        try:
            room_id = (await self._client.raw("POST", path("createRoom"), frozen | {"invite": first})).body.get(
                "room_id"
            )
        except MatrixRefused as refusal:
            if refusal.errcode == "M_ROOM_IN_USE" or refusal.status not in (400, 403, 404):
                raise
            # Too many at once, or somebody who cannot be invited: each is asked in by name.
            return await self._make(frozen, [])
        if isinstance(room_id, str):
            for user in first:
                self._on_invited(room_id, user)
        return room_id

    async def _exists(self, user: str) -> bool:
        """Whether it is an account of our own homeserver: our rooms do not leave it, and one who cannot be invited
        would have the making refused."""
        if _server(user) != _server(self._client.user_id):
            return False
        try:
            await self._must_exist(user)
        except Undeliverable:
            return False
        return True

    async def _ours(self, alias: str) -> str | None:
        room_id = await resolve(self._client, alias)
        if room_id is None:
            return None
        try:
            state = await read_state(self._client, room_id)
        except MatrixRefused as refusal:
            raise Undeliverable("alias_taken") from refusal
        own = self._client.user_id
        if dig(state_of(state, "m.room.create"), "sender") != own or not is_encrypted(state):
            raise Undeliverable("alias_taken")
        if dig(state_of(state, "m.room.member", own), "content", "membership") != "join":
            raise Undeliverable("alias_taken")  # we have left it: an invitation back can come from nobody
        return room_id

    async def invite(self, row: OutboxRow, room: Room | None, frozen: Json) -> Done:
        """Invite one person; who is in the room, or invited already, is done."""
        room_id, user = _id_of(room), frozen["user"]
        body = {"user_id": user} | _reason(frozen)
        await self._must_exist(user)
        if room is not None and room.kind == "cell" and await self._membership(room_id, user) in ("join", "invite"):
            return Done()  # by the making of the room: asked again, it would count against the homeserver's limit
        try:
            await self._client.raw("POST", path("rooms", room_id, "invite"), body)
        except MatrixRefused as refusal:
            if refusal.status != 403 or await self._membership(room_id, user) not in ("join", "invite"):
                raise
        self._on_invited(room_id, user)
        return Done()

    async def kick(self, row: OutboxRow, room: Room | None, frozen: Json) -> Done:
        """Remove one person; who is not in the room is done. Of a suspended account the devices get no key from now on,
        whether the homeserver removes it or not."""
        if frozen.get("bar"):
            self._on_barred(frozen["user"])
        room_id, user = _id_of(room), frozen["user"]
        body = {"user_id": user} | _reason(frozen)
        try:
            await self._client.raw("POST", path("rooms", room_id, "kick"), body)
        except MatrixRefused as refusal:
            if refusal.status == 403 and await self._membership(room_id, user) not in ("join", "invite"):
                return Done()
            raise
        return Done()

    async def join(self, row: OutboxRow, room: Room | None, frozen: Json) -> Done:
        """Enter a room and tell the engine what it is, or follow one of ours to its successor."""
        room_id = frozen["room_id"]
        try:
            await self._client.raw("POST", path("join", room_id), {})
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
            notice = ("refused_join", {"room_id": room_id, "reason": refusal.message}, room_id)
            raise Undeliverable("refused_join", notice) from refusal
        state = await read_state(self._client, room_id)
        if frozen.get("follows"):
            return await self._follow(frozen, state)
        told = facts(state, self._client.user_id).payload(room_id)
        return Done(notices=(("joined", told, room_id),))

    async def _follow(self, frozen: Json, state: list[Json]) -> Done:
        new, old, key = frozen["room_id"], frozen["follows"], frozen["key"]
        why = upgrade_refused(await read_state(self._client, old), old, state)
        told = {"room_key": key, "before": old, "after": new}
        if why is None:
            return Done(mapped=(key, new), notices=(("upgraded", told, new),))
        await self._client.raw("POST", path("rooms", new, "leave"), {})
        return Done(notices=(("upgrade_refused", told | {"why": why}, old),))

    async def leave(self, row: OutboxRow, room: Room | None, frozen: Json) -> Done:
        """Leave a room; being no longer in it is done."""
        room_id = frozen.get("room_id") or _id_of(room)
        if frozen.get("hand_over"):
            await self._hand_over(room_id)
        try:
            # A stranger's homeserver, which ours may ask about its room, must not hold up what others wait for.
            await self._client.raw("POST", path("rooms", room_id, "leave"), _reason(frozen), timeout=LEAVE_SECONDS)
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
        return Done(left=room_id)

    async def _hand_over(self, room_id: str) -> None:
        """Give up our own power in a room; the others keep theirs."""
        state = path("rooms", room_id, "state", "m.room.power_levels", "")
        try:
            levels = (await self._client.raw("GET", state)).body
            users = {user: level for user, level in levels.get("users", {}).items() if user != self._client.user_id}
            await self._client.raw("PUT", state, {**levels, "users": users})
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise  # we are no longer there, or have no power left: an earlier attempt went through

    async def _must_exist(self, user: str) -> None:
        """Synapse invites accounts of its own that do not exist, and nobody would know."""
        if _server(user) != _server(self._client.user_id):
            return
        try:
            await self._client.raw("GET", path("profile", user))
        except MatrixRefused as refusal:
            if refusal.status == 404:
                raise Undeliverable("no_such_user") from refusal

    async def _membership(self, room_id: str, user: str) -> str | None:
        try:
            answer = await self._client.raw("GET", path("rooms", room_id, "state", "m.room.member", user))
        except MatrixRefused:
            return None
        found = answer.body.get("membership")
        return found if isinstance(found, str) else None


def _server(user: str) -> str:
    return user.partition(":")[2]


def _too_many(refusal: MatrixRefused) -> bool:
    return refusal.status == 400 and "so many users" in refusal.message


def _id_of(room: Room | None) -> str:
    if room is None or room.room_id is None:
        raise Undeliverable("no_such_room")
    return room.room_id


def _reason(frozen: Json) -> dict[str, Any]:
    return {"reason": frozen["reason"]} if frozen.get("reason") else {}
