"""The embedded homeserver's configuration: loopback only, no federation, nothing told to anyone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

Limits = Literal["default", "none"]

# What tells our own process from another homeserver that already has the port.
MARK: Final = "tocsin.test.instance"

_HIGH: Final = {"per_second": 10_000, "burst_count": 10_000}
# Every account here logs in from one address, so these two are lifted even where limits are the server's own.
_LOGIN_LIMITS: Final = {
    "rc_registration": _HIGH,
    "rc_login": {"address": _HIGH, "account": _HIGH, "failed_attempts": _HIGH},
}
_NO_LIMITS: Final = {
    "rc_message": _HIGH,
    "rc_joins": {"local": _HIGH, "remote": _HIGH},
    "rc_joins_per_room": _HIGH,
    "rc_invites": {"per_room": _HIGH, "per_user": _HIGH, "per_issuer": _HIGH},
    "rc_room_creation": _HIGH,
    "rc_media_create": _HIGH,
    "rc_admin_redaction": _HIGH,
    "rc_key_requests": _HIGH,
}


def log_settings(folder: Path) -> dict[str, Any]:
    """The embedded homeserver's log: warnings, in one file."""
    return {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(folder / "homeserver.log"),
                "formatter": "line",
            }
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }


def settings(
    folder: Path, server_name: str, url: str, limits: Limits, *, known: Mapping[str, str], mark: str
) -> dict[str, Any]:
    """The homeserver's configuration; `known` are the folder's secrets, `mark` this start's own sign."""
    listener = {
        "port": urlsplit(url).port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "tls": False,
        "resources": [{"names": ["client"]}],
    }
    return {
        "server_name": server_name,
        "public_baseurl": f"{url}/",
        "serve_server_wellknown": False,
        "extra_well_known_client_content": {MARK: mark},
        "pid_file": str(folder / "homeserver.pid"),
        "report_stats": False,
        "signing_key_path": str(folder / "signing.key"),
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "macaroon_secret_key": known["macaroon"],
        "form_secret": known["form"],
        "registration_shared_secret": known["registration"],
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "bcrypt_rounds": 4,
        "presence": {"enabled": False},
        "url_preview_enabled": False,
        **_LOGIN_LIMITS,
        **(_NO_LIMITS if limits == "none" else {}),
    }
