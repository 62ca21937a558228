"""One message handed to one gateway, by apprise. Guarantee: it is tried once, within a bounded time, and nothing of the
gateway's address, which holds secrets, is logged or shown.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from urllib.parse import quote

import apprise
import structlog

from bot.store.outside import CallState

TO = "{to}"
"""Stands in a gateway's address for the number or address of who is called."""
WITHIN = 20.0
"""Seconds after which a gateway that has not answered is given up: what became of the message is then unknown."""

logger = structlog.get_logger(__name__)

# What apprise says of its requests names their addresses.
for _name in ("apprise", "apprise.plugins"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).propagate = False


def address(url: str, to: str) -> str:
    """The gateway's address for one person: a telephone's number without what only the eye needs."""
    plain = re.sub(r"[\s().-]", "", to) if re.fullmatch(r"\+?[\d\s().-]+", to) else to.strip()
    return url.replace(TO, quote(plain, safe=""))


def readable(url: str) -> bool:
    """Whether apprise knows what this address means. Nothing is sent."""
    return _service(address(url, "+33600000000")) is not None


def _service(url: str) -> apprise.NotifyBase | None:
    asset = apprise.AppriseAsset(default_service_retry=0, storage_mode=apprise.PersistentStoreMode.MEMORY)
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is not None:
        service.retry = 0  # whatever the address says: an attempt is one attempt
    return service


async def deliver(url: str, to: str, text: str, within: float = WITHIN) -> CallState:
    """Hand a message over: `sent`, `failed` (refused, or no answer from the gateway) or `unknown` (no end in time).

    A thread of its own, which nobody waits for: a gateway that hangs keeps the bot neither from working nor from
    stopping.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[CallState] = loop.create_future()

    def tell(state: CallState) -> None:
        if not ended.done():
            ended.set_result(state)

    def work() -> None:
        state = _notify(address(url, to), text)
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, state)

    threading.Thread(target=work, name="outside-call", daemon=True).start()
    try:
        return await asyncio.wait_for(ended, within)
    except TimeoutError:
        return CallState.UNKNOWN


def _notify(url: str, text: str) -> CallState:
    try:
        service = _service(url)
        if service is None:
            return CallState.FAILED
        sender = apprise.Apprise(asset=service.asset)
        sender.add(service)
        return CallState.SENT if sender.notify(body=text, body_format=apprise.NotifyFormat.TEXT) else CallState.FAILED
    except Exception as fault:
        # Its text may hold the address. What raised may have been sent before it did.
        logger.error("outside_call_broken", error=type(fault).__name__)
        return CallState.UNKNOWN
