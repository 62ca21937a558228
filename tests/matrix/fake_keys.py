"""The fake homeserver's encryption side: device keys, one-time keys, signatures, to-device queues."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.matrix.fake_wire import DEVICE, USER, Problem, Raw, body_of

if TYPE_CHECKING:
    from tests.matrix.fake import FakeServer

CROSS_SIGNING = {
    "master_key": "master_keys",
    "self_signing_key": "self_signing_keys",
    "user_signing_key": "user_signing_keys",
}


class KeyTables:
    """Keys and to-device messages. Part of `FakeServer`."""

    def __init__(self) -> None:
        self.device_keys: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.one_time_keys: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self.fallback_keys: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self.fallback_used: set[tuple[str, str]] = set()
        self.cross_signing: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in CROSS_SIGNING.values()}
        self.device_changes: list[tuple[int, str]] = []
        self.to_device: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
        self.to_device_position = 0
        self.sent_txns: dict[tuple[str, ...], Any] = {}

    def key_routes(self: FakeServer) -> Iterable[tuple[str, str, Any]]:  # type: ignore[misc]
        return [
            ("POST", "/v3/keys/upload", self._keys_upload),
            ("POST", "/v3/keys/query", self._keys_query),
            ("POST", "/v3/keys/claim", self._keys_claim),
            ("POST", "/v3/keys/device_signing/upload", self._device_signing),
            ("POST", "/v3/keys/signatures/upload", self._signatures),
            ("PUT", "/v3/sendToDevice/{type}/{txn}", self._send_to_device),
        ]

    # What a test tells it

    def push_to_device(self: FakeServer, user: str, device: str, event: dict[str, Any] | Raw) -> None:  # type: ignore[misc]
        """Put a to-device event, however malformed, into a device's queue."""
        self.to_device_position += 1
        self.to_device[user, device].append((self.to_device_position, event))
        self.touch()

    def forget_device(self: FakeServer, user: str, device: str) -> None:  # type: ignore[misc]
        self.devices[user].discard(device)
        self.device_keys[user].pop(device, None)
        self.one_time_keys.pop((user, device), None)
        self.fallback_keys.pop((user, device), None)
        self.device_changes.append((self.tick(), user))

    # For /sync

    def to_device_seen(self, user: str, device: str, upto: int) -> None:
        self.to_device[user, device] = [entry for entry in self.to_device[user, device] if entry[0] > upto]

    def to_device_after(self, user: str, device: str, after: int, limit: int) -> tuple[list[Any], int]:
        entries = [entry for entry in self.to_device[user, device] if entry[0] > after][:limit]
        return [event for _, event in entries], entries[-1][0] if entries else after

    def changed_devices(self: FakeServer, user: str, since: int) -> list[str]:  # type: ignore[misc]
        seen = {other for position, other in self.device_changes if position > since}
        return sorted(other for other in seen if other == user or self.share_room(user, other))

    def key_counts(self, user: str, device: str) -> dict[str, Any]:
        spare = (user, device) in self.fallback_keys and (user, device) not in self.fallback_used
        return {
            "device_one_time_keys_count": {"signed_curve25519": len(self.one_time_keys[user, device])},
            "device_unused_fallback_key_types": ["signed_curve25519"] if spare else [],
        }

    # Requests

    async def _keys_upload(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        body, user, device = await body_of(request), request[USER], request[DEVICE]
        if "device_keys" in body:
            kept = self.device_keys[user].get(device)
            if kept is None or kept["keys"] != body["device_keys"]["keys"]:
                self.device_keys[user][device] = body["device_keys"]
                self.device_changes.append((self.tick(), user))
        held = self.one_time_keys[user, device]
        for name, key in body.get("one_time_keys", {}).items():
            if name in held and held[name] != key:
                raise Problem(400, "M_UNKNOWN", f"One time key {name} already exists")
            held[name] = key
        if "fallback_keys" in body:
            self.fallback_keys[user, device] = body["fallback_keys"]
            self.fallback_used.discard((user, device))
        return {"one_time_key_counts": {"signed_curve25519": len(held), "curve25519": 0}}

    async def _keys_query(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        wanted = (await body_of(request)).get("device_keys", {})
        known = [user for user in wanted if user in self.passwords]
        answer: dict[str, Any] = {
            "device_keys": {user: copy.deepcopy(self.device_keys[user]) for user in known},
            "failures": {},
        }
        for name, table in self.cross_signing.items():
            if name == "user_signing_keys":
                answer[name] = {user: table[user] for user in known if user in table and user == request[USER]}
            else:
                answer[name] = {user: table[user] for user in known if user in table}
        return answer

    async def _keys_claim(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        answer: dict[str, dict[str, Any]] = defaultdict(dict)
        for user, devices in (await body_of(request)).get("one_time_keys", {}).items():
            for device in devices:
                held = self.one_time_keys.get((user, device))
                if held:
                    name = next(iter(held))
                    answer[user][device] = {name: held.pop(name)}
                elif self.fallback_keys.get((user, device)):
                    answer[user][device] = dict(self.fallback_keys[user, device])
                    self.fallback_used.add((user, device))
        self.touch()
        return {"one_time_keys": answer, "failures": {}}

    async def _device_signing(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        body, user = await body_of(request), request[USER]
        held = self.cross_signing["master_keys"].get(user)
        new = body.get("master_key")
        if held and new and held["keys"] != new["keys"]:
            auth = body.get("auth") or {}
            if auth.get("password") != self.passwords[user]:
                flows = [{"stages": ["m.login.password"]}]
                raise Problem(401, "", "", session="uia", flows=flows, params={}, completed=[])
        for name, table in CROSS_SIGNING.items():
            if name in body:
                self.cross_signing[table][user] = body[name]
        self.device_changes.append((self.tick(), user))
        return {}

    async def _signatures(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        for user, signed in (await body_of(request)).items():
            for name, thing in signed.items():
                held = self.device_keys[user].get(name)
                if held is None:
                    tables = self.cross_signing.values()
                    held = next((t[user] for t in tables if user in t and name in _publics(t[user])), None)
                if held is None:
                    return {"failures": {user: {name: {"errcode": "M_NOT_FOUND", "error": "no such key"}}}}
                for signer, signatures in thing.get("signatures", {}).items():
                    held.setdefault("signatures", {}).setdefault(signer, {}).update(signatures)
            self.device_changes.append((self.tick(), user))
        return {"failures": {}}

    async def _send_to_device(self: FakeServer, request: web.Request) -> Any:  # type: ignore[misc]
        body, sender = await body_of(request), request[USER]
        key = (request[DEVICE], request.match_info["type"], request.match_info["txn"])
        if key in self.sent_txns:
            return {}
        self.sent_txns[key] = {}
        for user, devices in body["messages"].items():
            for device, content in devices.items():
                event = {"sender": sender, "type": request.match_info["type"], "content": content}
                for target in sorted(self.devices[user]) if device == "*" else [device]:
                    self.push_to_device(user, target, event)
        return {}


def _publics(key: dict[str, Any]) -> list[str]:
    return [name.partition(":")[2] for name in key["keys"]]
