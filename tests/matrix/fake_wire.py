"""The fake homeserver's wire: JSON in, JSON out, and what must go out byte for byte."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

USER = web.RequestKey("user", str)
DEVICE = web.RequestKey("device", str)


class Problem(Exception):
    """A Matrix error answer."""

    def __init__(self, status: int, errcode: str, error: str, **more: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = ({"errcode": errcode, "error": error} if errcode else {}) | more


class Raw:
    """JSON that goes out exactly as written, whatever it is; it may carry a position like an event."""

    def __init__(self, text: str) -> None:
        self.text = text


def dumps(value: Any) -> str:
    """Write JSON, with each `Raw` in it put in place as it is."""
    raws: list[str] = []

    def keep(thing: object) -> str:
        assert isinstance(thing, Raw)
        raws.append(thing.text)
        return f"@@raw{len(raws) - 1}@@"

    text = json.dumps(value, default=keep)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@@raw{number}@@"', raw)
    return text


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the request's JSON object."""
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise Problem(400, "M_NOT_JSON", "not JSON") from error
    if not isinstance(body, dict):
        raise Problem(400, "M_BAD_JSON", "not an object")
    return body
