"""The model of `tocsin.toml`. Guarantee: what this model accepts can be used as it is.

Secrets are read and never part of a text that can be shown; paths are absolute, relative ones having been
taken from the file's folder; zones, addresses and durations are checked.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography import x509
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot import faults
from bot.domain.language import Language, fold
from bot.domain.roles import Role, find_role
from bot.values import (
    Country,
    Duration,
    FilePath,
    Flags,
    Size,
    Zone,
    check_web_address,
    is_loopback,
    words,
)

_USER_ID = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.\-\[\]:]+")
_ALIAS = re.compile(r"#[^\s:]+:[A-Za-z0-9.\-\[\]:]+")
_HIGHEST_PORT = 65535

Kind = Literal["hospital", "company", "medical_practice"]
Dpo = Literal["internal", "external", "none"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Organisation(_Section):
    """Who is under attack; it chooses tasks and deadline rules."""

    name: str = Field(min_length=1)
    kind: Kind = "hospital"
    country: Country = "FR"
    timezone: Zone = "Europe/Paris"
    language: Language = "fr"
    dpo: Dpo = "internal"
    flags: Flags = ()
    logo: FilePath | None = Field(default=None)
    """A picture that stands on letters and posters. What is wrong with it `tocsin check` says: it stops nothing."""

    @field_validator("logo", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value


class Party(_Section):
    """A legal entity that owes its own notifications; what it leaves out is the organisation's."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1)
    kind: Kind | None = None
    country: Country | None = None
    timezone: Zone | None = None
    dpo: Dpo | None = None
    flags: Flags | None = None


# What may be given as the name of a file that holds it.
FROM_FILES = ("password", "access_token", "store_passphrase", "url", "recipients")


class _Secrets(_Section):
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
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    alert_room: str = ""
    staff_room: str = ""
    """Where texts for the staff may be sent: an encrypted room that exists, and in which the bot only speaks."""
    store: FilePath = Field(default="data/crypto", validate_default=True)
    store_passphrase: SecretStr
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


