"""One HTTP request to the homeserver. Guarantee: every outcome is an answer of status 2xx or one of
`errors`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import aiohttp
from nio.responses import ErrorResponse

from bot.matrix.errors import Limited, MatrixError, MatrixRefused, Unreachable

REQUEST_SECONDS = 30.0
DEFAULT_WAIT_SECONDS = 5.0
TOO_LARGE = "M_TOO_LARGE"


class Reply(NamedTuple):
    """An answer of status 2xx, its bytes unread."""

    status: int
    data: bytes
    headers: Mapping[str, str]


class Wire:
    """Connections to one homeserver, kept open between requests."""

    def __init__(self, homeserver: str) -> None:
        self.homeserver = homeserver.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        where: str,
        data: bytes | None,
        token: str,
        *,
        timeout: float = REQUEST_SECONDS,
        content_type: str = "application/json",
        most: int | None = None,
        into: Callable[[bytes], None] | None = None,
    ) -> Reply:
        """Make one request, with `token` if there is one. Raises Limited, Unreachable, MatrixRefused; the last
        (`M_TOO_LARGE`) too for an answer of more than `most` bytes, of which no more are read.

        What is given to `into`, piece by piece, is held nowhere: the bytes of the reply are then none.
        """
        headers = {"Content-Type": content_type}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=10)
        url = self.homeserver + where
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                good = 200 <= response.status < 300
                answer = await response.read() if most is None else await _read(response, most, into if good else None)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(in_words(error)) from error
        if 200 <= response.status < 300:
            return Reply(response.status, answer, response.headers)
        raise trouble_of(response.status, answer, response.headers)

    async def close(self) -> None:
        """Close the connections. Can be called twice."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(response: aiohttp.ClientResponse, most: int, into: Callable[[bytes], None] | None) -> bytes:
    pieces, size = bytearray(), 0
    async for piece in response.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > most:
            raise MatrixRefused(TOO_LARGE, response.status, f"an answer of more than {most} bytes")
        if into is None:
            pieces += piece
        else:
            into(piece)
    return bytes(pieces)


def in_words(error: Exception) -> str:
    """What a failure of the network says of itself; some say nothing but their name."""
    return str(error) or type(error).__name__


def object_of(data: bytes) -> dict[str, Any]:
    """Return the JSON object in `data`; raises Unreachable if it is none, as a proxy's page is."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"the answer is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Unreachable("the answer is not a JSON object")
    return body


def trouble_of(status: int, data: bytes, headers: Mapping[str, str]) -> MatrixError:
    """Return what an answer that is not 2xx means."""
    try:
        body = object_of(data)
    except Unreachable:
        body = None
    if status == 429 or (body and body.get("errcode") == "M_LIMIT_EXCEEDED"):
        return Limited(_wait_of(body or {}, headers))
    if body is None or status >= 500 or status < 400:
        return Unreachable(f"HTTP {status}", status)
    return MatrixRefused(str(body.get("errcode", "")), status, str(body.get("error", "")), body)


def _wait_of(body: dict[str, Any], headers: Mapping[str, str]) -> float:
    told = body.get("retry_after_ms")
    if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
        return float(told) / 1000
    seconds = headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else DEFAULT_WAIT_SECONDS


def error_of(response: ErrorResponse) -> MatrixError:
    """Return what one of nio's error responses means."""
    transport: Any = response.transport_response
    status = transport.status if transport is not None else 0
    code = response.status_code
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return Limited((response.retry_after_ms or DEFAULT_WAIT_SECONDS * 1000) / 1000)
    if not code or status >= 500:
        return Unreachable(f"HTTP {status}: {response.message}", status)
    return MatrixRefused(str(code), status, str(response.message))
