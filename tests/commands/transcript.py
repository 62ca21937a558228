"""Conversations as text, played against the bot.

    == a title                     a new conversation; options after it: `lang=en kind=company open joined=claire,karim`;
                                   `clocks`: with the shipped deadline rules; `purge`: something is purged
                                   `vouching`: who enters has to be vouched for; `directory`: with outside numbers;
                                   `tracks`: each track has a room of its own
    claire> !fait 3                what somebody types, in the cell's room
    claire (alert)> !statut        … in the alert room, or `(dm)`, their direct room
    claire> [reply to "👉"] ok     … in reply to the bot's latest message that holds these words
    claire> [thread of "C1"] ok    … in the thread of that message
    claire~ !fait 4                an edit of what they typed last
    claire+ ✅ on "Vouliez"        a reaction to the bot's latest message that holds these words
    -- 11 minutes                  time passes
    bot> text                      what the bot says, in the room where one typed; more lines begin with `   | `
    bot (dm:paul)> text            … in another room; `bot (rings claire)>` names whom it rings
    bot~ card, it                  which boards it edits
    bot> [board card, it]          which boards it posts; so too whom it invites and calls, by direct message
    bot+ ✅                         its reaction to what was typed

`‹T3›` stands for the title of task 3, `{code}` for the four digits of the bot's latest question; a room's name stands
without its address.
A `…` at the end of a line stands for anything, and `…` alone for any lines. `# comments` and empty lines mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.commands.scene import Organisation
from bot.domain.language import LANGUAGES
from bot.render import clip
from bot.store import cells
from tests.commands.cast import DIRECTORY
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.commands.stock import OF_ITS_OWN

FOLDER = Path(__file__).parent / "transcripts"
MORE = "   | "
_ACT = re.compile(r"(?P<who>[\w@:.]+)(?: \((?P<room>[^)]*)\))?(?P<sign>[>~+]) ?(?P<text>.*)", re.DOTALL)
_WAIT = re.compile(r"-- (?P<count>\d+) (?P<unit>seconds?|minutes?|hours?)")
_TITLE = re.compile(r"== (?P<title>[^:]+)(?::(?P<options>.*))?")
_ON = re.compile(r'(?P<sign>\S+) on "(?P<words>[^"]+)"')
_REPLY = re.compile(r'\[reply to "(?P<words>[^"]+)"\] (?P<text>.*)', re.DOTALL)
_THREAD = re.compile(r'\[thread of "(?P<words>[^"]+)"\] (?P<text>.*)', re.DOTALL)
_LINK = re.compile(r" \(https://matrix\.to/#/(?:!|%23)[^)]*\)")
_CODE = re.compile(r"`!(?:oui|non|yes|no) (\d{4})`")


@dataclass(frozen=True)
class Step:
    """One thing that happens, the lines that say it, and what the bot is expected to answer."""

    line: int
    typed: str
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    title: str
    options: dict[str, str]
    steps: tuple[Step, ...]


def read(path: Path) -> Iterator[Conversation]:
    """The conversations of one file."""
    title, options, steps = "", {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        header = _TITLE.fullmatch(line)
        if header:
            if title:
                yield Conversation(title, options, tuple(steps))
            title, steps = header["title"].strip(), []
            options = dict(word.partition("=")[::2] for word in (header["options"] or "").split())
        elif not line or line.startswith("#"):
            continue
        elif line.startswith(MORE.rstrip()) and steps:
            steps[-1] = _continued(steps[-1], line[len(MORE) :])
        elif line.startswith("bot"):
            last = steps[-1]
            steps[-1] = Step(last.line, last.typed, (*last.answer, line))
        else:
            steps.append(Step(number, line, ()))
    yield Conversation(title, options, tuple(steps))


def _continued(step: Step, more: str) -> Step:
    if not step.answer:
        return Step(step.line, f"{step.typed}\n{more}", ())
    return Step(step.line, step.typed, (*step.answer[:-1], f"{step.answer[-1]}\n{MORE}{more}"))


class Player:
    """Plays one conversation, and says what the bot answered to each step."""

    def __init__(self, conversation: Conversation) -> None:
        options = conversation.options
        self._code = "0000"
        self._last: dict[str, tuple[str, str]] = {}
        chosen: dict[str, Any] = {name: options[name] for name in ("kind",) if name in options}
        if "purge" in options:
            chosen["url"] = OF_ITS_OWN
        if "tracks" in options:
            chosen["organisation"] = Organisation("CH de Val-Fleuri", "hospital", "Europe/Paris", "fr", rooms="tracks")
        language = next((each for each in LANGUAGES if each == options.get("lang")), "fr")
        clocks = "clocks" in options
        if "open" in options:
            present = options["joined"].split(",") if "joined" in options else ()
            self.talk = talk_in_crisis(*present, language=language, clocks=clocks, **chosen)
        else:
            self.talk = Talk(language=language, clocks=clocks, **chosen)
        tools = replace(self.talk.tools, vouching="vouching" in options)
        self.talk.tools = replace(tools, directory=DIRECTORY) if "directory" in options else tools
        self.talk.engine.renew(self.talk.tools)

    def play(self, step: Step) -> list[str]:
        """Do what the step says; the bot's answer as lines of a transcript."""
        waited = _WAIT.fullmatch(step.typed)
        if waited:
            unit = waited["unit"].rstrip("s") + "s"
            return self._answer(self.talk.wait(**{unit: float(waited["count"])}), "", "")
        act = _ACT.fullmatch(step.typed)
        assert act, f"line {step.line}: {step.typed!r} is no step"
        who, room = act["who"], act["room"] or "cell"
        room = f"dm:{who}" if room == "dm" else room
        text = act["text"].replace("{code}", self._code).replace("{wrong}", f"{(int(self._code) + 1) % 10000:04d}")
        return self._answer(self._act(who, room, act["sign"], text), room, who)

    def _act(self, who: str, room: str, sign: str, text: str) -> list[Said]:
        if sign == "+":
            reaction = _ON.fullmatch(text)
            assert reaction, f"a reaction is on something: {text!r}"
            return self.talk.react(who, reaction["sign"], self._with(reaction["words"]), room)
        if sign == "~":
            return self.talk.say(who, text, room, edit_of=self._last[who][0])
        if text in ("[joins]", "[leaves]"):
            return (self.talk.join if text == "[joins]" else self.talk.leave)(who, room=room)
        reply, thread = _REPLY.fullmatch(text), _THREAD.fullmatch(text)
        if thread:
            said = self.talk.say(who, thread["text"], room, thread=self._with(thread["words"]))
        elif reply:
            said = self.talk.say(who, reply["text"], room, reply_to=self._with(reply["words"]))
        else:
            said = self.talk.say(who, text, room)
        self._last[who] = (self.talk.last_event, room)
        return said

    def _with(self, words: str) -> str:
        """The bot's latest message that holds these words."""
        found = [said.event_id for said in self.talk.said if words in said.body]
        assert found, f"the bot never said {words!r}"
        return found[-1]

    def _answer(self, said: Sequence[Said], room: str, who: str) -> list[str]:
        shown: list[str] = []
        boards: list[str] = []
        gathered: dict[str, list[str]] = {}
        for each in said:
            code = _CODE.search(each.body)
            self._code = code[1] if code else self._code
            if each.edits is not None:
                boards.append(each.edits.split(":")[2] if each.edits.startswith("board:") else each.edits)
            elif each.key.startswith(("board:", "call:", "anchor:")) or each.kind == "invite":
                what, _, about = each.key.partition(":")
                name = {"board": about.split(":")[1:2], "anchor": [], "call": [each.room[3:]]}
                who_ = [str(each.payload.get("user"))[1:].partition(":")[0]]
                gathered.setdefault(what, []).extend(name.get(what, who_))
            elif each.kind == "message":
                shown.append(self._message(each, room))
            elif each.kind == "reaction":
                shown.append(f"bot+ {each.sign}")
            else:
                shown.append(f"bot ({each.room})> [{each.kind}{self._about(each)}]")
        shown += [f"bot> [{' '.join([what, ', '.join(names)]).strip()}]" for what, names in gathered.items()]
        if boards:
            shown.append(f"bot~ {', '.join(dict.fromkeys(boards))}")
        return shown

    def _about(self, said: Said) -> str:
        return f" {said.payload['name']}" if "name" in said.payload else ""

    def _message(self, said: Said, room: str) -> str:
        names = [user[1:].partition(":")[0] for user in said.rings]
        where = [said.room] if said.room != room else []
        where += [f"rings {' '.join(names)}"] if names else []
        head = f"bot ({', '.join(where)})> " if where else "bot> "
        return head + self._masked(said.body).replace("\n", f"\n{MORE}")

    def _masked(self, body: str) -> str:
        body = _CODE.sub(
            lambda found: found[0].replace(found[1], "{code}" if found[1] == self._code else "{other}"), body
        )
        body = _LINK.sub("", body)
        with self.talk.db.transaction() as session:  # of what the engine has just read, nothing is read again
            opened = cells.every(session)
            cell = cells.load(session, opened[-1]) if opened else None
        if cell is not None:
            titles = tuple((t.title.fr, t.title.en, t.number) for t in cell.in_order if t.code)
            for shown, number in _titles(titles):
                body = body.replace(shown, f"‹T{number}›")
        return body


