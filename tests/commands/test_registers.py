"""Facts, decisions, evidence and presence: what the log, the boards and the incident file keep of them."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.registers import Attachment, FactStatus, FileGone, Keeping
from bot.exhibits import Exhibits
from bot.export.folder import write
from bot.export.verify import verify
from bot.store import blobs
from bot.store.db import Database
from bot.store.source import StoreSource
from tests.commands.cast import matrix_id
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

PHOTO = b"\x89PNG\r\n\x1a\nune photo"


def code_in(talk: Talk) -> str:
    """The digits of the bot's latest question."""
    found = [code[1] for said in talk.said if (code := re.search(r"!oui (\d{4})", said.body))]
    return found[-1]


def kinds(talk: Talk, *wanted: str) -> list[tuple[str, str, str | None, str | None]]:
    """Kind, action, sender and author of the entries of those kinds, but for what opening writes."""
    return [
        (e.kind, e.content["action"], e.sender, e.content.get("by"))
        for e in talk.entries()
        if e.kind in wanted and e.content is not None
    ]


# -- facts and decisions ----------------------------------------------------------------------------------------------


def test_each_verdict_is_an_entry_with_its_cause_and_what_was_before() -> None:
    talk = talk_in_crisis()
    talk.say("soline", "!info le PACS répond")
    talk.say("claire", "!vrai 1 radiologie")
    by_seq = {e.seq: e for e in talk.entries()}
    added, judged = [e for e in by_seq.values() if e.kind == "fact"]
    assert added.content is not None
    assert judged.content is not None
    assert (added.sender, judged.sender) == (matrix_id("soline"), matrix_id("claire"))
    assert judged.content["before"] == added.content["after"]
    assert judged.content["after"]["status"] == FactStatus.VERIFIED
    assert by_seq[judged.content["cause"]].content["content"]["body"] == "!vrai 1 radiologie"  # type: ignore[index]
    assert talk.cell.facts[1].source == "radiologie"


def test_a_decision_keeps_who_took_it_and_who_typed_it() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!decision @claire couper internet, car le chiffrement avance")
    taken = talk.cell.decisions[1]
    assert (taken.by, taken.typed_by, taken.reasons) == (
        matrix_id("claire"),
        matrix_id("nadia"),
        "le chiffrement avance",
    )
    assert taken.waits
    talk.say("claire", f"!oui {code_in(talk)}")
    assert talk.cell.decisions[1].confirmed_at == talk.clock.now()
    assert kinds(talk, "decision") == [
        ("decision", "take", matrix_id("nadia"), matrix_id("claire")),
        ("decision", "confirm", matrix_id("claire"), None),
    ]


def test_nobody_has_a_decision_noted_who_may_not_take_one() -> None:
    talk = talk_in_crisis()
    (answer,) = messages(talk.say("nadia", "!decision @karim arrêter le pare-feu"))
    assert "Karim Haddad ne peut pas prendre de décision" in answer.body
    assert "Claire Morel, Olivier Roux et Soline Petit" in answer.body
    assert not talk.cell.decisions
    talk.say("nadia", "!decision @soline passer au papier")
    talk.say("soline", f"!oui {code_in(talk)}")
    assert talk.cell.decisions[1].confirmed_at is not None


def about_decisions(said: list[Said]) -> list[Said]:
    """What is said of decisions, and not of the tasks that wait meanwhile."""
    return [each for each in messages(said) if "décision D" in each.body]


def test_whoever_took_a_decision_is_reminded_once() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!decision @claire couper internet")
    assert not about_decisions(talk.wait(minutes=29))
    (reminder,) = about_decisions(talk.wait(minutes=1))
    assert reminder.rings == (matrix_id("claire"),)
    assert code_in(talk) in reminder.body
    assert not about_decisions(talk.wait(hours=1))
    assert ("nudge", "remind", None, None) in kinds(talk, "nudge")


def test_a_decision_that_was_confirmed_or_taken_back_reminds_nobody() -> None:
    talk = talk_in_crisis()
    talk.say("nadia", "!decision @claire couper internet")
    talk.say("claire", f"!oui {code_in(talk)}")
    talk.say("nadia", "!decision @claire rallumer")
    talk.say("nadia", "!annuler")
    assert not about_decisions(talk.wait(minutes=45))


def test_an_undone_fact_leaves_its_number_used() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!info un")
    talk.say("karim", "!annuler")
    talk.say("karim", "!info deux")
    assert [(f.number, f.withdrawn) for f in talk.cell.facts.values()] == [(1, True), (2, False)]
    assert kinds(talk, "fact")[1][1] == "undo"


def test_undo_respects_who_judged_since() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!info un")
    talk.say("claire", "!vrai 1 vu")
    (answer,) = messages(talk.say("karim", "!annuler"))
    assert "Quelqu’un a changé depuis" in answer.body
    assert talk.cell.facts[1].status is FactStatus.VERIFIED


# -- presence ---------------------------------------------------------------------------------------------------------


