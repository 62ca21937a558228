"""`tocsin demo`, as a newcomer runs it; and what it says when it cannot be played, or an answer is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.demo import ransomware, story
from bot.demo.play import Play
from bot.demo.players import Player
from bot.demo.story import MARKER, TRANSCRIPT


def demo(*arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, without colours or terminal."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "LANG": "C.UTF-8"},
    )


@pytest.mark.timeout(330)
def test_the_story_is_played_to_its_end_and_its_file_verifies(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = demo("--out", str(out))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert "✗" not in ran.stdout
    assert "\x1b[" not in ran.stdout
    typed = "!incident rancongiciel"
    assert typed in ran.stdout
    assert typed in (out / TRANSCRIPT).read_text(encoding="utf-8")
    folder = next(out.glob("INC-*-001"))
    for target in (folder, out / f"{folder.name}.zip"):
        verified = subprocess.run(
            [sys.executable, "-m", "bot.cli", "verify", str(target), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert json.loads(verified.stdout)["intact"] is True

    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    events = [entry["event_id"] for entry in entries if entry["event_id"]]
    assert len(events) == len(set(events))
    kinds = {entry["kind"] for entry in entries}
    assert {"message", "edit", "redaction", "reaction", "task", "note", "incident"} <= kinds
    assert {"deadline", "moment", "qualification", "nudge", "decision", "fact", "evidence", "draft"} <= kinds
    summary = json.loads((folder / "incident.json").read_text(encoding="utf-8"))
    assert summary["status"] == "closed"
    assert {person["name"] for person in summary["people"]} >= {"Claire Morel", "Paul Girard", "Nadia Roche"}


@pytest.mark.timeout(330)
def test_a_breach_is_played_in_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.demo.play.PACE", 0.0)  # nobody reads along
    code = story.play("breach", "en", False, tmp_path / "out")
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert "!open breach" in shown
    assert "!incident" not in shown
    said = re.sub(r"\s+", " ", shown)
    assert "Crisis INC-" in said
    assert "Claire Morel takes cnil" in said
    folder = next((tmp_path / "out").glob("INC-*-001"))
    with (folder / "deadlines.csv").open(encoding="utf-8-sig") as table:
        assert any("cnil" in line for line in table)
    assert "extension 3001" in (folder / "drafts" / "C1-v2.md").read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_a_wrong_answer_is_shown_and_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def mistaken(scene: Play) -> None:
        scene.act("Le piège", "The trap")
        await scene.ask("karim", "!scenarios", "!scenarios", "météo marine", "shipping forecast", room=scene.alert)

    monkeypatch.setitem(story.STORIES, "rancongiciel", mistaken)
    assert story.play("rancongiciel", "fr", False, tmp_path / "out") == 1

    shown = capsys.readouterr().out
    said = re.sub(r"\s+", " ", shown)
    assert "s’arrête à l’étape « Le piège »" in said
    assert "Attendu : Karim Benali · météo marine" in said
    assert "Scénarios disponibles" in said
    assert "Traceback" not in shown


def ours(folder: Path) -> list[str]:
    """The command lines of the processes that were started on something below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in line and "bot.cli demo" not in line:
            found.append(line)
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_however_it_ends_its_processes_end(number: signal.Signals, code: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "demo", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if "!incident" in line:
            break
    assert len(ours(tmp_path)) == 2, shown  # the homeserver and the bot
    process.send_signal(number)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == code, complaints
    assert "Traceback" not in complaints
    while ours(tmp_path):  # after SIGKILL they end by themselves; the test's own time limit bounds this
        time.sleep(0.1)


@pytest.mark.timeout(180)
async def test_stay_keeps_it_up_for_a_person_with_a_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def short(scene: Play) -> None:
        await ransomware.alarm(scene)
        await ransomware.arrivals(scene)

    played = asyncio.create_task(story.perform(short, "fr", True, tmp_path / "out", tmp_path / "scene"))
    (tmp_path / "out").mkdir()
    shown = ""
    while "Ctrl-C" not in shown and not played.done():
        await asyncio.sleep(0.2)
        shown += capsys.readouterr().out
    address = re.search(r"http://127\.0\.0\.1:\d+", shown)
    account = re.search(r"(@sophie:\S+)\s+(\S+)", shown)
    assert address is not None, shown
    assert account is not None, shown
    async with Player(address[0], account[1], account[2], "Sophie", signed=False) as sophie:
        direct = await sophie.dm("@tocsin:tocsin.test")
        await sophie.ask(direct, "!aide", "!moi")
    played.cancel()
    assert await played == 0
    assert ours(tmp_path / "scene") == []


def test_an_unknown_scenario_is_a_sentence_and_2(tmp_path: Path) -> None:
    ran = demo("--scenario", "tsunami", "--out", str(tmp_path / "out"), seconds=60)
    assert ran.returncode == 2
    assert "tsunami" in ran.stderr
    assert "rancongiciel, fuite" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "INC-2026-001" / "journal.jsonl"
    kept.parent.mkdir()
    kept.write_text("une vraie crise", encoding="utf-8")
    ran = demo("--out", str(tmp_path), seconds=60)
    assert ran.returncode == 2
    assert "--out" in ran.stderr
    assert kept.read_text(encoding="utf-8") == "une vraie crise"


def test_what_an_earlier_demo_left_makes_room(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert story._prepare(out)
    (out / "INC-2026-001").mkdir()
    (out / "INC-2026-001.zip").touch()
    (out / "notes.txt").write_text("à moi", encoding="utf-8")
    assert story._prepare(out)
    assert sorted(path.name for path in out.iterdir()) == [MARKER, "notes.txt"]


def test_without_synapse_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(story.importlib.util, "find_spec", lambda name: None)
    assert story.play("rancongiciel", "fr", False, tmp_path / "out") == 1
    assert "tocsin[demo]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