class Journal(_Section):
    """How the log is made provable."""

    anchor_every: Duration = timedelta(hours=1)
    keep_files_up_to: Size = 20 << 20
    quarantine: bool = False
    """Whether programs and archives are kept, each in a zip under a password; else they are only described."""
    timestamp_authority: str = ""
    timestamp_certificate: FilePath | None = Field(default=None)
    sensitive: tuple[str, ...] = ()
    """Patterns of what is personal data in this house: who writes it is warned."""

    @field_validator("sensitive", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        # A pattern may hold commas: what does not come as a list is one.
        if not isinstance(value, str):
            return value
        listed = words(value) if value.startswith("[") else value
        return listed if isinstance(listed, list) else [value]

    @field_validator("sensitive")
    @classmethod
    def _compile(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as fault:
                raise faults.RefusedError(faults.pattern(pattern, fault.pos)) from fault
        return value

    @field_validator("timestamp_certificate", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("timestamp_certificate")
    @classmethod
    def _read(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                x509.load_pem_x509_certificates(value.read_bytes())
            except (OSError, ValueError) as fault:
                raise faults.RefusedError(faults.certificate(value)) from fault
        return value

    @field_validator("timestamp_authority")
    @classmethod
    def _check(cls, value: str) -> str:
        if value:
            check_web_address(value)
        return value


class Nudges(_Section):
    """How a deadline's reminders climb."""

    escalate_after: Duration = timedelta(minutes=10)


class Mobilisation(_Section):
    """How long whoever was called has to answer, before somebody else is called in their place."""

    answer_within: Duration = timedelta(minutes=10)
    vital_within: Duration = timedelta(minutes=5)
    """Of the roles without which a cell cannot work."""
    empty_after: Duration = timedelta(minutes=15)
    """How long a vital role is empty before the director is asked."""


class Doctrine(_Section):
    """What was decided in peacetime, in a sentence each; posted when an incident is opened."""

    ransom: str = ""
    complaint: str = ""
    contact: str = ""
    internet: str = ""
    degraded_care: str = ""
    speaks: str = ""

    @property
    def decided(self) -> dict[str, str]:
        """Return what was decided, by subject."""
        return {name: text.strip() for name, text in self.model_dump().items() if text.strip()}


class Texts(_Section):
    """What communications are held to."""

    names: tuple[str, ...] = ()
    """Names that no text is to say: whoever writes one is told, and it stops until somebody says why it may stand."""

    @field_validator("names", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return words(value)


class Permissions(BaseModel):
    """Who must be vouched for, and the organisation's own rows of the commands' table."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    vouching: bool = True
    overrides: dict[str, tuple[Role, ...]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        overrides: dict[str, tuple[Role, ...]] = {}
        names = command_names()
        for key, value in data.items():
            if key == "vouching":
                continue
            command = names.get(fold(key))
            if command is None:
                raise faults.RefusedError(faults.unknown_command(key, names))
            if command in overrides:
                raise faults.RefusedError(faults.command_twice(command))
            overrides[command] = _roles(key, value)
        return {**{key: data[key] for key in data if key == "vouching"}, "overrides": overrides}


def command_names() -> dict[str, str]:
    """Return each name by which `[permissions]` may call a command, folded, and the command that it means."""
    from bot.commands.table import TABLE

    names = {fold(command.name): command.name for command in TABLE}
    for command in TABLE:
        for name in (*command.fr, *command.en):
            names.setdefault(fold(name), command.name)
    return names


def _roles(command: str, value: object) -> tuple[Role, ...]:
    listed = words(value)
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
        raise faults.RefusedError(faults.roles_expected(command))
    roles = []
    for word in listed:
        role = find_role(word)
        if role is None:
            raise faults.RefusedError(faults.unknown_role(word))
        roles.append(role)
    return tuple(roles)


class Health(_Section):
    """Where `/live` and `/ready` are served; nowhere if empty."""

    listen: str = ""

    @field_validator("listen")
    @classmethod
    def _check(cls, value: str) -> str:
        if value:
            host, _, port = value.rpartition(":")
            if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
                raise faults.RefusedError(faults.listen(value))
        return value

    @property
    def address(self) -> tuple[str, int] | None:
        """Return the host and port to listen on, or None."""
        host, _, port = self.listen.rpartition(":")
        return (host.strip("[]"), int(port)) if self.listen else None


class Paths(_Section):
    """The organisation's own files; but for the roster, what is not there is not used."""

    roster: FilePath = Field(default="roster.yaml", validate_default=True)
    directory: FilePath = Field(default="directory.yaml", validate_default=True)
    playbooks: FilePath = Field(default="playbooks", validate_default=True)
    templates: FilePath = Field(default="templates", validate_default=True)

    def own(self, name: Literal["directory", "playbooks", "templates"]) -> Path | None:
        """Return where the organisation keeps its own, or None where it has none."""
        path: Path = getattr(self, name)
        return path if path.exists() else None

    @property
    def missing(self) -> dict[str, Path]:
        """Return the folders that the file names and that are not there, by key: what they should hold is not used."""
        named = {key: getattr(self, key) for key in ("playbooks", "templates") if key in self.model_fields_set}
        return {key: path for key, path in named.items() if not path.is_dir()}


class Config(_Section):
    """All of `tocsin.toml`, checked, with its secrets read and its paths absolute."""

    organisation: Organisation
    matrix: Matrix
    database: Database = Field(default_factory=dict, validate_default=True)
    journal: Journal = Field(default_factory=Journal)
    nudges: Nudges = Field(default_factory=Nudges)
    mobilisation: Mobilisation = Field(default_factory=Mobilisation)
    doctrine: Doctrine = Field(default_factory=Doctrine)
    permissions: Permissions = Field(default_factory=Permissions)
    texts: Texts = Field(default_factory=Texts)
    health: Health = Field(default_factory=Health)
    paths: Paths = Field(default_factory=dict, validate_default=True)
    parties: tuple[Party, ...] = ()
    channel: tuple[Channel, ...] = ()

    @model_validator(mode="after")
    def _check_channels(self) -> Config:
        ids = [channel.id for channel in self.channel]
        for identifier in ids:
            if ids.count(identifier) > 1:
                raise faults.RefusedError(faults.channel_twice(identifier))
        return self

    @model_validator(mode="after")
    def _check_parties(self) -> Config:
        ids = [party.id for party in self.parties]
        for identifier in ids:
            if ids.count(identifier) > 1:
                raise faults.RefusedError(faults.party_twice(identifier))
        return self

    @property
    def owing(self) -> tuple[Party, ...]:
        """Return the parties, whole; without any, the organisation itself is the only one."""
        house = self.organisation.model_dump(include={"kind", "country", "timezone", "dpo", "flags"})
        declared = self.parties or (Party(id="organisation", name=self.organisation.name),)
        return tuple(Party(**{**house, **party.model_dump(exclude_none=True)}) for party in declared)

    def secrets(self) -> list[str]:
        """Return every secret in clear, for the log to recognise and hide; for nothing else."""
        held = (self.matrix.password, self.matrix.access_token, self.matrix.store_passphrase)
        database = urlsplit(self.database.url).password
        gateways = [text for channel in self.channel for text in _secrets_of(channel.url.get_secret_value())]
        return [secret.get_secret_value() for secret in held if secret] + ([database] if database else []) + gateways

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return ZoneInfo(self.organisation.timezone)

    @property
    def language(self) -> Language:
        """Return the organisation's language, in which the rooms speak."""
        return self.organisation.language


def _secrets_of(url: str) -> list[str]:
    """A gateway's address whole, and the password in it: what a library may repeat of it."""
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    return [url, *([password] if password else [])]
