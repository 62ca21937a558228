"""`journal.jsonl`: the log as it is chained, one entry a line, with what the manifest says about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.log import Entry, to_line, without_content


@dataclass
class Passage:
    """What was seen while the lines went by; complete once they are all written."""

    entries: int = 0
    last: Entry | None = None
    anchors: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    purged: list[int] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)
    exports: list[dict[str, Any]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    drafts: set[str] = field(default_factory=set)

    def note(self, entry: Entry, *, withheld: bool) -> None:
        """Take in one entry, as it is written; `withheld`: its content is left out of this export."""
        self.entries += 1
        self.last = entry
        if withheld:
            self.withheld.append(entry.seq)
        elif entry.content is None:
            self.purged.append(entry.seq)
        elif entry.kind == "anchor":
            self._anchor(entry, entry.content)
        elif entry.kind == "export":
            after = entry.content.get("after")
            said = after if isinstance(after, Mapping) else {}
            sent = {name: said.get(name) for name in ("to", "profile", "upto", "sha256", "size", "for")}
            self.exports.append({**sent, "at": entry.logged_at})
        elif entry.kind == "draft" and entry.content["action"] in ("write", "edit"):
            self.drafts.add(f"{entry.content['id']}-v{entry.content['after']['version']}")
        elif isinstance(entry.content.get("file"), Mapping) and "path" in entry.content["file"]:
            self.files.add(entry.content["file"]["path"])

    def _anchor(self, entry: Entry, content: Mapping[str, Any]) -> None:
        """One anchor for each head: its token comes later than what was posted, in an entry of its own."""
        token = content.get("token")
        if token is not None:
            self.tokens.add(token)
        held = next((each for each in reversed(self.anchors) if each["seq"] == content["seq"]), None)
        if held is not None:
            held["token"] = token or held["token"]
            return
        self.anchors.append(
            {
                "seq": content["seq"],
                "entry_hash": content["entry_hash"],
                "posted_at": entry.logged_at,
                "event_id": content.get("event_id"),
                "token": token,
            }
        )


def lines(entries: Iterable[Entry], passage: Passage, withhold: frozenset[int] = frozenset()) -> Iterator[bytes]:
    """The log's lines; the contents of the entries in `withhold` stay as hashes only."""
    for entry in entries:
        hidden = entry.seq in withhold and entry.content is not None
        passage.note(entry, withheld=hidden)
        yield to_line(without_content(entry) if hidden else entry).encode() + b"\n"
