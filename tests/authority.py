"""A time-stamping authority of our own (RFC 3161), on loopback, made from the ASN.1 of its RFCs with pyasn1."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import univ, useful
from pyasn1_modules import rfc3161, rfc5280, rfc5652

SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
QC_STATEMENTS, QUALIFIED = "1.3.6.1.5.5.7.1.3", "0.4.0.19422.1.1"
BEFORE, AFTER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    *,
    stamps: bool,
) -> x509.Certificate:
    """A certificate, its own issuer's if there is no other; `stamps`: made for time-stamping and nothing else."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above, signer = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))
        .not_valid_before(BEFORE)
        .not_valid_after(AFTER)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    if issuer is None or not stamps:
        made = made.add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
    return made.sign(signer, hashes.SHA256())


@dataclass
class Authority:
    """It answers what it is asked, at its own time; `fault` makes it misbehave."""

    name: str = "Horodatage d’essai"
    at: datetime = datetime(2026, 3, 29, 8, 0, tzinfo=UTC)
    qualified: bool = False
    fault: str = ""
    asked: int = 0
    inside: list[x509.Certificate] = field(init=False)

    def __post_init__(self) -> None:
        self.root_key, middle_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.root = certificate(f"{self.name}, racine", self.root_key, stamps=False)
        middle = certificate(f"{self.name}, intermédiaire", middle_key, (self.root, self.root_key), stamps=False)
        self.own = certificate(self.name, self.key, (middle, middle_key), stamps=True)
        self.inside = [self.own, middle, self.root]

    @property
    def pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.inside)

    @property
    def fingerprint(self) -> str:
        return self.own.fingerprint(hashes.SHA256()).hex()

    def answer(self, request: bytes) -> bytes:
        """The answer to a request, both in DER."""
        asked, _ = decoder.decode(request, asn1Spec=rfc3161.TimeStampReq())
        nonce = int(asked["nonce"]) + (self.fault == "nonce") if asked["nonce"].hasValue() else None
        return self.stamp(bytes(asked["messageImprint"]["hashedMessage"]), nonce)

    def stamp(self, digest: bytes, nonce: int | None = None) -> bytes:
        """An answer that holds a token for this SHA-256."""
        if self.fault == "digest":
            digest = bytes(32)
        info = encoder.encode(self._info(digest, nonce))
        response = rfc3161.TimeStampResp()
        response["status"]["status"] = 2 if self.fault == "status" else 0
        if self.fault != "status":
            response["timeStampToken"]["contentType"] = rfc5652.id_signedData
            response["timeStampToken"]["content"] = univ.Any(self._signed(info))
        return bytes(encoder.encode(response))

    def _info(self, digest: bytes, nonce: int | None) -> rfc3161.TSTInfo:
        info = rfc3161.TSTInfo()
        info["version"] = 1
        info["policy"] = "1.3.6.1.4.1.99999.1"
        info["messageImprint"]["hashAlgorithm"]["algorithm"] = SHA256
        info["messageImprint"]["hashedMessage"] = digest
        info["serialNumber"] = self.asked + 1
        info["genTime"] = useful.GeneralizedTime(self.at.strftime("%Y%m%d%H%M%SZ"))
        if nonce is not None:
            info["nonce"] = nonce
        if self.qualified:
            statement = univ.Sequence().setComponentByPosition(0, univ.ObjectIdentifier(QUALIFIED))
            statements = univ.SequenceOf(componentType=univ.Sequence()).setComponentByPosition(0, statement)
            extension = rfc5280.Extension()
            extension["extnID"] = QC_STATEMENTS
            extension["extnValue"] = encoder.encode(statements)
            info["extensions"].append(extension)
        return info

    def _signed(self, info: bytes) -> bytes:
        """CMS SignedData around the token's content (RFC 5652, 5); its certificates not sorted."""
        signed = rfc5652.SignedData()
        signed["version"] = 3
        signed["digestAlgorithms"][0]["algorithm"] = SHA256
        signed["encapContentInfo"]["eContentType"] = rfc3161.id_ct_TSTInfo
        signed["encapContentInfo"]["eContent"] = info
        signer = rfc5652.SignerInfo()
        signer["version"] = 1
        issuer, _ = decoder.decode(self.own.issuer.public_bytes(), asn1Spec=rfc5280.Name())
        signer["sid"]["issuerAndSerialNumber"]["issuer"] = issuer
        signer["sid"]["issuerAndSerialNumber"]["serialNumber"] = self.own.serial_number
        signer["digestAlgorithm"]["algorithm"] = SHA256
        for number, (kind, value) in enumerate(
            (
                (rfc5652.id_contentType, encoder.encode(rfc3161.id_ct_TSTInfo)),
                (rfc5652.id_messageDigest, encoder.encode(univ.OctetString(hashlib.sha256(info).digest()))),
                (univ.ObjectIdentifier(SIGNING_CERTIFICATE), self._signing_certificate()),
            )
        ):
            signer["signedAttrs"][number]["attrType"] = kind
            signer["signedAttrs"][number]["attrValues"][0] = value
        # What is signed is the set by its own tag (RFC 5652, 5.4).
        attributes = b"\x31" + encoder.encode(signer["signedAttrs"])[1:]
        key = ec.generate_private_key(ec.SECP256R1()) if self.fault == "signature" else self.key
        signer["signatureAlgorithm"]["algorithm"] = ECDSA_SHA256
        signer["signature"] = key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        signed["signerInfos"][0] = signer
        # The certificates as they come, from the leaf up: a strict encoder would sort them.
        certificates = _tagged(0xA0, b"".join(each.public_bytes(Encoding.DER) for each in self.inside))
        before = [encoder.encode(signed[name]) for name in ("version", "digestAlgorithms", "encapContentInfo")]
        return _tagged(0x30, b"".join([*before, certificates, encoder.encode(signed["signerInfos"])]))

    def _signing_certificate(self) -> bytes:
        """SigningCertificateV2 (RFC 5035, 3), which RFC 5816 wants in a token."""
        digest = encoder.encode(univ.OctetString(bytes.fromhex(self.fingerprint)))
        return _tagged(0x30, _tagged(0x30, _tagged(0x30, digest)))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address on loopback while it serves."""

        async def asked(request: web.Request) -> web.Response:
            self.asked += 1
            if self.fault == "http":
                return web.Response(status=503)
            assert request.content_type == "application/timestamp-query"
            raw = b"bonjour" if self.fault == "garbage" else self.answer(await request.read())
            return web.Response(body=raw, content_type="application/timestamp-reply")

        application = web.Application()
        application.router.add_post("/tsa", asked)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
        finally:
            await runner.cleanup()

    def passes(self, time: timedelta) -> None:
        self.at += time


def _tagged(tag: int, body: bytes) -> bytes:
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(length)]) + length) + body
