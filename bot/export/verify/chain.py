"""One pass over a log, line by line: numbering, fields, hashes, and how each entry holds on to the last.

Guarantee: memory grows by the entries' hashes and identifiers only, never by what they say, and no line,
however hostile, raises. A line that cannot be read is a fault; what follows is still looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain import log
from bot.export.verify.faults import Fault
from bot.export.verify.package import JOURNAL

MAX_LINE = 32 * 1024 * 1024
MAX_FAULTS = 100

_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_NONCE = re.compile(r"[0-9a-f]{32}").fullmatch
_SECOND = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
_LOGGED = re.compile(_SECOND + r"\.[0-9]{6}Z").fullmatch
_OCCURRED = re.compile(_SECOND + r"(?:\.[0-9]+)?Z").fullmatch


class Chain:
    """What has been read so far. Feed it the lines in order, then `finish`."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.incident: str | None = None
        self.hashes: list[str | None] = []
        self.last: Mapping[str, Any] | None = None
        self.readable = False
        self._reader = log.Reader()
        self.posted: dict[int, None] = {}
        self.tokens: dict[str, tuple[int, int]] = {}
        self.files: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._count = 0
        self._prev: str | None = log.GENESIS
        self._expected = 1
        self._events: dict[str, int] = {}
        self._empty: set[int] = set()
        self._purged: dict[int, int] = {}

    @property
    def entries(self) -> int:
        return self._count

    @property
    def empty(self) -> frozenset[int]:
        """The numbers of the entries whose content is null."""
        return frozenset(self._empty)

    def feed(self, raw: bytes) -> None:
        """The next line, without its end of line."""
        self._count += 1
        try:
            entry = self._reader.load(raw)
        except ValueError as error:
            self._unreadable(str(error))
            return
        if not isinstance(entry, dict):
            self._unreadable("not an object")
            return
        self.readable = True
        bad = _bad_field(entry)
        if bad:
            self._fault("field", self._expected, name=bad)
            self._step(entry.get("seq"), entry.get("entry_hash"))
            return
        self._check(entry)
        self._step(entry["seq"], entry["entry_hash"])
        self.last = entry

    def finish(self, withheld: Iterable[int] = ()) -> None:
        """What can only be said at the end: null contents without a reason, an empty log."""
        if not self._count:
            self._fault("empty", None)
        allowed = frozenset(withheld)
        for seq in sorted(self._empty):
            if seq not in allowed and self._purged.get(seq, 0) <= seq:
                self._fault("content", seq)
        self.faults.sort(key=lambda fault: fault.seq or 0)

    def purged(self, seq: int) -> bool:
        """Whether the content is gone and a later entry says so."""
        return seq in self._empty and self._purged.get(seq, 0) > seq

    def hash_of(self, seq: int) -> str | None:
        return self.hashes[seq - 1] if 0 < seq <= len(self.hashes) else None

    def _unreadable(self, reason: str) -> None:
        self._fault("line", self._expected, line=self._count, reason=reason)
        self._step(None, None)

    def _step(self, seq: object, entry_hash: object) -> None:
        """Go on from here, whatever this line was, so that one fault is not told as a thousand."""
        self._expected = (seq if isinstance(seq, int) and seq > 0 else self._expected) + 1
        self._prev = entry_hash if isinstance(entry_hash, str) else None
        self.hashes.append(self._prev)

    def _check(self, entry: dict[str, Any]) -> None:
        seq = entry["seq"]
        if seq != self._expected:
            late = seq > self._expected
            self._fault(
                "missing" if late else "repeated",
                self._expected if late else seq,
                line=self._count,
                found=seq,
                expected=self._expected,
            )
        if self.incident is None:
            self.incident = entry["incident"]
        elif entry["incident"] != self.incident:
            self._fault("incident", seq, found=entry["incident"], expected=self.incident)
        self._check_content(seq, entry)
        self._check_entry_hash(seq, entry)
        if self._prev is not None and entry["prev_hash"] != self._prev:
            self._fault("prev_hash", seq)
        event_id = entry["event_id"]
        if event_id is not None and self._events.setdefault(event_id, seq) != seq:
            self._fault("event_id", seq, first=self._events[event_id])
        self._remember(seq, entry)

    def _check_content(self, seq: int, entry: dict[str, Any]) -> None:
        content = entry["content"]
        if content is None:
            self._empty.add(seq)
            return
        try:
            held = log.content_hash(content, entry["nonce"], plain=self._reader.plain) == entry["content_hash"]
        except ValueError as error:
            self._fault("line", seq, line=self._count, reason=str(error))
            return
        if not held:
            self._fault("content_hash", seq)

    def _check_entry_hash(self, seq: int, entry: dict[str, Any]) -> None:
        try:
            held = log.entry_hash(entry, plain=self._reader.plain) == entry["entry_hash"]
        except ValueError as error:
            self._fault("line", seq, line=self._count, reason=str(error))
            return
        if not held:
            self._fault("entry_hash", seq)

    def _remember(self, seq: int, entry: dict[str, Any]) -> None:
        """What a purge names, what an anchor says of an earlier entry and its token, which file was kept."""
        content = entry["content"]
        if content is None:
            return
        if entry["kind"] == "purge":
            target = content.get("target")
            for purged in target if isinstance(target, list) else [target]:
                if isinstance(purged, int) and not isinstance(purged, bool):
                    self._purged[purged] = max(seq, self._purged.get(purged, 0))
        elif entry["kind"] == "anchor":
            anchored = content.get("seq")
            if (
                isinstance(anchored, bool)
                or not isinstance(anchored, int)
                or self.hash_of(anchored) != content.get("entry_hash")
            ):
                self._fault("anchor_entry", seq, anchored=anchored)
                return
            self.posted[anchored] = None
            token = content.get("token")
            if isinstance(token, str):
                self.tokens[token] = (seq, anchored)
            elif token is not None:
                self._fault("field", seq, name="token")
        elif isinstance(content.get("file"), dict) and isinstance(content["file"].get("path"), str):
            self.files[content["file"]["path"]] = (seq, content["file"])

    def _fault(self, what: str, seq: int | None, **facts: object) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(what, seq, JOURNAL, facts))


