"""What the bot says, as it is written down: short, in whole sentences, with what to type next.

The file is read by people; `python -m tests.voices` writes it anew, `python -m tests.voices --stale` says what changed.
"""

from __future__ import annotations

import re

import pytest

from tests.voices.collect import SNAPSHOT, source

LINES = 6
# Asked for, or read before something that cannot be taken back: these may fill a telephone's screen and more.
MAY_BE_LONG = frozenset(
    """
    boards.card boards.checklist care.board clocks.card clocks.list clocks.short clocks.moment_confirm compliance.brief compliance.page
    dossier.brief dossier.page drafts.card drafts.copy drafts.publish_confirm drafts.route drafts.version drafts.written
    evidence.card evidence.verbs facts.card facts.list handover.pack help.all help.six help.subjects incident.call incident.close_critical
    incident.close_second incident.closed incident.opened incident.scenarios incident.which_scenario knowing.card
    log.file log.lines nudges.kept nudges.ring nudges.weekly people.phone_them plan.lines plan.posted plan.shown people.team presence.rollcall purge.reason qualify.noted
    refusals.no_profile reminders.digest reminders.tasks sitrep.draft tasklife.next tasklife.why tasks.list tasks.mine
    """.split()  # noqa: SIM905 - a list of names reads as one
)
SCREEN = 1_500
"""Characters: what a telephone shows at once, with a little scrolling."""
# Refusals after which nothing can be typed, or for which others must be asked; they say whom.
NOTHING_TO_TYPE = re.compile(
    r"[Dd]emande[zr]|Peuvent le faire|[Rr]etapez|tapez|attends pas|[Aa]sk|These people|[Tt]ype|waiting|rien|nothing|[Rr]épondez|[Aa]nswer|pas sur la liste|not in the"
)


def _voices() -> dict[str, dict[str, list[str]]]:
    """Every message heard: its variants, by language."""
    voices: dict[str, dict[str, list[str]]] = {}
    for block in SNAPSHOT.read_text(encoding="utf-8").split("\n== ")[1:]:
        name, *lines = block.split("\n")
        heard: dict[str, list[str]] = {}
        for line in lines:
            if line[2:3] == "|":
                heard.setdefault(line[:2], [""])[-1] += line[3:].removeprefix(" ") + "\n"
            elif line[2:3] == "+":
                heard[line[:2]].append("")
        voices[name.split()[0]] = heard
    return voices


VOICES = _voices()
HEARD = [(name, lang, said) for name, each in VOICES.items() for lang, variants in each.items() for said in variants]


def test_most_messages_are_heard_in_both_languages() -> None:
    heard = [name for name, each in VOICES.items() if each.keys() == {"fr", "en"}]
    assert len(heard) >= 280


@pytest.mark.parametrize(("name", "lang", "said"), HEARD, ids=lambda value: value if len(str(value)) < 40 else "…")
def test_a_message_is_short_and_whole(name: str, lang: str, said: str) -> None:
    lines = [line for line in said.split("\n") if line]
    bare = re.sub(r"`[^`]*`|«[^»]*»|“[^”]*”", "", said)  # what people typed is theirs
    assert "{{" not in bare
    assert "{%" not in bare
    assert not re.search(r"\bNone\b|<bound|object at 0x", bare)
    if name not in MAY_BE_LONG and said == VOICES[name][lang][0]:
        assert len(lines) <= LINES + 2, f"{name}: {len(lines)} lines"
        assert len(said) <= SCREEN, f"{name}: {len(said)} characters"
    if name.startswith(("refusals.", "reading.")):
        assert "`" in said or NOTHING_TO_TYPE.search(said), f"{name} says nothing of what to do"


def test_the_mark_of_a_message_is_that_of_its_source() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}", source("notices.suggestion"))
