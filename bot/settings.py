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
    field_validator,
    model_validator,
)

from bot import faults
from bot.connections import Channel, Database, Matrix, Section, secrets_of
from bot.domain.language import Language, fold
from bot.domain.roles import Role, find_role
from bot.values import (
    Calendar,
    Country,
    Duration,
    FilePath,
    Flags,
    Size,
    Zone,
    check_web_address,
    words,
)

_HIGHEST_PORT = 65535

Kind = Literal["hospital", "company", "medical_practice"]
Dpo = Literal["internal", "external", "none"]


class Organisation(Section):
    """Who is under attack; it chooses tasks and deadline rules."""

    name: str = Field(min_length=1)
    kind: Kind = "hospital"
    country: Country = "FR"
    timezone: Zone = "Europe/Paris"
    calendar: Calendar | None = None
    """Whose holidays the site has, where neither its country nor its zone says so (Alsace-Moselle: `FR-AM`)."""
    language: Language = "fr"
    dpo: Dpo = "internal"
    flags: Flags = ()
    logo: FilePath | None = Field(default=None)
    """A picture that stands on letters and posters. What is wrong with it `tocsin check` says: it stops nothing."""

    @field_validator("logo", "calendar", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value


class Party(Section):
    """A legal entity that owes its own notifications; what it leaves out is the organisation's."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1)
    kind: Kind | None = None
    country: Country | None = None
    timezone: Zone | None = None
    dpo: Dpo | None = None
    flags: Flags | None = None


class Journal(Section):
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


class Nudges(Section):
    """How a deadline's reminders climb."""

    escalate_after: Duration = timedelta(minutes=10)


class Mobilisation(Section):
    """How long whoever was called has to answer, before somebody else is called in their place."""

    answer_within: Duration = timedelta(minutes=10)
    vital_within: Duration = timedelta(minutes=5)
    """Of the roles without which a cell cannot work."""
    empty_after: Duration = timedelta(minutes=15)
    """How long a vital role is empty before the director is asked."""


class Doctrine(Section):
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


class Texts(Section):
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


class Health(Section):
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


class Paths(Section):
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


class Config(Section):
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
        gateways = [text for channel in self.channel for text in secrets_of(channel.url.get_secret_value())]
        return [secret.get_secret_value() for secret in held if secret] + ([database] if database else []) + gateways

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return ZoneInfo(self.organisation.timezone)

    @property
    def language(self) -> Language:
        """Return the organisation's language, in which the rooms speak."""
        return self.organisation.language
