"""Tasks added, put off or set aside; severity, phase and the qualifying questions: what they keep, and who may."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from bot.domain.clocks import ClockStatus
from bot.domain.incident import TaskStatus
from bot.domain.qualifying import Answer
from bot.domain.roles import Phase, Role
from bot.export.registers import REGISTERS, to_csv
from bot.store import cells
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, messages, talk_in_crisis
from tests.commands.test_entries import act, changes, typed

KARIM, CLAIRE, ANNE, SOLINE, OLIVIER = map(matrix_id, ("karim", "claire", "anne", "soline", "olivier"))


def rows(talk: Talk) -> dict[str, dict[str, str]]:
    """The register of tasks, as a spreadsheet reads it."""
    register = next(each for each in REGISTERS if each.file == "tasks.csv")
    text = to_csv(register, talk.cell).decode("utf-8-sig")
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}


def test_a_task_set_aside_keeps_its_reason_in_state_log_and_register() -> None:
    talk = talk_in_crisis()
    ((entry, said),) = act(talk, "karim", "!sansobjet 13 pas de site distant")
    assert (entry.kind, entry.sender, said["action"], said["id"]) == ("task", KARIM, "skip", "T13")
    assert (said["before"]["status"], said["after"]["status"]) == ("open", "skipped")
    assert said["after"]["reason"] == "pas de site distant"
    row = rows(talk)["T13"]
    assert (row["status"], row["reason"], row["done_at"], row["done_by"]) == ("skipped", "pas de site distant", "", "")


def test_a_critical_task_goes_only_with_a_typed_yes_of_the_same_person() -> None:
    talk = talk_in_crisis()
    assert act(talk, "karim", "!sansobjet 1 aucun écran") == []
    question = list(messages(talk.said))[-1]
    talk.react("karim", "✅", question.event_id)
    talk.say("claire", "!oui")
    assert talk.cell.tasks[1].status is TaskStatus.OPEN
    ((_, said),) = act(talk, "karim", "!oui")
    assert (said["action"], said["confirmed_by"]) == ("skip", KARIM)
    assert talk.cell.tasks[1].status is TaskStatus.SKIPPED


def test_an_added_task_has_a_message_with_buttons_and_a_register_row() -> None:
    talk = talk_in_crisis()
    ((entry, said),) = act(talk, "claire", "!tache juridique Prévenir l’avocat --pour @pmartin --dans 2h")
    assert (entry.kind, said["action"], said["id"], said["before"]) == ("task", "add", "T94", None)
    assert said["after"]["title"] == "Prévenir l’avocat"
    assert said["cause"] == typed(talk)
    told = next(s for s in messages(talk.said) if s.key.startswith("task:INC-2026-001:94:"))
    talk.react("pmartin", "✅", told.event_id)
    row = rows(talk)["T94"]
    assert (row["status"], row["done_by"], row["track"]) == ("done", f"'{matrix_id('pmartin')}", "legal")


def test_what_follows_the_first_line_of_an_added_task_says_how() -> None:
    talk = talk_in_crisis()
    talk.say("claire", "!tache it Changer les clés\n- pare-feu\n- VPN")
    task = talk.cell.tasks[94]
    assert (task.title.fr, task.how.fr if task.how else "") == ("Changer les clés", "- pare-feu\n- VPN")
    talk.say("claire", "!tache it " + "x" * 500)
    long = talk.cell.tasks[95]
    assert len(long.title.fr) <= 160
    assert long.how is not None
    assert long.how.fr == "x" * 500


def test_putting_off_is_logged_with_both_times_and_can_be_undone() -> None:
    talk = talk_in_crisis()
    before = talk.cell.tasks[5].due
    ((_, said),) = act(talk, "karim", "!plustard 5 2h")
    assert said["action"] == "snooze"
    assert said["before"]["due"] != said["after"]["due"]
    talk.say("karim", "!annuler")
    assert talk.cell.tasks[5].due == before


def test_the_next_task_is_given_before_free_and_free_before_waiting() -> None:
    talk = talk_in_crisis()
    (said,) = messages(talk.say("karim", "!suite"))
    assert said.key.startswith("task:INC-2026-001:1:")
    talk.say("olivier", "!donner 10 @karim")
    (said,) = messages(talk.say("karim", "!suite"))
    assert said.key.startswith("task:INC-2026-001:10:")
    talk.react("karim", "✋", said.event_id)
    assert talk.cell.tasks[10].owner == KARIM


def test_the_severity_of_four_questions_is_logged_with_its_answers() -> None:
    talk = talk_in_crisis()
    for text in ("!gravite", "!non", "!oui"):
        talk.say("claire", text)
    ((entry, said),) = act(talk, "claire", "!oui")
    assert (entry.kind, said["action"], said["before"], said["after"]) == (
        "incident", "severity", {"severity": 4}, {"severity": 3},
    )  # fmt: skip
    assert said["answers"] == {"danger": "no", "several": "yes"}
    assert talk.cell.incident.severity == 3
    talk.say("claire", "!annuler")
    assert talk.cell.incident.severity == 4


def test_who_lost_the_role_meanwhile_does_not_answer() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!gravite")
    cell = talk.cell
    with talk.db.transaction() as session:
        changed = cell.with_member(replace(cell.members[OLIVIER], roles=(Role.LOGISTICS,)))
        cells.save(session, cell, changed)
    talk.say("olivier", "!oui")
    talk.say("olivier", "!oui")
    assert talk.cell.incident.severity == 4


def test_the_phase_is_logged_and_undone_with_before_and_after() -> None:
    talk = talk_in_crisis()
    ((entry, said),) = act(talk, "olivier", "!phase investigation")
    assert (entry.kind, said["before"], said["after"]) == (
        "incident", {"phase": "alert"}, {"phase": "investigation"},
    )  # fmt: skip
    assert talk.cell.incident.phase is Phase.INVESTIGATION
    ((_, undone),) = act(talk, "olivier", "!annuler")
    assert (undone["action"], undone["after"]) == ("undo", {"phase": "alert"})


def test_an_answer_is_kept_with_who_gave_it_and_logged() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!qualifier")
    ((entry, said),) = act(talk, "karim", "!oui")
    assert (entry.kind, entry.sender, said["action"], said["id"]) == ("qualification", KARIM, "answer", "malicious")
    assert (said["before"], said["after"]["answer"]) == (None, "yes")
    kept = talk.cell.answers["malicious"]
    assert (kept.answer, kept.by) == (Answer.YES, KARIM)


def test_a_button_counts_only_for_who_may_know() -> None:
    talk = talk_in_crisis()
    (question,) = messages(talk.say("anne", "!qualifier 2"))
    talk.react("karim", "❌", question.event_id)
    assert talk.cell.answers == {}
    talk.react("anne", "🤷🏽‍♀️", question.event_id)
    assert talk.cell.answers["personal_data"].answer is Answer.UNKNOWN
    talk.react("anne", "❌", question.event_id)
    assert talk.cell.answers["personal_data"].answer is Answer.UNKNOWN, "a question is answered once"


def test_questions_go_on_where_they_stopped() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!qualifier")
    talk.say("karim", "!non")
    talk.wait(hours=13)
    assert not list(messages(talk.react("anne", "✅", list(messages(talk.said, "cell"))[-1].event_id)))
    (question,) = messages(talk.say("karim", "!qualifier"))
    assert "Question 3 sur 15" in question.body, "what falls to who types comes first"
    assert question.rings == ()
    (question,) = messages(talk.say("nadia", "!qualifier"))
    assert "Question 2 sur 15" in question.body
    assert ANNE in question.rings


def test_each_is_called_once_for_all_that_falls_to_them() -> None:
    """In turns, the questions of two people would ring each of them again and again."""
    talk = talk_in_crisis()
    (first,) = messages(talk.say("nadia", "!qualifier"))
    rings, asked = list(first.rings), [first.body]
    answers = {"karim": "!nsp", "anne": "!oui", "soline": "!nsp"}
    by_id = {f"@{name}:secours.example": name for name in answers}
    who = by_id[first.rings[0]]
    for _ in range(14):
        question = list(messages(talk.say(who, answers[who])))[-1]
        if "Question" not in question.body:
            break
        asked.append(question.body)
        if question.rings:
            who = by_id.get(question.rings[0], who)
        rings += question.rings
    assert len(asked) > 10
    assert len(rings) == len(set(rings))


def test_what_another_answer_leaves_without_an_object_is_not_asked() -> None:
    talk = talk_in_crisis()
    talk.say("anne", "!qualifier 2")
    talk.say("anne", "!non")
    (question,) = messages(talk.say("anne", "!qualifier"))
    assert "santé" not in question.body
    (asked,) = messages(talk.say("anne", "!qualifier 99"))
    assert "6. données de santé" in asked.body, "it can still be asked for by its number"


def test_a_question_put_anew_takes_the_place_of_the_one_that_waited() -> None:
    talk = talk_in_crisis()
    (old,) = messages(talk.say("karim", "!qualifier 1"))
    talk.say("claire", "!qualifier 1")
    talk.react("karim", "✅", old.event_id)
    assert talk.cell.answers == {}
    talk.say("claire", "!non")
    assert talk.cell.answers["malicious"].answer is Answer.NO


def test_a_company_is_not_asked_about_care() -> None:
    talk = talk_in_crisis(kind="company")
    (refused,) = messages(talk.say("claire", "!qualifier 13"))
    assert "1 à 12" in refused.body
    assert "soins" not in refused.body


def test_nothing_is_set_aside_by_a_no() -> None:
    talk = talk_in_crisis(clocks=True)
    before = dict(talk.cell.clocks)
    talk.say("karim", "!qualifier 1")
    said = act(talk, "karim", "!non")
    assert [entry.kind for entry, _ in said] == ["qualification"]
    assert talk.cell.clocks == before
    assert changes(talk)


def test_a_clock_that_was_set_aside_comes_back_when_its_answer_changes() -> None:
    talk = talk_in_crisis(clocks=True)
    for who, text in (("karim", "!qualifier 1"), ("karim", "!non"), ("pmartin", "!ecarter plainte non applicable")):
        talk.say(who, text)
    code = re.findall(r"`!oui (\d{4})`", talk.said[-1].body)
    talk.say("claire", f"!oui {code[0]}")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].status is ClockStatus.WAIVED
    talk.say("karim", "!qualifier 1")
    answered, restored = act(talk, "karim", "!nsp")
    assert (answered[0].kind, answered[1]["after"]["answer"]) == ("qualification", "unknown")
    assert (restored[0].kind, restored[1]["action"], restored[1]["id"]) == ("deadline", "restore", "FR-LOPMI-PLAINTE")
    assert talk.cell.clocks["FR-LOPMI-PLAINTE"].status is ClockStatus.RUNNING
