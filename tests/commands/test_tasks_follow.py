"""What follows for the tasks: times, returns, answers, stops, proofs, phases; each with its entry in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.commands.scene import Organisation
from bot.domain import checklist
from bot.domain.incident import TaskStatus
from bot.domain.registers import Keeping
from bot.domain.roles import Phase, Track
from bot.export.registers import files
from bot.store import cells
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

KARIM, CLAIRE, ANNE = matrix_id("karim"), matrix_id("claire"), matrix_id("anne")
PICTURE = {"msgtype": "m.image", "url": "mxc://x/y", "info": {"mimetype": "image/jpeg", "size": 9}}


def number_of(talk: Talk, code: str) -> int:
    task = talk.cell.by_code(code)
    assert task is not None, code
    return task.number


def actions(talk: Talk, kind: str = "task") -> list[tuple[str, str]]:
    """What the log says was done to tasks, and to which, in order."""
    said = [entry.content or {} for entry in talk.entries() if entry.kind == kind]
    return [(str(each.get("action")), str(each.get("id"))) for each in said]


def code_of(said: list[Said]) -> str:
    return next(s.body for s in reversed(said) if "!oui" in s.body).partition("!oui ")[2][:4]


def picture(talk: Talk, who: str, replied: str | None, name: str = "photo.jpg") -> list[Said]:
    return talk.say(who, name, reply_to=replied, msgtype="m.image", extra=PICTURE)


# -- times -------------------------------------------------------------------------------------------------------------


def test_what_counts_from_the_end_has_its_time_once_the_crisis_is_lifted() -> None:
    talk = talk_in_crisis()
    number = number_of(talk, "SOC-DIR-19")
    assert talk.cell.tasks[number].due is None
    said = talk.say("claire", "!cloture sous contrôle")
    talk.say("karim", f"!oui {code_of(said)}")
    assert talk.cell.tasks[number].due == talk.clock.now() + timedelta(days=2)
    assert ("due", f"T{number}") in actions(talk)


def test_what_was_put_off_by_hand_follows_no_moment_any_more() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!plustard 5 6h")
    cell = talk.cell
    moved = cell.with_moment(replace(cell.moments["opened"], at=cell.incident.opened_at - timedelta(hours=1)))
    retimed = {change.after.number for change in checklist.following(cell, moved, talk.clock.now())}
    assert 5 not in retimed
    assert {1, 6} <= retimed


def test_a_repeated_task_comes_back_with_the_same_number_and_its_next_time() -> None:
    talk = talk_in_crisis()
    number = number_of(talk, "SOC-SOI-06")
    due = talk.cell.tasks[number].due
    assert due is not None
    talk.say("soline", f"!fait {number} : registre tenu")
    talk.wait(hours=6)
    assert talk.cell.tasks[number].status is TaskStatus.DONE
    talk.clock.pass_(due + timedelta(hours=7, minutes=5) - talk.clock.now())
    talk.wait(minutes=1)
    again = talk.cell.tasks[number]
    assert (again.status, again.rounds, again.due) == (TaskStatus.OPEN, 1, due + timedelta(hours=8))
    assert ("again", f"T{number}") in actions(talk)


def test_what_depends_on_a_task_that_has_come_back_need_not_wait_again() -> None:
    cell = talk_in_crisis().cell
    first = cell.tasks[2]
    waiting = next(t for t in cell.in_order if first.code in t.depends_on and len(t.depends_on) == 1)
    assert checklist.unmet(cell, waiting) == [first]
    assert checklist.unmet(cell.with_tasks([replace(first, rounds=1)]), waiting) == []


# -- answers -----------------------------------------------------------------------------------------------------------


def test_an_answer_sets_tasks_aside_and_another_brings_them_back() -> None:
    talk = talk_in_crisis()
    aside, critical = number_of(talk, "RAN-JUR-03"), number_of(talk, "SOC-JUR-07")
    talk.say("anne", "!qualifier 2")
    (told,) = [s for s in messages(talk.say("anne", "!non")) if "Sans objet d’après" in s.body]
    assert f"T{aside}" in told.body
    assert f"T{critical} (critique)" in told.body, "it says what it leaves to people"
    task = talk.cell.tasks[aside]
    assert (task.status, task.aside) == (TaskStatus.SKIPPED, "personal_data=no")
    assert talk.cell.tasks[critical].status is TaskStatus.OPEN, "what is critical stays until somebody says so"
    talk.say("anne", "!qualifier 2")
    talk.say("anne", "!oui")
    assert talk.cell.tasks[aside].status is TaskStatus.OPEN
    assert [each for each in actions(talk) if each[1] == f"T{aside}"] == [
        ("aside", f"T{aside}"),
        ("return", f"T{aside}"),
    ]


# -- stops and what comes before ---------------------------------------------------------------------------------------


def test_a_hard_stop_takes_a_reason_and_two_people_and_is_in_the_log() -> None:
    talk = talk_in_crisis()
    number = number_of(talk, "SOC-IT-11")
    (refused,) = messages(talk.say("karim", f"!prendre {number}"))
    assert "🛑 Arrêt" in refused.body
    talk.say("claire", "!oui")
    assert talk.cell.tasks[number].status is TaskStatus.OPEN
    asked = talk.say("karim", f"!prendre {number} : le bloc doit rouvrir ce soir")
    talk.react("claire", "✅", list(messages(asked))[-1].event_id)
    assert talk.cell.tasks[number].status is TaskStatus.OPEN, "what takes two people is typed"
    talk.say("claire", f"!oui {code_of(asked)}")
    task = talk.cell.tasks[number]
    assert (task.status, task.owner) == (TaskStatus.TAKEN, KARIM)
    assert [(p["by"], p["second"], p["reason"]) for p in task.passed] == [
        (KARIM, CLAIRE, "le bloc doit rouvrir ce soir"),
    ]
    entry = next(e for e in talk.entries() if (e.content or {}).get("action") == "pass")
    assert entry.content is not None
    assert (entry.content["reason"], entry.content["confirmed_by"]) == ("le bloc doit rouvrir ce soir", CLAIRE)
    assert not any("Arrêt" in s.body for s in messages(talk.say("karim", f"!fait {number} : recette signée")))


def test_who_is_neither_director_nor_competent_passes_no_stop() -> None:
    talk = talk_in_crisis()
    number = number_of(talk, "SOC-IT-11")
    (refused,) = messages(talk.say("olivier", f"!prendre {number} : pressé"))
    assert "réservée" in refused.body


def test_what_comes_before_is_asked_about_unless_a_reason_is_given() -> None:
    talk = talk_in_crisis()
    (asked,) = messages(talk.say("karim", "!fait 3"))
    assert talk.cell.tasks[3].status is TaskStatus.OPEN
    talk.react("karim", "✅", asked.event_id)
    assert talk.cell.tasks[3].status is TaskStatus.DONE
    talk.say("karim", "!fait 4 : consigne passée")
    assert talk.cell.tasks[4].status is TaskStatus.DONE
    talk.say("karim", "!rouvrir 3")
    talk.say("karim", "!fait 1, 3")
    assert talk.cell.tasks[3].status is TaskStatus.DONE, "what is done together waits for nothing"


def test_what_comes_before_several_that_are_done_is_said_once() -> None:
    talk = talk_in_crisis()
    before = number_of(talk, "SOC-SOI-02")
    after = [t.number for t in talk.cell.in_order if t.depends_on == ("SOC-SOI-02",)][:2]
    assert len(after) == 2
    talk.say("soline", f"!fait {after[0]}, {after[1]} : fait")
    (told,) = [s.body for s in messages(talk.said) if "qui n’est pas faite" in s.body]
    assert f"les T{after[0]} et T{after[1]} viennent normalement après la T{before} (" in told
    assert told.count("⚠️") == 1


# -- proofs ------------------------------------------------------------------------------------------------------------


def test_a_picture_in_reply_to_what_was_asked_is_an_exhibit_of_the_task() -> None:
    talk = talk_in_crisis()
    ask = next(s for s in messages(talk.say("karim", "!fait 1")) if "Preuve attendue" in s.body)
    said = picture(talk, "karim", ask.event_id)
    assert any("P1 joint à T1" in s.body for s in messages(said))
    assert not any("résumez" in s.body for s in messages(said)), "what it is follows from the task"
    exhibit = talk.cell.evidence[1]
    assert (exhibit.collected_by, exhibit.keeping) == (KARIM, Keeping.WANTED)
    assert talk.cell.tasks[1].proofs == (1,)
    assert ("register", "P1") in actions(talk, "evidence")
    rows = dict(files(talk.cell, []))["tasks.csv"].decode("utf-8-sig")
    assert next(row for row in rows.splitlines() if row.startswith("T1;")).endswith("P1")


def test_a_picture_in_reply_to_a_task_completes_it() -> None:
    talk = talk_in_crisis()
    given = next(s for s in messages(talk.say("olivier", "!donner 2 @karim")) if s.key.startswith("task:"))
    picture(talk, "karim", given.event_id)
    task = talk.cell.tasks[2]
    assert (task.status, task.done_by, task.proofs) == (TaskStatus.DONE, KARIM, (1,))


def test_a_picture_of_somebody_who_may_not_completes_nothing() -> None:
    talk = talk_in_crisis()
    given = next(s for s in messages(talk.say("olivier", "!donner 2 @karim")) if s.key.startswith("task:"))
    picture(talk, "pdurand", given.event_id)
    assert talk.cell.tasks[2].status is TaskStatus.OPEN
    assert talk.cell.evidence == {}


def test_a_picture_in_reply_to_a_reminder_of_several_tasks_is_asked_about() -> None:
    talk = talk_in_crisis()
    reminder = next(
        s for s in messages(talk.wait(hours=1, minutes=10)) if s.key.startswith("tasks:") and KARIM in s.rings
    )
    direct = {"room": reminder.room, "msgtype": "m.image", "extra": PICTURE}
    photo = talk.post("karim", "photo.jpg", reply_to=reminder.event_id, **direct)
    (asked,) = messages(talk.settle())
    assert (asked.room, asked.reply_to) == (reminder.room, photo)
    assert "Pour quelle tâche (T1, T2, T3, T4, T5 et T6)" in asked.body
    assert asked.body.endswith("`!joindre 1`")
    assert (talk.cell.tasks[1].status, talk.cell.evidence) == (TaskStatus.OPEN, {})
    talk.say("karim", "!joindre 1", reminder.room, reply_to=photo)
    assert (talk.cell.tasks[1].status, talk.cell.tasks[1].proofs) == (TaskStatus.DONE, (1,))
    assert talk.cell.evidence[1].event_id == photo


def test_a_picture_that_comes_late_completes_nothing_and_says_how_it_would() -> None:
    talk = talk_in_crisis()
    (given,) = messages(talk.say("claire", "!donner 1 @Karim"))
    late = {"msgtype": "m.image", "extra": PICTURE, "ago": timedelta(minutes=6)}
    photo = talk.post("karim", "photo.jpg", reply_to=given.event_id, **late)
    (told,) = messages(talk.settle())
    assert told.reply_to == photo
    assert "la T1 n’est pas encore notée faite" in told.body
    assert (talk.cell.tasks[1].status, talk.cell.evidence) == (TaskStatus.OPEN, {})
    talk.say("karim", "!joindre 1", reply_to=photo)
    assert talk.cell.tasks[1].status is TaskStatus.DONE


def test_a_proof_can_be_said_in_words_and_undone() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!fait 1")
    (refused,) = messages(talk.say("karim", "!joindre 1"))
    assert "Il n’y a pas de fichier ici" in refused.body
    talk.say("karim", "!joindre 1 photos sur la clé rouge")
    assert talk.cell.tasks[1].note == "photos sur la clé rouge"
    talk.say("karim", "!annuler")
    assert talk.cell.tasks[1].note is None


# -- a whole track, phases, what is stuck ------------------------------------------------------------------------------


def test_a_whole_track_is_given_in_one_message_but_for_what_is_in_hand() -> None:
    talk = talk_in_crisis()
    talk.say("pmartin", "!prendre 28")
    (told,) = messages(talk.say("olivier", "!donner la filière juridique à @anne"))
    assert told.rings == (ANNE,)
    legal = talk.cell.track(Track.LEGAL)
    assert {t.owner for t in legal if t.number != 28} == {ANNE}
    assert talk.cell.tasks[28].owner == matrix_id("pmartin")
    talk.say("olivier", "!annuler")
    assert {t.owner for t in talk.cell.track(Track.LEGAL) if t.number != 28} == {None}
    (refused,) = messages(talk.say("pdurand", "!donner juridique @anne"))
    assert "réservée" in refused.body


def test_the_end_of_a_phase_is_asked_once_and_a_human_decides() -> None:
    talk = talk_in_crisis()
    cell = talk.cell
    alert = [t for t in cell.in_order if t.phase is Phase.ALERT]
    last = next(t for t in alert if t.critical)
    done = [replace(t, status=TaskStatus.DONE, done_at=talk.clock.now(), done_by=KARIM) for t in alert if t is not last]
    with talk.db.transaction() as session:
        cells.save(session, cell, cell.with_tasks(done))
    said = talk.say("olivier", f"!fait {last.number} : fait")
    (asked,) = [s for s in messages(said) if "est-ce une crise" in s.body]
    assert asked.rings == (matrix_id("olivier"),) or asked.rings == ()
    assert talk.cell.incident.phase is Phase.ALERT
    talk.react("olivier", "✅", asked.event_id)
    assert talk.cell.incident.phase is Phase.CONTAINMENT
    assert ("phase", "INC-2026-001") in actions(talk, "incident")


def test_what_is_stuck_is_raised_at_once_and_called_to_mind_later() -> None:
    talk = talk_in_crisis()
    told = next(s for s in messages(talk.say("karim", "!bloque 5 pas de mot de passe")))
    assert told.rings == (matrix_id("olivier"),)
    talk.wait(hours=3, minutes=50)
    said = [s for s in messages(talk.wait(minutes=15)) if s.room == "dm:olivier"]
    assert any("T5 ★ toujours bloquée (pas de mot de passe)" in s.body for s in said) or any(
        "toujours bloquée" in s.body for s in messages(talk.wait(minutes=40)) if s.room == "dm:olivier"
    )


def test_a_reminder_of_several_tasks_is_taken_with_one_gesture_and_done_one_by_one() -> None:
    talk = talk_in_crisis()
    talk.wait(minutes=61)
    many = next(s for s in talk.said if s.key.startswith("tasks:") and s.room == "dm:pdurand")
    (refused,) = messages(talk.react("pdurand", "✅", many.event_id, "dm:pdurand"))
    assert "`!fait 43, 44" in refused.body
    talk.react("pdurand", "✋", many.event_id, "dm:pdurand")
    assert talk.cell.tasks[43].status is TaskStatus.TAKEN
    assert talk.cell.tasks[44].owner == matrix_id("pdurand")


# -- what was decided in peacetime -------------------------------------------------------------------------------------


def test_the_reason_of_a_task_quotes_what_was_decided_in_peacetime_about_it() -> None:
    doctrine = {"ransom": "Nous ne payons pas.", "internet": "Le RSSI de garde coupe internet seul."}
    organisation = Organisation("CH de Val-Fleuri", "hospital", "Europe/Paris", "fr", doctrine=doctrine)
    talk = Talk(organisation=organisation)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim")
    for code, said in (("RAN-IT-04", doctrine["internet"]), ("RAN-DIR-01", doctrine["ransom"])):
        (told,) = messages(talk.say("karim", f"!pourquoi {number_of(talk, code)}"))
        assert f"Décidé d’avance\u00a0: {said}" in told.body
    (told,) = messages(talk.say("karim", f"!pourquoi {number_of(talk, 'SOC-SOI-01')}"))
    assert "Décidé d’avance" not in told.body
