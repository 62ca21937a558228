"""What is dangerous waits for a yes; meanwhile a role may be taken back. Neither who asked nor who confirms may then do
what the role was needed for: looked at for each such command, at the moment of the yes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.commands.table import BY_NAME
from bot.domain.roles import Role
from bot.store import cells
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis
from tests.commands.stock import IN_MEMORY, OF_ITS_OWN

CELL = ("claire", "olivier", "nadia", "karim", "pmartin", "pdurand", "anne", "soline")
_CODE = re.compile(r"!oui(?: (\d{4}))?")


@dataclass(frozen=True)
class Danger:
    """A command that waits for a yes: who types what, who says yes, and what must have happened before."""

    typed: str
    asker: str
    second: str
    before: Callable[[Talk], object] = lambda talk: None
    clocks: bool = False


def _long_ago(talk: Talk) -> None:
    talk.say("karim", "Madame Kerdraon est au lit 3 du service")
    talk.clock.pass_(timedelta(minutes=12))


def _yes(talk: Talk, who: str, said: list[Said]) -> list[Said]:
    code = next(found[1] for each in said if (found := _CODE.search(each.body)))
    return talk.say(who, f"!oui {code or ''}".strip())


def _lifted(talk: Talk) -> None:
    _yes(talk, "olivier", talk.say("claire", "!cloture la crise est passée"))


def _held(talk: Talk) -> None:
    talk.say("claire", "!gel saisie")


def _found(talk: Talk) -> None:
    _yes(talk, "anne", talk.say("anne", "!violation 13h30"))


def _approved(talk: Talk) -> None:
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", "!modifier 1 Les soins continuent.")
    for who in ("pmartin", "olivier", "claire"):
        talk.say(who, "!approuver 1")
    talk.say("pdurand", "!ecarter C1 la presse publie dans dix minutes")


def _seq(talk: Talk) -> int:
    return next(e.seq for e in talk.entries() if "Kerdraon" in str(e.content))


DANGERS = {
    "close": Danger("!cloture la crise est passée", "claire", "olivier"),
    "reactivate": Danger("!reprendre", "claire", "olivier", _lifted),
    "archive": Danger("!archiver", "claire", "olivier", _lifted),
    "purge": Danger("!purger {seq} patient --effacer", "nadia", "anne", _long_ago),
    "purge_by_guardian": Danger("!purger {seq} patient --effacer", "anne", "claire", _long_ago),
    "unhold": Danger("!degel", "claire", "pmartin", _held),
    "waive": Danger("!ecarter assureur non applicable, aucun contrat", "pmartin", "anne", clocks=True),
    "later": Danger("!violation 13h45 le journal avance", "anne", "claire", _found, clocks=True),
    "finding": Danger("!violation 13h30", "anne", "anne", clocks=True),
    "publish": Danger("!diffuser 1 site de secours", "pdurand", "pdurand", _approved),
    "invite": Danger("!inviter @expert:secours.example juridique Maître Dupuis", "claire", "olivier"),
}
NO_SECOND = {"hold", "approve", "let_stand"}
"""Dangerous, but done by one: typed, never by a button."""


def asked(danger: Danger) -> tuple[Talk, list[Said]]:
    url = OF_ITS_OWN if "purger" in danger.typed else IN_MEMORY
    talk = talk_in_crisis(*CELL, url=url, clocks=danger.clocks)
    danger.before(talk)
    typed = danger.typed.format(seq=_seq(talk)) if "{seq}" in danger.typed else danger.typed
    return talk, talk.say(danger.asker, typed)


def without_roles(talk: Talk, who: str) -> None:
    before = talk.cell
    with talk.db.transaction() as session:
        member = replace(before.members[matrix_id(who)], roles=(Role.LOGISTICS,))
        cells.save(session, before, before.with_member(member))


def changes(talk: Talk, after: int) -> list[str]:
    """What was logged since then besides what was typed and said."""
    return [e.kind for e in talk.entries(after) if e.kind not in ("message", "reaction", "membership", "state")]


@pytest.mark.parametrize("name", DANGERS)
def test_it_is_done_when_everybody_still_may(name: str) -> None:
    danger = DANGERS[name]
    talk, said = asked(danger)
    before = len(talk.entries())
    _yes(talk, danger.second, said)
    assert changes(talk, before)


@pytest.mark.parametrize(
    ("name", "who"),
    [(name, who) for name in DANGERS for who in ("asker", "second") if (name, who) != ("purge", "asker")],
)  # anybody may ask for a purge
def test_who_has_lost_the_role_meanwhile_does_nothing(name: str, who: str) -> None:
    danger = DANGERS[name]
    talk, said = asked(danger)
    without_roles(talk, getattr(danger, who))
    before, state = len(talk.entries()), talk.cell.incident.status
    answer = _yes(talk, danger.second, said)
    assert not changes(talk, before), [each.body for each in answer]
    assert talk.cell.incident.status is state
    assert any(each.kind == "message" for each in answer), "a refusal is said"


@pytest.mark.parametrize("name", ["close", "purge", "later"])
def test_who_has_left_the_cell_confirms_nothing(name: str) -> None:
    danger = DANGERS[name]
    talk, said = asked(danger)
    talk.leave(danger.second)
    before = len(talk.entries())
    code = next(found[1] for each in said if (found := _CODE.search(each.body)))
    talk.say(danger.second, f"!oui {code}", f"dm:{danger.second}")
    assert not changes(talk, before)


def test_every_dangerous_command_that_there_is_stands_in_this_table() -> None:
    dangerous = {spec.name for spec in BY_NAME.values() if spec.dangerous}
    # Whose account is compromised is suspended at once, and removed by two: its own tests try to get round it.
    assert not dangerous - set(DANGERS) - NO_SECOND - {"compromised"}
