"""A text that waits: who is asked is called to mind a few times, each step once."""

from __future__ import annotations

from tests.commands.harness import Said, Talk, messages, talk_in_crisis


def waiting() -> Talk:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    talk.say("pdurand", "!modifier 1 Le CH fait face à un incident informatique.")
    return talk


def reminders(said: list[Said]) -> list[Said]:
    return [each for each in messages(said, "cell") if "attend depuis" in each.body]


def test_who_is_missing_is_called_to_mind_at_each_step_once() -> None:
    talk = waiting()
    assert not reminders(talk.wait(minutes=29))
    (first,) = reminders(talk.wait(minutes=2))
    assert "Olivier Roux" in first.body
    assert "!approuver 1" in first.body
    assert {user.partition(":")[0] for user in first.rings} == {"@olivier", "@pmartin"}, "no director rings for a text"
    assert not reminders(talk.wait(minutes=2))
    talk.say("olivier", "!approuver 1")
    (second,) = reminders(talk.wait(minutes=30))
    assert "Olivier Roux" not in second.body.partition("\n")[0], "they have said yes; as a deputy they may be named"


def test_what_is_approved_refused_or_not_ready_calls_nobody() -> None:
    talk = talk_in_crisis()
    talk.say("pdurand", "!rediger attente")
    assert not reminders(talk.wait(minutes=40)), "it has blanks"
    talk = waiting()
    talk.say("olivier", "!rejeter 1 trop tôt")
    assert not reminders(talk.wait(minutes=40))
    talk = waiting()
    for who in ("olivier", "pmartin", "claire"):
        talk.say(who, "!approuver 1")
    assert not reminders(talk.wait(minutes=40))


def test_after_an_outage_only_the_latest_step_is_said() -> None:
    talk = waiting()
    assert len(reminders(talk.wait(hours=3))) == 1
    assert not reminders(talk.wait(minutes=10))


def test_the_log_says_who_was_called_to_mind() -> None:
    talk = waiting()
    talk.wait(minutes=31)
    (entry,) = [e for e in talk.entries() if e.kind == "nudge" and e.content and e.content["action"] == "approval"]
    assert entry.content is not None
    assert entry.content["id"] == "C1"
    assert entry.content["after"]["step"] == 1
