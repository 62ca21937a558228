"""On no path does a text go out in words that its approvers did not see, to the byte: not by copying, nor by hand, nor
sent by a gateway or into the staff's room, nor frozen in peacetime, corrected or taken down, nor after a death between.

What people do is drawn by chance, sensible or not; the judge knows nothing of how it is decided: it reads the log, what
stood in the room, and what reached the world.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.domain.drafts import canonical, digest
from bot.domain.paper import plain
from bot.library import frozen
from bot.library.templates import load_shipped
from tests.commands.gateway import Gateway
from tests.commands.harness import Talk
from tests.commands.test_sending import crisis, senders
from tests.commands.test_texts_secured import after_a_restart, bodies

WORDS = (
    "Les soins continuent.", "Les urgences sont ouvertes.", "LockBit est en cause.", "Une plainte a été déposée.",
    "Le bloc est fermé jusqu’à demain.",
)  # fmt: skip
PEOPLE = ("pdurand", "olivier", "pmartin", "claire", "karim")
RELEASERS = ("pdurand", "claire")
FROZEN, SLOT, VALUES = "Notre informatique est en panne. Rendez-vous : {}.", "rendez-vous", ("maintenus", "reportés")
KEPT = {canonical(FROZEN.format(value)) for value in VALUES}
"""Every text that was approved in peacetime, slots filled."""
NEEDED = {
    "TPL-01": {"communication", "ciso", "director"},
    "TPL-05": {"communication", "legal", "director"},
    "TPL-06": {"communication", "care_director"},
}
"""Whose approval each wants at the severity of this crisis, by the pages on communications."""
MOST = 6


def world(folder: Path) -> Talk:
    """A crisis with a gateway, a staff's room, a text of peacetime, and one draft of each kind."""
    text = FROZEN.format(f"[À COMPLÉTER : {SLOT}]")
    frozen.write(folder, frozen.frozen("TPL-06", "fr", text, {SLOT: VALUES}, ("A", "B"), date(2026, 11, 2)))
    talk = crisis()
    talk.tools = replace(talk.tools, templates=load_shipped(folder))
    talk.engine._tools = talk.tools
    talk.say("claire", "!role @olivier direction des soins")
    for template in ("interne", "attente", "acces-soins"):
        talk.say("pdurand", f"!rediger {template}")
    talk.say("karim", "!info Le bloc est fermé jusqu’à demain")
    for number, text in ((1, WORDS[0]), (2, WORDS[1]), (3, f"{SLOT} = {VALUES[0]}")):
        talk.say("karim", f"!modifier {number} {text}")
    talk.say("karim", "!ecarter C2 la presse publie dans dix minutes")
    return talk


def deliver(talk: Talk, there: Gateway, chance: random.Random) -> None:
    """What waits for the gateway leaves, or the process dies over one of them, before it does."""

    class Died(BaseException):
        pass

    def die(name: str) -> None:
        if name == "text-begun" and chance.random() < 0.15:
            raise Died

    made = senders(talk, there, step=die)
    try:
        asyncio.run(made.work())
    except Died:
        after_a_restart(talk)
        asyncio.run(senders(talk, there).give_up())
    talk.settle()


def asks_for(talk: Talk, there: Gateway, chance: random.Random, number: int) -> None:
    """Somebody releases it by some way, somebody says yes; and now and then it is changed in between."""
    way = chance.choice(("site", "sms", "salon") if number in (1, 4) else ("site", "site", "salon"))
    if way == "sms":
        talk.say("claire", f"!diffuser {number} sms essai")
        deliver(talk, there, chance)
    said = talk.say(chance.choice(RELEASERS), f"!diffuser {number} {way}")
    code = re.search(r"!oui (\d{4})", bodies(said))
    if chance.random() < 0.3:
        talk.post(chance.choice(PEOPLE), f"!modifier {number} {chance.choice(WORDS)}")
    if chance.random() < 0.15:
        after_a_restart(talk)
    if code:
        talk.post(chance.choice((*RELEASERS, *PEOPLE)), f"!oui {code[1]}")


