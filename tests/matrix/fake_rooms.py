"""The fake homeserver's rooms: events, state, membership, pages of history."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.matrix.fake_wire import DEVICE, USER, Problem, Raw, body_of, dumps

if TYPE_CHECKING:
    from tests.matrix.fake import FakeServer

Event = dict[str, Any]


@dataclass
class Room:
    """A room: its events with their positions, and its current state."""

    room_id: str
    version: str
    events: list[tuple[int, Event | Raw]] = field(default_factory=list)
    state: dict[tuple[str, str], Event] = field(default_factory=dict)

    def membership(self, user: str) -> str | None:
        event = self.state.get(("m.room.member", user))
        return event["content"].get("membership") if event else None

    def members(self, membership: str = "join") -> list[str]:
        return [key for kind, key in self.state if kind == "m.room.member" and self.membership(key) == membership]


class RoomTables:
    """Rooms. Part of `FakeServer`."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.aliases: dict[str, str] = {}

    def room_routes(self: FakeServer) -> Iterable[tuple[str, str, Any]]:  # type: ignore[misc]
        room = "/v3/rooms/{room}"
        return [
            ("POST", "/v3/createRoom", self._create),
            ("GET", "/v3/joined_rooms", self._joined_rooms),
            ("GET", "/v3/directory/room/{alias}", self._alias),
            ("PUT", "/v3/directory/room/{alias}", self._put_alias),
            ("POST", "/v3/join/{room}", self._join),
            ("POST", room + "/join", self._join),
            ("POST", room + "/leave", self._leave),
            ("POST", room + "/forget", self._nothing),
            ("POST", room + "/invite", self._invite),
            ("POST", room + "/kick", self._kick),
            ("PUT", room + "/send/{type}/{txn}", self._send),
            ("PUT", room + "/redact/{event}/{txn}", self._redact),
            ("PUT", room + "/state/{type}", self._put_state),
            ("PUT", room + "/state/{type}/{key}", self._put_state),
            ("PUT", room + "/state/{type}/", self._put_state),
            ("GET", room + "/state", self._all_state),
            ("GET", room + "/state/{type}", self._get_state),
            ("GET", room + "/state/{type}/", self._get_state),
            ("GET", room + "/state/{type}/{key}", self._get_state),
            ("GET", room + "/joined_members", self._joined_members),
            ("GET", room + "/members", self._members),
            ("GET", room + "/messages", self._messages),
            ("GET", room + "/event/{event}", self._event),
            ("PUT", room + "/typing/{user}", self._nothing),
            ("POST", room + "/read_markers", self._nothing),
            ("POST", room + "/receipt/{type}/{event}", self._nothing),
        ]

    # What a test tells it

    def room(self: FakeServer, owner: str, *members: str, encrypted: bool = True, **content: Any) -> str:  # type: ignore[misc]
        """Make a room in which all `members` already are; returns its id."""
        initial = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}] if encrypted else []
        room = self.make_room(owner, {"initial_state": initial, **content})
        for member in members:
            self.post(room, member, "m.room.member", {"membership": "join"}, state_key=member)
        return room

    def post(
        self: FakeServer,  # type: ignore[misc]
        room_id: str,
        sender: str,
        kind: str,
        content: Any,
        **more: Any,
    ) -> str:
        """Append an event, as the server itself: nothing is checked. Returns its id."""
        event = {
            "type": kind,
            "sender": sender,
            "content": content,
            "event_id": self.fresh("$event"),
            "origin_server_ts": int(time.time() * 1000),
            "room_id": room_id,
        } | more
        self.append(room_id, event)
        return str(event["event_id"])

    def append(self: FakeServer, room_id: str, event: Event | Raw) -> None:  # type: ignore[misc]
        """Append an event exactly as given, however malformed."""
        room = self.rooms[room_id]
        room.events.append((self.tick(), event))
        if isinstance(event, dict) and isinstance(event.get("state_key"), str):
            room.state[event["type"], event["state_key"]] = event
            if event["type"] == "m.room.member":
                self.device_changes.append((self.position, event["state_key"]))

    def make_room(self: FakeServer, owner: str, body: Event) -> str:  # type: ignore[misc]
        room_id = self.fresh("!room") + f":{self.server_name}"
        version = body.get("room_version", "11")
        self.rooms[room_id] = Room(room_id, version)
        create = {"room_version": version, **body.get("creation_content", {})}
        levels = {"users": {owner: 100}, "users_default": 0, "events_default": 0, "state_default": 50}
        state = [
            ("m.room.create", "", create),
            ("m.room.member", owner, {"membership": "join"}),
            ("m.room.power_levels", "", levels | body.get("power_level_content_override", {})),
            ("m.room.join_rules", "", {"join_rule": "invite"}),
            *((e["type"], e.get("state_key", ""), e["content"]) for e in body.get("initial_state", [])),
        ]
        if "name" in body:
            state.append(("m.room.name", "", {"name": body["name"]}))
        if "topic" in body:
            state.append(("m.room.topic", "", {"topic": body["topic"]}))
        if "room_alias_name" in body:
            alias = f"#{body['room_alias_name']}:{self.server_name}"
            self.aliases[alias] = room_id
            state.append(("m.room.canonical_alias", "", {"alias": alias}))
        for kind, key, content in state:
            self.post(room_id, owner, kind, content, state_key=key)
        for user in body.get("invite", []):
            content = {"membership": "invite", "is_direct": bool(body.get("is_direct"))}
            self.post(room_id, owner, "m.room.member", content, state_key=user)
        return room_id

    def texts(self, room_id: str) -> list[Event]:
        """The room's events that are not state, in order."""
        return [e for _, e in self.rooms[room_id].events if isinstance(e, dict) and "state_key" not in e]

    def share_room(self, one: str, other: str) -> bool:
        return any(r.membership(one) == "join" and r.membership(other) == "join" for r in self.rooms.values())

    # For /sync

    def sync_rooms(self: FakeServer, user: str, since: int | None, *, full: bool, limit: int) -> dict[str, Any]:  # type: ignore[misc]
        sections: dict[str, dict[str, Any]] = {"join": {}, "invite": {}, "leave": {}}
        for room in self.rooms.values():
            membership = room.membership(user)
            mine = self._position_of(room, user)
            if membership == "join":
                entry = self._joined(room, user, since, mine, full=full, limit=limit)
                if entry:
                    sections["join"][room.room_id] = entry
            elif membership == "invite" and (since is None or mine > since):
                stripped = [
                    {key: event[key] for key in ("type", "state_key", "content", "sender")}
                    for event in room.state.values()
                    if event["type"] in ("m.room.create", "m.room.name", "m.room.encryption", "m.room.join_rules")
                ]
                invited = room.state["m.room.member", user]
                sections["invite"][room.room_id] = {"invite_state": {"events": [*stripped, invited]}}
            elif membership in ("leave", "ban") and since is not None and mine > since:
                sections["leave"][room.room_id] = self._timeline(room, since, mine, limit)
        return sections

    def _joined(
        self,
        room: Room,
        user: str,
        since: int | None,
        mine: int,
        *,
        full: bool,
        limit: int,
    ) -> dict[str, Any] | None:
        entry = self._timeline(room, since or 0, room.events[-1][0], limit)
        whole = full or since is None or mine > since
        if not whole and not entry["timeline"]["events"]:
            return None
        shown = [e["event_id"] for e in entry["timeline"]["events"] if isinstance(e, dict) and "event_id" in e]
        after = 0 if whole else since
        first = int(entry["timeline"]["prev_batch"].removeprefix("s"))
        wanted = [
            event
            for position, event in room.events
            if isinstance(event, dict)
            and isinstance(event.get("state_key"), str)
            and event.get("event_id") not in shown
            and (after or 0) < position <= first
            and room.state[event["type"], event["state_key"]] is event
        ]
        entry["state"] = {"events": wanted}
        entry["summary"] = {"m.joined_member_count": len(room.members())}
        return entry

    @staticmethod
    def _timeline(room: Room, since: int, upto: int, limit: int) -> dict[str, Any]:
        news = [(position, event) for position, event in room.events if since < position <= upto]
        shown = news[-limit:]
        prev = shown[0][0] - 1 if shown else since
        return {
            "timeline": {
                "events": [event for _, event in shown],
                "limited": len(news) > len(shown),
                "prev_batch": f"s{prev}",
            },
            "state": {"events": []},
        }

    @staticmethod
    def _position_of(room: Room, user: str) -> int:
        mine = room.state.get(("m.room.member", user))
        return next((position for position, event in reversed(room.events) if event is mine), 0)

    # Requests

    def _room(self: FakeServer, request: web.Request, *, joined: bool = True) -> Room:  # type: ignore[misc]
        name = request.match_info["room"]
        room = self.rooms.get(self.aliases.get(name, name))
        if room is None:
            raise Problem(404, "M_NOT_FOUND", "no such room")
        if joined and room.membership(request[USER]) != "join":
            raise Problem(403, "M_FORBIDDEN", "not in the room")
        return room

    async def _create(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        body = await body_of(request)
        alias = f"#{body.get('room_alias_name')}:{self.server_name}"
        if alias in self.aliases:
            raise Problem(400, "M_ROOM_IN_USE", "Room alias already taken")
        return {"room_id": self.make_room(request[USER], body)}

    async def _joined_rooms(self, request: web.Request) -> Any:
        user = request[USER]
        return {"joined_rooms": [r.room_id for r in self.rooms.values() if r.membership(user) == "join"]}

    async def _alias(self, request: web.Request) -> Any:
        if request.match_info["alias"] not in self.aliases:
            raise Problem(404, "M_NOT_FOUND", "no such alias")
        return {"room_id": self.aliases[request.match_info["alias"]], "servers": []}

    async def _put_alias(self, request: web.Request) -> Any:
        self.aliases[request.match_info["alias"]] = (await body_of(request))["room_id"]
        return {}

    async def _join(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, user = self._room(request, joined=False), request[USER]
        rule = room.state["m.room.join_rules", ""]["content"]["join_rule"]
        if room.membership(user) not in ("invite", "join") and rule != "public":
            raise Problem(403, "M_FORBIDDEN", "not invited")
        if room.membership(user) != "join":
            self.post(room.room_id, user, "m.room.member", {"membership": "join"}, state_key=user)
        return {"room_id": room.room_id}

    async def _leave(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, user = self._room(request, joined=False), request[USER]
        content = {"membership": "leave"} | await body_of(request)
        self.post(room.room_id, user, "m.room.member", content, state_key=user)
        return {}

    async def _invite(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, body = self._room(request), await body_of(request)
        if room.membership(body["user_id"]) == "join":
            raise Problem(403, "M_FORBIDDEN", "is already in the room")
        if body["user_id"] not in self.passwords:
            raise Problem(404, "M_NOT_FOUND", "no such user")
        content = {"membership": "invite"}
        self.post(room.room_id, request[USER], "m.room.member", content, state_key=body["user_id"])
        return {}

    async def _kick(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, body = self._room(request), await body_of(request)
        content = {"membership": "leave", "reason": body.get("reason", "")}
        self.post(room.room_id, request[USER], "m.room.member", content, state_key=body["user_id"])
        return {}

    async def _send(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, info = self._room(request), request.match_info
        key = (request[DEVICE], room.room_id, info["txn"])
        if key not in self.sent_txns:
            self.sent_txns[key] = self.post(
                room.room_id,
                request[USER],
                info["type"],
                await body_of(request),
                unsigned={"transaction_id": info["txn"]},
            )
        return {"event_id": self.sent_txns[key]}

    async def _redact(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, info = self._room(request), request.match_info
        key = (request[DEVICE], room.room_id, info["txn"])
        if key not in self.sent_txns:
            content = {"redacts": info["event"]} | await body_of(request)
            self.sent_txns[key] = self.post(
                room.room_id, request[USER], "m.room.redaction", content, redacts=info["event"]
            )
        return {"event_id": self.sent_txns[key]}

    async def _put_state(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        room, info = self._room(request), request.match_info
        content, key = await body_of(request), info.get("key", "")
        kept = room.state.get((info["type"], key))
        if kept and kept["content"] == content:
            return {"event_id": kept["event_id"]}
        return {"event_id": self.post(room.room_id, request[USER], info["type"], content, state_key=key)}

    async def _get_state(self, request: web.Request) -> Any:
        room, info = self._room(request), request.match_info  # type: ignore[misc]
        event = room.state.get((info["type"], info.get("key", "")))
        if event is None:
            raise Problem(404, "M_NOT_FOUND", "no such state")
        return event["content"]

    async def _all_state(self, request: web.Request) -> Any:
        events = list(self._room(request).state.values())  # type: ignore[misc]
        return web.Response(text=dumps(events), content_type="application/json")

    async def _joined_members(self, request: web.Request) -> Any:
        members = self._room(request).members()  # type: ignore[misc]
        return {"joined": {user: {"display_name": user, "avatar_url": None} for user in members}}

    async def _members(self, request: web.Request) -> Any:
        room = self._room(request)  # type: ignore[misc]
        return {"chunk": [event for (kind, _), event in room.state.items() if kind == "m.room.member"]}

    async def _messages(self, request: web.Request) -> Any:
        room, query = self._room(request, joined=False), request.query  # type: ignore[misc]
        if room.membership(request[USER]) is None:
            raise Problem(403, "M_FORBIDDEN", "not in the room")
        limit = min(int(query.get("limit", "10")), 1000)
        start = _position(query.get("from"))
        end = _position(query.get("to"))
        if query["dir"] == "f":
            low, high = start or 0, end if end is not None else 2**60
            found = [(p, e) for p, e in room.events if low < p <= high]
            page, last = found[:limit], low
        else:
            high, low = start if start is not None else 2**60, end or 0
            found = [(p, e) for p, e in reversed(room.events) if low < p <= high]
            page, last = found[:limit], high
        answer: dict[str, Any] = {
            "start": f"s{start or 0}",
            "chunk": [event for _, event in page],
            "state": [],
        }
        if page:
            last = page[-1][0] if query["dir"] == "f" else page[-1][0] - 1
            answer["end"] = f"s{last}"
        return answer

    async def _event(self, request: web.Request) -> Any:
        for _, event in self._room(request).events:  # type: ignore[misc]
            if isinstance(event, dict) and event.get("event_id") == request.match_info["event"]:
                return event
        raise Problem(404, "M_NOT_FOUND", "no such event")

    async def _nothing(self, request: web.Request) -> Any:
        return {}


def _position(token: str | None) -> int | None:
    return int(token.removeprefix("s").partition("_")[0]) if token else None
