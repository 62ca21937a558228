"""What can go wrong between the homeserver and us. Guarantee: each trouble has one type, and a type says what
to do.

`Unreachable` is tried again, `Limited` is obeyed, `MatrixRefused` is the server's considered answer,
`LoggedOut` stops the program.
"""

from __future__ import annotations

from typing import Any

from bot.spoken import Told

# No limit of a homeserver's lasts longer (Synapse's longest is under six minutes); an absurd one must not silence us.
LONGEST_SECONDS = 3600.0


class MatrixError(Exception):
    """Any trouble with the homeserver."""


class Unreachable(MatrixError):  # noqa: N818 - says what happened
    """No usable answer came: the network, a proxy's page, a 5xx. Whether the request took effect is
    unknown.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Limited(MatrixError):  # noqa: N818 - says what happened
    """The homeserver asks us to wait `seconds` before the same request (HTTP 429)."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the homeserver asks to wait {seconds:.1f} s")
        self.seconds = min(seconds, LONGEST_SECONDS)


class MatrixRefused(MatrixError):  # noqa: N818 - says what happened
    """The homeserver answered no. `body` is its whole answer (user-interactive authentication needs it)."""

    def __init__(self, errcode: str, status: int, message: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(f"{errcode or 'refused'} ({status}): {message}")
        self.errcode = errcode
        self.status = status
        self.message = message
        self.body = body or {}


class LoggedOut(Told, MatrixError):  # noqa: N818 - says what happened
    """The session is over and cannot be had again without a human."""


class StoreInUse(Told, MatrixError):  # noqa: N818 - says what happened
    """Another process runs on this device's keys; two would corrupt them."""