def test_a_roll_call_rings_those_who_are_called_and_fills_as_they_answer() -> None:
    talk = talk_in_crisis("claire", "olivier", "karim")
    (asked,) = messages(talk.say("olivier", "!presents"), "cell")
    assert asked.msgtype == "m.text"
    assert matrix_id("olivier") not in asked.rings
    assert matrix_id("soline") in asked.rings
    assert (
        "Présents : 1 sur 9 (Olivier Roux 14 h 05)".replace(" :", "\u00a0:").replace(" h ", "\u00a0h\u00a0")
        in asked.body
    )
    answered = [said for said in talk.react("karim", "✅", asked.event_id) if said.edits]
    assert "Karim Haddad" in answered[-1].body.split("Attendus")[0]
    assert not answered[-1].rings
    assert not talk.react("karim", "✅", asked.event_id)
    assert kinds(talk, "rollcall") == [
        ("rollcall", "call", matrix_id("olivier"), None),
        ("rollcall", "here", matrix_id("karim"), None),
    ]


def test_an_old_roll_call_is_answered_by_nobody() -> None:
    talk = talk_in_crisis()
    (first,) = messages(talk.say("olivier", "!presents"), "cell")
    talk.say("olivier", "!presents")
    assert not talk.react("karim", "✅", first.event_id)
    talk.wait(hours=13)
    talk.say("karim", "!ici")
    assert matrix_id("karim") not in talk.cell.rollcalls[2].here
    assert kinds(talk, "rollcall")[-1][1] == "back"


def test_a_point_counts_once_the_coordinator_said_so_and_sets_the_next_clock() -> None:
    talk = talk_in_crisis()
    (draft,) = messages(talk.say("nadia", "!point"))
    assert draft.rings == (matrix_id("olivier"),)
    assert len(re.findall(r"^\d\. ", draft.body, re.MULTILINE)) == 9
    assert not talk.react("claire", "✅", draft.event_id)
    assert talk.cell.points[1].approved_by is None
    talk.react("olivier", "✅", draft.event_id)
    assert talk.cell.points[1].approved_by == matrix_id("olivier")
    (clock,) = talk.cell.clocks.values()
    assert clock.due == talk.cell.points[1].next_at
    talk.wait(hours=1)
    (second,) = messages(talk.say("olivier", "!point"), "cell")
    talk.react("olivier", "✅", second.event_id)
    assert [clock.open for clock in talk.cell.clocks.values()] == [False, True]


# -- evidence ---------------------------------------------------------------------------------------------------------


def posted(talk: Talk, who: str, name: str, *, caption: str | None = None, size: int = len(PHOTO)) -> str:
    """Post an encrypted file; returns its event id."""
    key = {"url": "mxc://secours.example/abc", "key": {"k": "x"}, "iv": "y", "hashes": {"sha256": "z"}, "v": "v2"}
    extra: dict[str, Any] = {"filename": name, "file": key, "info": {"size": size, "mimetype": "image/png"}}
    return talk.post(who, caption or name, msgtype="m.image", extra=extra)


class Shelf:
    """What a homeserver still has: the bytes of every file, a reason, or nothing while it cannot be had."""

    def __init__(self, *held: bytes | str | None) -> None:
        self.held = list(held)
        self.asked: list[Attachment] = []

    async def read(self, file: Attachment) -> bytes | None:
        self.asked.append(file)
        next_ = self.held.pop(0)
        if isinstance(next_, str):
            raise FileGone(next_)
        return next_


async def collect(talk: Talk, shelf: Shelf) -> list[str]:
    """Let the bot read what waits, and return what it says of it."""
    await Exhibits(talk.db, talk.clock, talk.tools, shelf.read).collect()
    return [said.body for said in messages(talk.settle())]


async def test_a_file_that_is_answered_becomes_evidence_and_is_read() -> None:
    talk = talk_in_crisis()
    event_id = posted(talk, "karim", "écran de rançon.png")
    talk.say("karim", "!preuve photo de l’écran, poste 12", reply_to=event_id)
    exhibit = talk.cell.evidence[1]
    assert (exhibit.event_id, exhibit.file, exhibit.size) == (event_id, "écran de rançon.png", len(PHOTO))
    assert exhibit.sha256 is None
    assert exhibit.keeping is Keeping.WANTED
    shelf = Shelf(PHOTO)
    (told,) = await collect(talk, shelf)
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert digest in told
    kept = talk.cell.evidence[1]
    assert (kept.keeping, kept.sha256, kept.location) == (Keeping.KEPT, digest, "files/P1-_cran_de_ran_on.png")
    assert shelf.asked[0].mxc == "mxc://secours.example/abc"
    assert await collect(talk, shelf) == []
    assert [action for _, action, *_ in kinds(talk, "evidence")] == ["register", "collect"]


