"""`tocsin backup` and `tocsin restore`. Guarantee: a copy is whole and of one moment, or it is not there; nothing
that is newer than the copy is ever put aside for it, and what is put aside is kept.

The order makes the moment one. The bot stores its sync token, in the database, only after the keys that came with it
are in the device's store: so the database is copied first, the keys after it, and the keys of a copy are never behind
its token. The passphrase is not in the copy: without it the device's keys, its session, the identity and the log's keys
do not open. What was said is in the database, and so in the copy, in clear.

What comes back from a copy is behind the world. A device whose ratchets went on must not be put back: it would encrypt
twice with one key, and offer one-time keys under names that are taken. So a restored device only reads what still waits
for it on the homeserver, and the bot goes on as a new device, signed by the same identity (`bot.matrix.successor`).
What nobody can give back is a room key that was handed to the lost machine after the copy: the messages under it are
logged as unreadable, and their author is asked to repeat them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.clock import SystemClock
from bot.config import Config
from bot.domain.language import Both
from bot.matrix.device import DeviceFolder
from bot.matrix.errors import LoggedOut, StoreInUse
from bot.matrix.identity import read_seeds
from bot.spoken import Told, spoken
from bot.store import backup as store
from bot.store.db import file_of, parse_url
from bot.store.faults import StoreFault
from bot.store.lock import AlreadyHeld, InstanceLock
from bot.store.sealing import NotOpened, seal, unseal
from bot.system_words import why_of

USAGE: Final = 2
HELD: Final = 3
FORMAT: Final = "tocsin-backup/1"
DATABASE: Final = "database.db"
KEYS: Final = "keys"
MANIFEST: Final = "manifest.json"
SESSION: Final = "session.json"
LOCKS: Final = frozenset({"lock", "instance.lock"})
_LEFTOVERS: Final = (".new", ".part", ".partial", "-journal", "-wal", "-shm")


class BackupRefused(Told):
    """The copy was not made, or not put back; says why, and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was put back: of when it is, and where what was there before is now (None: there was nothing)."""

    made_at: datetime
    before: Path | None


# -- on the command line ----------------------------------------------------------------------------------------------


def main_backup(config: Config, target: Path) -> int:
    """Make a copy and say so; return the exit code: 0, or 2 with the reason on standard error."""
    try:
        back_up(config, target.absolute(), SystemClock().now())
    except (BackupRefused, StoreFault) as refusal:
        return _fail(refusal, USAGE)
    said = Both(
        f"Copie faite dans {target}. Elle ne contient pas la phrase secrète du magasin "
        f"({config.matrix.store}) : gardez-la ailleurs, sans elle rien ne s’ouvre.",
        f"Copied into {target}. The store's passphrase ({config.matrix.store}) is not in it: keep it elsewhere, "
        "without it nothing opens.",
    )
    print(said.get(spoken()))
    return 0


def main_restore(config: Config, source: Path) -> int:
    """Put a copy back and say what follows; return the exit code: 0, 2 refused, 3 something runs there."""
    try:
        done = restore(config, source, SystemClock().now())
    except (AlreadyHeld, StoreInUse) as refusal:
        return _fail(refusal, HELD)
    except (BackupRefused, StoreFault, LoggedOut, NotOpened) as refusal:
        return _fail(refusal, USAGE)
    moment = f"{done.made_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        Both(f"Rétabli dans l’état du {moment}.", f"Restored to the state of {moment}."),
        Both(
            "Au prochain démarrage le bot lit ce que le serveur a gardé, puis continue sous un nouvel appareil, signé "
            "par la même identité ; l’ancien, dont les clés ne doivent plus servir, est déconnecté.",
            "At its next start the bot reads what the homeserver has kept, then goes on as a new device, signed by the "
            "same identity; the old one, whose keys must serve no more, is logged out.",
        ),
    ]
    if done.before is not None:
        lines.append(Both(f"Ce qui était là est dans {done.before}.", f"What was there is in {done.before}."))
    print("\n".join(line.get(spoken()) for line in lines))
    return 0


def _fail(refusal: Exception, code: int) -> int:
    print(str(refusal), file=sys.stderr)
    return code


# -- making one -------------------------------------------------------------------------------------------------------


def back_up(config: Config, target: Path, now: datetime) -> Path:
    """Copy the database and the keys into a new folder, with the bot running or not; return the folder.

    Raises BackupRefused, StoreFault. The folder is 0700, the files 0600, all on disk when this returns.
    """
    keys = config.matrix.store
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupRefused(
            Both(
                f"{target} existe déjà : donnez le nom d’un dossier nouveau.",
                f"{target} is already there: name a new folder.",
            )
        )
    if not (keys / SESSION).exists():
        raise BackupRefused(
            Both(
                f"Il n’y a pas encore de clés dans {keys} : le bot n’a jamais démarré.",
                f"There are no keys in {keys} yet: the bot has never been started.",
            )
        )
    partial = target.with_name(f"{target.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / KEYS).mkdir(mode=0o700, parents=True)
        partial.chmod(0o700)
        store.copy(config.database.url, partial / DATABASE)
        _copy_keys(keys, partial / KEYS, config.matrix.store_passphrase.get_secret_value())
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "user_id": config.matrix.user_id,
            "database": store.as_json(store.contents(partial / DATABASE)),
            "files": list(_files(partial)),
        }
        _write(partial / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        _sync_folders(partial)
        if target.exists():
            target.rmdir()
        partial.rename(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(
            Both(
                f"La copie n’a pas pu être écrite dans {target} : {error}.",
                f"The copy could not be written to {target}: {error}.",
            )
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _copy_keys(keys: Path, target: Path, passphrase: str) -> None:
    """The files as they are, but that the session, which holds the access token in clear, is sealed."""
    for file in sorted(keys.iterdir()):
        if not file.is_file() or file.name in LOCKS or file.name.endswith(_LEFTOVERS):
            continue
        if file.suffix == ".db":
            store.copy_keys(file, target / file.name)
        elif file.name == SESSION:
            _write(target / file.name, seal(file.read_bytes(), passphrase))
        else:
            _write(target / file.name, file.read_bytes())


def _files(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != MANIFEST:
            name = file.relative_to(folder).as_posix()
            yield {"path": name, "size": file.stat().st_size, "sha256": _digest(file)}


# -- putting one back -------------------------------------------------------------------------------------------------


def restore(config: Config, source: Path, now: datetime) -> Restored:
    """Put a copy in the place that the configuration names; nothing may be running there.

    Raises AlreadyHeld and StoreInUse where a bot runs; BackupRefused where the copy is damaged or another account's,
    and where what is there is newer; LoggedOut where the passphrase is another; StoreFault. What was there is moved
    aside, not deleted.
    """
    manifest = _read(source)
    if manifest["user_id"] != config.matrix.user_id:
        raise BackupRefused(
            Both(
                f"Cette copie est celle de {manifest['user_id']}, la configuration est de {config.matrix.user_id}.",
                f"This copy is of {manifest['user_id']}, the configuration of {config.matrix.user_id}.",
            )
        )
    made_at, held = datetime.fromisoformat(manifest["made_at"]), store.from_json(manifest["database"])
    _refuse_later_version(held)
    # Raises LoggedOut, whose sentence says that the passphrase is another.
    passphrase = config.matrix.store_passphrase.get_secret_value()
    read_seeds(source / KEYS, passphrase)
    keys, url = config.matrix.store, config.database.url
    folder = DeviceFolder(keys, config.matrix.user_id)
    with InstanceLock(keys, url):
        folder.take()
        try:
            path = file_of(parse_url(url))
            if path is None:
                from bot.store.transfer import from_file

                from_file(source / DATABASE, url, keys.parent)
                store.mark_restored(url, made_at, now)
                aside = _put_aside(keys, None, now)
            else:
                _refuse_newer(path, held)
                aside = _put_aside(keys, path, now)
                _put_database(source / DATABASE, path, made_at, now)
            _put_keys(source / KEYS, keys, passphrase)
        except (OSError, sqlite3.Error) as error:
            raise BackupRefused(
                Both(
                    f"La copie n’a pas pu être rétablie : {error}. Relancez la commande une fois la place faite.",
                    f"The copy could not be restored: {error}. Run the command again once there is room.",
                )
            ) from error
        finally:
            folder.release()
    return Restored(made_at, aside)


def _read(source: Path) -> dict[str, Any]:
    """The manifest, every file of which was read and found to be as it was written."""
    try:
        manifest = json.loads((source / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            raise ValueError(str(manifest["format"]))
        datetime.fromisoformat(manifest["made_at"])
        store.from_json(manifest["database"])
        wanted = {str(file["path"]): (file["size"], file["sha256"]) for file in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(
            Both(
                f"{source} n’est pas une copie faite par « tocsin backup » ({why_of(error).fr}).",
                f"{source} is not a copy made by “tocsin backup” ({why_of(error).en}).",
            )
        ) from error
    found = {file["path"]: (file["size"], file["sha256"]) for file in _files(source)}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise BackupRefused(
                Both(
                    f"La copie est abîmée : {name} n’est pas tel qu’il a été écrit. Prenez une autre copie.",
                    f"The copy is damaged: {name} is not as it was written. Take another copy.",
                )
            )
    return dict(manifest)


def _refuse_later_version(held: store.Contents) -> None:
    """Before anything is moved: a copy that this program cannot read takes no store's place."""
    try:
        store.refuse_newer(held)
    except StoreFault as fault:
        raise BackupRefused(
            Both(
                f"Cette copie vient d’une version plus récente de Tocsin (révision {held.revision}) : "
                "installez-la, puis relancez la commande. Rien n’a été touché.",
                f"This copy comes from a later version of Tocsin (revision {held.revision}): "
                "install it, then run the command again. Nothing was touched.",
            )
        ) from fault


