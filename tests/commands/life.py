"""Two days of a ransomware, task by task: who does what, when, and what they are told meanwhile.

People do most of their tasks at about their time, in groups as people do, some late, some never; at night they sleep. The
file of a story is told anew by `python -m tests.commands.life`; what changed in it is read before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.cell import Cell
from bot.domain.incident import Task
from bot.domain.language import Language
from bot.domain.reminders import owners
from tests.commands.harness import Talk, talk_in_crisis
from tests.commands.stories import minutes
from tests.commands.story import FOLDER, Act, Story

PARIS = ZoneInfo("Europe/Paris")
WAKES, SLEEPS = 7, 22
TICK = timedelta(minutes=15)
TOGETHER = timedelta(minutes=20)
"""What somebody does within this time is typed in one line."""
NOTES = {"fr": "vu sur place", "en": "seen on site"}
VERBS = {"fr": ("!fait", "!prendre"), "en": ("!done", "!take")}

FRENCH: tuple[Act, ...] = (
    Act(minutes(4), "soline", "!service urgences degrade --depuis 13h40"),
    Act(minutes(6), "soline", "!service laboratoire arrete plus de résultats à l’écran"),
    Act(minutes(12), "karim", "!bloque 5 pas le mot de passe du pare-feu"),
    Act(minutes(31), "soline", "!contournement résultats du labo par coursier"),
    Act(minutes(40), "olivier", "!donner 5 @karim"),
    Act(minutes(50), "soline", "!renfort deux brancardiers aux urgences"),
    Act(minutes(95), "nadia", "!tache soins Recompter les brassards d’identité --pour @soline --dans 2h"),
    Act(minutes(100), "karim", "!plustard 8 1h"),
    Act(minutes(130), "soline", "!suite", "dm:soline"),
    Act(minutes(131), "soline", "!moi", "dm:soline"),
    Act(minutes(180), "olivier", "!renfort M2 obtenu"),
    Act(minutes(60 * 18), "soline", "!service urgences normal"),
    Act(minutes(60 * 19), "claire", "!taches", "dm:claire"),
    Act(minutes(60 * 20), "soline", "!fiche", "dm:soline"),
    Act(minutes(60 * 27), "olivier", "!donner juridique @anne"),
    Act(minutes(60 * 44), "soline", "!services", "dm:soline"),
)
ENGLISH: tuple[Act, ...] = (
    Act(minutes(5), "soline", "!service emergency degraded --since 13:40"),
    Act(minutes(12), "karim", "!block 5 no password for the firewall"),
    Act(minutes(70), "soline", "!next", "dm:soline"),
    Act(minutes(120), "soline", "!services", "dm:soline"),
    Act(minutes(200), "karim", "!card", "dm:karim"),
)


class Days(Story):
    """The heart beats every quarter of an hour, and whenever somebody types."""

    def _next_beat(self) -> datetime:
        return self.talk.clock.now() + TICK


def lived(language: Language, hours: int, *, clocks: bool) -> Story:
    """The cell at work for so long."""
    talk = talk_in_crisis(language=language, clocks=clocks)
    cell = talk.cell
    script = [*(FRENCH if language == "fr" else ENGLISH), *_work(cell, hours, language)]
    return Days(talk, PARIS, sorted(script, key=lambda act: act.after), {}).live(hours)


def idle(hours: int) -> Story:
    """The same cell, of which nobody does anything: what reminds, reminds."""
    talk: Talk = talk_in_crisis(clocks=True)
    return Days(talk, PARIS, (), {}).live(hours)


def _work(cell: Cell, hours: int, language: Language) -> list[Act]:
    """What each does of the tasks that are due by then: early, in time, late, or never."""
    begin, end = cell.incident.opened_at, timedelta(hours=hours)
    done: dict[str, list[tuple[timedelta, int]]] = {}
    acts: list[Act] = []
    for task in cell.in_order:
        who = next(iter(owners(cell, task)), None)
        if who is None or task.due is None or task.number in (5, 8):
            continue
        after = _awake(task.due - begin + _habit(task), cell)
        if _habit(task) == NEVER or after >= end:
            continue
        if task.number % 5 == 2:
            taken = _awake(max(after - timedelta(minutes=40), minutes(2)), cell)
            acts.append(Act(taken, _name(who), f"{VERBS[language][1]} {task.number}"))
        done.setdefault(_name(who), []).append((after, task.number))
    for who, mine in done.items():
        for after, numbers in _together(sorted(mine)):
            note = f" : {NOTES[language]}" if language == "fr" else f": {NOTES[language]}"
            acts.append(Act(after, who, f"{VERBS[language][0]} {', '.join(map(str, numbers))}{note}"))
    return acts


NEVER = timedelta(days=365)


def _habit(task: Task) -> timedelta:
    """How long before or after its time a task is done."""
    habits = (-minutes(5), minutes(2), minutes(20), minutes(90), NEVER)
    return habits[task.number % len(habits)]


def _awake(after: timedelta, cell: Cell) -> timedelta:
    """That time, or the next morning."""
    at = (cell.incident.opened_at + after).astimezone(PARIS)
    if WAKES <= at.hour < SLEEPS:
        return after
    morning = at.replace(hour=WAKES, minute=10) + timedelta(days=at.hour >= SLEEPS)
    return after + (morning - at)


def _together(mine: list[tuple[timedelta, int]]) -> list[tuple[timedelta, list[int]]]:
    groups: list[tuple[timedelta, list[int]]] = []
    for after, number in mine:
        if groups and after - groups[-1][0] <= TOGETHER:
            groups[-1] = (after, [*groups[-1][1], number])
        else:
            groups.append((after, [number]))
    return groups


def _name(user: str) -> str:
    return user[1:].partition(":")[0]


STORIES: dict[str, Callable[[], Story]] = {
    "tasks_fr": lambda: lived("fr", 48, clocks=False),
    "tasks_en": lambda: lived("en", 8, clocks=False),
}


def file_of(name: str) -> Path:
    """Where a story is kept."""
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, story in STORIES.items():
        file_of(name).write_text(story().told(), encoding="utf-8")
