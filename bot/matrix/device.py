"""What is kept of our device on disk. Guarantee: for its owner only, complete or not written, and in the
hands of one process at a time.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
from pathlib import Path
from typing import Any

from bot.domain.language import Both
from bot.matrix.errors import LoggedOut, StoreInUse


class DeviceFolder:
    """The folder with the device's session and keys."""

    def __init__(self, folder: Path, user_id: str) -> None:
        self.folder = folder
        self._user_id = user_id
        self._lock: int | None = None

    def database(self, device: str) -> Path:
        """Return the file in which nio keeps the device's keys."""
        return self.folder / f"{self._user_id}_{device}.db"

    def take(self) -> None:
        """Make the folder ours, 0700, until `release`. Raises StoreInUse."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if self._lock is not None:
            return
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise StoreInUse(
                Both(f"un autre processus utilise {self.folder}", f"another process uses {self.folder}")
            ) from error
        self._lock = handle

    def release(self) -> None:
        """Let others take the folder. Can be called twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def prepare(self, device: str) -> None:
        """Make nio's trust files before it does, with a mode of our own."""
        for name in ("trusted", "ignored", "blacklisted"):
            (self.folder / f"{self._user_id}_{device}.{name}_devices").touch(mode=0o600)

    def read_session(self) -> dict[str, Any]:
        """Return the session as last written; empty if there is none. Raises LoggedOut for another's."""
        try:
            known = json.loads((self.folder / "session.json").read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            file = self.folder / "session.json"
            raise LoggedOut(Both(f"{file} est abîmé : {error}", f"{file} is damaged: {error}")) from error
        if known.get("user_id") != self._user_id:
            owner = known.get("user_id")
            raise LoggedOut(Both(f"{self.folder} est à {owner}", f"{self.folder} belongs to {owner}"))
        return dict(known)

    def write_session(self, device: str, token: str | None, *, shared: bool | None = None) -> None:
        """Keep the session, on disk when this returns. `shared`: the device has keys, without which it is
        lost.
        """
        if shared is None:
            shared = bool(device) and self.database(device).exists()
        content = {"user_id": self._user_id, "device_id": device, "access_token": token, "shared": shared}
        retired = self.read_session().get("retired")
        self._write(content | ({"retired": retired} if retired else {}))

    def retire(self, device: str, token: str | None) -> None:
        """The device came back from a copy: it is kept to read with, and the next session is of another."""
        retired = {"device_id": device, "access_token": token}
        empty = {"user_id": self._user_id, "device_id": "", "access_token": None, "shared": False}
        self._write(empty | ({"retired": retired} if device else {}))

    def forget(self, device: str) -> None:
        """The device that was retired has nothing to give any more: delete its keys."""
        kept = self.read_session()
        kept.pop("retired", None)
        self._write(kept)
        for file in self.folder.glob(f"{glob.escape(f'{self._user_id}_{device}')}.*"):
            file.unlink()

    def _write(self, content: dict[str, Any]) -> None:
        target = self.folder / "session.json"
        draft = target.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
