"""What a cell owes and says, played over a bot that may die: a moment, a clock that rings, a filing, a text.

Each part begins by telling `arm` its name, so that a test chooses the part in which the bot dies.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.demo.players import Player
from bot.demo.stage import Stage

from ..e2e.crisis import Crisis, events_of, marks, raise_alarm

Arm = Callable[[str], None]

CLOCK = "Rappeler l’ARS"
FIRST = "Incident informatique. Laissez éteint ce qui est éteint. Signalez tout écran anormal au 3000."
SECOND = "Incident informatique. Laissez éteint ce qui est éteint. Prochain message à 7 h."


@dataclass(frozen=True)
class Cell:
    """Three people in a crisis; `said` has each command's event, under the name that the account uses."""

    crisis: Crisis
    claire: Player
    karim: Player
    nadia: Player
    said: dict[str, str]

    async def ask(self, who: Player, name: str, text: str, expect: str) -> str:
        """Type a command and wait for the answer to it; return the answer."""
        self.said[name] = await who.say(self.crisis.room, text)
        return (await who.reply(self.crisis.room, self.said[name], expect)).text


async def play(stage: Stage, claire: Player, karim: Player, nadia: Player, arm: Arm) -> Cell:
    """The crisis from the alarm to the release of a text; each command is answered before the next is typed."""
    crisis = await raise_alarm(stage, claire)
    for player in (karim, nadia):
        await player.joined(crisis.name)
        await player.hears(crisis.room, r"^Échéances", sender=stage.bot_id)
    cell = Cell(crisis, claire, karim, nadia, {})
    await _moment_and_ring(cell, arm)
    await _filing(cell, arm)
    await _text(cell, arm)
    return cell


async def _moment_and_ring(cell: Cell, arm: Arm) -> None:
    """The time of the breach, confirmed by whoever said it; then a clock of fifteen seconds, which rings."""
    room, bot = cell.crisis.room, cell.crisis.stage.bot_id
    arm("moment")
    await cell.ask(cell.claire, "moment", "!violation il y a 20 min dossiers inaccessibles", r"C’est bien cela")
    arm("confirmed")
    cell.said["confirmed"] = await cell.claire.say(room, "!oui")
    await cell.claire.hears(room, r"^🕐 Repère violation", sender=bot)
    await cell.claire.ticked(room, cell.said["confirmed"])
    arm("ring")  # before the clock begins: however long a restart takes, it has not rung yet
    await cell.ask(cell.nadia, "clock", f"!echeance {CLOCK} --dans 15s", r"E1.*ARS")
    rung = await cell.nadia.hears(room, r"⏰ .*E1", sender=bot)
    assert rung.rings == (cell.nadia.user,)
    await cell.nadia.hears(await cell.nadia.dm(bot), CLOCK, sender=bot)
    await cell.claire.hears(room, r"⏰ .*E1", sender=bot)
    await cell.claire.react(room, rung.event_id, "🙋")
    await cell.nadia.hears(room, r"Claire Morel se charge d’E1", sender=bot)


async def _filing(cell: Cell, arm: Arm) -> None:
    """The complaint is filed by telephone, and closed by its receipt."""
    arm("filing")
    await cell.ask(cell.claire, "filed", "!depose plainte --tel commissariat", r"accusé est attendu")
    await cell.ask(cell.claire, "receipt", "!accuse plainte PV 2026/118", r"échéance est close")


