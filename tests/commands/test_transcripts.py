"""Every conversation of `transcripts/`, word for word."""

from __future__ import annotations

import pytest

from tests.commands.transcript import FOLDER, Conversation, Player, agree, read

CONVERSATIONS = [
    pytest.param(conversation, id=f"{path.stem}-{conversation.title}")
    for path in sorted(FOLDER.glob("*.txt"))
    for conversation in read(path)
]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_conversation(conversation: Conversation) -> None:
    player = Player(conversation)
    for step in conversation.steps:
        answer = player.play(step)
        expected = step.answer
        assert agree(expected, answer), "\n".join(
            [f"line {step.line}: {step.typed}", "expected:", *expected, "", "got:", *answer]
        )
