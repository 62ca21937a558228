"""What the bot connects to, as it is configured: its account, its database, the channels outside. Guarantee: a secret
is given in the configuration or in a file of its own, read once, and is in no text that can be shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from bot import faults
from bot.values import FilePath, check_web_address, is_loopback

_USER_ID = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.\-\[\]:]+")
_ALIAS = re.compile(r"#[^\s:]+:[A-Za-z0-9.\-\[\]:]+")


class Section(BaseModel):
    """A section of the configuration: a key that nobody knows is refused, and what was typed stands in no error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


FROM_FILES = ("password", "access_token", "store_passphrase", "url", "recipients")
"""What may be given as the name of a file that holds it."""


class _Secrets(Section):
    """A section of which some keys may be given as the name of a file, read once, at start."""

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, data: object, info: ValidationInfo) -> object:
        if not isinstance(data, dict):
            return data
        read = dict(data)
        for key in [f"{name}_file" for name in FROM_FILES if f"{name}_file" in data]:
            name = key.removesuffix("_file")
            if name in data:
                raise faults.RefusedError(faults.both_given(name, key))
            read[name] = _secret(key, read.pop(key), info)
        return read


def _secret(key: str, value: object, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not value:
        raise faults.RefusedError(faults.path_expected(key))
    path: Path = (info.context["folder"] if info.context else Path()) / value
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise faults.RefusedError(faults.secret_unreadable(key, path, fault)) from fault
    if not secret:
        raise faults.RefusedError(faults.secret_empty(key, path))
    return secret


class Matrix(_Secrets):
    """The bot's account and where its device keeps its keys."""

    homeserver: str
    user_id: str
    password: SecretStr | None = Field(default=None, min_length=1)
    access_token: SecretStr | None = Field(default=None, min_length=1)
    alert_room: str = ""
    staff_room: str = ""
    """Where texts for the staff may be sent: an encrypted room that exists, and in which the bot only speaks."""
    store: FilePath = Field(default="data/crypto", validate_default=True)
    store_passphrase: SecretStr = Field(min_length=1)
    unsigned_devices: Literal["warn", "refuse"] = "warn"
    rooms: Literal["one", "tracks"] = "one"
    """Whether each track has a room of its own besides the cell's."""
    allow_http: bool = False

    @field_validator("user_id")
    @classmethod
    def _check_user_id(cls, value: str) -> str:
        if not _USER_ID.fullmatch(value):
            raise faults.RefusedError(faults.user_id(value))
        return value

    @field_validator("homeserver")
    @classmethod
    def _check_homeserver(cls, value: str) -> str:
        check_web_address(value)
        return value

    @field_validator("alert_room", "staff_room")
    @classmethod
    def _check_alias(cls, value: str) -> str:
        if value and not _ALIAS.fullmatch(value):
            raise faults.RefusedError(faults.room_alias(value))
        return value

    @model_validator(mode="after")
    def _check_account(self) -> Matrix:
        url = urlsplit(self.homeserver)
        if url.scheme == "http" and not self.allow_http and not is_loopback(url.hostname or ""):
            raise faults.RefusedError(faults.plain_http(self.homeserver))
        if self.password is None and self.access_token is None:
            raise faults.RefusedError(faults.no_credentials())
        return self

    @property
    def server_name(self) -> str:
        """Return the server's part of the bot's Matrix id."""
        return self.user_id.partition(":")[2]


class Database(_Secrets):
    """Where the state lives. The address may hold a password: it is never shown."""

    url: str = Field(default="sqlite:///data/tocsin.db", repr=False, validate_default=True)

    @field_validator("url")
    @classmethod
    def _settle(cls, value: str, info: ValidationInfo) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + value.partition("://")[2]
        if value.startswith("postgresql+psycopg://") or value in {"sqlite://", "sqlite:///:memory:"}:
            return value
        if not value.startswith("sqlite:///") or value == "sqlite:///":
            raise faults.RefusedError(faults.database_url())
        path = Path(value.removeprefix("sqlite:///"))
        return f"sqlite:///{info.context['folder'] / path if info.context else path}"

    @property
    def path(self) -> Path | None:
        """Return the SQLite file, or None for another database or one in memory."""
        name = self.url.removeprefix("sqlite:///")
        return Path(name) if name not in {self.url, ":memory:"} else None


class Channel(_Secrets):
    """A gateway to people who are not looking at Matrix. Its address, as apprise writes it, holds secrets; `{to}` in it
    stands for the number or address of who is called.

    `texts`: for whom the texts may be that are sent by it, none unless said; `recipients`: to whom those go, numbers or
    addresses, in a file one a line.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    url: SecretStr
    texts: tuple[Literal["staff", "partners"], ...] = ()
    recipients: tuple[str, ...] = Field(default=(), repr=False)

    @field_validator("recipients", mode="before")
    @classmethod
    def _one_a_line(cls, value: object) -> object:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
            return lines
        return tuple(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))

    @model_validator(mode="after")
    def _whole(self) -> Channel:
        if self.texts and not (self.recipients and "{to}" in self.url.get_secret_value()):
            raise faults.RefusedError(faults.channel_texts(self.id))
        return self


def secrets_of(url: str) -> list[str]:
    """A gateway's address whole, and the password in it: what a library may repeat of it."""
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    return [url, *([password] if password else [])]