def step(talk: Talk, there: Gateway, chance: random.Random, about: int) -> None:  # noqa: PLR0912 - what people do
    """One thing that somebody does, rather to the text that was spoken of before."""
    drafts = sorted(talk.cell.drafts)
    who, number = chance.choice(PEOPLE), chance.choice(drafts) if chance.random() < 0.3 else about
    shown = [said for said in talk.said if said.key.startswith("draft:")]
    match chance.randrange(20):
        case 0 | 1 | 2 | 3 | 4:
            for each in chance.sample(PEOPLE, chance.choice((1, 3, 5, 5))):
                talk.post(each, f"!approuver {number}")
        case 5:
            # All have approved it, and it is changed at the last moment.
            for each in PEOPLE:
                talk.post(each, f"!approuver {number}")
            talk.settle()
            talk.say(who, f"!modifier {number} {chance.choice(WORDS)}")
            asks_for(talk, there, chance, number)
        case 7:
            talk.post(who, f"!modifier {number} {SLOT} = {chance.choice((*VALUES, 'demain'))}")
        case 8:
            talk.post(who, chance.choice((f"!rejeter {number} non", "!annuler")))
        case 9:
            talk.react(who, chance.choice("✅❌"), chance.choice(shown).event_id)
        case 10:
            talk.post(who, f"!ecarter C{number} {chance.choice(('1 ', ''))}vu")
        case 11:
            talk.post(who, f"!approuver {number} --urgence vite")
        case 6 | 12 | 13 | 14:
            asks_for(talk, there, chance, number)
        case 15:
            talk.post(chance.choice(RELEASERS), f"!publie {number} affiches")
        case 16:
            how = chance.choice(("", f" {chance.choice(WORDS)}", " retrait c’est faux"))
            if len(talk.cell.drafts) < MOST or "retrait" in how:
                talk.post(who, f"!correctif {number}{how}")
        case 17:
            talk.post("claire", chance.choice(("!vrai 1 vu sur place", "!faux 1 rouvert")))
        case 18:
            after_a_restart(talk)
        case 19:
            talk.wait(hours=chance.choice((1, 25)))
    if chance.random() < 0.7:
        talk.settle()
    if chance.random() < 0.4:
        deliver(talk, there, chance)


# -- the judge ---------------------------------------------------------------------------------------------------------


@dataclass
class Known:
    """One text, as the log tells of it: its words of now, who approved them, whether they were taken down."""

    template: str
    now: int = 0
    given: dict[str, str] = field(default_factory=dict)
    down: bool = False


@dataclass
class Judged:
    """How many went out, by each way."""

    copied: int = 0
    by_hand: int = 0
    sent: int = 0
    in_room: int = 0
    kept: int = 0
    taken_down: int = 0


def judged(talk: Talk, there: Gateway) -> Judged:  # noqa: PLR0912 - every act of the log, one after the other
    """Every release and everything sent, against the log and what stood in the room."""
    entries = talk.entries()
    seen_at = {each.event_id: each.seq for each in entries if each.event_id}
    shown = {said.key: said for said in talk.said if said.key.startswith("draft:")}
    copies = [said.body for said in talk.said if said.key.endswith(":copy")]
    posts = [said.body for said in talk.said if said.room == "staff"]
    texts = {(d.id, v.number): v for d in talk.cell.drafts.values() for v in d.versions}
    known: dict[str, Known] = {}
    found = Judged()
    for entry in (each for each in entries if each.kind == "draft" and each.content is not None):
        content: dict[str, Any] = dict(entry.content or {})
        after, action, name = content["after"], content["action"], content["id"]
        if action == "write":
            known[name] = Known(after["template"])
        text = known[name]
        if action in ("write", "edit"):
            text.now, text.given, text.down = after["version"], {}, False
        elif action == "approve":
            version = texts[name, text.now]
            assert (after["version"], after["sha256"]) == (text.now, version.sha256)
            message = shown[f"draft:INC-2026-001:{name[1:]}:{version.number}"]
            assert f"\n{version.text}\n" in message.body, "it stood in the room, to the byte"
            assert seen_at[message.event_id] < content["cause"], "before they said yes"
            assert entry.sender is not None
            assert entry.sender != version.author
            text.given |= dict.fromkeys(after["roles"], entry.sender)
        elif action in ("publish", "posted"):
            version = texts[name, text.now]
            assert (after["version"], after["sha256"]) == (text.now, digest(version.text))
            assert not text.down
            if after.get("frozen"):
                found.kept += 1
                assert version.text in KEPT
                assert after["confirmed_by"] not in (None, entry.sender)
            else:
                assert set(text.given) >= NEEDED[text.template]
                assert version.author not in after["approved_by"]
            if after["mode"] == "copy":
                assert copies[found.copied] == version.text
                found.copied += 1
            found.by_hand += action == "posted"
        elif action == "sent" and after["state"] == "sent":
            version = texts[name, text.now]
            assert (after["version"], after["sha256"]) == (text.now, version.sha256), "what was changed is not sent"
            assert not text.down
            assert version.frozen or set(text.given) >= NEEDED[text.template]
            if after["channel"] == "#staff":
                assert posts[found.in_room] == plain(version.text)
                found.in_room += 1
            else:
                assert there.said[found.sent][1]["message"] == plain(version.text)
                found.sent += 1
        elif action == "withdraw":
            text.down = True
            found.taken_down += 1
        elif action == "reject":
            text.given = {role: user for role, user in text.given.items() if user != entry.sender}
        elif action in ("undo", "expire", "fall"):
            missing = set(after.get("missing", text.given))
            text.given = {role: user for role, user in text.given.items() if role not in missing}
    assert found.in_room == len(posts)
    assert found.sent == len(there.said)
    assert found.copied == len(copies)
    return found