@cache
def _titles(tasks: tuple[tuple[str, str, int], ...]) -> list[tuple[str, int]]:
    """The tasks' titles as they are shown, whole or cut, the longest first."""
    titles = [(title, number) for fr, en, number in tasks for title in (fr, en)]
    shown = {(clip(title, length), number) for title, number in titles for length in (999, 110, 90, 80, 70, 60, 50)}
    return sorted(shown, key=lambda pair: -len(pair[0]))


def matches(expected: str, got: str) -> bool:
    """Whether an answer is the expected one."""
    parts = (re.escape(part) for part in expected.split("…\n"))
    pattern = r"[^\n]*\n".join(parts) if "…\n" in expected else re.escape(expected)
    if expected.endswith("…"):
        pattern = pattern.removesuffix(re.escape("…")) + r".*"
    return re.fullmatch(pattern, got, re.DOTALL) is not None


def agree(expected: Sequence[str], got: Sequence[str]) -> bool:
    """Whether the bot answered what was expected, no more and no less."""
    return len(expected) == len(got) and all(map(matches, expected, got))


def recorded(path: Path) -> str:
    """The file with the answers that the bot gives today, to be read before it is kept."""
    answers: dict[int, list[str]] = {}
    for conversation in read(path):
        player = Player(conversation)
        for step in conversation.steps:
            got = player.play(step)
            answers[step.line] = list(step.answer) if agree(step.answer, got) else got
    lines: list[str] = []
    waiting: list[str] = []
    typed = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        more = line.startswith(MORE.rstrip())
        if more and typed:
            lines.append(line)
            continue
        typed = False
        lines += waiting
        waiting = []
        if not more and not line.startswith("bot"):
            typed = number in answers
            waiting = answers.get(number, [])
            lines.append(line)
    lines += waiting
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    for name in sys.argv[1:]:
        Path(name).write_text(recorded(Path(name)), encoding="utf-8")
