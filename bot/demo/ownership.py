"""A player's own identity: the keys with which a person says "this device is mine" (cross-signing).

Guarantee: written apart from the bot's own, so that what one side gets wrong the other side does not repeat.
The identity lives as long as the player does; it is made for accounts that are thrown away.
"""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nio.client.async_client import AsyncClient
from unpaddedbase64 import encode_base64

Json = dict[str, Any]

_API = "/_matrix/client/v3/keys"


class OwnershipError(Exception):
    """The homeserver did not take the player's identity; the message is its answer."""


class Ownership:
    """A master key, and the two keys that it signs (Matrix specification, "Cross-signing")."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self._master = Ed25519PrivateKey.generate()
        self._self_signing = Ed25519PrivateKey.generate()
        self._user_signing = Ed25519PrivateKey.generate()
        self._published = False

    async def sign(self, client: AsyncClient) -> None:
        """Publish the identity the first time, then sign this client's device; its keys are on the server."""
        if not self._published:
            await self._publish(client)
            self._published = True
        answer = await _post(client, "query", {"device_keys": {self.user_id: []}})
        device = answer["device_keys"][self.user_id][client.device_id]
        signed = self._sign(_bare(device), self._self_signing)
        refused = (await _post(client, "signatures/upload", {self.user_id: {client.device_id: signed}})).get("failures")
        if refused:
            raise OwnershipError(f"the signature of {client.device_id} was refused: {refused}")

    async def _publish(self, client: AsyncClient) -> None:
        body = {
            "master_key": self._key_object("master", self._master),
            "self_signing_key": self._sign(self._key_object("self_signing", self._self_signing), self._master),
            "user_signing_key": self._sign(self._key_object("user_signing", self._user_signing), self._master),
        }
        await _post(client, "device_signing/upload", body)

    def _key_object(self, usage: str, key: Ed25519PrivateKey) -> Json:
        public = _public(key)
        return {"user_id": self.user_id, "usage": [usage], "keys": {f"ed25519:{public}": public}}

    def _sign(self, value: Json, key: Ed25519PrivateKey) -> Json:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        signature = str(encode_base64(key.sign(text.encode())))
        return {**value, "signatures": {self.user_id: {f"ed25519:{_public(key)}": signature}}}


def _bare(value: Json) -> Json:
    return {name: part for name, part in value.items() if name not in ("signatures", "unsigned")}


def _public(key: Ed25519PrivateKey) -> str:
    return str(encode_base64(key.public_key().public_bytes_raw()))


async def _post(client: AsyncClient, what: str, body: Json) -> Json:
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    response = await client.send("POST", f"{_API}/{what}", json.dumps(body), headers)
    answer: Json = await response.json()
    if response.status != 200:
        raise OwnershipError(f"{what}: {response.status} {answer.get('error', answer)}")
    return answer
