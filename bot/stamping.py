"""Time-stamps for the log's heads, from an authority outside (RFC 3161). Guarantee: an anchor never waits for one; what
is wanted is asked for until it is had, whatever dies; a token is kept only if it verifies; and if none comes, that is
said, once.

What is stamped is the `entry_hash` itself: `openssl ts -verify -digest` needs nothing of ours.
"""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import HashAlgorithm, TimeStampRequest, TimestampRequestBuilder, TimeStampResponse

from bot import chronicle
from bot.clock import Clock
from bot.domain import log as chain
from bot.export.tokens import path_of
from bot.export.verify import der, stamp
from bot.store import cells, log, meta, stamps
from bot.store.db import Database, Session
from bot.store.stamps import Wanted
from bot.tools import Tools

MOST_BYTES = 1 << 20
LONGEST = timedelta(minutes=30)
FIRST_WAIT = timedelta(seconds=30)
TELL_AFTER = 3
"""So many attempts in a row may fail before the cell is told."""
_TOLD = "not_stamped:"

logger = structlog.get_logger(__name__)


class NoStampError(Exception):
    """There is no time-stamp, for now: `why` is `unreachable`, `refused`, `bad` or `no_root`."""

    def __init__(self, why: str, detail: object = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why


@dataclass(frozen=True)
class Authority:
    """Where time-stamps are asked for. With `certificates` its chain must pass through one of them; without, it may end
    at any root of this machine (`trusted`), or at one that comes with the token, as nobody can say which is right."""

    url: str
    certificates: tuple[x509.Certificate, ...] = ()
    trusted: tuple[x509.Certificate, ...] = ()
    timeout: float = 20.0


def authority(url: str, certificate: Path | None) -> Authority:
    """The configured authority. Raises OSError where its certificate's file cannot be read."""
    given = stamp.certificates(certificate.read_bytes()) if certificate else []
    return Authority(url, tuple(given), tuple(_trusted_here()))


class Stamping:
    """Asks for what the log's heads wait for."""

    def __init__(self, db: Database, clock: Clock, tools: Tools, authority: Authority) -> None:
        self._db, self._clock, self._tools, self._authority = db, clock, tools, authority

    async def collect(self) -> int:
        """Ask for every time-stamp that is due. Returns how many were had."""
        had = 0
        for wanted in await self._db.call(stamps.due, self._clock.now()):
            head = await self._db.call(log.entry, wanted.incident, wanted.seq)
            assert head is not None  # a foreign key holds it
            try:
                token, certificates = await self._ask(head)
            except NoStampError as trouble:
                logger.warning("not_stamped", incident=wanted.incident, seq=wanted.seq, why=str(trouble))
                await self._db.call(self._failed, wanted, trouble.why)
            else:
                await self._db.call(self._held, wanted, head, token, certificates)
                had += 1
        return had

    async def _ask(self, head: chain.Entry) -> tuple[bytes, bytes]:
        """The token of this head, verified, and its certificates in PEM. Raises NoStampError."""
        builder = TimestampRequestBuilder().data(chain.hashed(head)).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.build()
        token = sorted_certificates(await self._post(request))
        try:
            path = certificate_path(stamp.opened(token), self._authority)
            stamp.read(head.seq, token, head.entry_hash, path, request.nonce)
        except stamp.BadStampError as bad:
            raise NoStampError("bad", bad) from bad
        return token, b"".join(each.public_bytes(Encoding.PEM) for each in path)

    async def _post(self, request: TimeStampRequest) -> bytes:
        limit = aiohttp.ClientTimeout(total=self._authority.timeout)
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as http,
                http.post(self._authority.url, data=request.as_bytes(), headers=headers) as answer,
            ):
                raw = await answer.content.read(MOST_BYTES)
                while raw and len(raw) < MOST_BYTES and (more := await answer.content.read(MOST_BYTES - len(raw))):
                    raw += more
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoStampError("unreachable", type(error).__name__) from error
        if answer.status != 200:
            raise NoStampError("refused", f"HTTP {answer.status}")
        return raw

    def _held(self, session: Session, wanted: Wanted, head: chain.Entry, token: bytes, certificates: bytes) -> None:
        if not stamps.held(session, wanted, token, certificates):
            return
        said = {
            "seq": head.seq, "entry_hash": head.entry_hash, "event_id": wanted.event_id, "token": path_of(head.seq),
        }  # fmt: skip
        now = self._clock.now()
        chronicle.system(session, wanted.incident, "anchor", said, now)
        if meta.get(session, f"{_TOLD}{wanted.incident}"):
            meta.put(session, f"{_TOLD}{wanted.incident}", "")
            self._say(session, wanted, "incident.stamped_again", {"seq": head.seq}, now)

    def _failed(self, session: Session, wanted: Wanted, why: str) -> None:
        now = self._clock.now()
        wait = min(LONGEST, FIRST_WAIT * 2 ** min(wanted.attempts, 10))
        attempts = stamps.failed(session, wanted, why, now + wait)
        if attempts < TELL_AFTER or meta.get(session, f"{_TOLD}{wanted.incident}"):
            return
        meta.put(session, f"{_TOLD}{wanted.incident}", now.isoformat())
        said = {"action": "not_stamped", "seq": wanted.seq, "why": why}
        chronicle.system(session, wanted.incident, "system", said, now)
        self._say(session, wanted, "incident.not_stamped", {"seq": wanted.seq, "why": why}, now)

    def _say(self, session: Session, wanted: Wanted, template: str, values: dict[str, object], now: datetime) -> None:
        cell = cells.load(session, wanted.incident)
        assert cell is not None
        incident = cell.incident
        key = f"{template}:{incident.id}:{wanted.seq}"
        self._tools.voice.say(session, now, incident.room_key, template, incident.language, values, key, cell=cell)


