"""The values that a configuration holds. Guarantee: each is read one way, and refused in one sentence."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from bot import faults

_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?:in)?)?(?:(\d{1,6})s)?")
_CENTURY = timedelta(days=36525)
_SIZE = re.compile(r"([0-9]{1,9})(kb|ko|mb|mo|gb|go)")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

Flag = Literal[
    "public", "nis2", "ose", "hds", "esms", "processor", "manufacturer_cra", "manufacturer_mdr",
    "ai_provider", "financial", "cer", "trust_service", "software_vendor", "us_health", "us_listed",
]  # fmt: skip


def read_duration(value: object) -> object:
    """Return the length of `10m`, `1h30m` or `2d`; nothing, and more than a century, is no duration."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch("".join(value.split())) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        raise faults.RefusedError(faults.duration(str(value)))
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta() < length < _CENTURY:
        raise faults.RefusedError(faults.duration(str(value)))
    return length


def read_size(value: object) -> object:
    """Return the bytes of `20MB`, `512 kB` or `1GB` (powers of 1024); more than a gigabyte is no size that we keep."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch("".join(value.split()).lower()) if isinstance(value, str) else None
    size = int(found[1]) * _UNITS[found[2][0]] if found else 0
    if not 0 < size <= _UNITS["g"]:
        raise faults.RefusedError(faults.size(str(value)))
    return size


def check_zone(name: str) -> str:
    """Refuse what is no time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as fault:
        raise faults.RefusedError(faults.zone(name)) from fault
    return name


def check_country(code: str) -> str:
    """Refuse what is not written as an ISO 3166 code of two letters."""
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise faults.RefusedError(faults.country(code))
    return code


def check_calendar(name: str) -> str:
    """Refuse a calendar of holidays that we do not have; its letters may be small."""
    from bot.domain.calendars import CALENDARS  # reads the tables of every country

    if name.upper() not in CALENDARS:
        raise faults.RefusedError(faults.calendar(name, CALENDARS))
    return name.upper()


def words(value: object) -> object:
    """Let a list come from the environment as words between commas, or as JSON writes one."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return [word.strip() for word in value.split(",") if word.strip()]


def settle_path(value: object, info: ValidationInfo) -> object:
    """Return the path relative to the configuration file's folder."""
    return info.context["folder"] / value if isinstance(value, str) and info.context else value


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Size = Annotated[int, BeforeValidator(read_size)]
Zone = Annotated[str, AfterValidator(check_zone)]
Country = Annotated[str, AfterValidator(check_country)]
Calendar = Annotated[str, AfterValidator(check_calendar)]
Flags = Annotated[tuple[Flag, ...], BeforeValidator(words)]
FilePath = Annotated[Path, BeforeValidator(settle_path)]


def check_web_address(value: str) -> SplitResult:
    """Return the parts of an HTTP address; refuses one with a password or parameters."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError as fault:
        raise faults.RefusedError(faults.web_address()) from fault
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise faults.RefusedError(faults.web_address())
    return url


def is_loopback(host: str) -> bool:
    """Tell whether a host is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