async def test_a_caption_registers_its_file_and_is_no_other_command() -> None:
    talk = talk_in_crisis()
    event_id = posted(talk, "soline", "ecran.png", caption="!preuve écran du PACS")
    (answer,) = messages(talk.settle())
    assert "P1" in answer.body
    assert talk.cell.evidence[1].event_id == event_id
    posted(talk, "soline", "ecran.png", caption="!fait 1")
    posted(talk, "soline", "!preuve rien")
    posted(talk, "soline", "ecran.png", caption="voici l’écran")
    (asked,) = talk.settle()
    assert asked.key.startswith("summary:"), "of the one that has no caption"
    posted(talk, "soline", "autre.png", caption="!preuve")
    (missing,) = messages(talk.settle())
    assert "DESCRIPTION" in missing.body


async def test_a_file_is_evidence_once() -> None:
    talk = talk_in_crisis()
    event_id = posted(talk, "karim", "ecran.png")
    talk.say("karim", "!preuve écran", reply_to=event_id)
    (again,) = messages(talk.say("soline", "!preuve le même", reply_to=event_id))
    assert "déjà la preuve P1" in again.body
    assert len(talk.cell.evidence) == 1


async def test_programs_are_described_and_not_kept() -> None:
    talk = talk_in_crisis()
    event_id = posted(talk, "karim", "facture.pdf.exe")
    talk.say("karim", "!preuve pièce jointe du courriel", reply_to=event_id)
    (told,) = await collect(talk, Shelf(b"MZ\x90"))
    exhibit = talk.cell.evidence[1]
    assert (exhibit.keeping, exhibit.why) == (Keeping.DESCRIBED, "program")
    assert exhibit.sha256 == hashlib.sha256(b"MZ\x90").hexdigest()
    assert "n’est pas conservé" in told
    with talk.db.reading() as session:
        assert blobs.get(session, exhibit.sha256) is None


async def test_a_file_that_is_gone_or_altered_has_no_hash() -> None:
    talk = talk_in_crisis()
    for name in ("a.png", "b.png"):
        talk.say("karim", f"!preuve {name}", reply_to=posted(talk, "karim", name))
    told = await collect(talk, Shelf("not_found", "altered"))
    assert ["le serveur ne l’a plus" in told[0], "il ne correspond pas" in told[1]] == [True, True]
    assert [(e.keeping, e.why, e.sha256) for e in talk.cell.evidence.values()] == [
        (Keeping.LOST, "not_found", None),
        (Keeping.LOST, "altered", None),
    ]


async def test_while_the_homeserver_is_away_the_file_waits() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!preuve a", reply_to=posted(talk, "karim", "a.png"))
    shelf = Shelf(None, PHOTO)
    exhibits = Exhibits(talk.db, talk.clock, talk.tools, shelf.read)
    assert await exhibits.collect() == 0
    assert await exhibits.collect() == 0
    assert len(shelf.asked) == 1
    talk.clock.pass_(timedelta(seconds=31))
    assert await exhibits.collect() == 1
    assert talk.cell.evidence[1].keeping is Keeping.KEPT


async def test_evidence_that_was_taken_back_is_not_fetched() -> None:
    talk = talk_in_crisis()
    talk.say("karim", "!preuve a", reply_to=posted(talk, "karim", "a.png"))
    talk.say("karim", "!annuler")
    assert await collect(talk, Shelf()) == []


async def test_what_waited_too_long_keeps_its_file() -> None:
    talk = talk_in_crisis()
    event_id = posted(talk, "karim", "a.png")
    talk.say("karim", "!preuve photo", reply_to=event_id, ago=timedelta(minutes=20))
    assert not talk.cell.evidence
    talk.say("karim", f"!oui {code_in(talk)}")
    assert talk.cell.evidence[1].event_id == event_id


async def test_the_incident_file_holds_the_evidence_and_verifies(tmp_path: Path) -> None:
    talk = talk_in_crisis()
    talk.say("soline", "!info le PACS répond, source : radiologie")
    talk.say("claire", "!vrai 1")
    talk.say("nadia", "!decision @claire couper internet, car le chiffrement avance")
    talk.say("karim", "!tel CERT Santé : rappellent")
    talk.say("karim", "!preuve photo", reply_to=posted(talk, "karim", "a.png"))
    talk.say("karim", "!preuve lecteur", reply_to=posted(talk, "karim", "b.exe"))
    await collect(talk, Shelf(PHOTO, b"MZ"))
    folder = exported(talk.db, talk, tmp_path / "out")
    assert (folder / "files" / "P1-a.png").read_bytes() == PHOTO
    assert [p.name for p in (folder / "files").iterdir()] == ["P1-a.png"]
    for name, rows in (("facts", 1), ("decisions", 1), ("evidence", 2), ("calls", 1)):
        assert len((folder / f"{name}.csv").read_bytes().splitlines()) == 1 + rows, name
    assert verify(folder).intact


def exported(db: Database, talk: Talk, out: Path) -> Path:
    """The incident's file, as the store gives it."""
    incident = talk.incident
    with db.reading() as session:
        return write(StoreSource(session, talk.tools.passphrase), incident, out)
