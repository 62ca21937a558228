"""What the cell reads about the proof of its log: short, in its language, and nothing of ours in it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.language import Language
from tests.commands.stock import catalogue

SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("not_stamped", {"seq": 412, "why": why}) for why in ("unreachable", "refused", "bad", "no_root")),
    ("stamped_again", {"seq": 412}),
    *(("unguarded", {"intact": intact}) for intact in (True, False)),
    *(("log_broken", {"seq": 412, "what": what}) for what in ("content", "entry", "order", "anchor")),
)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("name", "values"), SAID)
def test_it_is_said_in_both_languages_within_a_telephone_s_screen(
    language: Language, name: str, values: dict[str, Any]
) -> None:
    said = catalogue().render(f"incident.{name}", language, values)
    assert len(said.body) < 420
    assert "None" not in said.body
    assert "412" in said.body or name == "unguarded"
    if language == "fr":
        assert not [mark for mark in (" ;", " :", " !", " ?") if mark in said.body]


def test_no_two_reasons_sound_the_same() -> None:
    for language in ("fr", "en"):
        bodies = [catalogue().render(f"incident.{name}", language, values).body for name, values in SAID]
        assert len(set(bodies)) == len(bodies)
