"""Longer crises for the printed log: as many entries as one wants, and everything that is hard to set in type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain import log
from bot.domain.cell import Cell
from bot.domain.incident import Member
from bot.domain.roles import Role
from tests.export.conftest import ID, Memory, change, make_cell, text_message

BOT = "@tocsin:chu.example"
START = datetime(2026, 3, 28, 22, 58, 7, tzinfo=UTC)
PEOPLE = (
    ("@dir.martin:chu.example", "Dr Hélène Martin-Dufréchou", (Role.DIRECTOR, Role.COORDINATOR)),
    ("@rssi:chu.example", "Zoé Ngô", (Role.CISO,)),
    ("@yusuf:chu.example", "يوسف الحداد", (Role.CIO,)),
    ("@noa:chu.example", "נועה כהן", (Role.LEGAL, Role.DPO)),
    ("@long:chu.example", "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2, (Role.COMMUNICATION,)),
    ("@li:chu.example", "李雷", (Role.BIOMED,)),
)
HARD = (
    "Les écrans sont noirs aux urgences 🚨🚑, on passe en dégradé. 👩🏽‍⚕️ prévenue ✅",
    "On a isolé le commutateur du deuxième étage, le laboratoire travaille sur papier. " * 3,
    "مرحبا، الخادم لا يستجيب (srv-42) منذ 14:05 — نحتاج إلى مساعدة",
    "השרת אינו מגיב, בדקו את הגיבוי (backup-7) בבקשה",
    "https://exemple.test/" + "a1b2c3d4" * 40 + "?q=%F0%9F%9A%A8#frag",
    "b" * 900,
    '#panic("x") $x^2$ = Titre *gras* _it_ `code` <label> @ref \\ // commentaire /* */ #let a = 1; [contenu] {code}',
    "liste :\n- un\n- deux\n\n\n\n\nfin\tavec tabulation",
    "sens \u202einversé\u202c et invisible \u2066x\u2069 \u0007",
    "会议记录：服务器停机。サーバー障害 서버 장애",
    "C:\\Windows\\System32\\drivers\\etc\\hosts " * 6,
    "→ ↗ ✓ ✗ ★ ☎ ⚠️ ½ ≤ € œ Œ ÿ ﷺ",
)


def crisis(count: int) -> Memory:
    """A closed incident with so many entries, over some days, by people whose names are hard to set."""
    entries: list[log.Entry] = []
    for number, (kind, sender, content, after) in enumerate(_happenings(count)):
        seq = number + 1
        at = START + after
        event = kind in ("message", "edit", "reaction", "redaction", "membership", "file")
        draft = log.Draft(
            ID, kind, at, content, room_id="!cellule:chu.example" if event else None,
            event_id=f"$e{seq}" if event else None, sender=sender,
            origin_ts=int(at.timestamp() * 1000) - (40 if seq % 50 else 600_000) if event else None,
        )  # fmt: skip
        entries.append(log.chain(entries[-1] if entries else None, draft, seq.to_bytes(16, "big")))
    return Memory(people(make_cell()), entries)


def people(cell: Cell) -> Cell:
    """The same with the people of these crises."""
    for matrix_id, name, roles in PEOPLE:
        cell = cell.with_member(Member(matrix_id, name, roles, START, START + timedelta(minutes=4)))
    title = "Rançongiciel aux urgences — « écrans noirs » #panic() et suites"
    return replace(cell, incident=replace(cell.incident, title=title, closed_at=START + timedelta(days=3)))


def _happenings(count: int) -> Iterator[tuple[str, str | None, dict[str, Any], timedelta]]:
    opening = {**change("open", ID, None, {"severity": 4}), "text": "!incident rançongiciel « écrans noirs »"}
    yield "incident", PEOPLE[0][0], opening, timedelta(0)
    for number in range(1, count):
        who = PEOPLE[number * 7 % len(PEOPLE)][0]
        after = timedelta(seconds=number * 3 * 86_400 / max(count, 2))
        match number % 16:
            case 3:
                yield "task", who, change("take", "T1", {"status": "open"}, {"status": "taken", "owner": who}), after
            case 5:
                yield (
                    "edit",
                    who,
                    {**text_message("corrigé : " + HARD[number % len(HARD)]), "target": max(1, number - 3)},
                    after,
                )
            case 6:
                yield "message", BOT, text_message("🚨 En cours\n" + "- une ligne du tableau\n" * 30), after
            case 9:
                content = {"key": "✅", "m.relates_to": {"key": "👍🏽", "rel_type": "m.annotation"}}
                yield "reaction", who, {"type": "m.reaction", "content": content, "target": max(1, number - 2)}, after
            case 11:
                said = {
                    "type": "m.room.redaction",
                    "content": {"reason": "mauvais salon"},
                    "target": max(1, number - 4),
                }
                yield "redaction", who, said, after
            case 13:
                taken = change("take", f"D{number}", None, {"text": "couper", "reasons": "le chiffrement avance"})
                yield (
                    "decision",
                    who,
                    {**taken, "text": "couper Internet car le chiffrement avance", "by": PEOPLE[0][0]},
                    after,
                )
            case 15 if number % 160 == 15:
                phase = ("containment", "investigation", "recovery", "return")[number // 160 % 4]
                yield "incident", who, change("phase", ID, {"phase": "alert"}, {"phase": phase}), after
            case _:
                yield "message", who, text_message(HARD[number % len(HARD)]), after