def _bad_field(entry: dict[str, Any]) -> str | None:
    """The name of the first field that is missing or not in its form."""
    for name in log.FIELDS:
        if name not in entry:
            return name
    for name in ("room_id", "event_id", "sender"):
        if not (entry[name] is None or isinstance(entry[name], str)):
            return name
    for name in ("content_hash", "prev_hash", "entry_hash"):
        if not (isinstance(entry[name], str) and _HASH(entry[name])):
            return name
    for name in ("incident", "kind"):
        if not (isinstance(entry[name], str) and entry[name]):
            return name
    return _bad_number(entry) or _bad_instant(entry) or _bad_content(entry)


def _bad_number(entry: dict[str, Any]) -> str | None:
    seq, origin_ts = entry["seq"], entry["origin_ts"]
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        return "seq"
    if origin_ts is not None and (not isinstance(origin_ts, int) or isinstance(origin_ts, bool)):
        return "origin_ts"
    return None


def _bad_instant(entry: dict[str, Any]) -> str | None:
    logged, occurred = entry["logged_at"], entry["occurred_at"]
    if not (isinstance(logged, str) and _LOGGED(logged)):
        return "logged_at"
    if occurred is not None and not (isinstance(occurred, str) and _OCCURRED(occurred)):
        return "occurred_at"
    return None


def _bad_content(entry: dict[str, Any]) -> str | None:
    content, nonce = entry["content"], entry["nonce"]
    if content is None:
        return None if nonce is None else "nonce"
    if not isinstance(content, dict):
        return "content"
    return None if isinstance(nonce, str) and _NONCE(nonce) else "nonce"
