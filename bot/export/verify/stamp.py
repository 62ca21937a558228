"""Time-stamps of the log's heads (RFC 3161): what a token proves, offline, by the certificates beside it.

Guarantee: a token counts only for the one hash that it bears, if its signature holds by exactly one certificate that is
made for time-stamping and leads to a root among those given. Whether that root is a genuine authority's only its own
publications can tell: so the certificate's fingerprint is always shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256

from bot.export.verify import der

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

# RFC 3739, 3.2.6, and ETSI EN 319 422, 9.1: the authority states that this is a qualified electronic time-stamp.
_QC_STATEMENTS = bytes.fromhex("06082b06010505070103")
_QUALIFIED = bytes.fromhex("0607040081975e0101")
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class BadStampError(ValueError):
    """A token that proves nothing; `what` says why: `unreadable`, `other` (another hash), `unproved`."""

    def __init__(self, what: str, why: object = "") -> None:
        super().__init__(f"{what}: {why}")
        self.what = what


@dataclass(frozen=True)
class Stamp:
    """That this entry's hash was there at `at`, says the authority whose certificate has this SHA-256.

    `qualified`: the authority calls it a qualified electronic time-stamp (Regulation (EU) 910/2014, article 42).
    """

    seq: int
    at: datetime
    authority: str
    fingerprint: str
    qualified: bool


def read(seq: int, token: bytes, entry_hash: str, given: Sequence[x509.Certificate], nonce: int | None = None) -> Stamp:
    """What the token of entry `seq` proves of its hash (hex). Raises BadStampError."""
    from rfc3161_client import VerificationError, VerifierBuilder  # large, and needed only where there are time-stamps

    answer = opened(token)
    try:
        info = answer.tst_info
        signer = signing(answer, given)
        if info.message_imprint.hash_algorithm != _SHA256 or info.message_imprint.message != bytes.fromhex(entry_hash):
            raise BadStampError("other")
        inside = [x509.load_der_x509_certificate(raw) for raw in sorted(answer.signed_data.certificates)]
        roots = [each for each in given if each.issuer == each.subject]
        if not roots:
            raise BadStampError("unproved", "no root")
        between = [each for each in distinct([*given, *inside]) if each not in roots and each != signer]
        VerifierBuilder(
            tsa_certificate=signer if not inside else None, intermediates=between, roots=roots, nonce=nonce
        ).build().verify(answer, bytes.fromhex(entry_hash))
        names = signer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(names[0].value) if names else signer.subject.rfc4514_string()
        return Stamp(seq, info.gen_time, name, signer.fingerprint(SHA256()).hex(), _is_qualified(token))
    except (VerificationError, ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        if isinstance(error, BadStampError):
            raise
        raise BadStampError("unproved", error) from error


def opened(token: bytes) -> TimeStampResponse:
    """The authority's answer. Raises BadStampError."""
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(token)
    except (ValueError, TypeError) as error:
        raise BadStampError("unreadable", error) from error


def signing(answer: TimeStampResponse, given: Sequence[x509.Certificate]) -> x509.Certificate:
    """The one certificate by which the token is signed; two that could be it would be one too many to trust."""
    signers = list(answer.signed_data.signer_infos)
    inside = [x509.load_der_x509_certificate(raw) for raw in answer.signed_data.certificates]
    named = [
        each
        for each in distinct([*inside, *given])
        if len(signers) == 1 and (each.issuer, each.serial_number) == (signers[0].issuer, signers[0].serial_number)
    ]
    if len(named) != 1:
        raise BadStampError("unproved", f"{len(named)} certificates of the signer")
    return named[0]


def certificates(raw: bytes) -> list[x509.Certificate]:
    """The certificates in these PEM bytes; none if they are none."""
    try:
        return x509.load_pem_x509_certificates(raw)
    except ValueError:
        return []


def distinct(listed: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The same certificates, each once."""
    return list({each.fingerprint(SHA256()): each for each in listed}.values())


def _is_qualified(token: bytes) -> bool:
    """Whether the signed part of the token says so: TSTInfo's extensions (RFC 3161, 2.4.2)."""
    info = der.part(token, 0, 1, 1, 0, 2, 1, 0, 0)
    extensions = [each.body for each in der.parts(info) if each.tag == der.SECOND]
    return any(_QC_STATEMENTS in each and _QUALIFIED in each for each in extensions)