def certificate_path(answer: TimeStampResponse, authority: Authority) -> list[x509.Certificate]:
    """From the certificate that signs to its root. Raises BadStampError, or NoStampError where no root is known."""
    try:
        inside = [x509.load_der_x509_certificate(raw) for raw in sorted(answer.signed_data.certificates)]
    except (ValueError, x509.InvalidVersion) as error:
        raise stamp.BadStampError("unreadable", error) from error
    given = authority.certificates
    known = [*given, *authority.trusted, *inside]
    path = [stamp.signing(answer, given)]
    while path[-1].issuer != path[-1].subject:
        above = next((each for each in known if each not in path and _issued(path[-1], each)), None)
        if above is None:
            raise NoStampError("no_root", path[-1].issuer.rfc4514_string())
        path.append(above)
    if given and not any(each in given for each in path):
        raise NoStampError("no_root", path[-1].subject.rfc4514_string())
    return path


def sorted_certificates(answer: bytes) -> bytes:
    """The same answer, its certificates in the order that DER wants of a set (X.690, 11.6): they stand outside of what
    is signed, many authorities send them in another, and strict readers refuse that. What is no DER is left as it is.
    """
    try:
        (response,) = der.parts(answer)
        status, token = der.parts(response.body)
        kind, wrapped = der.parts(token.body)
        (signed,) = der.parts(wrapped.body)
        inner = [
            der.made(each.tag, b"".join(sorted(part.whole for part in der.parts(each.body))))
            if each.tag == der.FIRST
            else each.whole
            for each in der.parts(signed.body)
        ]
    except ValueError:
        return answer
    content = der.made(wrapped.tag, der.made(signed.tag, b"".join(inner)))
    return der.made(response.tag, status.whole + der.made(token.tag, kind.whole + content))


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _trusted_here() -> list[x509.Certificate]:
    """The roots that this machine trusts, where it keeps them in one file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots are no good X.509: they are not ours to mend
        for raw in context.get_ca_certs(binary_form=True):
            try:
                found.append(x509.load_der_x509_certificate(raw))
            except (ValueError, x509.InvalidVersion):
                continue  # and some cannot be used at all
    return found
