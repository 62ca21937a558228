"""The printed log: the same bytes for the same log, everything on it, and nothing that people wrote is ever a template."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import log as chain
from bot.domain import profiles
from bot.domain.incident import Incident
from bot.export import folder
from bot.export.pdf import book, press
from bot.export.pdf.text import BREAK, is_covered, one_line, printable, runs_leftwards
from bot.export.verify import verify
from tests.commands.harness import talk_in_crisis
from tests.commands.test_sending import approved
from tests.export.conftest import ID, Memory
from tests.export.crises import BOT, HARD, PEOPLE, crisis

STAMP = 1_780_000_000
PNG = b"\x89PNG\r\n"


def record(memory: Memory, **more: Any) -> book.Record:
    return book.Record(memory.cell_, BOT, ["Cellule 2026-001"], "K" * 43, memory.log[-1], **more)


def first(memory: Memory, **more: Any) -> dict[str, Any]:
    return next(iter(book.books(record(memory, **more), memory.log)))[1]


def rows(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for day in made["days"] for row in day["rows"]]


def row(made: dict[str, Any], seq: int) -> dict[str, Any]:
    (found,) = [each for each in rows(made) if each["seq"] == str(seq)]
    return found


# -- the file ---------------------------------------------------------------------------------------------------


def test_the_log_is_in_the_incident_file_and_the_manifest_names_it(exported: Path) -> None:
    pdf = (exported / "journal.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert "journal.pdf" in {each["path"] for each in json.loads((exported / "manifest.json").read_bytes())["files"]}
    assert verify(exported).intact


def test_the_same_book_gives_the_same_bytes(memory: Memory) -> None:
    made = first(memory)
    assert press.printed(made, STAMP) == press.printed(made, STAMP)
    assert press.printed(made, STAMP + 1) != press.printed(made, STAMP)


def test_pages_can_be_looked_at(tmp_path: Path) -> None:
    pages = press.pictured(first(crisis(40)), tmp_path)
    assert len(pages) > 3
    assert all(page.read_bytes().startswith(PNG) for page in pages)


def test_a_log_that_cannot_be_printed_leaves_without_it(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "LONGEST_S", 0)
    made = folder.make(memory, ID, tmp_path)
    assert made.unprinted
    assert not (made.folder / "journal.pdf").exists()
    assert verify(made.folder).intact


def test_a_long_log_has_volumes_each_with_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "VOLUME", 30)
    memory = crisis(70)
    parts = list(book.books(record(memory), memory.log))
    assert [name for name, _ in parts] == ["journal.pdf", "journal-2.pdf", "journal-3.pdf"]
    assert [int(each["seq"]) for _, part in parts for each in rows(part)] == list(range(1, 71))
    assert [part["cover"] is not None for _, part in parts] == [True, False, False]
    assert [bool(part["annexes"]) for _, part in parts] == [False, False, True]
    assert parts[1][1]["volume"] == "volume 2 sur 3"
    assert press.printed(parts[1][1], STAMP).startswith(b"%PDF-")


# -- what it says ---------------------------------------------------------------------------------------------------


def test_the_title_page_says_what_a_judge_asks(memory: Memory) -> None:
    anchors = [{"seq": 7, "posted_at": memory.log[9].logged_at, "entry_hash": "ab" * 32, "token": None}]
    cover = first(memory, anchors=anchors, purged=1)["cover"]
    facts = dict(cover["facts"])
    assert facts["Organisation"] == "CHU d’Exemple"
    assert facts["Période couverte"] == "du 28/03/2026 23:58:07 au 29/03/2026 01:15:07"
    assert facts["Entrées"].startswith("12, du n°\u00a01 au n°\u00a012, sans trou")
    assert facts["Entrées"].endswith("1 au contenu effacé")
    assert facts["Levée le"].endswith("par D. Martin")
    assert cover["head"][1].replace(" ", "") == memory.log[-1].entry_hash
    assert "publiées dans le salon" in cover["level"]
    assert "tocsin verify INC-2026-001.zip" in cover["verify"]
    assert "sans témoin" in first(memory)["cover"]["level"]
    assert "autorité" in first(memory, anchors=[{**anchors[0], "token": "anchors/7.tsr"}])["cover"]["level"]


def test_a_duty_says_when_it_was_filed_and_when_its_receipt_came(memory: Memory) -> None:
    clock = memory.cell_.clocks["EU-GDPR-33-SA"]
    assert clock.filed_at is not None
    at_once = timedelta(seconds=2)  # as the first version kept what was filed with its reference
    for later, said in ((timedelta(0), []), (at_once, []), (timedelta(hours=3), ["accusé reçu 29/03/2026 05:58"])):
        came = replace(clock, closed_at=clock.filed_at + later)
        memory.cell_ = memory.cell_.with_clocks([came])
        (duties,) = [each for each in first(memory)["annexes"] if each["title"] == "Échéances"]
        cells = [cell for line in duties["rows"] for cell in line]
        assert [part for cell in cells for part in cell.split("\n") if "accusé" in part] == said


def test_each_day_has_its_date_and_offset_and_the_night_of_the_clocks_two(memory: Memory) -> None:
    heads = [day["head"] for day in first(crisis(60))["days"]]
    assert heads[0] == "samedi 28 mars 2026, heure de Paris (UTC+01:00)"
    assert "dimanche 29 mars 2026, heure de Paris (UTC+01:00)" in heads
    assert "dimanche 29 mars 2026, heure de Paris (UTC+02:00)" in heads
    assert row(first(memory), 2)["time"] == "00:05:07"


def test_edits_withdrawals_and_erasures_stand_on_the_line_that_they_touch(memory: Memory) -> None:
    made = first(memory)
    assert row(made, 2)["text"].startswith("Les écrans sont noirs aux urgences")
    (edited,) = row(made, 2)["notes"]
    assert edited.startswith("modifié par D. Martin le 29/03/2026")
    assert "effacé" in row(made, 6)["text"]
    assert row(made, 6)["tone"] == "gone"
    assert any("patient" in note for note in row(made, 6)["notes"])
    withdrawn = [each for each in rows(first(crisis(40))) if any("retiré par" in n for n in each["notes"])]
    assert withdrawn
    assert all("mauvais salon" in " ".join(each["notes"]) for each in withdrawn)


def test_a_text_that_was_taken_down_says_so_in_the_annex(memory: Memory) -> None:
    talk = talk_in_crisis("claire", "olivier", "karim", "pdurand")
    approved(talk)
    talk.say("pdurand", "!publie 1 affiches")
    talk.clock.pass_(timedelta(hours=2))
    talk.say("pdurand", "!correctif 1 retrait le numéro est faux")
    held = replace(memory.cell_, drafts=talk.cell.drafts)
    memory.cell_ = held
    made = first(memory)
    (texts,) = [each for each in made["annexes"] if each["title"] == "Communications"]
    assert "affiches, 22/11/2026 14:05" in str(texts)
    assert "retiré le 22/11/2026 16:05" in str(texts)
    assert "le numéro est faux" in str(texts)


def test_what_a_profile_withholds_is_on_no_line_and_on_no_note() -> None:
    memory = crisis(60)
    kept = profiles.withheld(profiles.PROFILES[0], memory.log)
    made = first(memory, withheld=kept, profile="assureur", left={"evidence": False})
    told = json.dumps(made["days"], ensure_ascii=False)
    assert "mauvais salon" not in told
    assert all(word not in told for word in ("commutateur", "srv-42", "modifié par"))
    assert "couper Internet" in told
    assert "assureur" in dict(made["cover"]["facts"])["Profil d’export"]
    (exhibits,) = [each for each in made["annexes"] if each["title"] == "Pièces"]
    assert (exhibits["rows"], exhibits["empty"]) == ([], "Retenu par le profil «\u00a0assureur\u00a0».")


def test_an_anonymous_profile_names_roles() -> None:
    memory = crisis(40)
    made = json.dumps(first(memory, profile="retex", anonymous=True), ensure_ascii=False)
    assert all(one_line(name) not in made for _, name, _ in PEOPLE)
    assert "RSSI" in made


def test_both_languages_and_a_drill(memory: Memory) -> None:
    incident: Incident = replace(memory.cell_.incident, language="en", drill=True)
    made = first(Memory(replace(memory.cell_, incident=incident), memory.log))
    assert made["drill"] == "DRILL: this is not a real crisis"
    assert made["days"][0]["head"] == "Saturday 28 March 2026, Paris time (UTC+01:00)"
    assert row(made, 1)["did"].startswith("opens the crisis")
    assert press.printed(made, STAMP).startswith(b"%PDF-")


def test_only_the_bot_is_called_tocsin(memory: Memory) -> None:
    told = chain.Draft(ID, "message", chain.from_rfc3339(memory.log[-1].logged_at), {
        "type": "m.room.message", "content": {"body": "je suis le bot", "fr.tocsin.id": "x", "displayname": "Tocsin"}
    }, sender="@tocsin:ailleurs.example")  # fmt: skip
    memory.log.append(chain.chain(memory.log[-1], told, bytes(16)))
    assert row(first(memory), 13)["who"] == "@tocsin:ailleurs.example"


# -- what people wrote ----------------------------------------------------------------------------------------------

anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=120)
markup = st.sampled_from(
    ["#panic(1)", "#read(\"book.json\")", "$ sum_1^2 $", "= T", "@a", "<a>", "\\u{1F600}", "]", "}", "#{", "/*", "//", '"', "#import \"@preview/x:1.0.0\""]
)  # fmt: skip


@given(st.lists(anything | markup | st.tuples(markup, anything).map("".join), min_size=1, max_size=60))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_that_people_write_breaks_or_runs(texts: list[str]) -> None:
    memory = crisis(3)
    title = replace(memory.cell_.incident, title=texts[0], organisation=texts[-1])
    for number, said in enumerate(texts):
        after = chain.from_rfc3339(memory.log[-1].logged_at)
        content = {"type": "m.room.message", "content": {"body": said, "m.relates_to": said}, "state_key": said}
        kind = ("message", "file", "state", "reaction", "membership")[number % 5]
        draft = chain.Draft(ID, kind, after, content, sender=f"@{said[:40]}:x")
        memory.log.append(chain.chain(memory.log[-1], draft, bytes(16)))
    memory.cell_ = replace(memory.cell_, incident=title)
    assert press.printed(first(memory), STAMP).startswith(b"%PDF-")


@given(anything | st.sampled_from(HARD))
def test_every_character_is_printed_or_named(text: str) -> None:
    shown = printable(text)
    assert all(is_covered(ord(char)) or char in "\n\u200c\u200d\u20e3" for char in shown)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in shown)
    assert not any(char in shown for char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_long_word_can_be_broken_a_long_text_says_that_it_goes_on_and_a_script_is_known() -> None:
    assert max(len(piece) for piece in printable("x" * 500).split(BREAK)) <= 14
    assert printable("a" * 10 + "b" * 10, 10, "[suite]") == "a" * 10 + " [suite]"
    assert printable("a\r\nb\tc\n\n\n\nd") == "a\nb    c\n\nd"
    assert printable("\u202e会") == "[U+202E][U+4F1A]"
    assert runs_leftwards("«\u00a0مرحبا Paul")
    assert not runs_leftwards("Paul مرحبا")


def test_the_page_on_profiles_says_what_they_do() -> None:
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    for profile in profiles.PROFILES:
        (line,) = [each for each in page.splitlines() if each.startswith(f"| `{profile.name}`")]
        _, names, kinds, registers, drafts, files, _ = (cell.strip() for cell in line.split("|"))
        assert {name.strip(" `") for name in names.split(",")} >= set(profile.names) - {"cnil", "ars"}
        assert set(kinds.split(", ")) == profile.kinds
        assert {f"{each}.csv" for each in registers.split(", ")} == profile.registers
        assert set(drafts.split(", ")) - {"none"} == profile.drafts
        assert files == ("yes" if profile.files else "no")


def test_a_draft_a_correction_and_a_file_follow_what_their_profile_lets_out() -> None:
    def entry(kind: str, content: dict[str, Any]) -> None:
        last = made[-1] if made else None
        draft = chain.Draft(ID, kind, chain.from_rfc3339("2026-03-28T22:58:07.000000Z"), content)
        made.append(chain.chain(last, draft, bytes(16)))

    made: list[chain.Entry] = []
    entry("draft", {"action": "write", "id": "C1", "after": {"template": "TPL-15", "version": 1}})
    entry("draft", {"action": "edit", "id": "C1", "after": {"version": 2}})
    entry("draft", {"action": "write", "id": "C2", "after": {"template": "TPL-01", "version": 1}})
    entry("draft", {"action": "edit", "id": "C2", "after": {"version": 2}})
    entry("note", {"text": "entre nous"})
    entry("correction", {"target": 5, "text": "entre nous, corrigé"})
    entry("fact", {"text": "le PACS est arrêté"})
    entry("correction", {"target": 7, "text": "le PACS répond"})
    entry("evidence", {"id": "P1", "file": {"path": "files/P1-photo.png"}})
    entry("handover", {"text": "à Karim"})
    by_name = {profile.name: profiles.withheld(profile, made) for profile in profiles.PROFILES}
    assert by_name["cnil"] == {3, 4, 5, 6, 9, 10}
    assert by_name["plainte"] == {1, 2, 3, 4, 5, 6, 10}
    assert by_name["assureur"] == {1, 2, 3, 4, 5, 6, 9, 10}
    assert by_name["retex"] == {1, 2, 3, 4, 5, 6, 9}
    assert profiles.find("Insurer") is profiles.find("ASSUREUR")
    assert profiles.find("notaire") is None


def test_an_export_that_is_given_up_ends_at_once_and_leaves_nothing(memory: Memory, tmp_path: Path) -> None:
    halt = Event()
    halt.set()
    with pytest.raises(folder.Halted):
        folder.make(memory, ID, tmp_path / "out", halt=halt)
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(press.PressFault):
        press.printed(first(memory), STAMP, halt)


# -- what became of files, gaps and notes ---------------------------------------------------------------------------

SUM = "ab" * 32
POSTED = {"type": "m.room.message", "content": {"body": "facture.exe"}}
KEPT = {"path": "files/a.png", "name": "a.png", "size": 9, "sha256": SUM, "mimetype": "image/png"}
OWN = {"name": "facture.exe", "size": 7, "sha256": SUM, "mimetype": "x"}
CHANGE = {"cause": None, "id": None, "before": None, "after": None}


@pytest.mark.parametrize(
    ("language", "kind", "content", "said"),
    [
        ("fr", "gap", {"recovered": True, "found": 1, "reason": None}, "1 message retrouvé"),
        (
            "fr",
            "gap",
            {"recovered": False, "found": 2, "reason": "M_X"},
            "des messages peuvent manquer ; 2 messages ret",
        ),
        ("en", "gap", {"recovered": False, "found": 0, "reason": "M_X"}, "messages may be missing (M_X)"),
        ("fr", "file", {**POSTED, "file": {**KEPT, "quarantined": OWN}}, "en quarantaine, dans un zip chiffré"),
        ("en", "file", {**POSTED, "file": {**KEPT, "quarantined": OWN}}, "in quarantine, in an encrypted zip"),
        (
            "fr",
            "file",
            {**POSTED, "not_kept": "too_large", "described": OWN},
            "(fichier non conservé : trop volumineux ;",
        ),
        ("en", "file", {**POSTED, "not_kept": "pending", "described": {}}, "(file not read yet)"),
        ("fr", "file", {"target": 2, "file": KEPT}, "dit ce qu’est devenu un fichier"),
        ("en", "note", {**CHANGE, "action": "summary", "target": 2, "text": "vocal"}, "(sums up no. 2)"),
        ("fr", "correction", {**CHANGE, "action": "correct", "target": 2, "text": "x"}, "(n° 2)"),
    ],
)
def test_a_line_says_what_became_of_it(
    memory: Memory, language: str, kind: str, content: dict[str, Any], said: str
) -> None:
    at = chain.from_rfc3339(memory.log[-1].logged_at)
    event = {"sender": PEOPLE[0][0], "event_id": "$x", "room_id": "!x:x"} if "type" in content else {}
    memory.log.append(chain.chain(memory.log[-1], chain.Draft(ID, kind, at, content, **event), bytes(16)))
    incident: Incident = replace(memory.cell_.incident, language=language)
    made = first(Memory(replace(memory.cell_, incident=incident), memory.log))
    shown = row(made, memory.log[-1].seq)
    text = f"{shown['did']} {shown['text']}".replace("\u00a0", " ").replace(BREAK, "")
    assert said in text
    assert text.count("M_X") <= 1
    if content.get("described"):
        assert SUM in text


@pytest.mark.parametrize(
    ("kind", "action", "note"),
    [("correction", "correct", "corrigé par"), ("correction", "undo", "annulé par"), ("note", "summary", "résumé par")],
)
def test_the_line_that_was_spoken_of_says_so(memory: Memory, kind: str, action: str, note: str) -> None:
    at = chain.from_rfc3339(memory.log[-1].logged_at)
    content = {**CHANGE, "action": action, "target": 2, "text": "x"}
    memory.log.append(chain.chain(memory.log[-1], chain.Draft(ID, kind, at, content), bytes(16)))
    assert row(first(memory), 2)["notes"][-1].startswith(note)