# -- and in the end it can still go out, in words that all see ---------------------------------------------------------


def yes(talk: Talk, who: str, typed: str, second: str) -> None:
    said = bodies(talk.say(who, typed))
    code = re.search(r"!oui (\d{4})", said)
    assert code, said
    talk.say(second, f"!oui {code[1]}")


def agreed(talk: Talk, template: str) -> int:
    """A new text of that template that all have approved."""
    talk.say("karim", f"!rediger {template}")
    number = max(talk.cell.drafts)
    talk.say("karim", f"!modifier {number} Tout le monde a relu ce texte, le {number}.")
    all_say_yes(talk, number)
    return number


def all_say_yes(talk: Talk, number: int) -> None:
    for who in ("pdurand", "pmartin", "olivier", "claire"):
        talk.say(who, f"!approuver {number}")
    talk.say("pdurand", f"!ecarter C{number} la presse publie dans dix minutes")


def copied(talk: Talk, there: Gateway) -> None:
    yes(talk, "pdurand", f"!diffuser {agreed(talk, 'attente')} site", "pdurand")


def sent(talk: Talk, there: Gateway) -> None:
    number = agreed(talk, "interne")
    talk.say("claire", f"!diffuser {number} sms essai")
    asyncio.run(senders(talk, there).work())
    yes(talk, "pdurand", f"!diffuser {number} sms", "claire")
    after_a_restart(talk)
    asyncio.run(senders(talk, there).work())


def in_the_room(talk: Talk, there: Gateway) -> None:
    yes(talk, "pdurand", f"!diffuser {agreed(talk, 'interne')} salon", "claire")


def of_peacetime(talk: Talk, there: Gateway) -> None:
    """Released by two, taken down, corrected."""
    talk.say("pdurand", "!rediger acces-soins")
    number = max(talk.cell.drafts)
    talk.say("pdurand", f"!modifier {number} {SLOT} = reportés")
    yes(talk, "pdurand", f"!diffuser {number} affiches", "karim")
    talk.say("karim", f"!correctif {number} retrait le numéro est faux")
    talk.say("karim", f"!correctif {number} Les rendez-vous sont maintenus.")
    all_say_yes(talk, number + 1)
    talk.say("claire", f"!publie {number + 1} affiches")


@pytest.mark.parametrize(("seed", "end"), [(1, sent), (2, copied), (5, in_the_room), (6, of_peacetime)])
def test_on_no_path_goes_out_what_its_approvers_did_not_see(
    seed: int, end: Callable[[Talk, Gateway], None], tmp_path: Path, there: Gateway
) -> None:
    chance = random.Random(seed)
    talk = world(tmp_path)
    for each in range(30):
        step(talk, there, chance, about=1 + each // 10)
    asyncio.run(senders(talk, there).work())
    talk.settle()
    before = judged(talk, there)
    end(talk, there)
    talk.settle()
    found = judged(talk, there)
    went = {
        copied: found.copied > before.copied,
        sent: found.sent - before.sent == 1 + 3,
        in_the_room: found.in_room > before.in_room,
        of_peacetime: found.kept > before.kept and found.by_hand > before.by_hand
        and found.taken_down > before.taken_down,
    }  # fmt: skip
    assert went[end], (before, found)
