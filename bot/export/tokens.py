"""`anchors/`: the time-stamps of the log's heads, and the certificates by which a stranger verifies them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cryptography.hazmat.primitives.serialization import Encoding

from bot.export.verify import stamp

CERTIFICATES = "anchors/authority.pem"


def path_of(seq: int) -> str:
    """Where the time-stamp of this entry lies in the export."""
    return f"anchors/{seq}.tsr"


def files(held: Iterable[tuple[int, bytes, bytes]], named: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The tokens that the exported log names, then every certificate that they need, in one order."""
    pems: list[bytes] = []
    for seq, token, certificates in held:
        if path_of(seq) in named:
            pems.append(certificates)
            yield path_of(seq), token
    needed = stamp.distinct([each for raw in pems for each in stamp.certificates(raw)])
    texts = sorted(each.public_bytes(Encoding.PEM) for each in needed)
    if texts:
        yield CERTIFICATES, b"".join(texts)
