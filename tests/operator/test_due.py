"""`tocsin due`: an answer with its reasons, or one sentence on standard error and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from bot.due import Query, answer
from bot.library.rules import load_shipped

Run = Callable[..., Any]
Write = Callable[..., Path]
KEYS = [
    "rule", "trigger_utc", "due_utc", "due_local", "lenient_utc", "basis", "reference", "legal_status", "duration_source",
    "note",
]  # fmt: skip


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder without a configuration, in French: its code, its JSON, its standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")

    def run(*arguments: str) -> tuple[int, Any, str]:
        code = cli.execute(["due", *arguments, "--json"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if shown.out else None, shown.err

    return run


def test_the_answer_in_json(ask: Run) -> None:
    code, said, err = ask("cnil", "2026-10-24T10:00:00")
    assert (code, err) == (0, "")
    assert list(said) == KEYS
    assert said["basis"].startswith("72\u00a0heures écoulées")
    del said["basis"]
    assert said == {
        "rule": "EU-GDPR-33-SA",
        "trigger_utc": "2026-10-24T08:00:00Z",
        "due_utc": "2026-10-27T08:00:00Z",
        "due_local": "2026-10-27T09:00:00+01:00",
        "lenient_utc": "2026-10-27T09:00:00Z",
        "reference": "Règlement (UE) 2016/679 (RGPD), art. 33, §\u00a01",
        "legal_status": "in_force",
        "duration_source": "law",
        "note": None,
    }


def test_every_id_and_name_answers(capsys: pytest.CaptureFixture[str]) -> None:
    rules, now = load_shipped(), datetime(2026, 11, 21, 12, tzinfo=UTC)
    for rule in rules.by_id.values():
        more = ["due=2028-03-01T10:00"] if rule.method.value == "manual" else []
        for name in rule.all_names:
            assert answer(Query(name, "2028-02-28T10:00", more, True), rules, "Europe/Paris", now, "fr") == 0, name
            said = json.loads(capsys.readouterr().out)
            assert said["rule"] == rule.id, name
            assert said["due_utc"] > said["trigger_utc"], name


def test_names_are_read_as_phones_type_them(ask: Run) -> None:
    for name in ("Cnil", "eu-gdpr-33-sa", "EU GDPR 33 SA"):
        assert ask(name, "2026-11-21T10:00")[1]["rule"] == "EU-GDPR-33-SA"
    assert ask("Matériovigilance", "2026-11-21T10:00")[1]["rule"] == "FR-MATERIOVIG"


@pytest.mark.parametrize(
    ("when", "trigger"),
    [
        ("2026-11-21T10:00", "2026-11-21T09:00:00Z"),
        ("2026-11-21 10:00", "2026-11-21T09:00:00Z"),
        ("2026-11-21T10:00:30", "2026-11-21T09:00:30Z"),
        ("2026-11-21T10:00:00+11:00", "2026-11-20T23:00:00Z"),
        ("2026-11-21T10:00Z", "2026-11-21T10:00:00Z"),
        ("21/11/2026 10h05", "2026-11-21T09:05:00Z"),
        ("2031-11-21T10:00", "2031-11-21T09:00:00Z"),
    ],
)
def test_a_time_with_or_without_its_offset(ask: Run, when: str, trigger: str) -> None:
    code, said, _ = ask("plainte", when)
    assert (code, said["trigger_utc"], said["note"]) == (0, trigger, None)


def test_a_date_alone_is_its_beginning(ask: Run) -> None:
    _, said, _ = ask("plainte", "2026-11-21")
    assert said["trigger_utc"] == "2026-11-20T23:00:00Z"
    assert said["note"].startswith("Seule la date est connue")
    _, said, _ = ask("plainte", "2027-09-05", "--tz", "America/Santiago")
    assert said["trigger_utc"] == "2027-09-05T04:00:00Z"


def test_the_first_day_that_can_be_reckoned_is_the_site_s_own(ask: Run) -> None:
    assert ask("plainte", "1970-01-01")[1]["due_local"] == "1970-01-04T00:00:00+01:00"
    assert ask("plainte", "1969-12-31T23:59")[0] == 2


def test_an_hour_that_came_twice_is_the_first_and_says_so(ask: Run) -> None:
    _, said, _ = ask("cnil", "2026-10-25T02:30")
    assert said["trigger_utc"] == "2026-10-25T00:30:00Z"
    assert "deux fois" in said["note"]
    assert ask("cnil", "2026-10-25T02:30+01:00")[1]["note"] is None


def test_an_hour_that_does_not_exist_is_refused_with_its_neighbours(ask: Run) -> None:
    code, said, err = ask("cnil", "2026-03-29T02:30")
    assert (code, said) == (2, None)
    assert "01:59" in err
    assert "03:00" in err
    assert ask("cnil", "2026-03-29T02:30", "--tz", "Indian/Reunion")[0] == 0


def test_the_zone_of_the_site(ask: Run) -> None:
    _, said, _ = ask("cnil", "2026-11-20T08:15", "--tz", "Pacific/Noumea")
    assert (said["due_utc"], said["due_local"]) == ("2026-11-22T21:15:00Z", "2026-11-23T08:15:00+11:00")


def test_what_else_a_rule_takes(ask: Run) -> None:
    _, said, _ = ask("dora", "2026-09-08T08:00", "--set", "classified=2026-09-08T09:00")
    assert said["due_utc"] == "2026-09-08T11:00:00Z"
    _, said, _ = ask("dora", "2026-12-05T09:00", "--set", "classified=2026-12-05T10:00", "--set", "weekend_rule=yes")
    assert said["lenient_utc"] == "2026-12-07T11:00:00Z"
    _, said, _ = ask("assureur-vol", "2026-05-21T10:00", "--tz", "America/Martinique", "--set", "calendar=fr-mq")
    assert said["lenient_utc"] == "2026-05-28T03:59:59Z"
    _, said, _ = ask("nis2-question", "2026-11-21T10:00", "--set", "due=2026-11-25T12:00")
    assert (said["due_utc"], said["duration_source"]) == ("2026-11-25T11:00:00Z", "typed")
    _, said, _ = ask("nis2-question", "2026-11-21T10:00", "--set", "due=2026-11-25")
    assert said["due_local"] == "2026-11-25T00:00:00+01:00"
    assert "c’est le début de ce jour qui est retenu" in said["note"]
    _, said, _ = ask("point", "2026-11-21T10:00", "--set", "last=2026-11-21T16:00")
    assert said["due_utc"] == "2026-11-21T19:00:00Z"


@pytest.mark.parametrize("contract", ["8wd", "8 jours ouvrés", "8jo", "8 working days"])
def test_a_contract_in_working_days(ask: Run, contract: str) -> None:
    _, said, _ = ask("assureur", "2026-12-07T10:00", "--set", f"contract={contract}")
    assert (said["due_utc"], said["duration_source"]) == ("2026-12-17T22:59:59Z", "contract")


def test_a_shorter_contract_is_a_note(ask: Run) -> None:
    _, said, _ = ask("assureur", "2026-12-07T10:00", "--set", "contract=24h")
    assert (said["due_utc"], said["duration_source"]) == ("2026-12-14T22:59:59Z", "law")
    assert "1\u00a0jour," in said["note"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cnli", "2026-11-21T10:00"], ["cnli", "«\u00a0cnil\u00a0»"]),
        (["plaintes", "2026-11-21T10:00"], ["«\u00a0plainte\u00a0»"]),
        (["nis2", "2026-11-21T10:00"], ["«\u00a0nis2-24h\u00a0»", " ou "]),
        (["foo", "2026-11-21T10:00"], ["«\u00a0foo\u00a0»", "par exemple\u00a0: cnil, plainte"]),
        (["cnil", "bientôt"], ["bientôt"]),
        (["cnil", "2026-11-31T10:00"], ["2026-11-31"]),
        (["cnil", "2026-11-31"], ["2026-11-30", "2026-12-01"]),
        (["cnil", "2026-11-21T25:00"], ["2026-11-21T25:00"]),
        (["cnil", "0001-01-01T00:00"], ["0001-01-01"]),
        (["cnil", "9999-12-31T23:00"], ["calendrier"]),
        (["cnil", "2026-11-21T10:00", "--tz", "Europe/Pariss"], ["Europe/Paris"]),
        (["cnil", "2026-11-21T10:00", "--tz", ""], ["fuseau"]),
        (["cnil", "2026-11-21", "10:00"], ["«\u00a010:00\u00a0»", "guillemets"]),
        (["cnil", "2026-11-21T10:00", "--set", "calender=FR"], ["calendar"]),
        (["cnil", "2026-11-21T10:00", "--set", "calendar=ZZ"], ["FR-RE"]),
        (["cnil", "2026-11-21T10:00", "--set", "calendar"], ["CLÉ=VALEUR"]),
        (["cnil", "2026-11-21T10:00", "--set", "calendar="], ["CLÉ=VALEUR"]),
        (["cnil", "2026-11-21T10:00", "--set", "contract=48h"], ["EU-GDPR-33-SA", "calendar"]),
        (["cnil", "2026-11-21T10:00", "--set", "calendar=FR", "--set", "calendar=BR"], ["deux fois"]),
        (["assureur", "2026-11-21T10:00", "--set", "contract=8 jours ouvrables"], ["jours ouvrables"]),
        (["assureur", "2026-11-21T10:00", "--set", "contract=0wd"], ["0wd"]),
        (["dora", "2026-11-21T10:00", "--set", "weekend_rule=maybe"], ["maybe"]),
        (["dora", "2026-11-21T10:00", "--set", "classified=2026-03-29T02:30"], ["03:00"]),
        (["dora", "2026-11-21T10:00", "--set", "classified=2026-11-21T09:00"], ["classified"]),
        (["nis2-question", "2026-11-21T10:00"], ["due="]),
        (["nis2-question", "2026-11-21T10:00", "--set", "due=2026-11-20T10:00"], ["due="]),
    ],
)
def test_what_cannot_be_used_is_one_sentence(ask: Run, arguments: list[str], words: list[str]) -> None:
    code, said, err = ask(*arguments)
    assert (code, said) == (2, None)
    assert len(err.strip().splitlines()) == 1
    assert err.strip().endswith(".")
    for word in words:
        assert word in err


def test_the_text_shows_one_deadline_and_paris_where_the_site_is_elsewhere(tocsin: Run) -> None:
    ran = tocsin("due", "certsante", "2026-11-21T23:10", "--tz", "Indian/Reunion")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[1] == (
        "Échéance\u00a0: dimanche\u00a022\u00a0nov. 2026, 1\u00a0h\u00a010\u00a0min\u00a000\u00a0s (Indian/Reunion)"
    )
    assert lines[2].startswith("À Paris\u00a0: samedi\u00a021\u00a0nov. 2026, 22\u00a0h\u00a010")
    assert "objectif interne" in lines[-1]
    english = tocsin("due", "customers", "2026-11-21T10:00", LANG="en_GB.UTF-8").out
    assert "Status: contract\n" in english
    assert "Paris\n" not in english


def test_the_configuration_gives_the_zone_and_the_organisations_own_rules(
    tocsin: Run, write: Write, tmp_path: Path
) -> None:
    write()
    config = tmp_path / "tocsin.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[organisation]", '[organisation]\ntimezone = "Pacific/Noumea"'), encoding="utf-8")
    own = tmp_path / "playbooks/deadlines"
    own.mkdir(parents=True)
    (own / "ours.yaml").write_text(
        "rules:\n  - id: HOUSE-HOLDING\n    duration: {value: 3, unit: hours, from: house}\n", encoding="utf-8"
    )
    said = json.loads(tocsin("due", "attente", "2026-11-21T10:00", "--json").out)
    assert (said["trigger_utc"], said["due_utc"]) == ("2026-11-20T23:00:00Z", "2026-11-21T02:00:00Z")
    config.write_text(config.read_text(encoding="utf-8").replace("Pacific/Noumea", "Indian/Reunion"), encoding="utf-8")
    island = json.loads(tocsin("due", "assureur-vol", "2027-12-17T10:00", "--json").out)
    assert (island["due_utc"], island["lenient_utc"]) == ("2027-12-21T19:59:59Z", "2027-12-22T19:59:59Z")
    assert json.loads(tocsin("due", "nis2-24h", "2026-11-21", "--json").out)["legal_status"].startswith("pending")
    config.write_text(
        config.read_text(encoding="utf-8").replace('"Indian/Reunion"', '"Europe/Paris"\ncalendar = "fr-am"'),
        encoding="utf-8",
    )
    strasbourg = json.loads(tocsin("due", "assureur-vol", "2026-04-01T10:00", "--json").out)
    assert (strasbourg["due_utc"], strasbourg["lenient_utc"]) == ("2026-04-03T21:59:59Z", "2026-04-07T21:59:59Z")
    config.write_text(
        config.read_text(encoding="utf-8").replace("[organisation]", '[organisation]\ncountry = "BE"'), encoding="utf-8"
    )
    assert json.loads(tocsin("due", "nis2-24h", "2026-11-21", "--json").out)["legal_status"] == "in_force"
    elsewhere = json.loads(tocsin("due", "attente", "2026-11-21T10:00", "--tz", "UTC", "--json").out)
    assert elsewhere["due_utc"] == "2026-11-21T13:00:00Z"
    (own / "ours.yaml").write_text("rules:\n  - id: HOUSE-HOLDING\n    methode: hours\n", encoding="utf-8")
    broken = tocsin("due", "attente", "2026-11-21T10:00")
    assert broken.code == 2
    assert "methode" in broken.err


def test_an_unknown_rule_names_few_neighbours_and_only_true_ones(ask: Run) -> None:
    assert "peut-être" not in ask("foo", "2026-11-21T10:00")[2]
    err = ask("nis2", "2026-11-21T10:00")[2]
    assert err.count("«") == 4, "what was typed, and three rules at most"


@pytest.mark.parametrize(
    "typed",
    ["2026-11-21T14:05:30.999", "2026-11-21T14:05:30,5", "2026-11-21T13:05:30.2Z", "2026-11-21T14:05:30 +01:00"],
)
def test_a_fraction_of_a_second_is_cut_off_and_an_offset_may_stand_apart(ask: Run, typed: str) -> None:
    assert ask("cnil", typed)[1]["trigger_utc"] == "2026-11-21T13:05:30Z"


@pytest.mark.parametrize(("length", "due"), [("P10D", "2026-12-17T09:00:00Z"), ("PT240H", "2026-12-17T09:00:00Z")])
def test_a_contract_may_be_written_as_a_standard_duration(ask: Run, length: str, due: str) -> None:
    said = ask("assureur", "2026-12-07T10:00", "--set", f"contract={length}")[1]
    assert (said["due_utc"], said["duration_source"]) == (due, "contract")
    assert ask("assureur", "2026-12-07T10:00", "--set", "contract=PT0H")[0] == 2
