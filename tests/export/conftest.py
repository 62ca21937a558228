"""A small closed incident, its log and its key, and what the tests of the incident file do with them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.domain import log
from bot.domain.cell import Cell
from bot.domain.clocks import Clock, ClockStatus, WaiveReason
from bot.domain.deadline_rules import Class
from bot.domain.incident import Incident, IncidentStatus, Member, Moment, Task, TaskStatus
from bot.domain.playbook import Text
from bot.domain.registers import Decision, Evidence, Fact, FactStatus, Keeping, PhoneCall
from bot.domain.roles import Phase, Role, Track
from bot.export import folder

ID = "INC-2026-001"
START = datetime(2026, 3, 28, 22, 58, 7, 250_000, tzinfo=UTC)
DIRECTOR, CISO = "@dir.martin:chu.example", "@rssi:chu.example"
PURGED = 6
PHOTO = b"\x89PNG\r\n\x1a\n\n"


@dataclass(frozen=True)
class Room:
    room_id: str
    name: str
    track: str | None = None


@dataclass
class Memory:
    """A source that holds one incident, as the store would give it."""

    cell_: Cell
    log: list[log.Entry]
    seed: bytes = bytes(range(32))
    posted: dict[str, bytes] = field(default_factory=dict)
    stamps: list[tuple[int, bytes, bytes]] = field(default_factory=list)

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def cell(self, incident: str) -> Cell | None:
        return self.cell_ if incident == self.cell_.incident.id else None

    def rooms(self, incident: str) -> Sequence[Room]:
        return [Room("!cellule:chu.example", f"Cellule {incident[4:]}")]

    def bot(self, incident: str) -> str | None:
        return "@tocsin:chu.example"

    def hidden(self, incident: str) -> frozenset[int]:
        return frozenset()

    def entries(self, incident: str) -> Iterator[log.Entry]:
        return iter(self.log)

    def files(self, incident: str) -> list[tuple[str, Iterator[bytes]]]:
        return [(path.removeprefix("files/"), iter([data])) for path, data in self.posted.items()]

    def tokens(self, incident: str) -> list[tuple[int, bytes, bytes]]:
        return self.stamps

    def public_key(self, incident: str) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, incident: str, data: bytes) -> bytes:
        return self._key.sign(data)


def text_message(body: str) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "content": {"msgtype": "m.text", "body": body},
        "encrypted": True,
        "device": "TÉL1",
        "device_signed": True,
        "thread": None,
        "reply_to": None,
    }


def change(action: str, ident: str, before: object, after: object, cause: int | None = None) -> dict[str, Any]:
    return {"cause": cause, "action": action, "id": ident, "before": before, "after": after}


def make_log() -> list[log.Entry]:
    """Twelve entries: an opening, talk, a task, a file, a purge of entry 6 and an anchor on entry 7."""
    entries: list[log.Entry] = []

    def add(kind: str, content: dict[str, Any], *, event: bool = True, sender: str | None = DIRECTOR) -> None:
        seq = len(entries) + 1
        at = START + timedelta(minutes=7 * (seq - 1))
        draft = log.Draft(
            incident=ID,
            kind=kind,
            logged_at=at,
            content=content,
            room_id="!cellule:chu.example" if event else None,
            event_id=f"$evenement{seq}" if event else None,
            sender=sender,
            origin_ts=int(at.timestamp() * 1000) - 40 if event else None,
        )
        entries.append(log.chain(entries[-1] if entries else None, draft, bytes([seq]) * 16))

    opening = change("open", ID, None, {"text": "!incident rançongiciel « écrans noirs »", "severity": 4})
    add("incident", opening, event=False)
    add("message", text_message("Les écrans sont noirs aux urgences 🚨"))
    add("membership", {"type": "m.room.member", "content": {"membership": "join"}}, sender=CISO)
    add("message", text_message('=SUM("x");\r\n\u2028 guillemets " et \\'), sender=CISO)
    add("task", change("take", "T1", {"status": "open"}, {"status": "taken", "owner": CISO}, 4), event=False)
    add("message", text_message("Le dossier de Mme X est sur l’écran"))
    add("edit", {**text_message("Les écrans sont noirs partout"), "target": 2})
    photo = {
        "path": "files/8-ecran.png",
        "name": "écran.png",
        "size": len(PHOTO),
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
        "mimetype": "image/png",
    }
    add("file", {**text_message("écran.png"), "file": photo})
    purge = {"target": [PURGED], "mode": "erase", "reason": "patient", "by": CISO, "confirmed_by": DIRECTOR}
    add("purge", purge, event=False)
    anchor = {"seq": 7, "entry_hash": entries[6].entry_hash, "event_id": "$evenement10", "token": None}
    add("anchor", anchor, event=False, sender=None)
    add("reaction", {"type": "m.reaction", "content": {"key": "✅", "weight": 0.25}, "target": 2}, sender=CISO)
    add("incident", change("close", ID, "open", "closed"), event=False)
    entries[PURGED - 1] = log.without_content(entries[PURGED - 1])
    return entries


def make_cell() -> Cell:
    incident = Incident(
        id=ID, year=2026, number=1, drill=False, scenario="rancongiciel", title="Rançongiciel", severity=4,
        status=IncidentStatus.CLOSED, phase=Phase.ALERT, opened_at=START, opened_by=DIRECTOR,
        organisation="CHU d’Exemple", kind="hospital", timezone="Europe/Paris", language="fr", room_key=f"cell:{ID}",
        playbook={}, playbook_sha256="ab" * 32, closed_at=START + timedelta(hours=3), closed_by=DIRECTOR,
    )  # fmt: skip
    tasks = [
        Task(
            number=1, code="SOC-IT-01", track=Track.IT, phase=Phase.ALERT, role=Role.CISO, critical=True,
            title=Text("Isoler ; sans éteindre", "Isolate; do not switch off"), opened_at=START, owner=CISO,
            # The clocks go forward on 29 March at 01:00 UTC: the two times have two offsets.
            due=START + timedelta(hours=1), status=TaskStatus.DONE, done_at=START + timedelta(hours=2, minutes=2),
            done_by=CISO, note="=HYPERLINK(\"x\")",
        ),
        Task(
            number=2, code=None, track=Track.CARE, phase=Phase.CONTAINMENT, role=Role.DIRECTOR, opened_at=START,
            title=Text("-10 °C\nau laboratoire", "-10 °C in the laboratory"), reason="+33 6 00 00 00 00",
        ),
    ]  # fmt: skip
    members = [
        Member(CISO, "R. Essi", (Role.CISO,), START, START + timedelta(minutes=14)),
        Member(DIRECTOR, "D. Martin", (Role.DIRECTOR, Role.COORDINATOR), START),
    ]
    cell = Cell(incident, tasks={t.number: t for t in tasks}, members={m.matrix_id: m for m in members})
    cell = cell.with_change(Moment("opened", START, DIRECTOR, START))
    cell = cell.with_change(Moment("breach", START + timedelta(minutes=5), CISO, START + timedelta(minutes=9)))
    moved = Moment("breach", START, CISO, START + timedelta(minutes=20), "=vu ; sur l’écran")
    return cell.with_change(moved).with_clocks(CLOCKS).with_entries(ENTRIES)


CLOCKS = (
    Clock(
        rule="EU-GDPR-33-SA", names=Text("cnil", "cnil"), title=Text("Notifier ; la CNIL", "Notify the CNIL"),
        visible=Class.LAW, owner_role=Role.DIRECTOR, moment="breach", started_at=START, status=ClockStatus.CLOSED,
        legal_status="in_force", authority=Text("CNIL", "CNIL"), reference_text=Text("RGPD, art. 33", "GDPR, art. 33"),
        prudent_from=START, prudent_due=START + timedelta(hours=72), official_from=START,
        # 72 elapsed hours over the night in which the clocks go forward.
        official_due=START + timedelta(hours=72), owner=DIRECTOR, filed_at=START + timedelta(hours=2), reference="=2026-44",
    ),
    Clock(
        rule="FR-ASSUR-5JO", names=Text("assureur", "insurer"), title=Text("Déclarer le sinistre", "Report the claim"),
        visible=Class.LAW, owner_role=Role.FINANCE, moment="attack", started_at=START, status=ClockStatus.WAIVED,
        legal_status="in_force", waived_by=(DIRECTOR, CISO), waive_reason=WaiveReason.NOT_APPLICABLE,
        waive_text="aucun contrat", prudent_from=START, prudent_due=START + timedelta(days=5),
    ),
)  # fmt: skip

ENTRIES = (
    Fact(
        1, "le PACS ; à l’arrêt", CISO, START, FactStatus.REFUTED, source="=radiologie", decided_by=DIRECTOR,
        decided_at=START + timedelta(hours=2, minutes=5), reason="essai raté",
    ),
    Fact(2, "le PACS répond, remplace F1", DIRECTOR, START + timedelta(hours=2), rumour=True, replaces=1),
    Fact(3, "tapé par erreur", DIRECTOR, START, withdrawn=True),
    Decision(
        1, "couper internet", DIRECTOR, CISO, START, "le chiffrement ; avance", "couper le VPN", START + timedelta(hours=1)
    ),
    Decision(2, "payer", DIRECTOR, CISO, START, denied_at=START + timedelta(hours=1)),
    Evidence(
        1, "photo de l’écran", CISO, START, "$photo", "ecran.png", 9, "image/png",
        hashlib.sha256(PHOTO).hexdigest(), Keeping.KEPT, location="files/8-ecran.png", legal_ok=True,
    ),
    PhoneCall(1, "CERT Santé", "+ rappel à 16 h", CISO, START),
)  # fmt: skip


@pytest.fixture(autouse=True)
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    """The locale of the machine that runs the tests decides nothing."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def memory() -> Memory:
    return Memory(make_cell(), make_log(), posted={"files/8-ecran.png": PHOTO})


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small incident's export, made once: typesetting takes its time."""
    out = tmp_path_factory.mktemp("made") / "out"
    folder.write(Memory(make_cell(), make_log(), posted={"files/8-ecran.png": PHOTO}), ID, out)
    return out


@pytest.fixture
def exported(_made: Path, tmp_path: Path) -> Path:
    """The folder of the small incident, for this test alone; its zip lies beside it."""
    shutil.copytree(_made, tmp_path / "out")
    return tmp_path / "out" / ID


@pytest.fixture(scope="session")
def independent() -> ModuleType:
    spec = importlib.util.spec_from_file_location("independent", Path(__file__).with_name("independent.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def rewrite(exported: Path) -> Callable[[Callable[[list[bytes]], list[bytes]]], Path]:
    """Change the exported journal line by line, leaving the rest; gives the folder."""

    def apply(change_lines: Callable[[list[bytes]], list[bytes]]) -> Path:
        path = exported / "journal.jsonl"
        path.write_bytes(b"".join(change_lines(path.read_bytes().splitlines(keepends=True))))
        return exported

    return apply


@pytest.fixture
def raw_manifest(exported: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((exported / "manifest.json").read_bytes())
    return loaded
