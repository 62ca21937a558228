"""What a telephone cannot show whole: a summary in the chat, the whole beside it as a file."""

from __future__ import annotations

import pytest

from bot.store import blobs
from tests.commands.harness import Said, Talk, talk_in_crisis

SCREEN = 12
"""So many lines of a message are read without scrolling."""


def crisis(language: str = "fr") -> Talk:
    return talk_in_crisis("claire", "pmartin", "karim", "anne", language=language, clocks=True)


def file_of(talk: Talk, said: list[Said]) -> tuple[str, str]:
    """The name and the text of the one file that was sent."""
    (sent,) = [each for each in said if each.kind == "file"]
    with talk.db.reading() as session:
        data = blobs.get(session, sent.payload["blob"])
    assert data is not None
    return str(sent.payload["filename"]), data.decode("utf-8-sig").replace("\u00a0", " ")


def test_every_duty_stands_in_the_file_with_its_proof_and_the_most_urgent_in_the_chat() -> None:
    talk = crisis()
    talk.say("pmartin", "!depose plainte PV 2026/118")
    said = talk.say("claire", "!conformite")
    (answer,) = [each for each in said if each.kind == "message"]
    assert answer.body.count("\n") < SCREEN
    assert "🟢 4 ouvertes · ✅ 1 faite" in answer.body
    name, whole = file_of(talk, said)
    assert name in answer.body
    for typed in ("certsante", "registre", "cnil", "plainte", "assureur"):
        assert typed in whole
    assert "preuve : PV 2026/118" in whole
    assert "Objectifs internes" in whole


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_long_dossier_says_what_is_missing_and_the_file_all(language: str) -> None:
    talk = crisis(language)
    verbs = ("info", "vrai") if language == "fr" else ("fact", "true")
    for number in range(1, 7):
        talk.say("karim", f"!{verbs[0]} poste {number} chiffré")
        talk.say("claire", f"!{verbs[1]} F{number} vu à l’écran")
    said = talk.say("claire", "!dossier cnil")
    (answer,) = [each for each in said if each.kind == "message"]
    assert answer.body.count("\n") < SCREEN
    name, whole = file_of(talk, said)
    assert name in answer.body
    assert "poste 1 chiffré" not in answer.body
    assert all(f"poste {number} chiffré" in whole for number in range(1, 7))
    assert ("art. 33, § 1" if language == "fr" else "art. 33(1)") in whole


def test_a_short_dossier_is_read_in_the_chat() -> None:
    said = crisis().say("claire", "!dossier eigs")
    assert [each.kind for each in said] == ["message"]
