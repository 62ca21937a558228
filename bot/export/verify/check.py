"""The verdict on an export: what it proves, and the first thing that is wrong with it.

Guarantee: any change of a file of the export that leaves the log's key in place is a fault. What only
somebody else's copy of a hash can show is decided by the anchors and the key that the caller gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from bot.domain import log
from bot.export.verify import stamp as stamping
from bot.export.verify.arguments import Anchor
from bot.export.verify.chain import MAX_LINE, Chain
from bot.export.verify.faults import Fault
from bot.export.verify.manifest import from_base64, is_signed, read, to_base64
from bot.export.verify.package import (
    DAMAGED,
    JOURNAL,
    MANIFEST,
    SIGNATURE,
    Package,
    UnreadableError,
    chunks,
    opened,
    unreadable,
)
from bot.export.verify.stamp import BadStampError, Stamp

MAX_MANIFEST = 64 * 1024**2
MAX_SIGNATURE = 1024
MAX_TOKEN = 1024**2

ANCHORS = "anchors/"


@dataclass(frozen=True)
class Verdict:
    """What was found. `proved` lists which of consistent, signed and anchored held, in this order."""

    entries: int
    head: log.Head | None
    key: str | None
    proved: tuple[str, ...]
    faults: tuple[Fault, ...]
    anchors: tuple[tuple[int, bool], ...]
    bare: bool
    key_given: bool
    posted: tuple[int, ...]
    witnessed: tuple[int, ...] = ()
    authority_given: bool = False
    stamps: tuple[Stamp, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        return not self.faults

    @property
    def level(self) -> str:
        """How far the proof goes: `none`, `chain`, `signed`, `witnessed`, `timestamp` or `qualified_timestamp`."""
        if not self.intact:
            return "none"
        if self.stamps:
            return "qualified_timestamp" if any(each.qualified for each in self.stamps) else "timestamp"
        return "witnessed" if "anchored" in self.proved else "signed" if "signed" in self.proved else "chain"

    @property
    def first_bad(self) -> Fault | None:
        return self.faults[0] if self.faults else None


@dataclass
class _Findings:
    """What one verification gathers, file by file."""

    chain: Chain = field(default_factory=Chain)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    key: bytes | None = None
    signed: bool = False
    stamps: list[Stamp] = field(default_factory=list)

    def fault(self, what: str, file: str | None, seq: int | None = None, **facts: object) -> None:
        self.faults.append(Fault(what, seq, file, facts))


def verify(
    path: Path, anchors: Sequence[Anchor] = (), key: bytes | None = None, authorities: Collection[str] = ()
) -> Verdict:
    """Verify a folder, a zip or a bare journal. Raises UnreadableError where there is nothing to verify.

    With `authorities`, SHA-256s of certificates in hex, time-stamps of others count for nothing.
    """
    package = opened(path)
    found = _Findings()
    if package is None:
        _bare(path, found)
    else:
        try:
            _whole(package, found)
        finally:
            package.close()
    return _verdict(found, anchors, key, authorities, bare=package is None)


def _verdict(
    found: _Findings, anchors: Sequence[Anchor], key: bytes | None, authorities: Collection[str], *, bare: bool
) -> Verdict:
    chain = found.chain
    # An entry's number says more than "this file has changed".
    faults = chain.faults + sorted(found.faults, key=lambda fault: fault.seq is None)
    consistent = not faults
    held = [(a, (chain.hash_of(a.seq) or "").startswith(a.digits)) for a in anchors]
    stamps = tuple(each for each in found.stamps if not authorities or each.fingerprint in authorities)
    anchored = consistent and bool(held or stamps) and all(ok for _, ok in held)
    faults += [Fault("anchor", a.seq, JOURNAL, {"anchored": a.seq}) for a, ok in held if not ok]
    if authorities and not stamps:
        faults.append(Fault("authority", None, None))
    ours = key is None or key == found.key
    if not ours:
        faults.append(Fault("unsigned" if bare else "key", None, None if bare else MANIFEST))
    proofs = {"consistent": consistent, "signed": consistent and found.signed and ours, "anchored": anchored}
    last = chain.last
    return Verdict(
        entries=chain.entries,
        head=log.Head(last["seq"], last["entry_hash"]) if last else None,
        key=to_base64(found.key) if found.key else None,
        proved=tuple(name for name, held_ in proofs.items() if held_),
        faults=tuple(faults),
        anchors=tuple(dict([*((each.seq, True) for each in stamps), *((a.seq, ok) for a, ok in held)]).items()),
        bare=bare,
        key_given=key is not None,
        posted=tuple(chain.posted),
        witnessed=tuple(a.seq for a, ok in held if ok),
        authority_given=bool(authorities),
        stamps=stamps,
        warnings=tuple(found.warnings),
    )


def _bare(path: Path, found: _Findings) -> None:
    try:
        with path.open("rb") as stream:
            last = b""
            for raw in _lines(stream, found):
                last = raw
    except OSError as error:
        raise unreadable(error) from error
    if last and not found.chain.readable:
        raise UnreadableError(
            "on n’y trouve aucune entrée de journal : ce n’est ni un dossier d’incident ni un journal",
            "there is not one log entry in it: this is neither an incident file nor a log",
        )
    if last and not last.endswith(b"\n"):
        found.warnings.append("no_newline")
    found.chain.finish()


def _whole(package: Package, found: _Findings) -> None:
    names = set(package.names())
    for name in package.irregular():
        found.fault("irregular", name)
    raw = _small(package, MANIFEST, MAX_MANIFEST, names, found)
    manifest: dict[str, Any] = {}
    if raw is not None:
        manifest, fault = read(raw)
        found.faults += [fault] if fault else []
        _signature(package, raw, manifest, names, found)
    elif SIGNATURE not in names:
        found.fault("absent", SIGNATURE)
    listed = {file["path"]: file for file in manifest.get("files", ())}
    if JOURNAL in names:
        _journal(package, listed.get(JOURNAL), found)
    found.chain.finish(manifest.get("withheld", ()))
    if manifest:
        _files(package, listed, names, found)
        _recorded(listed, found)
        _stamped(package, listed, names, found)
        _agreement(manifest, found)


def _journal(package: Package, listed: Mapping[str, Any] | None, found: _Findings) -> None:
    digest = hashlib.sha256()
    size = 0
    try:
        with package.open(JOURNAL) as stream:
            for raw in _lines(stream, found):
                digest.update(raw)
                size += len(raw)
    except DAMAGED:
        found.fault("damaged", JOURNAL)
        return
    if listed is not None:
        _compare(JOURNAL, listed, size, digest.hexdigest(), found)


def _lines(stream: BinaryIO, found: _Findings) -> Iterator[bytes]:
    """Feed the chain line by line, and give back each line's bytes; an endless one is cut, and so a fault."""
    while raw := stream.readline(MAX_LINE):
        found.chain.feed(raw.removesuffix(b"\n"))
        yield raw


