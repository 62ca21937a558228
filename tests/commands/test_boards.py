"""The card and the checklists: posted once, kept up to date in place, posted anew for those who cannot read them."""

from __future__ import annotations

import json

from bot.domain.roles import Track
from bot.render import LIMIT
from tests.commands.cast import ROSTER, matrix_id
from tests.commands.harness import Said, Talk, talk_in_crisis

ALL = ["card", "it", "legal", "communication", "management", "care"]


def posted(said: list[Said]) -> list[str]:
    """The boards posted, but for those of registers that have a test of their own."""
    return [name for each in said if each.key.startswith("board:") and (name := each.key.split(":")[2]) in ALL]


def edited(said: list[Said]) -> list[str]:
    return [each.edits.split(":")[2] for each in said if each.edits and each.edits.startswith("board:")]


def test_the_card_comes_first_is_pinned_and_one_message_is_posted_for_each_checklist() -> None:
    talk = Talk()
    said = talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    assert posted(said) == ALL
    (pin,) = [each for each in said if each.kind == "pin"]
    card = next(each for each in said if each.key.endswith(":card:1"))
    assert pin.payload["events"] == [{"outbox": card.key}]
    in_cell = [each for each in said if each.room == "cell" and each.kind == "message"]
    assert in_cell[0] is card


def test_a_company_has_no_care_board_and_its_own_words() -> None:
    talk = Talk(kind="company")
    assert posted(talk.say("claire", "!incident rancongiciel Usine arrêtée --gravite 4", "alert")) == ALL[:-1]
    assert not talk.cell.track(Track.CARE)
    assert not any("patient" in task.title.fr for task in talk.cell.in_order)


def test_a_drill_says_so_before_anything_else_everywhere() -> None:
    talk = Talk()
    said = talk.say("claire", "!incident rancongiciel Bloc arrêté --exercice --gravite 4", "alert")
    talk.join("claire")
    said += talk.say("claire", "!fait 1, 2")
    said += talk.say("claire", "!cloture fin des essais")
    assert talk.cell.incident.id == "EXE-2026-001"
    assert next(each for each in said if each.kind == "create").payload["name"] == "Exercice 2026-001"
    for each in said:
        if each.kind == "message":
            word = "DRILL" if each.room == "dm:james" else "EXERCICE"
            assert each.body.startswith(f"{word} · "), each.key
            assert f"<strong>{word}</strong> · " in each.html[:40]
    assert talk.cell.incident.drill
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    assert talk.incident == "INC-2026-001", "drills have numbers of their own"


def test_only_what_changed_is_edited() -> None:
    talk = talk_in_crisis()
    assert edited(talk.say("karim", "!prendre 1")) == ["it"]
    assert edited(talk.say("karim", "!fait 1")) == ["card", "it"]
    for text in ("!statut", "!moi", "!equipe", "!note vu", "!prendre 99", "bonjour", "!langue en"):
        assert edited(talk.say("karim", text)) == [], text
    assert edited(talk.say("karim", "!fait 1")) == []


def test_edits_that_wait_coalesce_into_the_last_state() -> None:
    talk = talk_in_crisis()
    talk.holding = True
    for number in (1, 2, 3):
        talk.say("karim", f"!fait {number}")
    talk.holding = False
    said = talk.settle()
    assert sorted(edited(said)) == ["card", "it"]
    board = next(each for each in said if each.edits and ":it:" in each.edits)
    assert board.body.startswith("Informatique — 3 faites sur ")


def test_the_boards_are_in_the_organisations_language_and_answers_in_the_askers() -> None:
    talk = talk_in_crisis()
    (said,) = [each for each in talk.say("james", "!status") if each.kind == "message"]
    assert said.body.startswith("🚨 Under way")
    card = next(each for each in talk.said if each.key.endswith(":card:1"))
    assert card.body.startswith("🚨 En cours")


def test_an_edit_carries_the_board_once() -> None:
    talk = talk_in_crisis()
    said = talk.say("karim", "!prendre 1")
    entry = next(e for e in talk.entries() if e.event_id == said[-1].event_id)
    assert entry.kind == "edit"
    assert entry.content is not None
    content = entry.content["content"]
    assert "formatted_body" not in content
    assert content["body"] == "* Informatique — 0 faite sur 27 ▱▱▱▱▱▱▱▱▱▱"
    assert content["m.new_content"]["body"] == said[-1].body


def test_who_comes_late_gets_the_boards_anew_if_the_key_of_the_old_ones_is_not_theirs() -> None:
    talk = talk_in_crisis("claire")
    talk.join("karim")
    assert posted(talk.wait(seconds=4)) == [], "the key in which the bot still writes is given to whoever comes"
    talk.new_sessions()
    talk.wait(minutes=30)
    talk.say("claire", "!fait 1")
    talk.say("claire", "!role @oscar logistique")
    talk.join("oscar")
    said = talk.wait(seconds=4)
    assert posted(said)[: len(ALL)] == ALL
    old = [each for each in said if each.edits and each.edits.startswith("board:") and each.edits.endswith(":1")]
    assert len(old) == len(posted(said))
    assert all("Voir plus bas" in each.body for each in old)
    (pin,) = [each for each in said if each.kind == "pin"]
    assert pin.payload["events"] == [{"outbox": "board:INC-2026-001:card:2"}]
    again = talk.say("claire", "!fait 2")
    assert {each.edits for each in again if each.edits} == {"board:INC-2026-001:card:2", "board:INC-2026-001:it:2"}


def test_boards_are_posted_anew_at_most_once_in_two_minutes() -> None:
    talk = talk_in_crisis()
    for wait, expected in ((4, True), (30, False), (100, True)):
        talk.new_sessions()
        talk.say("claire", "!statut")
        talk.notice("new_device", {"user": matrix_id("karim"), "device": f"D{wait}", "signed": True})
        assert (posted(talk.wait(seconds=wait))[: len(ALL)] == ALL) is expected


def test_every_board_fits_in_an_event_when_all_is_blocked() -> None:
    talk = talk_in_crisis()
    reason = "é" * 400
    numbers = " ".join(str(n) for n, t in talk.cell.tasks.items() if t.status != "done")
    for start in range(0, len(numbers.split()), 15):
        talk.say("olivier", f"!bloque {', '.join(numbers.split()[start : start + 15])} : {reason}")
    for each in talk.said:
        if each.kind == "message":
            assert len(json.dumps(each.payload["content"], ensure_ascii=False).encode()) < 30_000, each.key
            assert len(each.body.encode()) + len(each.html.encode()) <= LIMIT
    last = {each.edits: each for each in talk.said if each.edits}
    assert all("…</p>" not in each.html[-20:] for each in last.values()), "no board was cut off"


def test_the_calls_name_role_room_and_first_task() -> None:
    talk = Talk()
    said = talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    calls = [each for each in said if each.key.startswith("call:")]
    people = {p.matrix_id for p in ROSTER} - {matrix_id("claire"), matrix_id("oscar")}
    assert {each.rings for each in calls} == {(user,) for user in people}
    for each in calls:
        assert each.msgtype == "m.text"
        assert "Cellule 2026-001" in each.body
    karim = next(each for each in calls if each.room == "dm:karim")
    first = min(talk.numbers(ROSTER.find("karim")[0].roles[0]))
    assert f"T{first} — {talk.cell.tasks[first].title.fr}" in karim.body