def _refuse_newer(path: Path, held: store.Contents) -> None:
    if not path.exists():
        return
    try:
        here = store.checkpointed(path)
    except StoreFault:
        return  # it cannot be read: that is why a copy is put back, and it is kept beside
    if here.goes_beyond(held):
        raise BackupRefused(
            Both(
                f"La base {path} contient ce que la copie n’a pas : elle est plus récente. "
                "Si vous voulez vraiment revenir en arrière, déplacez-la d’abord.",
                f"The database {path} holds what the copy does not: it is newer. "
                "If you really mean to go back, move it away first.",
            )
        )


def _put_aside(keys: Path, database: Path | None, now: datetime) -> Path | None:
    """Move what is there into a folder beside, whose name says when; None if there is nothing."""
    there = [file for file in sorted(keys.iterdir()) if file.name not in LOCKS] if keys.exists() else []
    if database is not None:
        names = (database.name, f"{database.name}-wal", f"{database.name}-shm")
        there += [file for name in names if (file := database.with_name(name)).exists()]
    if not there:
        return None
    aside = keys.with_name(f"{keys.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in there:
        shutil.move(file, aside / file.name)
    _sync(aside)
    return aside


def _put_database(source: Path, path: Path, made_at: datetime, now: datetime) -> None:
    """The database first: a bot that is started over a database without its keys refuses to run."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.restoring")
    for name in ("", "-wal", "-shm"):
        draft.with_name(draft.name + name).unlink(missing_ok=True)
    _write(draft, b"")
    shutil.copyfile(source, draft)
    store.mark_restored(f"sqlite:///{draft}", made_at, now)
    store.checkpointed(draft)
    for name in ("-wal", "-shm"):
        draft.with_name(draft.name + name).unlink(missing_ok=True)
    draft.rename(path)
    _sync(path.parent)


def _put_keys(source: Path, keys: Path, passphrase: str) -> None:
    """The identity last: a bot that is started before it is there refuses to run, for its account has one already."""
    for file in sorted(source.iterdir(), key=lambda file: (file.name == "identity", file.name)):
        data = file.read_bytes()
        if file.name == SESSION:
            data = json.dumps({**json.loads(unseal(data, passphrase)), "restored": True}).encode()
        _write(keys / file.name, data)
    _sync(keys)


# -- files ------------------------------------------------------------------------------------------------------------


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folders(folder: Path) -> None:
    for place in (*(file for file in folder.rglob("*") if file.is_dir()), folder):
        _sync(place)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
