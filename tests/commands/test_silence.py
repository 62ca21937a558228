"""What the bot says nothing to, and loses nothing of."""

from __future__ import annotations

import pytest

from tests.commands.cast import BOT
from tests.commands.harness import Talk, talk_in_crisis

COMMAND = "!fait 1"


def logged(talk: Talk, text: str) -> int:
    """How many Matrix events of the log hold this text."""
    return sum(1 for e in talk.entries() if e.event_id and (e.content or {}).get("content", {}).get("body") == text)


@pytest.mark.parametrize("text", ["!fait 1", "!incident rancongiciel Faux", "!", "aide", "!statut"])
def test_a_stranger_who_writes_directly_gets_nothing(text: str) -> None:
    talk = talk_in_crisis()
    assert talk.say("mallory", text, "dm:karim") == []


@pytest.mark.parametrize(
    "text",
    [
        "Je prends la 1",
        "fait 1",
        "> !fait 1",
        "> <@karim:secours.example> !fait 1",
        "« !fait 1 »",
        "!abracadabra",
        "!!!",
        "! ",
        "…!fait 1",
        "/fait 1",
        "oui",
        "ok",
    ],
)
def test_what_is_no_command_is_logged_and_left_alone(text: str) -> None:
    talk = talk_in_crisis("karim")
    said = talk.say("karim", text)
    if text == "! ":
        assert [each.key for each in said] == [f"reply:{talk.last_event}:0"], "a bare prefix asks for help"
    else:
        assert said == []
    assert logged(talk, text) == 1
    assert talk.cell.tasks[1].owner is None


@pytest.mark.parametrize("msgtype", ["m.notice", "m.emote", "m.location", "org.example.odd"])
def test_only_a_text_message_is_a_command(msgtype: str) -> None:
    talk = talk_in_crisis("karim")
    assert talk.say("karim", COMMAND, msgtype=msgtype) == []
    assert logged(talk, COMMAND) == 1


def test_a_picture_is_no_command_and_is_asked_for_its_line() -> None:
    talk = talk_in_crisis("karim")
    (asked,) = talk.say("karim", COMMAND, msgtype="m.image")
    assert asked.key.startswith("summary:")
    assert logged(talk, COMMAND) == 1
    assert talk.cell.tasks[1].owner is None


def test_a_forward_is_no_command() -> None:
    talk = talk_in_crisis("karim")
    assert talk.say("karim", COMMAND, extra={"m.forwarded": {"event_id": "$x"}}) == []
    assert logged(talk, COMMAND) == 1


def test_the_quoted_part_of_a_reply_is_no_command_and_the_rest_is() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", "bonjour")
    quoted = talk.last_event
    assert talk.say("karim", "> <@karim:secours.example> !fait 1\n\nen effet", reply_to=quoted) == []
    talk.say("karim", "> <@karim:secours.example> !fait 2\n\n!fait 1", reply_to=quoted)
    assert talk.cell.tasks[1].done_by == "@karim:secours.example"
    assert talk.cell.tasks[2].done_by is None


def test_the_bots_own_words_are_no_commands() -> None:
    talk = talk_in_crisis("karim")
    assert talk.say(BOT, COMMAND) == []
    assert logged(talk, COMMAND) == 1


def test_what_was_written_before_the_first_sync_is_logged_and_never_carried_out() -> None:
    talk = talk_in_crisis("karim")
    assert talk.say("karim", COMMAND, first=True) == []
    assert logged(talk, COMMAND) == 1
    assert talk.cell.tasks[1].done_by is None


def test_reactions_on_boards_and_on_messages_of_people_do_nothing() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", "La 1 est faite ?")
    mine = talk.last_event
    boards = [said.event_id for said in talk.said if said.key.startswith("board:")]
    before = talk.cell.tasks
    for sign in ("✋", "✅", "👍"):
        for target in (mine, *boards, "$nowhere"):
            assert talk.react("karim", sign, target) == []
    assert talk.cell.tasks == before
    assert [e.kind for e in talk.entries()].count("reaction") == 3 * (2 + len(boards))


def test_any_other_reaction_on_a_task_is_only_logged() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!donner 1 @karim")
    given = talk.said[-2].event_id if talk.said[-1].edits else talk.said[-1].event_id
    for sign in ("👍", "🙋", "👀", "❤️", "✔️", "☑️", "❌", "", "✅✅", "fait"):
        assert talk.react("karim", sign, given) == []
    assert talk.cell.tasks[1].status == "open"


def test_a_withdrawn_command_stays_done_and_a_withdrawn_reaction_too() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", COMMAND)
    (asked,) = talk.withdraw("karim", talk.last_event)
    assert asked.room == "dm:karim", "whether it held somebody's data is asked of its author alone"
    assert talk.cell.tasks[1].status == "done"
    assert talk.entries()[-1].kind == "redaction"


def test_an_edit_that_becomes_a_command_is_told_once() -> None:
    talk = talk_in_crisis("karim")
    talk.say("karim", "fait 1")
    original = talk.last_event
    (said,) = talk.say("karim", COMMAND, edit_of=original)
    assert "retapez-la" in said.body
    assert talk.say("karim", "!fait 2", edit_of=original) == []
    assert talk.say("karim", "bonjour", edit_of=original) == []
    assert talk.cell.tasks[1].done_by is None


def test_a_reaction_of_a_stranger_in_the_cell_is_refused_and_of_a_stranger_elsewhere_ignored() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!donner 1 @karim")
    given = next(said.event_id for said in reversed(talk.said) if said.key.startswith("task:"))
    talk.join("mallory")
    (said,) = talk.react("mallory", "✅", given)
    assert "liste de la cellule" in said.body
    assert talk.cell.tasks[1].status == "open"


def test_a_question_that_is_over_is_not_called_to_mind() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!fiat 1")
    assert talk.wait(minutes=3) == []
