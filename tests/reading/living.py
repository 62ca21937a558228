"""One line of the corpus of real life, put to the whole bot: what it did, as one line that the corpus can hold.

The engine, the store and the words are the real ones. What was read is listened to where the conversation reads it, and
what was answered where the words are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from bot import conversation, decisions
from bot.commands.call import Call
from bot.reading import Context, Reading, is_talk, read
from bot.reading.result import Silence
from bot.store import pendings
from tests.commands.cast import BOT, ROSTER, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.reading.cast import shown

LIFE = Path(__file__).parent / "life"
ASIDE = frozenset({"notices.entry"})


@dataclass(frozen=True)
class Case:
    """What somebody types, where, and what must come of it; any of the last will do."""

    file: str
    who: str
    where: str
    says: str
    must: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.file}: {self.who} ({self.where}) {self.says[:60]!r}"

    def allows(self, outcome: str) -> bool:
        """Whether that is what must happen: what is done in every word of it (unless « … » ends it), the rest as far as
        it is said.

        A command that is right and asks for a yes first, as some do when they come too early or too late, was read.
        """
        read = outcome.replace("confirms ", "does ", 1) if outcome.startswith("confirms ") else outcome
        return any(_is(each, outcome) or _is(each, read) for each in self.must)


def _is(wanted: str, outcome: str) -> bool:
    if wanted.endswith(" …"):
        return f"{outcome} ".startswith(wanted.removesuffix("…"))
    if wanted.startswith(("does ", "confirms ")) and wanted not in LOOSE:
        return outcome == wanted
    return f"{outcome} ".casefold().startswith(f"{wanted} ".casefold())


EVERYBODY = tuple(person.localpart for person in ROSTER)
LOOSE = frozenset({"does note", "does done"})


def cases(folder: Path = LIFE) -> Iterator[Case]:
    """Every line of the corpus."""
    for path in sorted(folder.glob("*.yaml")):
        for who, where, says, must in yaml.safe_load(path.read_text(encoding="utf-8")):
            text = says.replace("{40k}", "à " * 20_000).replace("{1000 numbers}", " ".join(map(str, range(1, 1001))))
            yield Case(path.stem, who, where, text, tuple(each.strip() for each in must.split(" | ")))


def glance(case: Case) -> str:
    """What the reader alone makes of it, with what the conversation would tell it; the engine's part is not played."""
    if case.where in ("notice", "emote", "fakepill") or case.who.startswith("@"):
        return outcome(case)
    text, html = _as_sent(case)
    if is_talk(text, html=html, bot_id=BOT) and not case.where.startswith(("dm", "peacedm", "reply")):
        return "silent"
    return _read(read(text, html=html, context=_context(case.who, case.where)))


@cache
def _context(who: str, where: str) -> Context:
    """What the conversation tells the reader of a message of theirs there."""
    talk = Talk(clocks=True) if where.startswith("peace") else talk_in_crisis(*EVERYBODY, clocks=True)
    with _listening() as heard:
        _say(talk, Case("", who, where, "!aide", ()))
    return heard.contexts[-1]


def _as_sent(case: Case) -> tuple[str, str | None]:
    kind, _, about = case.where.partition(":")
    if kind == "mention":
        return f"Tocsin {case.says}", f"{_pill(BOT, 'Tocsin')} {case.says}"
    if kind == "pill":
        account, _, label = about.partition("|")
        full = account if account.startswith("@") else matrix_id(account)
        return case.says, case.says.replace(label, _pill(full, label))
    return case.says, None


def outcome(case: Case) -> str:
    """What the bot made of it: `does done tasks=3`, `suggests !fait 3`, `refuses missing N`, `silent` and so on."""
    talk = Talk(clocks=True) if case.where.startswith("peace") else talk_in_crisis(*EVERYBODY, clocks=True)
    with _listening() as heard:
        said = _say(talk, case)
    return _told(talk, heard, said)


def _say(talk: Talk, case: Case) -> list[Said]:
    who, text = case.who, case.says
    kind, _, about = case.where.partition(":")
    match kind:
        case "cell" | "alert":
            return talk.say(who, text, kind)
        case "peace":
            return talk.say(who, text, "alert")
        case "dm" | "peacedm":
            return talk.say(who, text, f"dm:{who}")
        case "mention" | "pill":
            text, html = _as_sent(case)
            return talk.say(who, text, html=html)
        case "notice" | "emote":
            return talk.say(who, text, msgtype=f"m.{kind}")
        case "fakepill":
            return talk.say(who, text, html=f'<a href="https://exemple.fr/#/{BOT}">Tocsin</a> fait 3')
        case "reply" if about == "human":
            human = talk.post("karim", "la 3 est finie")
            talk.settle()
            return talk.say(who, text, reply_to=human)
        case "reply":
            number = about.removeprefix("T")
            (given,) = [s for s in talk.say("olivier", f"!donner {number} @karim") if s.key.startswith("task:")]
            return talk.say(who, text, reply_to=given.event_id)
    raise AssertionError(case.where)


def _pill(account: str, label: str) -> str:
    return f'<a href="https://matrix.to/#/{account}">{label}</a>'


@dataclass
class Heard:
    """What was read, and the words that were chosen, of the message under way."""

    readings: list[Reading]
    contexts: list[Context]
    templates: list[str]


@contextmanager
def _listening() -> Iterator[Heard]:
    heard = Heard([], [], [])

    def reading(*args: Any, **values: Any) -> Reading:
        found = read(*args, **values)
        heard.readings.append(found)
        heard.contexts.append(values["context"])
        return found

    answering = decisions.answer

    def answer(*args: Any, **values: Any) -> Any:
        heard.templates.append(args[3])
        return answering(*args, **values)

    with mock.patch.object(conversation, "read", reading), mock.patch("bot.turn.answer", answer):
        yield heard


def _told(talk: Talk, heard: Heard, said: list[Said]) -> str:
    reading = heard.readings[-1] if heard.readings else Silence()
    refused = heard.templates[-1] if heard.templates else None
    if isinstance(reading, Silence):
        return "silent" if not said else f"speaks {said[0].body[:60]!r}"
    if not isinstance(reading, Call):
        return "silent" if not said else _read(reading) if refused != "refusals.not_in_roster" else f"refuses {refused}"
    if refused is not None:
        return f"refuses {refused} ({shown(reading)})"
    with talk.db.reading() as session:
        waits = [p for p in pendings.waiting(session, now=talk.clock.now()) if p.kind not in ("suggestion", "late")]
    return f"{'confirms' if waits else 'does'} {shown(reading)}"


_WORDS = {"suggested": "suggests", "shown": "shows", "asked": "asks", "refused": "refuses", "silence": "silent"}


def _read(reading: Reading) -> str:
    first, _, rest = shown(reading).partition(" ")
    if isinstance(reading, Call):
        return f"does {first} {rest}".strip()
    return f"{_WORDS.get(first, first)} {rest}".strip()