async def _text(cell: Cell, arm: Arm) -> None:
    """A text is drafted, approved by one, changed, approved by two as it stands now, and released."""
    room, bot = cell.crisis.room, cell.crisis.stage.bot_id
    await cell.ask(cell.nadia, "draft", "!rediger interne", r"C1 v1")
    arm("version")
    await cell.ask(cell.nadia, "first", f"!modifier 1 {FIRST}", r"C1 v2")
    old = await cell.claire.hears(room, r"^C1 v2 · [0-9a-f]{8}\n", sender=bot)
    await cell.ask(cell.karim, "early", "!approuver 1", r"C1 v2.*approuvé par Karim")
    arm("vote")
    await cell.ask(cell.nadia, "second", f"!modifier 1 {SECOND}", r"C1 v3")
    await cell.claire.react(room, old.event_id, "✅")
    await cell.claire.hears(room, r"version 2 de C1.*ne compte pas", sender=bot)
    await cell.ask(cell.karim, "one", "!approuver 1", r"C1 v3.*approuvé par Karim")
    await cell.ask(cell.claire, "two", "!approuver 1", r"C1 v3.*approuvé par tous")
    arm("release")
    asked = await cell.ask(cell.nadia, "release", "!diffuser 1 affiches", r"!oui \d{4}")
    code = re.search(r"!oui (\d{4})", asked)
    assert code is not None
    await cell.ask(cell.nadia, "released", f"!oui {code[1]}", r"C1 v3.*diffusé par Nadia")
    await cell.karim.hears(room, rf"^{re.escape(SECOND)}$", sender=bot)
    await cell.karim.hears(room, r"C1-v3-a4\.pdf$", sender=bot)


async def heard(cell: Cell) -> Counter[str]:
    """How often what had to be said once was said: each answer, each reminder where it is due, the text to copy."""
    crisis, bot = cell.crisis, cell.crisis.stage.bot_id
    direct = await cell.nadia.dm(bot)
    for events in (await crisis.settled(), await events_of(crisis.stage, direct)):
        assert [mark for mark, count in marks(events).items() if count > 1] == [], "said twice"
    stood = Counter(event["event_id"] for event in await crisis.settled())
    assert Counter(entry.event_id for entry in crisis.entries() if entry.event_id) == stood

    reader = cell.nadia
    await reader.until(lambda: not reader.unreadable(crisis.room), what="the last key")
    ours = [message for message in reader.log(crisis.room) if message.sender == bot]
    found: Counter[str] = Counter()
    for name, event in cell.said.items():
        message = reader.message(crisis.room, event)
        ticks = [sender for sender, _ in message.reactions if sender == bot] if message is not None else []
        answers = [m for m in ours if m.reply_to == event and m.text != SECOND and not m.text.endswith(".pdf")]
        found[f"answer to {name}"] = len(ticks) + len(answers)
    found["moment said"] = sum(m.text.startswith("🕐 Repère violation") for m in ours)
    found["release said"] = sum("diffusé par Nadia" in m.text for m in ours)
    found["reminder in the room"] = sum(m.text.startswith("⏰") and CLOCK in m.text for m in ours)
    found["reminder that rings"] = sum(m.text.startswith("⏰") and reader.user in m.rings for m in ours)
    beside = [m for m in reader.log(direct) if m.sender == bot and m.text.startswith("⏰") and CLOCK in m.text]
    found["reminder in the direct room"] = len(beside)
    found["taken"] = sum("Claire Morel se charge d’E1" in m.text and not m.text.startswith("É") for m in ours)
    found["old vote refused"] = sum("version 2 de C1" in m.text for m in ours)
    found["text to copy"] = sum(m.text == SECOND for m in ours)
    found["poster"] = sum(m.text.endswith("C1-v3-a4.pdf") for m in ours)
    return found


def changed(crisis: Crisis) -> Counter[str]:
    """The log's changes of moments, clocks and texts, but for the clocks' starts, each with how often it stands there."""
    said = [(entry.kind, entry.content or {}) for entry in crisis.entries() if entry.event_id is None]
    return Counter(
        f"{content.get('action')} {content.get('id')}"
        for kind, content in said
        if kind in ("moment", "deadline", "nudge", "draft") and content.get("action") != "start"
    )


@dataclass(frozen=True)
class Exported:
    """What a stranger reads in the incident's file: the deadlines by alias, the versions by name."""

    deadlines: dict[str, dict[str, str]]
    drafts: dict[str, str]


def exported(archive: Path) -> Exported:
    """Read an incident's zip."""
    with zipfile.ZipFile(archive) as packed:
        text = packed.read(f"{archive.stem}/deadlines.csv").decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), delimiter=";")
        names = [name for name in packed.namelist() if "/drafts/" in name]
        drafts = {Path(name).stem: packed.read(name).decode() for name in names}
        return Exported({row["alias"]: row for row in rows}, drafts)
