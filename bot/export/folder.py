"""The incident file on a disk: the folder and its zip, both or neither, the same bytes for the same log.

Guarantee: nothing of the moment of export enters it (dates are the head's), nothing is overwritten, nothing
half-written ever bears the export's name, and nobody but its owner can read it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from threading import Event

from bot import quarantine
from bot.domain import profiles
from bot.domain.cell import Cell
from bot.domain.log import Entry, from_rfc3339
from bot.domain.profiles import Profile
from bot.export import calendar, drafts, manifest, registers, summary, tokens
from bot.export.jsonl import Passage, lines
from bot.export.pdf import book
from bot.export.pdf.press import PressFault
from bot.export.source import Source
from bot.export.verify.manifest import to_base64
from bot.export.words import refusal
from bot.spoken import spoken
from bot.store.faults import StoreFault
from bot.store.sealing import NotOpened
from bot.store.source import reading
from bot.system_words import why

_INCIDENT = re.compile(r"(?:INC|EXE)-[0-9]{4}-[0-9]{3,}")
_CHUNK = 1024 * 1024


class Halted(Exception):  # noqa: N818 - it was asked for
    """The export was given up because the program stops."""


class ExportRefused(Exception):  # noqa: N818 - it is refused, nothing went wrong
    """The export was not made; the text is one sentence for the person who asked."""


@dataclass(frozen=True)
class Made:
    """What was written, up to which entry. `unprinted`: why the log could not be printed, the rest being whole; None if
    it was."""

    folder: Path
    head: int
    unprinted: str | None = None


def export(database_url: str, incident: str, out: Path, passphrase: str, *, upto: int | None = None) -> Path:
    """Write the incident's file from the store at this URL, which `passphrase` lets sign; reads only.

    Raises ExportRefused, as `make` does, and where the store cannot be read or its key not be opened.
    """
    return export_whole(database_url, incident, out, passphrase, upto=upto).folder


def export_whole(database_url: str, incident: str, out: Path, passphrase: str, *, upto: int | None = None) -> Made:
    """The same, with what could not be printed. An id may be typed in small letters."""
    try:
        with reading(database_url, passphrase) as source:
            return make(source, incident.strip().upper(), out, upto=upto)
    except (StoreFault, NotOpened) as error:
        raise ExportRefused(refusal("store", reason=error)) from error


def write(source: Source, incident: str, out: Path, *, upto: int | None = None) -> Path:
    """Write the incident's file, as `make` does, and return the folder."""
    return make(source, incident, out, upto=upto).folder


def make(
    source: Source,
    incident: str,
    out: Path,
    *,
    upto: int | None = None,
    profile: Profile | None = None,
    halt: Event | None = None,
) -> Made:
    """Write `out/INCIDENT/` and `out/INCIDENT.zip`, up to entry `upto` (None: all), as far as `profile` lets it out.

    The registers and `incident.json` are the state as the source is read: they are of the log's own moment where `upto`
    is None, and may be later than its last entry else. A log that cannot be printed leaves without `journal.pdf`: what
    proves is the rest. Setting `halt` gives it up, and nothing stays. Raises Halted, and ExportRefused for an unknown
    incident, an existing target, or a place that cannot be written.
    """
    cell = source.cell(incident) if _INCIDENT.fullmatch(incident) else None
    if cell is None:
        raise ExportRefused(refusal("unknown", incident=incident))
    target, archive = out / incident, out / f"{incident}.zip"
    for existing in (target, archive):
        if existing.exists() or existing.is_symlink():
            raise ExportRefused(refusal("exists", path=existing))
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{incident}-", dir=out))
        try:
            head, unprinted = _fill(source, cell, work / incident, upto, profile, halt or Event())
            _zip(work / incident, work / archive.name, from_rfc3339(head.logged_at))
            (work / archive.name).rename(archive)
            (work / incident).rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ExportRefused(refusal("unwritable", path=out, reason=why(error).get(spoken()))) from error
    return Made(target, head.seq, unprinted)


