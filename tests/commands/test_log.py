"""`!journal`: the latest lines, searches whatever the accents, and a file where it is too long for a telephone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import bot
from bot.domain.language import Language
from bot.domain.log_lines import Line
from bot.render import Catalogue
from bot.resources import data
from bot.store import blobs
from tests.commands.harness import Said, Talk, messages, talk_in_crisis

_LINE = re.compile(r"- \d+ · ")


@pytest.fixture(scope="module")
def at_work() -> Talk:
    """A cell that has written what is looked for."""
    talk = talk_in_crisis()
    talk.say("karim", "Le pare-feu est tombé.")
    talk.say("karim", "La sauvegarde du 3ème étage est CHIFFRÉE")
    talk.say("nadia", "!note le labo repasse au papier --a 14h00")
    talk.say("karim", "!bloque 2 le pare-feu ne répond plus")
    return talk


def lines(said: list[Said]) -> list[str]:
    """The lines of the answer, without their numbers, which depend on what else was logged."""
    (answer,) = messages(said)
    return [_LINE.sub("", line).replace("\u00a0", " ") for line in answer.body.splitlines() if _LINE.match(line)]


def text_of(talk: Talk, said: list[Said]) -> tuple[str, str]:
    """The name and the text of the file that was posted."""
    (posted,) = [each for each in said if each.kind == "file"]
    with talk.db.reading() as session:
        kept = blobs.get(session, posted.payload["blob"])
    assert kept is not None
    assert kept.startswith(b"\xef\xbb\xbf")
    return posted.payload["filename"], kept.decode("utf-8-sig").replace("\u00a0", " ")


NOTED = "22/11 14 h 00 · Nadia Benali note : le labo repasse au papier"
BLOCKED = "22/11 14 h 05 · Karim Haddad bloque T2 : le pare-feu ne répond plus"
FALLEN = "22/11 14 h 05 · Karim Haddad : Le pare-feu est tombé."


def test_the_latest_lines_leave_out_the_commands_that_they_follow_from(at_work: Talk) -> None:
    assert lines(at_work.say("claire", "!journal 2")) == [NOTED, BLOCKED]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("pare-feu", [FALLEN, BLOCKED]),
        ("PÂRE fe", [FALLEN, BLOCKED]),
        ("« sauvegarde »", ["22/11 14 h 05 · Karim Haddad : La sauvegarde du 3ème étage est CHIFFRÉE"]),
        ("chiffree sauv", ["22/11 14 h 05 · Karim Haddad : La sauvegarde du 3ème étage est CHIFFRÉE"]),
        ("feu", [FALLEN, BLOCKED]),
        ("arefeu", []),
        ("14 h 00 labo", []),
        ("papier labo", [NOTED]),
        ('") OR (" NEAR *', []),
    ],
)
def test_words_are_found_whatever_their_accents_case_and_order(at_work: Talk, typed: str, expected: list[str]) -> None:
    found = lines(at_work.say("claire", f"!journal {typed}"))
    assert [line for line in found if "!journal" not in line] == expected


def test_a_person_a_day_and_the_register_of_decisions(at_work: Talk) -> None:
    assert [line for line in lines(at_work.say("claire", "!journal @karim")) if "pare-feu" in line] == [FALLEN, BLOCKED]
    assert NOTED in lines(at_work.say("claire", "!journal @nadia"))
    (answer,) = messages(at_work.say("claire", "!journal décisions"))
    assert answer.body.startswith("Aucune décision notée")
    (answer,) = messages(at_work.say("claire", "!journal hier"))
    assert "Rien dans la main courante" in answer.body


def test_what_is_long_is_one_answer_and_one_file(at_work: Talk) -> None:
    said = at_work.say("claire", "!journal 50")
    assert len(lines(said)) == 5
    (answer,) = messages(said)
    name, text = text_of(at_work, said)
    assert answer.body.splitlines()[-1].endswith(name)
    assert re.fullmatch(r"INC-2026-001-journal-\d+-\d+\.txt", name)
    assert text.startswith("Main courante d’INC-2026-001 — Urgences bloquées")
    rows = [line for line in text.splitlines() if _LINE.match(line)]
    assert 12 < len(rows) <= 50
    assert _LINE.sub("", rows[0]).startswith("dimanche 22 nov. 2026, 14 h 05 min")
    (posted,) = [each for each in said if each.kind == "file"]
    assert posted.payload["relates_to"] == {"m.in_reply_to": {"event_id": at_work.last_event}}


def test_a_thousand_lines_are_still_one_file() -> None:
    talk = talk_in_crisis()
    for number in range(130):
        talk.post("karim", f"ligne {number} <b>&amp; suite")
    talk.settle()
    talk.clock.pass_(timedelta(days=1))
    _, text = text_of(talk, talk.say("claire", "!journal ligne"))
    assert "Karim Haddad : ligne 129 <b>&amp; suite" in text
    assert sum(1 for line in text.splitlines() if "suite" in line) == 130
    _, text = text_of(talk, talk.say("claire", "!journal hier"))
    assert "ligne 0 <b>&amp;" in text


# -- the words of the lines -----------------------------------------------------------------------------------------

_RECORD = re.compile(r'Record\(\s*"([a-z]+)", "([a-z_]+)"')
_OF_A_CLOCK = re.compile(r'(?<!\w)(?:clock_)?record\(\s*"([a-z]+)"(?: if \S+ else "([a-z]+)")?, ')


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_act_that_is_logged_has_its_words(language: str) -> None:
    words = Catalogue(data("templates", "chat"))
    package = Path(bot.__file__).parent
    acts = {act for path in package.rglob("*.py") for act in _RECORD.findall(path.read_text(encoding="utf-8"))}
    clocks = [path for path in package.rglob("*.py") if "commands.clocks import" in path.read_text(encoding="utf-8")]
    found = {act for path in clocks for act in _OF_A_CLOCK.findall(path.read_text(encoding="utf-8"))}
    acts |= {("deadline", name) for names in found for name in names if name}
    assert len(acts) > 30
    for kind, action in acts:
        line = Line(1, "", "Claire", None, f"{kind}.{action}", None, "", erased=False)
        said = words.document("log.what", "fr" if language == "fr" else "en", {"line": line}).strip()
        assert f"{kind}.{action}" not in said, f"log.what lacks {kind}.{action}"


@pytest.mark.parametrize(
    ("language", "corrected", "undone"),
    [
        ("fr", "(corrigé par n°\u00a0{})", "(annulé par n°\u00a0{})"),
        ("en", "(corrected by no. {})", "(undone by no. {})"),
    ],
)
def test_a_line_that_was_corrected_says_by_which(language: Language, corrected: str, undone: str) -> None:
    talk = talk_in_crisis(language=language)
    note, fix = {"fr": ("!note", "!corriger"), "en": ("!note", "!correct")}[language]
    talk.say("karim", f"{note} pare-feu coupé à 04:10")
    wrong = next(entry for entry in reversed(talk.entries()) if entry.kind == "note")
    talk.say("karim", f"{fix} {wrong.seq} pare-feu coupé à 04:40")
    right = next(entry for entry in reversed(talk.entries()) if entry.kind == "correction")

    def line(seq: int) -> str:
        shown = talk.say("karim", {"fr": "!journal 10", "en": "!log 10"}[language])[-1].body
        return next(each for each in shown.splitlines() if f"{seq} · " in each)

    assert line(wrong.seq).endswith(corrected.format(right.seq))
    assert "corr" not in line(right.seq).partition("04:40")[2]
    talk.say("karim", {"fr": "!annuler", "en": "!undo"}[language])
    back = next(entry for entry in reversed(talk.entries()) if entry.kind == "correction")
    assert back.seq != right.seq
    assert "(" not in line(wrong.seq), "what was corrected is so no more"
    assert line(right.seq).endswith(undone.format(back.seq))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_log_and_its_corrections_call_a_deadline_as_people_do(language: Language) -> None:
    talk = talk_in_crisis(language=language, clocks=True)
    filed, fix, log = {"fr": ("!depose", "!corriger", "!journal"), "en": ("!filed", "!correct", "!log")}[language]
    name = {"fr": "plainte", "en": "complaint"}[language]
    talk.say("pmartin", f"{filed} {name} PV 12")
    lines = talk.say("pmartin", f"{log} 6")[0].body
    assert "FR-LOPMI-PLAINTE" not in lines
    assert f" {name}" in lines
    seq = next(e.seq for e in talk.entries() if (e.content or {}).get("action") == "file")
    said = talk.say("nadia", f"{fix} {seq} PV 13")[0].body
    assert said.endswith(f"Paul Martin {'dépose' if language == 'fr' else 'files'} {name}")
    assert "organisation" not in said


def test_the_log_calls_a_role_as_people_do() -> None:
    talk = talk_in_crisis("claire", "karim")
    talk.wait(minutes=40)
    talk.wait(minutes=50)
    asked = next(e for e in talk.entries() if (e.content or {}).get("action") == "vacant")
    (corrected, *_) = talk.say("claire", f"!corriger {asked.seq} déjà dit")
    assert corrected.body.endswith("Tocsin demande qui tiendra le rôle direction des soins")


def test_a_handover_names_people_and_no_accounts() -> None:
    talk = talk_in_crisis()
    talk.say("olivier", "!passation @nadia")
    talk.say("nadia", "!oui")
    said = "\n".join(each.body for each in talk.say("claire", "!journal 8")).replace("\u00a0", " ")
    assert "Olivier Roux propose la suite à Nadia Benali" in said
    assert "Olivier Roux passe ses rôles" in said
    assert "@" not in said
