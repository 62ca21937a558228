"""Reflex cards: one page a role whatever the scenario, the first gestures and what not to do on it, in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.domain.language import Language
from bot.domain.roles import Role
from bot.export.pdf.press import pictured
from bot.playbook import cards
from bot.playbook.shown import Asked, Shown, shown

DAY = date(2026, 11, 22)


def of(name: str, language: Language = "fr", **more: object) -> Shown:
    return shown(Asked(name, lang=language, **more), None, "fr")  # type: ignore[arg-type]


def card(found: Shown, role: Role) -> dict[str, object]:
    made = cards.book(found, DAY, role)["cards"]
    assert len(made) == 1
    return dict(made[0])


@pytest.mark.parametrize(("name", "language"), [("rancongiciel", "fr"), ("interne", "en")])
def test_each_role_has_one_page_however_much_it_holds(tmp_path: Path, name: str, language: Language) -> None:
    found = of(name, language, dpo="none", night=True, parties=3, severity=4)
    made = cards.book(found, DAY)
    assert len(made["cards"]) == len(cards.roles_of(found.tasks)) > 10
    assert len(pictured(made, tmp_path, cards.TEMPLATE)) == len(made["cards"])


def test_the_first_gestures_are_the_soonest_and_have_all_that_helps() -> None:
    first = card(of("rancongiciel"), Role.CISO)["first"]
    assert isinstance(first, list)
    assert len(first) == cards.FIRST
    assert [each["when"] for each in first] == ["10\u00a0min", "15\u00a0min", "1\u00a0h", "1\u00a0h", "2\u00a0h"]
    assert first[0]["critical"]
    assert first[0]["how"] != ""


def test_what_not_to_do_is_on_the_card() -> None:
    avoid = card(of("rancongiciel", "en"), Role.CIO)["avoid"]
    assert isinstance(avoid, list)
    assert any(said.startswith("Do not switch off") for said in avoid)


def test_a_hard_stop_is_said_by_what_must_come_first_not_by_its_id() -> None:
    found = card(of("cabinet"), Role.DIRECTOR)
    assert isinstance(found["then"], list)
    (stopped,) = [each for each in found["then"] if each["stop"]]
    assert stopped["stop"].startswith("«\u00a0Porter plainte")


def test_what_waits_for_an_answer_is_set_apart_with_the_question() -> None:
    perhaps = card(of("rancongiciel"), Role.BIOMED)["perhaps"]
    assert isinstance(perhaps, list)
    assert perhaps
    assert all("dispositif" in each["if"] for each in perhaps)


def test_the_card_says_of_which_version_it_is() -> None:
    found = of("fuite")
    assert found.book.sha256[:8] in cards.book(found, DAY)["foot"]
    assert "22/11/2026" in cards.book(found, DAY)["foot"]


def test_the_same_playbook_on_the_same_day_gives_the_same_bytes() -> None:
    found = of("cabinet", "en")
    made = cards.as_pdf(found, DAY)
    assert made.startswith(b"%PDF")
    assert made == cards.as_pdf(found, DAY)


@pytest.mark.parametrize(("language", "names"), [("fr", {"retex-chaud", "retex"}), ("en", {"review-hot", "review"})])
def test_the_clocks_are_called_as_one_types_them_in_the_card_s_language(language: Language, names: set[str]) -> None:
    clocks = card(of("rancongiciel", language), Role.COORDINATOR)["clocks"]
    assert isinstance(clocks, list)
    assert names <= {name for name, _ in clocks}
