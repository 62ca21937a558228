"""Every conversation of `transcripts/`, word for word."""

from __future__ import annotations

import pytest

from tests.commands.transcript import FOLDER, Conversation, Player, matches, read

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
        assert len(answer) == len(step.answer) and all(map(matches, step.answer, answer)), (
            f"line {step.line}: {step.typed}\nexpected:\n" + "\n".join(step.answer) + "\n\ngot:\n" + "\n".join(answer)
        )