def _files(package: Package, listed: Mapping[str, Any], names: set[str], found: _Findings) -> None:
    for name in sorted(names - listed.keys() - {MANIFEST, SIGNATURE}):
        found.fault("extra", name)
    for name in sorted(listed):
        if name not in names:
            found.fault("absent", name)
        elif name != JOURNAL:
            try:
                size, digest = _digest(package, name)
            except DAMAGED:
                found.fault("damaged", name)
            else:
                _compare(name, listed[name], size, digest, found)


def _recorded(listed: Mapping[str, Any], found: _Findings) -> None:
    """The files that the log recorded are those of the folder: so an anchor covers them as well."""
    for path, (seq, recorded) in found.chain.files.items():
        there = listed.get(path)
        if there is None:
            found.fault("unkept", JOURNAL, seq, path=path)
        elif any(there[name] != recorded.get(name) for name in ("size", "sha256")):
            found.fault("recorded", path, seq)


def _stamped(package: Package, listed: Mapping[str, Any], names: set[str], found: _Findings) -> None:
    """Each time-stamp that the log names is there, and holds for its entry by the certificates beside it."""
    inside = [name for name in sorted(listed) if name.startswith(ANCHORS) and name.endswith(".pem") and name in names]
    pems = [_small(package, name, MAX_TOKEN, names, found) for name in inside] if found.chain.tokens else []
    given = stamping.distinct([each for raw in pems for each in stamping.certificates(raw or b"")])
    for path, (seq, anchored) in found.chain.tokens.items():
        if path not in listed:
            found.fault("unkept", JOURNAL, seq, path=path)
        elif path in names and (raw := _small(package, path, MAX_TOKEN, names, found)) is not None:
            try:
                found.stamps.append(stamping.read(anchored, raw, found.chain.hash_of(anchored) or "", given))
            except BadStampError as bad:
                found.fault(f"stamp_{bad.what}", path, seq, anchored=anchored)


