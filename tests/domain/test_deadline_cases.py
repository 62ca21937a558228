"""Three cases a rule at least, the hard ones more, worked from the texts without the engine, and typed as people would."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.due import Query, answer
from bot.library.rules import load_shipped

CASES = list(csv.DictReader((Path(__file__).parent / "deadline_cases.csv").open(encoding="utf-8")))
RULES = load_shipped()
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def asked(row: dict[str, str], capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    query = Query(row["rule"], row["trigger_local"], row["settings"].split(), as_json=True)
    assert answer(query, RULES, row["zone"], NOW, "en") == 0, capsys.readouterr().err
    found: dict[str, str | None] = json.loads(capsys.readouterr().out)
    return found


def utc(local: str) -> str:
    return datetime.fromisoformat(local).astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['rule']}-{row['trigger_local']}-{row['settings']}")
def test_a_case(row: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(row, capsys)
    assert (found["due_local"], found["due_utc"]) == (row["due_local"], utc(row["due_local"])), row["why"]
    assert found["lenient_utc"] == (utc(row["lenient_local"]) if row["lenient_local"] else None), row["why"]
    assert (found["duration_source"], found["legal_status"]) == (row["source"], row["legal_status"])
    local = datetime.fromisoformat(row["trigger_local"]).replace(tzinfo=ZoneInfo(row["zone"]))
    assert found["trigger_utc"] == utc(local.isoformat())
    assert found["basis"]
    assert found["reference"]


def test_every_rule_has_three_cases_at_least() -> None:
    worked = Counter(rule.id for row in CASES if (rule := RULES.find(row["rule"])))
    assert {identifier for identifier in RULES.by_id if worked[identifier] < 3} == set()


def test_every_name_answers_as_its_id_does(capsys: pytest.CaptureFixture[str]) -> None:
    for rule in RULES.by_id.values():
        sets = ["due=2026-12-24"] if rule.method.value == "manual" else []
        said = set()
        for name in rule.all_names:
            assert answer(Query(name, "2026-11-20T17:40", sets, True), RULES, "Europe/Paris", NOW, "fr") == 0
            said.add(capsys.readouterr().out)
        assert len(said) == 1, rule.id
        assert f'"rule": "{rule.id}"' in said.pop()


@pytest.mark.parametrize("key", ["classified", "contract", "due", "last", "weekend_rule"])
def test_a_setting_that_a_rule_does_not_take_is_refused(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = {"contract": "48h", "weekend_rule": "yes"}.get(key, "2026-11-20T18:00")
    for rule in RULES.by_id.values():
        if key in rule.settings:
            continue
        assert answer(Query(rule.id, "2026-11-20T17:40", [f"{key}={value}"]), RULES, "Europe/Paris", NOW, "fr") == 2
        said = capsys.readouterr()
        assert key in said.err
        assert not said.out
