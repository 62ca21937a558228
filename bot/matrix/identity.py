"""The bot's own cross-signing identity.

Guarantee: the three seeds are made once and are on disk, sealed, before the server hears of their public
halves; an identity on the server that is not ours is never overwritten; whoever gets `Signed` back talks
through a device that other clients take for its owner's (MSC4153: they withhold keys from unsigned ones).
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.domain.language import Both
from bot.matrix import keys
from bot.matrix.client import Client, path
from bot.matrix.errors import LoggedOut, MatrixRefused
from bot.matrix.signatures import (
    Chain,
    Json,
    dig,
    has_signature,
    is_signed_by,
    public_key,
    read_chain,
    sign,
    the_key,
)
from bot.spoken import Told
from bot.store.sealing import NotOpened, seal, unseal

log = structlog.get_logger(__name__)

FILE = "identity"
USAGES = ("master", "self_signing", "user_signing")


class ForeignIdentity(Told):
    """The server holds identity keys for our account that are not ours: a human must decide (exit 4)."""


class NotSigned(Exception):  # noqa: N818
    """Our device could not be shown to be signed: not ready."""


@dataclass(frozen=True)
class Seeds:
    """The private halves of a cross-signing identity, 32 bytes each, and the account that they belong to."""

    user: str
    master: bytes
    self_signing: bytes
    user_signing: bytes

    def public(self, usage: str) -> str:
        """Return the public half of the key made for `usage`."""
        return public_key(getattr(self, usage))


@dataclass(frozen=True)
class Signed:
    """What was checked against the server: our master key and our device's Ed25519 key, unpadded base64."""

    master: str
    device_id: str
    device_key: str

    @property
    def fingerprint(self) -> str:
        """The master key, as other clients show it, in groups of four."""
        return grouped(self.master)

    @property
    def device_fingerprint(self) -> str:
        """The device's key, as other clients show it, in groups of four."""
        return grouped(self.device_key)


def grouped(key: str) -> str:
    """Return a key in groups of four characters, as Element shows a session key."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def read_seeds(folder: Path, passphrase: str) -> Seeds | None:
    """Return the seeds kept in `folder`, or None if there are none; LoggedOut if they cannot be unsealed."""
    file = folder / FILE
    if not file.exists():
        return None
    try:
        kept = json.loads(unseal(file.read_bytes(), passphrase))
        return Seeds(kept["user"], *(bytes.fromhex(kept[usage]) for usage in USAGES))
    except (NotOpened, ValueError, KeyError, TypeError) as error:
        raise LoggedOut(
            Both(
                f"L’identité du bot ne s’ouvre pas ({file}) : rétablissez le fichier ou sa phrase secrète.",
                f"The bot's identity does not open ({file}): restore the file or its passphrase.",
            )
        ) from error


def make_seeds(folder: Path, passphrase: str, user: str) -> Seeds:
    """Make the seeds and have them on the disk, file and folder, before returning; never over others."""
    seeds = Seeds(user, *(secrets.token_bytes(32) for _ in USAGES))
    plain = {"user": user} | {usage: getattr(seeds, usage).hex() for usage in USAGES}
    _write_durably(folder / FILE, seal(json.dumps(plain).encode(), passphrase))
    return seeds


def _write_durably(file: Path, data: bytes) -> None:
    if file.exists():
        raise FileExistsError(file)
    partial = file.with_name(file.name + ".part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a rename is durable only when its folder is
    finally:
        os.close(folder)


async def ensure_signed(client: Client, folder: Path, passphrase: str, password: str | None = None) -> Signed:
    """Make, upload or repair our cross-signing until /keys/query shows the whole chain; return what it shows.

    `password` answers the server when it asks for it (user-interactive authentication). Raises
    ForeignIdentity, and NotSigned with what is missing; network trouble comes out as the client raises it.
    Called at every start.
    """
    await _upload_device(client)
    answer = await _query(client)
    seeds = _our_seeds(client, folder, passphrase, answer)
    _check_device(client, answer)
    if _published(answer, seeds) != {usage: seeds.public(usage) for usage in USAGES}:
        await _upload_identity(client, seeds, password)
        answer = await _query(client)
    missing = _missing_signatures(client, seeds, answer)
    if missing:
        await _upload_signatures(client, missing)
        answer = await _query(client)
    return check_signed(client, seeds.public("master"), answer)


def check_signed(client: Client, master: str, answer: Json) -> Signed:
    """Return our identity if `answer` (/keys/query) shows the chain from `master` to our device."""
    chain: Chain = read_chain(answer, client.user_id)
    if chain.master != master:
        raise NotSigned("the server does not show the bot's master key")
    if chain.self_signing is None:
        raise NotSigned("the server does not show a self-signing key signed by the bot's master key")
    device = chain.devices.get(client.device_id)
    if device is None or not device.signed:
        raise NotSigned("the server does not show the bot's device as signed by its owner")
    ours = _device_keys(client)
    if (device.ed25519, device.curve25519) != (ours["ed25519"], ours["curve25519"]):
        raise NotSigned("the server shows other keys for the bot's device")
    return Signed(master, client.device_id, device.ed25519)


def _our_seeds(client: Client, folder: Path, passphrase: str, answer: Json) -> Seeds:
    seeds = read_seeds(folder, passphrase)
    shown = the_key(dig(answer, "master_keys", client.user_id), client.user_id, "master")
    if seeds is not None and seeds.user != client.user_id:
        raise ForeignIdentity(
            Both(
                f"L’identité du magasin est celle de {seeds.user}, non de {client.user_id}.",
                f"The identity in the store belongs to {seeds.user}, not to {client.user_id}.",
            )
        )
    if shown is not None and (seeds is None or shown != seeds.public("master")):
        raise ForeignIdentity(
            Both(
                f"Le serveur tient pour {client.user_id} une identité qui n’est pas dans le magasin : "
                "rétablissez la sauvegarde, ou réinitialisez l’identité du compte.",
                f"The server holds an identity for {client.user_id} that is not in the store: "
                "restore the backup, or reset the account's identity.",
            )
        )
    return seeds or make_seeds(folder, passphrase, client.user_id)


async def _upload_device(client: Client) -> None:
    """Have the device's own keys on the server: what is not there cannot be signed."""
    if not client.olm.account.shared:
        await keys.upload(client)


