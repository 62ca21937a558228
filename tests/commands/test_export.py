"""`!exporter`: the log is anchored, then the file goes to who asked, in their direct room, and it verifies."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest

from bot import chronicle
from bot.deliveries import Deliveries
from bot.domain.outcome import Record
from bot.export.folder import ExportRefused
from bot.export.verify import Anchor, verify
from bot.store import blobs
from bot.store.source import reading
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk, talk_in_crisis


def test_the_file_is_anchored_sent_to_who_asked_and_verifies(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin")
    talk.say("karim", "!fait 1")
    said = talk.say("pmartin", "!exporter")
    anchor = next(each for each in said if each.key.startswith("anchor:"))
    deliveries = Deliveries(talk.db, url, talk.clock, talk.tools)
    assert asyncio.run(deliveries.deliver()) == 1
    (sent,) = [each for each in talk.settle() if each.kind == "file"]
    assert sent.room == "dm:pmartin"
    assert sent.payload["filename"] == "INC-2026-001.zip"
    with talk.db.reading() as session:
        data = blobs.get(session, sent.payload["blob"])
    assert data is not None
    package = tmp_path / "INC-2026-001.zip"
    package.write_bytes(data)
    seq, digest = anchor.key.split(":")[2:]
    verdict = verify(package, [Anchor(int(seq), digest)])
    assert verdict.intact
    assert verdict.proved == ("consistent", "signed", "anchored")
    entry = talk.entries()[-1]
    assert (entry.kind, entry.sender) == ("export", matrix_id("pmartin"))
    assert asyncio.run(deliveries.deliver()) == 0
    talk.db.close()


def received(talk: Talk, deliveries: Deliveries, folder: Path) -> tuple[Path, str]:
    """The next file that is sent, unpacked, and what is said with it."""
    assert asyncio.run(deliveries.deliver()) == 1
    (sent,) = [each for each in talk.settle() if each.kind == "file"]
    with talk.db.reading() as session:
        data = blobs.get(session, sent.payload["blob"])
    assert data is not None
    package = folder / sent.payload["filename"]
    package.write_bytes(data)
    with zipfile.ZipFile(package) as packed:
        packed.extractall(folder / package.stem)
    return folder / package.stem / "INC-2026-001", sent.payload["body"]


def test_a_profile_keeps_the_rest_back_as_hashes_and_who_received_what_is_a_register(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin", "nadia")
    talk.say("karim", "entre nous, c’est la faute du prestataire")
    talk.say("karim", "!fait 1")
    talk.say("karim", "!info le PACS est arrêté")
    deliveries = Deliveries(talk.db, url, talk.clock, talk.tools)

    talk.say("pmartin", "!exporter assureur --pour Assureur X, M. Y")
    insurer, said = received(talk, deliveries, tmp_path)
    assert "profil «\u00a0assureur\u00a0»" in said
    assert "tocsin verify INC-2026-001-assureur.zip" in said
    verdict = verify(insurer)
    assert verdict.intact
    assert verdict.proved == ("consistent", "signed")
    everything = b"".join(path.read_bytes() for path in insurer.rglob("*") if path.is_file() and path.suffix != ".pdf")
    assert b"faute du prestataire" not in everything
    assert "le PACS est arrêté".encode() in everything
    assert {path.name for path in insurer.glob("*.csv")} == {
        "calls.csv", "care.csv", "deadlines.csv", "decisions.csv", "evidence.csv", "facts.csv", "moments.csv", "tasks.csv",
    }  # fmt: skip
    assert json.loads((insurer / "incident.json").read_bytes())["profile"] == "assureur"
    entries = [json.loads(line) for line in (insurer / "journal.jsonl").read_bytes().splitlines()]
    withheld = [entry["seq"] for entry in entries if entry["content"] is None]
    assert json.loads((insurer / "manifest.json").read_bytes())["withheld"] == withheld
    assert {entry["kind"] for entry in entries if entry["content"] is None} >= {"message", "membership"}

    talk.say("nadia", "!exporter")
    whole, _ = received(talk, deliveries, tmp_path)
    assert verify(whole).intact
    (row,) = csv.DictReader((whole / "exports.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
    assert (row["to"], row["profile"], row["for"]) == ("'" + matrix_id("pmartin"), "assureur", "Assureur X, M. Y")
    assert row["sha256"] == hashlib.sha256((tmp_path / "INC-2026-001-assureur.zip").read_bytes()).hexdigest()
    (answer,) = [each.body for each in talk.say("pmartin", "!exporter registre") if each.kind == "message"]
    assert re.search(
        r"Paul Martin, pour Assureur X, M. Y · profil assureur, jusqu’au n° \d+ · SHA-256 " + row["sha256"],
        answer.replace("\u00a0", " "),
    )
    assert "Nadia Benali · dossier complet" in answer
    talk.db.close()


def test_review_has_roles_for_ids_everywhere_but_in_the_log_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url, clocks=True)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin", "anne")
    talk.say("karim", "!fait 1")
    talk.say("anne", "!violation 13h30")
    talk.say("anne", "!oui")
    asked = talk.say("pmartin", "!ecarter assureur non applicable, vu avec @karim:secours.example.")
    code = next(code[1] for each in asked if (code := re.search(r"!oui (\d{4})", each.body)))
    talk.say("claire", f"!oui {code}")
    talk.say("claire", "!export review")
    review, _ = received(talk, Deliveries(talk.db, url, talk.clock, talk.tools), tmp_path)
    assert verify(review).intact
    for path in [*review.glob("*.csv"), review / "incident.json", review / "deadlines.ics"]:
        assert not re.search(rb"Karim|Claire|Anne|@\w+:secours", path.read_bytes()), path.name
    about = json.loads((review / "incident.json").read_bytes())
    assert about["opened_by"] == "director"
    assert {each["known_by"] for each in about["moments"].values()} >= {"dpo"}
    assert {each["matrix_id"] for each in about["people"]} >= {"ciso", "dpo", "director", "legal"}
    rows = csv.DictReader((review / "deadlines.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
    assert "legal director" in {row["waived_by"] for row in rows}
    (done,) = [
        row
        for row in csv.DictReader((review / "tasks.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
        if row["id"] == "T1"
    ]
    assert done["done_by"] == "ciso"
    talk.db.close()


def test_the_file_goes_up_to_its_anchor_whatever_was_done_after_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim")
    said = talk.say("claire", "!exporter")
    anchor = int(next(each for each in said if each.key.startswith("anchor:")).key.split(":")[2])
    talk.say("karim", "!fait 1")
    whole, words = received(talk, Deliveries(talk.db, url, talk.clock, talk.tools), tmp_path)
    entries = [json.loads(line) for line in (whole / "journal.jsonl").read_bytes().splitlines()]
    assert (entries[-1]["kind"], entries[-1]["content"]["seq"]) == ("anchor", anchor)
    assert json.loads((whole / "incident.json").read_bytes())["head"]["seq"] == entries[-1]["seq"]
    sent = next(each for each in talk.entries() if each.kind == "export")
    assert sent.content is not None
    assert sent.content["after"]["upto"] == entries[-1]["seq"]
    assert f"jusqu’à l’entrée {entries[-1]['seq']}" in words
    talk.db.close()


def test_of_an_incident_s_own_acts_a_profile_lets_out_how_it_was_steered_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "pmartin")
    talk.say("claire", "!gravite 3")
    talk.say("claire", "!avocat @pmartin")
    talk.say("claire", "!exporter assureur")
    insurer, _ = received(talk, Deliveries(talk.db, url, talk.clock, talk.tools), tmp_path)
    entries = [json.loads(line) for line in (insurer / "journal.jsonl").read_bytes().splitlines()]
    left = {each["content"]["action"] for each in entries if each["kind"] == "incident" and each["content"]}
    assert left == {"open", "severity"}
    kept = {each.content["action"] for each in talk.entries() if each.kind == "incident" and each.content}
    assert "lawyer_room" in kept
    talk.db.close()


def test_a_file_that_cannot_be_made_is_said_to_who_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire")
    talk.say("claire", "!exporter")

    def full(*_: object, **__: object) -> None:
        raise ExportRefused("Écriture impossible.")

    monkeypatch.setattr("bot.deliveries.make", full)
    deliveries = Deliveries(talk.db, url, talk.clock, talk.tools)
    assert asyncio.run(deliveries.deliver()) == 1
    (said,) = talk.settle()
    assert said.room == "dm:claire"
    assert "n’a pas pu être préparé" in said.body
    assert "Écriture impossible" in said.body
    assert asyncio.run(deliveries.deliver()) == 0
    talk.db.close()


def test_rooms_bear_the_names_that_they_were_made_with(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    with reading(url, talk.tools.passphrase) as source:
        assert [room.name for room in source.rooms("INC-2026-001")] == ["Cellule 2026-001"]
        assert source.bot("INC-2026-001") == talk.tools.bot_id
    talk.db.close()


def test_long_registers_are_a_screen_and_a_file_with_all_of_it() -> None:
    talk = talk_in_crisis("claire", "nadia")
    incident = talk.incident
    with talk.db.transaction() as session:
        for number in range(8):
            after = {"to": matrix_id("nadia"), "profile": None, "upto": number, "sha256": f"{number:064d}", "size": 1}
            record = Record("export", "send", incident, None, after)
            chronicle.record(session, incident, record, sender=None, cause=None, now=talk.clock.now())
    for number in range(20):
        talk.say("nadia", f"!info le poste {number:02d} est éteint")
    for typed, first, latest in (("!exporter registre", f"{0:064d}", f"{7:064d}"), ("!infos", "poste 00", "poste 19")):
        said = [each for each in talk.say("nadia", typed) if each.room == "cell"]
        (answer,) = [each for each in said if each.kind == "message"]
        (file,) = [each for each in said if each.kind == "file"]
        assert answer.body.count("\n") < 20
        assert latest in answer.body
        assert first not in answer.body
        assert file.payload["filename"] in answer.body
        with talk.db.reading() as session:
            whole = (blobs.get(session, file.payload["blob"]) or b"").decode()
        assert first in whole
        assert latest in whole


def test_no_file_says_by_name_who_rests(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    talk = Talk(url=url)
    talk.say("claire", "!incident rancongiciel Urgences bloquées --gravite 4", "alert")
    talk.join("claire", "karim", "nadia", "olivier")
    talk.say("karim", "!fait 1")
    talk.say("karim", "!repos")
    talk.say("olivier", "!repos @nadia")
    talk.say("olivier", "!annuler")
    assert "déjà au repos" in talk.say("karim", "!repos")[0].body
    assert "au repos\N{NO-BREAK SPACE}: 1" in talk.say("olivier", "!passation @claire")[0].body, "how many, not who"
    (asked,) = talk.say("olivier", "!presents")
    assert "Au repos\N{NO-BREAK SPACE}: 1" in asked.body
    assert "Karim" not in asked.body
    talk.say("nadia", "!equipe")
    talk.say("claire", "!exporter")
    whole, _ = received(talk, Deliveries(talk.db, url, talk.clock, talk.tools), tmp_path)
    verdict = verify(whole)
    assert verdict.intact
    assert verdict.proved == ("consistent", "signed")
    entries = [json.loads(line) for line in (whole / "journal.jsonl").read_bytes().splitlines()]
    said = json.dumps([each["content"] for each in entries], ensure_ascii=False)
    assert not re.search(r'!repos|se repose|"(un)?rest"', said)
    told = [line for line in re.findall(r"[^\n]+", said.replace(r"\n", "\n")) if re.search("au repos|😴", line)]
    assert told
    assert not [line for line in told if "Karim" in line]
    assert "rollcall" in {each["kind"] for each in entries if each["content"] is None}
    withheld = json.loads((whole / "manifest.json").read_bytes())["withheld"]
    assert withheld == [each["seq"] for each in entries if each["content"] is None]
    assert "!fait 1" in said
    talk.db.close()
