"""The program's own log, on standard error. Guarantee: no secret and no message's content is ever in it.

What is logged is what happened to the machine (counts, ids, durations, errors). Values under a name that
holds a secret or a text of people's are replaced before anything is written, whoever logged them; so are the
secrets of the configuration, wherever they turn up in a text, and what libraries quote of what they received.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Literal, TextIO

import structlog

from bot.store import outage

HIDDEN = "***"

_SECRET = re.compile(r"pass(word|phrase|wd)?|secret|token|authorization|cookie|private|seed|mac_?key", re.IGNORECASE)
_CONTENT = frozenset(
    {
        "body",
        "formatted_body",
        "content",
        "ciphertext",
        "plaintext",
        "text",
        "topic",
        "displayname",
        "raw",
        "event_json",
    }
)
_TOKEN = re.compile(r"\b(syt_[A-Za-z0-9_]{8,}|mdas_[A-Za-z0-9_]{8,}|Bearer\s+\S+)|(?<=access_token=)[^&\s\"']+")
_IN_ADDRESS = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+(?=@)")
# SQLAlchemy ends its errors with the row that it was writing.
_PARAMETERS = re.compile(r"\[parameters: .*", re.DOTALL)
_QUOTED = re.compile(r"[{\['\"].*", re.DOTALL)

# Libraries that speak at length of what they receive: only their warnings are ours to see.
_TALKATIVE = ("nio", "alembic", "apscheduler", "sqlalchemy", "aiohttp", "asyncio", "peewee")


class Redactor:
    """Removes what must not be written from one log line."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # A short secret would erase ordinary words.
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True)

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the line without its secrets (a structlog processor)."""
        line = {key: self._clean(key, value) for key, value in event.items()}
        if str(event.get("logger", "")).startswith("nio"):
            # nio's complaints quote the event that it could not read.
            line["event"] = _QUOTED.sub(HIDDEN, str(line.get("event", "")))
        return line

    def _clean(self, key: str, value: Any) -> Any:
        if key in _CONTENT or _SECRET.search(key):
            return HIDDEN
        match value:
            case str():
                return self._scrub(value)
            case Mapping():
                return {str(inner): self._clean(str(inner), item) for inner, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._clean("", item) for item in value]
            case bytes():
                return HIDDEN
            case bool() | int() | float() | None:
                return value
            case _:
                return self._scrub(str(value))

    def _scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        without_rows = _PARAMETERS.sub(f"[parameters: {HIDDEN}]", text)
        return _IN_ADDRESS.sub(rf"\1:{HIDDEN}", _TOKEN.sub(HIDDEN, without_rows))


def briefly(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say what is wrong with the store in its few words (a structlog processor).

    Every loop meets a full disk every second: its traceback, again and again, would only fill it further.
    """
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if isinstance(given, tuple):
        error = given[1]
    why = outage.of(error) if error is not None else None
    if why is not None:
        event.pop("exc_info")
        event["why"] = why.words.en
    return event


def configure(
    form: Literal["json", "text"] = "json", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send every log line, ours and the libraries', to standard error: JSON a line, or text to read."""
    redact = Redactor(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        briefly,
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name], processors=renderers
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