def _check_device(client: Client, answer: Json) -> None:
    keys = dig(answer, "device_keys", client.user_id, client.device_id, "keys")
    ours = {f"{kind}:{client.device_id}": key for kind, key in _device_keys(client).items()}
    if keys != ours:
        raise NotSigned(f"the server shows other keys for device {client.device_id}: log in as a new device")


def _device_keys(client: Client) -> dict[str, str]:
    identity = client.olm.account.identity_keys
    return {"ed25519": identity["ed25519"], "curve25519": identity["curve25519"]}


async def _query(client: Client) -> Json:
    return (await client.raw("POST", path("keys", "query"), {"device_keys": {client.user_id: []}})).body


def _published(answer: Json, seeds: Seeds) -> dict[str, str | None]:
    """The keys that the server shows, of those that hang together under our master key."""
    master = seeds.public("master")
    shown: dict[str, str | None] = {}
    for usage in USAGES:
        # The user-signing key is shown to its owner only, and that is who asks.
        key = dig(answer, f"{usage}_keys", seeds.user)
        valid = usage == "master" or is_signed_by(key, seeds.user, master)
        shown[usage] = the_key(key, seeds.user, usage) if valid else None
    return shown


def _key_objects(seeds: Seeds) -> Json:
    objects: Json = {}
    for usage in USAGES:
        key = seeds.public(usage)
        objects[f"{usage}_key"] = {"user_id": seeds.user, "usage": [usage], "keys": {f"ed25519:{key}": key}}
    master = seeds.public("master")
    for usage in USAGES[1:]:
        value = objects[f"{usage}_key"]
        value["signatures"] = {seeds.user: {f"ed25519:{master}": sign(value, seeds.master)}}
    return objects


async def _upload_identity(client: Client, seeds: Seeds, password: str | None) -> None:
    where, body = path("keys", "device_signing", "upload"), _key_objects(seeds)
    try:
        await client.raw("POST", where, body)
    except MatrixRefused as refusal:
        if refusal.status != 401 or refusal.errcode == "M_UNKNOWN_TOKEN":
            raise
        if password is None:
            raise NotSigned("the server asks for the account's password to accept its identity") from refusal
        auth: Json = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": client.user_id},
            "password": password,
        }
        session = refusal.body.get("session")
        await client.raw("POST", where, body | {"auth": auth | ({"session": session} if session else {})})
    log.info("identity uploaded", user=client.user_id)


def _missing_signatures(client: Client, seeds: Seeds, answer: Json) -> Json:
    """What must still be signed: the device by the self-signing key, the master key by the device."""
    user, device_id = client.user_id, client.device_id
    missing: Json = {}
    device = dig(answer, "device_keys", user, device_id)
    self_signing = seeds.public("self_signing")
    if not is_signed_by(device, user, self_signing):
        missing[device_id] = _signed(device, user, f"ed25519:{self_signing}", sign(_bare(device), seeds.self_signing))
    master = dig(answer, "master_keys", user)
    if not has_signature(master, user, device_id, _device_keys(client)["ed25519"]):
        olm: Any = client.olm
        missing[seeds.public("master")] = _signed(master, user, f"ed25519:{device_id}", olm.sign_json(_bare(master)))
    return missing


def _bare(value: object) -> Json:
    if not isinstance(value, dict):
        raise NotSigned("the server does not show the keys that it was given")
    return {key: part for key, part in value.items() if key not in ("signatures", "unsigned")}


def _signed(value: object, user: str, key_id: str, signature: str) -> Json:
    return _bare(value) | {"signatures": {user: {key_id: signature}}}


async def _upload_signatures(client: Client, missing: Json) -> None:
    answer = await client.raw("POST", path("keys", "signatures", "upload"), {client.user_id: missing})
    failures = answer.body.get("failures")
    if failures:
        raise NotSigned(f"the server refused signatures: {json.dumps(failures)[:500]}")
    log.info("identity signed", user=client.user_id, objects=len(missing))
