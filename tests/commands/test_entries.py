"""What each act leaves in the log: its kind, what was before and after, who did it and who typed it, and the chain."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from bot.domain import log as chain
from bot.domain.log import Entry
from tests.commands.cast import BOT, matrix_id
from tests.commands.harness import Talk, talk_in_crisis

KARIM, CLAIRE, NADIA, OLIVIER = map(matrix_id, ("karim", "claire", "nadia", "olivier"))


def changes(talk: Talk, after: int = 0) -> list[tuple[Entry, dict[str, Any]]]:
    """The entries of changes of state."""
    return [(e, dict(e.content)) for e in talk.entries(after) if e.content is not None and "action" in e.content]


def act(talk: Talk, who: str, text: str, room: str = "cell") -> list[tuple[Entry, dict[str, Any]]]:
    """What one command added, the command's own entry left out."""
    after = talk.entries()[-1].seq
    talk.say(who, text, room)
    return changes(talk, after)


def typed(talk: Talk) -> int:
    """The entry of the last message that somebody typed."""
    return next(e.seq for e in talk.entries() if e.event_id == talk.last_event)


def test_the_opening_is_entry_one_with_the_text_and_the_sender() -> None:
    talk = Talk()
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4 --constat 8h10", "alert")
    first, *rest = changes(talk)
    entry, said = first
    assert (entry.seq, entry.kind, entry.sender, entry.event_id) == (1, "incident", CLAIRE, None)
    assert said["text"] == "!incident rancongiciel Urgences bloquées --gravite 4 --constat 8h10"
    assert (said["action"], said["cause"], said["before"]) == ("open", None, None)
    after = said["after"]
    assert (after["scenario"], after["title"], after["severity"], after["drill"]) == (
        "rancongiciel",
        "Urgences bloquées",
        4,
        False,
    )
    assert after["playbook_sha256"] == talk.cell.incident.playbook_sha256
    moments = {s["id"]: s["after"] for e, s in rest if e.kind == "moment"}
    assert moments == {"opened": "2026-11-22T13:05:00.000000Z", "observed": "2026-11-22T07:10:00.000000Z"}
    done = [s["id"] for e, s in rest if e.kind == "task"]
    assert [talk.cell.tasks[int(i[1:])].code for i in done] == ["SOC-DIR-01"]


def test_a_tasks_life_is_logged_with_before_after_and_cause() -> None:
    talk = talk_in_crisis()
    (entry, said), *more = act(talk, "karim", "!fait 1 photos prises")
    assert not more
    assert (entry.kind, entry.sender, said["action"], said["id"]) == ("task", KARIM, "done", "T1")
    assert said["before"].items() >= {"status": "open", "owner": None, "reason": None, "note": None}.items()
    assert said["after"].items() >= {"status": "done", "owner": KARIM, "note": "photos prises"}.items()
    assert said["cause"] == typed(talk)
    assert "by" not in said


def test_several_tasks_are_several_entries_of_one_cause() -> None:
    talk = talk_in_crisis()
    found = act(talk, "karim", "!prendre 1, 2 et 3")
    assert [said["id"] for _, said in found] == ["T1", "T2", "T3"]
    assert {said["cause"] for _, said in found} == {typed(talk)}


def test_who_typed_is_not_who_did() -> None:
    talk = talk_in_crisis()
    ((entry, said),) = act(talk, "nadia", "!fait @karim 1")
    assert (entry.sender, said["by"]) == (NADIA, KARIM)
    assert talk.cell.tasks[1].done_by == KARIM


def test_a_note_keeps_its_words_its_time_and_its_author() -> None:
    talk = talk_in_crisis()
    ((entry, said),) = act(talk, "nadia", '!note écran noir --a hier 22h30 --de "Dr Martin"')
    assert (entry.kind, entry.sender, said["by"], said["text"]) == ("note", NADIA, "Dr Martin", "écran noir")
    assert entry.occurred_at == "2026-11-21T21:30:00.000000Z"
    assert said["reconstructed"] is True
    ((_, said),) = act(talk, "nadia", "!note vu --de @claire")
    assert said["by"] == CLAIRE
    assert "reconstructed" not in said


def test_undoing_a_note_adds_a_correction_of_its_entry() -> None:
    talk = talk_in_crisis()
    for room in ("cell", "dm:nadia"):
        ((note, _),) = act(talk, "nadia", "!note le labo repasse au papier", room)
        ((entry, said),) = act(talk, "nadia", "!annuler", room)
        assert (entry.kind, said["action"], said["target"]) == ("correction", "undo", note.seq)


def test_undoing_a_change_says_what_is_put_back() -> None:
    talk = talk_in_crisis()
    act(talk, "karim", "!fait 1")
    ((entry, said),) = act(talk, "karim", "!annuler")
    assert (entry.kind, said["action"], said["before"]["status"], said["after"]["status"]) == (
        "task",
        "undo",
        "done",
        "open",
    )
    ((entry, said),) = act(talk, "olivier", "!role @james rssi")
    assert (entry.kind, said["action"], said["after"]) == ("role", "give", ["biomed", "ciso"])
    ((entry, said),) = act(talk, "olivier", "!annuler")
    assert (said["action"], said["before"], said["after"]) == ("undo", ["biomed", "ciso"], ["biomed"])


