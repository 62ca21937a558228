"""The conversation on a terminal. Guarantee: what is shown as said was decrypted by one of the players, once.

Readable without colours (`NO_COLOR`), without a terminal, and in a narrow one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from bot.demo.seen import Sighting
from bot.domain.language import Both, Language

_COLOURS: Final = ("green", "yellow", "magenta", "blue", "red")
_WIDEST: Final = 108
_INDENT: Final = 7
# A checklist is shown by its beginning: whoever wants it whole has the room. Of deadlines, the law's come first.
_LONG: Final = 14
_BEGINNING: Final = 6
_OF_LAW: Final = 5
_DEADLINE: Final = re.compile(r"\((?:loi|law|contrat|contract|objectif interne|internal target)\)")
_LAW: Final = re.compile(r"\((?:loi|law)\)")
# What has a dash in its first line, and more lines than this, is a board.
_BOARD: Final = 6

_ENTERS = Both("entre dans le salon", "enters the room")
_EDITS = Both("modifie son message", "edits the message")
_WITHDRAWS = Both("retire son message", "withdraws the message")
_PINS = Both("épingle", "pins")
_COLON = Both("\u00a0: ", ": ")
_QUOTED = Both("«\u00a0{said}\u00a0»", "“{said}”")
_DIRECT = Both("message direct à {name}", "direct message to {name}")
_MORE = Both("… et {count} lignes de plus", "… and {count} more lines")
_EXPECTED = Both("Attendu : ", "Expected: ")
_GOT = Both("Reçu :", "Received:")
_NOTHING = Both("rien", "nothing")
_WRONG = Both("La démonstration s’arrête à l’étape « {act} ».", "The demonstration stops at the step “{act}”.")


class Show:
    """Writes the conversation as it comes; what was written can be saved as plain text."""

    def __init__(self, lang: Language, zone: ZoneInfo, bot: str = "", width: int | None = None) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without accents shows « ? » and goes on
        console = Console(highlight=False, markup=False, emoji=False, record=True)
        console.width = width or min(console.width, _WIDEST)
        self._console = console
        self._lang: Language = lang
        self._zone = zone
        self.bot = bot
        self._act = ""
        self._events: set[str] = set()
        self._boards: set[str] = set()
        self._called = False
        self._heads: dict[str, str] = {}
        self._last = ""
        self._colours: dict[str, str] = {}

    # The conversation

    def sighting(self, seen: Sighting, who: str, room: str, direct_to: str | None) -> None:
        """Show something that appeared on a player's screen, unless another player's showed it already."""
        if seen.event_id in self._events:
            return
        self._events.add(seen.event_id)
        where = _DIRECT.get(self._lang).format(name=direct_to) if direct_to else room
        if seen.what == "message":
            self._message(seen, who, where, brief=direct_to is not None and self._called)
            self._called = self._called or (direct_to is not None and seen.sender == self.bot)
            return
        mine = seen.sender == self.bot
        about = _first_line(seen.target.text) if seen.target else ""
        match seen.what:
            case "edit" if mine:
                self._own_edit(seen, where, who)
            case "edit":
                self._aside(seen.at, where, who, f"✎ {_EDITS.get(self._lang)}{_COLON.get(self._lang)}{seen.text}")
            case "withdrawal":
                colon, said = _COLON.get(self._lang), _QUOTED.get(self._lang).format(said=about)
                self._aside(seen.at, where, who, f"🗑 {_WITHDRAWS.get(self._lang)}{colon}{said} {seen.text}")
            case "reaction":
                self._aside(seen.at, where, who, f"{seen.text} ← {about}")
            case "pin" if not about:
                return  # pinned for those who can read it
            case "pin":
                self._aside(seen.at, where, who, f"📌 {_PINS.get(self._lang)}{_COLON.get(self._lang)}{about}")
            case _:
                self._aside(seen.at, where, who, f"→ {_ENTERS.get(self._lang)}")

    def _own_edit(self, seen: Sighting, where: str, who: str) -> None:
        """A board that has changed, once for each first line: what has changed below it is in the room."""
        line = _first_line(seen.text)
        board = seen.target.event_id if seen.target else seen.event_id
        if self._heads.get(board) != line:
            self._heads[board] = line
            self._aside(seen.at, where, who, f"✎ {line}")

    def _message(self, seen: Sighting, who: str, where: str, *, brief: bool) -> None:
        lines = [line.rstrip() for line in seen.text.splitlines() if line.strip()]
        if seen.sender == self.bot:
            self._heads[seen.event_id] = _first_line(seen.text)
            reply = seen.target is not None and seen.target.reply_to is not None
            lines = self._shortened(lines, brief=brief, reply=reply)
        if len(lines) == 1 and (brief or lines[0].startswith("✎")):
            self._aside(seen.at, "" if brief else where, f"{who}, {where}" if brief else who, lines[0])
            return
        style = self._style(seen.sender)
        head = Text.assemble((f"{self._time(seen.at)}  ", "dim"), (who, f"bold {style}"), (f"  {where}", "dim"))
        self._console.print()
        self._console.print(head)
        body = Text("\n".join(lines), style if seen.sender == self.bot else "")
        self._console.print(Padding(body, (0, 0, 0, _INDENT), expand=False))
        self._last = ""

    def _shortened(self, lines: Sequence[str], *, brief: bool, reply: bool) -> list[str]:
        """A long message by its beginning; a board that is posted again, and a call after the first, by a line."""
        if brief and lines:
            return [lines[0]]
        board, dash, _ = lines[0].partition(" — ") if lines else ("", "", "")
        if dash and not reply and len(lines) > _BOARD:
            if board in self._boards:
                return [f"✎ {lines[0]}"]
            self._boards.add(board)
        if len(lines) <= _LONG:
            return list(lines)
        end = [] if dash else list(lines[-1:])  # what a message asks for is at its end
        kept = _beginning(lines[: len(lines) - len(end)])
        more = _MORE.get(self._lang).format(count=len(lines) - len(kept) - len(end))
        return [*kept, more, *end]

    def _aside(self, at: datetime, where: str, who: str, what: str) -> None:
        """One dim line; the same twice in a row is shown once."""
        if what == self._last:
            return
        self._last = what
        line = Text.assemble(
            (f"{self._time(at)}  ", "dim"), (f"{who}  ", "dim bold"), (what, "dim"), (f"  {where}", "dim")
        )
        line.truncate(self._console.width, overflow="ellipsis")
        self._console.print(line)

    # Around the conversation

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        self._act = title
        self._last = ""
        self._console.print()
        self._console.print(Rule(Text(title, "bold"), style="dim"))

    def note(self, text: str) -> None:
        """Say what happens outside the rooms."""
        self._last = ""
        self._console.print(Text(text, "italic dim"))

    def proved(self, text: str) -> None:
        """Say that a step got the answer that it must."""
        self._last = ""
        self._console.print(Text(f"  ✓ {text}", "green"))

    def failed(self, expected: str, got: Iterable[str]) -> None:
        """Say what had to be answered, and what was."""
        self._console.print()
        self._console.print(Text("✗ " + _WRONG.get(self._lang).format(act=self._act), "bold red"))
        self._console.print(Text(_EXPECTED.get(self._lang) + expected, "red"))
        self._console.print(Text(_GOT.get(self._lang), "red"))
        for text in list(got) or [_NOTHING.get(self._lang)]:
            self._console.print(Padding(Text(text), (0, 0, 0, 4), expand=False))

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and what each is, a line each."""
        rows = list(rows)
        widest = max((len(name) for name, _ in rows), default=0)
        for name, what in rows:
            line = Text.assemble("  ", (name.ljust(widest), "bold"), f"  {what}")
            self._console.print(line, soft_wrap=True)

    def save(self, path: Path) -> None:
        """Write what was shown so far as plain text."""
        path.write_text(self._console.export_text(clear=False), encoding="utf-8")

    def _time(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%H:%M")

    def _style(self, sender: str) -> str:
        if sender == self.bot:
            return "cyan"
        return self._colours.setdefault(sender, _COLOURS[len(self._colours) % len(_COLOURS)])


def _beginning(lines: Sequence[str]) -> list[str]:
    """The first lines; where they go on with deadlines, the law's, each with the line that says until when."""
    first = next((number for number, line in enumerate(lines) if _DEADLINE.search(line)), len(lines))
    law = [number for number, line in enumerate(lines) if _LAW.search(line)]
    if first > _BEGINNING or not law:
        return list(lines[:_BEGINNING])
    kept = list(lines[:first])
    for number in law[:_OF_LAW]:
        kept.append(lines[number])
        following = lines[number + 1 : number + 2]
        kept += [line for line in following if not line.startswith("- ")]
    return kept


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 90 else line[:89] + "…"