def _compare(name: str, listed: Mapping[str, Any], size: int, digest: str, found: _Findings) -> None:
    if size != listed["size"]:
        found.fault("size", name)
    elif digest != listed["sha256"]:
        found.fault("sha256", name)


def _digest(package: Package, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with package.open(name) as stream:
        for chunk in chunks(stream):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _small(package: Package, name: str, limit: int, names: set[str], found: _Findings) -> bytes | None:
    if name not in names:
        found.fault("absent", name)
        return None
    try:
        with package.open(name) as stream:
            raw = stream.read(limit + 1)
    except DAMAGED:
        found.fault("damaged", name)
        return None
    if len(raw) > limit:
        found.fault("size", name)
        return None
    return raw


def _signature(package: Package, raw: bytes, manifest: Mapping[str, Any], names: set[str], found: _Findings) -> None:
    text = _small(package, SIGNATURE, MAX_SIGNATURE, names, found)
    if text is None or not manifest:
        return
    found.key = from_base64(manifest["key"])
    found.signed = found.key is not None and is_signed(raw, found.key, from_base64(text.decode("latin-1")))
    if not found.signed:
        found.fault("signature", SIGNATURE)


def _agreement(manifest: Mapping[str, Any], found: _Findings) -> None:
    """What the manifest says of the log must be what the log says."""
    chain, head = found.chain, manifest["head"]
    last = chain.last or {}
    same_head = all(head[name] == last.get(name) for name in ("seq", "entry_hash", "logged_at"))
    if not same_head or chain.entries != manifest["entries"]:
        seq = chain.entries + 1 if chain.entries < manifest["entries"] else None
        found.fault("head", JOURNAL, seq, found=chain.entries, expected=manifest["entries"])
    incident = manifest["incident"]
    if chain.incident is not None and chain.incident != incident:
        found.fault("incident", MANIFEST, found=incident, expected=chain.incident)
    if manifest["drill"] != incident.startswith("EXE-"):
        found.fault("field", MANIFEST, name="drill")
    for anchor in manifest["anchors"]:
        token = anchor.get("token")
        named = chain.tokens.get(token, (0, 0))[1] if isinstance(token, str) else anchor["seq"] if token is None else 0
        if chain.hash_of(anchor["seq"]) != anchor.get("entry_hash") or named != anchor["seq"]:
            found.fault("anchor_entry", MANIFEST, anchor["seq"], anchored=anchor["seq"])
    for seq in manifest["withheld"]:
        if seq not in chain.empty:
            found.fault("purge", MANIFEST, seq)
    for seq in manifest["purged"]:
        if not chain.purged(seq):
            found.fault("purge", MANIFEST, seq)
    silent = chain.empty - set(manifest["purged"]) - set(manifest["withheld"])
    silent |= chain.posted.keys() - {anchor["seq"] for anchor in manifest["anchors"]}
    for seq in sorted(silent):
        found.fault("unlisted", MANIFEST, seq)