def _fill(
    source: Source, cell: Cell, root: Path, upto: int | None, profile: Profile | None, halt: Event
) -> tuple[Entry, str | None]:
    """Write every file of the export below `root`, the manifest last; return the head, and why there is no PDF."""
    incident = cell.incident.id
    root.mkdir(mode=0o700)

    def entries() -> Iterator[Entry]:
        return _up_to(source.entries(incident), upto, halt)

    withheld = source.hidden(incident) | profiles.resting(entries())
    withheld |= profiles.withheld(profile, entries()) if profile else frozenset()
    passage = Passage()
    listed = [_put(root, "journal.jsonl", lines(entries(), passage, withheld))]
    head = passage.last
    if head is None:
        raise ExportRefused(refusal("empty", incident=incident))
    listed.append(_put(root, "incident.json", [summary.to_json(cell, source.rooms(incident), head, profile)]))
    listed += [_put(root, name, [data]) for name, data in registers.files(cell, passage.exports, profile)]
    if profile is None or "deadlines.csv" in profile.registers:
        listed.append(_put(root, calendar.NAME, [calendar.to_ics(cell, from_rfc3339(head.logged_at))]))
    texts = ((name, data) for name, data in drafts.files(cell) if name in passage.drafts)
    listed += [_put(root, f"drafts/{name}.md", [data]) for name, data in texts]
    kept = ((_below_files(path), data) for path, data in source.files(incident))
    listed += [_put(root, path, data) for path, data in kept if path in passage.files]
    if any(path.startswith(f"{quarantine.FOLDER}/") for path in passage.files):
        listed.append(_put(root, quarantine.NOTICE, [quarantine.WARNING.encode()]))
    listed += [_put(root, name, [data]) for name, data in tokens.files(source.tokens(incident), passage.tokens)]
    unprinted = None
    try:
        record = _printed(source, cell, passage, head, profile)
        listed += [_put(root, name, [data]) for name, data in book.volumes(record, entries(), halt)]
    except PressFault as fault:
        if halt.is_set():
            raise Halted from fault
        unprinted = str(fault)
    raw = manifest.to_json(cell.incident, passage, head, source.public_key(incident), listed)
    _put(root, "manifest.json", [raw])
    _put(root, "manifest.sig", [to_base64(source.sign(incident, raw)).encode()])
    _date(root, from_rfc3339(head.logged_at))
    return head, unprinted


def _printed(source: Source, cell: Cell, passage: Passage, head: Entry, profile: Profile | None) -> book.Record:
    """What the PDF is made of: the same entries, with the same ones withheld."""
    incident = cell.incident.id
    return book.Record(
        cell=cell,
        bot=source.bot(incident),
        rooms=[room.name for room in sorted(source.rooms(incident), key=lambda r: r.room_id)],
        key=to_base64(source.public_key(incident)),
        head=head,
        purged=len(passage.purged),
        withheld=frozenset(passage.withheld),
        anchors=passage.anchors,
        exports=passage.exports,
        profile=profile.names.get(cell.incident.language) if profile else "",
        anonymous=profile is not None and profile.anonymous,
        left=registers.leaving(profile),
    )


def _up_to(entries: Iterable[Entry], upto: int | None, halt: Event) -> Iterator[Entry]:
    for entry in entries:
        if halt.is_set():
            raise Halted
        if upto is not None and entry.seq > upto:
            return
        yield entry


def _below_files(path: str) -> str:
    """The whole path of a kept file, refused if it leads anywhere but below `files/`."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0] == "/" or "/".join(parts) != path:
        raise ExportRefused(refusal("outside", path=path))
    return f"files/{path}"


def _put(root: Path, name: str, pieces: Iterable[bytes]) -> manifest.Listed:
    """Write one file, owner-readable only and on the disk, and say what was written."""
    path = root / name
    for folder in reversed(PurePosixPath(name).parents):
        (root / folder).mkdir(mode=0o700, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for piece in pieces:
            stream.write(piece)
            digest.update(piece)
            size += len(piece)
        stream.flush()
        os.fsync(stream.fileno())
    return manifest.Listed(name, size, digest.hexdigest())


def _date(root: Path, at: datetime) -> None:
    """Give every file and folder the head's date: the moment of export is nobody's business."""
    seconds = int(at.timestamp())
    for path in (*root.rglob("*"), root):
        os.utime(path, (seconds, seconds))


def _zip(root: Path, archive: Path, at: datetime) -> None:
    """The folder as a zip. Stored, not deflated: compressed bytes differ from one zlib to the next."""
    descriptor = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            name = f"{root.name}/{path.relative_to(root).as_posix()}"
            info = zipfile.ZipInfo(name, at.timetuple()[:6])
            info.external_attr = 0o100600 << 16
            info.create_system = 3
            info.file_size = path.stat().st_size
            with path.open("rb") as data, packed.open(info, "w") as member:
                shutil.copyfileobj(data, member, _CHUNK)
    os.utime(archive, (at.timestamp(), at.timestamp()))