def test_closing_names_both_people() -> None:
    talk = talk_in_crisis()
    assert act(talk, "claire", "!cloture services rétablis") == []
    asked = typed(talk)
    code = next(s for s in reversed(talk.said) if s.key.startswith("second:")).body.partition("!oui ")[2][:4]
    found = act(talk, "karim", f"!oui {code}")
    steps = [(e.kind, s["action"], s["id"]) for e, s in found]
    assert steps[:2] == [("incident", "close", "INC-2026-001"), ("moment", "set", "ended")]
    accepted = [s for _, s in found if s["action"] == "accept"]
    assert {s["id"] for s in accepted} == {t.id for t in talk.cell.open_tasks if t.critical}
    assert {(s["reason"], s["second"]) for s in accepted} == {("services rétablis", KARIM)}
    retimed = [s["id"] for _, s in found if s["action"] == "due"]
    assert len(retimed) == 4, "what counts from the end of the crisis has its time now"
    assert len(steps) == 2 + len(accepted) + len(retimed)
    entry, said = found[0]
    assert (entry.sender, said["confirmed_by"], said["reason"], said["cause"]) == (
        CLAIRE,
        KARIM,
        "services rétablis",
        asked,
    )
    assert "alone" not in said


def test_refusing_to_close_is_logged() -> None:
    talk = talk_in_crisis()
    act(talk, "claire", "!cloture fin des essais")
    code = talk.said[-1].body.partition("!oui ")[2][:4]
    ((entry, said),) = act(talk, "karim", f"!non {code}")
    assert (entry.kind, entry.sender, said["action"]) == ("incident", KARIM, "close_refused")
    assert (said["asked_by"], said["refused_by"]) == (CLAIRE, KARIM)


def test_who_decides_alone_is_marked_in_the_log() -> None:
    talk = Talk(kind="medical_practice")
    talk.say(
        "claire",
        "!incident rancongiciel Serveur --gravite 4 --sans @olivier --sans @karim --sans @pmartin",
        "dm:claire",
    )
    talk.join("claire")
    talk.say("claire", "!cloture fin des essais")
    for _ in range(2):
        code = next(s.body for s in reversed(talk.said) if "!oui" in s.body).partition("!oui ")[2][:4]
        talk.say("claire", f"!oui {code}")
        talk.wait(minutes=10)
    closing = [s for e, s in changes(talk) if e.kind == "incident" and s["action"] == "close"]
    assert [(s["alone"], s["confirmed_by"]) for s in closing] == [(True, CLAIRE)]


def test_direct_rooms_are_not_logged_but_what_they_change_is() -> None:
    talk = talk_in_crisis()
    before = len(talk.entries())
    ((entry, said),) = act(talk, "karim", "!fait 1", "dm:karim")
    assert (said["id"], said["cause"], entry.room_id) == ("T1", None, None)
    people = [e for e in talk.entries()[before:] if e.sender != BOT]
    assert people == [entry]
    act(talk, "karim", "!statut", "dm:karim")
    assert [e for e in talk.entries(entry.seq) if e.sender != BOT] == []


def test_every_event_stands_once_and_the_chain_holds() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "Le pare-feu est tombé.")
    mine = talk.last_event
    talk.say("karim", "Le pare-feu est relevé.", edit_of=mine)
    talk.react("claire", "❤️", mine)
    talk.withdraw("karim", mine)
    talk.say("karim", "!fait 1")
    talk.say("karim", "!fiat 2")
    talk.say("karim", "!oui")
    talk.leave("james")
    entries = talk.entries()
    events = Counter(e.event_id for e in entries if e.event_id)
    assert set(events.values()) == {1}
    sent = {said.event_id for said in talk.said if said.room == "cell" and said.event_id}
    assert sent <= set(events), "the bot's own words are in the log too"
    kinds = [e.kind for e in entries if e.sender != BOT]
    assert {"message", "edit", "reaction", "redaction", "membership", "task"} <= set(kinds)
    target = next(e.seq for e in entries if e.event_id == mine)
    touched = [e for e in entries if e.kind in ("edit", "reaction", "redaction") and e.sender != BOT]
    assert [(e.content or {})["target"] for e in touched] == [target] * 3
    head = None
    for entry in entries:
        lines = json.loads(json.dumps(entry.as_dict()))
        assert chain.content_hash(lines["content"], lines["nonce"]) == lines["content_hash"]
        assert chain.entry_hash(lines) == lines["entry_hash"]
        assert lines["prev_hash"] == (head or "0" * 64)
        head = lines["entry_hash"]
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
    assert all(e.incident == "INC-2026-001" for e in entries)


def test_a_command_for_one_incident_never_names_an_entry_of_another() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!fiat INC-2026-001 1", "dm:karim")
    after = talk.entries()[-1].seq
    talk.say("karim", "!oui", "cell")
    ((_, said),) = changes(talk, after)
    assert said["cause"] is None or said["cause"] == typed(talk)


def test_a_moment_or_a_filing_before_the_opening_is_marked_as_reconstructed() -> None:
    talk = Talk(clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin", "anne")
    act(talk, "anne", "!violation 13h30")
    (moment, *_) = [said for entry, said in act(talk, "anne", "!oui") if entry.kind == "moment"]
    assert moment["reconstructed"] is True
    made = act(talk, "pmartin", "!depose assureur S-1 --a 13h45")
    assert [said["reconstructed"] for entry, said in made if said["action"] == "file"] == [True]
    made = act(talk, "pmartin", "!depose plainte PV 1")
    assert [said.get("reconstructed") for entry, said in made if said["action"] == "file"] == [None]
