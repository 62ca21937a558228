"""An export as it lies on a disk: a folder, a zip, or a journal alone, read and never unpacked.

Guarantee: nothing is written, no link is followed, no name is trusted as a path, and no member is read
further than it says it is long. Whatever else a program that unpacks the zip could find in it, or write
elsewhere than in its own folder, is named as out of place.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
JOURNAL = "journal.jsonl"

MAX_MEMBERS = 200_000
MAX_TOTAL = 64 * 1024**3
_CHUNK = 1024 * 1024
_LOCAL_HEADER = 30
_HAS_DESCRIPTOR = 0x08
_DESCRIPTORS: tuple[int, ...] = (0, 12, 16, 20, 24)
"""The lengths that what follows a member whose size was not known at first may have (APPNOTE.TXT, 4.3.9)."""
_UNICODE_PATH = 0x7075
_END = 22
"""The length of the record that ends an archive which has no comment, the comment's length at its end."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class UnreadableError(Exception):
    """There is nothing here that could be verified; the two arguments are the reason, French and English."""

    def reason(self, language: str) -> str:
        return str(self.args[1 if language == "en" else 0])


def unreadable(error: Exception) -> UnreadableError:
    """Why what is there cannot be read, in words of ours."""
    if isinstance(error, PermissionError):
        return UnreadableError("la lecture en est interdite", "reading it is not permitted")
    if isinstance(error, OSError):
        return UnreadableError("la lecture échoue", "reading it fails")
    return UnreadableError("l’archive zip est abîmée", "the zip archive is damaged")


class Package(Protocol):
    """The files of an export by their path inside it, with `/`."""

    def names(self) -> list[str]: ...

    def irregular(self) -> list[str]:
        """What is there but is not one ordinary file: a link, a device, a name that stands twice."""
        ...

    def open(self, name: str) -> BinaryIO: ...

    def close(self) -> None: ...


class Folder:
    """An exported folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: list[str] = []
        self._irregular: list[str] = []
        for path in _walk(root):
            name = path.relative_to(root).as_posix()
            regular = stat.S_ISREG(path.lstat().st_mode)
            (self._names if regular else self._irregular).append(name)

    def names(self) -> list[str]:
        return self._names

    def irregular(self) -> list[str]:
        return self._irregular

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")

    def close(self) -> None:
        """A folder holds nothing open."""


class Zip:
    """An exported zip; its files may stand in one folder of the archive, as the exporter writes them."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        # A folder holds nothing: one that does is a file by a name that hides it.
        members = [info for info in self._archive.infolist() if not info.is_dir() or info.file_size]
        if len(members) > MAX_MEMBERS or sum(info.file_size for info in members) > MAX_TOTAL:
            self._archive.close()
            raise UnreadableError("l’archive est démesurée", "the archive is beyond all measure")
        root = _root([info.filename for info in members])
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._irregular: list[str] = []
        for info in members:
            name = info.filename.removeprefix(root)
            if _is_strange(info) or name in self._members:
                self._irregular.append(name)
            else:
                self._members[name] = info
        if not _is_filled(path, self._archive):
            self._irregular.append(path.name)

    def names(self) -> list[str]:
        return list(self._members)

    def irregular(self) -> list[str]:
        return self._irregular

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, self._archive.open(self._members[name]))))

    def close(self) -> None:
        self._archive.close()


def opened(path: Path) -> Package | None:
    """The package at `path`; None if it is a journal alone. Raises UnreadableError."""
    try:
        if path.is_dir():
            return _some(Folder(path))
        if not path.is_file():
            raise UnreadableError("il n’y a ni fichier ni dossier ici", "there is no file or folder here")
        if zipfile.is_zipfile(path):
            return _some(Zip(path))
        with path.open("rb") as stream:
            start = stream.read(4)
    except DAMAGED as error:
        raise unreadable(error) from error
    if start.startswith(b"PK"):
        raise UnreadableError("l’archive zip est abîmée", "the zip archive is damaged")
    return None


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream, a megabyte at a time."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def _some(package: Package) -> Package:
    if not {JOURNAL, MANIFEST}.intersection(package.names()):
        package.close()
        raise UnreadableError(
            "on n’y trouve ni journal.jsonl ni manifest.json : ce n’est pas un dossier d’incident",
            "neither journal.jsonl nor manifest.json is in it: this is not an incident file",
        )
    return package


def _root(names: list[str]) -> str:
    """The folder inside a zip that the export stands in, with its `/`; empty if at the top."""
    if MANIFEST in names or JOURNAL in names:
        return ""
    split = [n.split("/") for n in names if n.count("/") == 1]
    found = [folder for folder, name in split if name in (MANIFEST, JOURNAL) and folder not in ("", ".", "..")]
    return f"{found[0]}/" if found else ""


def _is_strange(info: zipfile.ZipInfo) -> bool:
    """Whether a member is no ordinary file, or has two names: which is meant depends on the program that unpacks it."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.is_dir() or kind not in (0, stat.S_IFREG) or "\0" in info.orig_filename:
        return True
    return any(number == _UNICODE_PATH and data[5:] != info.filename.encode() for number, data in _extras(info.extra))


def _extras(raw: bytes) -> Iterator[tuple[int, bytes]]:
    while len(raw) >= 4:
        number, size = struct.unpack_from("<HH", raw)
        yield number, raw[4 : 4 + size]
        raw = raw[4 + size :]


def _is_filled(path: Path, archive: zipfile.ZipFile) -> bool:
    """Whether the archive's members fill it, one after the other, from its first byte to its list of them, which ends
    it: in a gap, before or after them, could stand others, which another program would find instead."""
    end = 0
    spare: tuple[int, ...] = (0,)
    with path.open("rb") as stream:
        for info in sorted(archive.infolist(), key=lambda each: each.header_offset):
            if info.header_offset - end not in spare:
                return False
            stream.seek(info.header_offset)
            header = stream.read(_LOCAL_HEADER)
            if len(header) < _LOCAL_HEADER:
                return False
            name, extra = struct.unpack_from("<HH", header, _LOCAL_HEADER - 4)
            end = info.header_offset + _LOCAL_HEADER + name + extra + info.compress_size
            spare = _DESCRIPTORS if info.flag_bits & _HAS_DESCRIPTOR else (0,)
        stream.seek(-_END, os.SEEK_END)
        ends = stream.read()
    return archive.start_dir - end in spare and ends.startswith(b"PK\x05\x06") and ends.endswith(b"\0\0")


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root, onerror=_raise):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted(files + links):
            yield Path(folder) / name


def _raise(error: OSError) -> None:
    raise error
