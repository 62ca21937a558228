"""How well libraries read the times of `times.yaml`. Run by hand in an environment of its own, for `docs/times.md`:

    python -m venv /somewhere && /somewhere/bin/pip install pyyaml dateparser parsedatetime timefhuman ctparse recurrent
    /somewhere/bin/python tests/reading/measure_times.py

A reading is right to the minute, false (another instant, or any instant where one must ask), or missing.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

NOW = datetime(2026, 11, 21, 15, 0)
LOCAL = ZoneInfo("Europe/Paris")
Reader = Callable[[str, str, str], datetime | None]


def _dateparser(text: str, language: str, tense: str) -> datetime | None:
    import dateparser

    settings: Any = {"RELATIVE_BASE": NOW, "PREFER_DATES_FROM": tense, "DATE_ORDER": "DMY"}
    return dateparser.parse(text, languages=[language], settings=settings)


def _parsedatetime(text: str, language: str, tense: str) -> datetime | None:
    import parsedatetime

    locale = "fr_FR" if language == "fr" else "en_AU"
    calendar = parsedatetime.Calendar(parsedatetime.Constants(locale, usePyICU=False))
    found, status = calendar.parseDT(text, NOW, version=parsedatetime.VERSION_FLAG_STYLE)[:2]
    return found if getattr(status, "hasDateOrTime", status) else None


def _dateutil(text: str, language: str, tense: str) -> datetime | None:
    from dateutil import parser

    return parser.parse(text, default=NOW.replace(hour=0), dayfirst=True)


def _timefhuman(text: str, language: str, tense: str) -> datetime | None:
    from timefhuman import tfhConfig, timefhuman
    from timefhuman.main import Direction

    way = Direction.previous if tense == "past" else Direction.next
    found = timefhuman(text, tfhConfig(now=NOW, direction=way))
    first = found[0] if isinstance(found, list) and found else found
    return first if isinstance(first, datetime) else None


def _ctparse(text: str, language: str, tense: str) -> datetime | None:
    import ctparse

    found = ctparse.ctparse(text, ts=NOW, timeout=2, latent_time=True)
    moment = found.resolution if found else None
    return getattr(moment, "dt", None) if getattr(moment, "hour", None) is not None else None


def _recurrent(text: str, language: str, tense: str) -> datetime | None:
    from recurrent.event_parser import RecurringEvent

    found = RecurringEvent(now_date=NOW).parse(text)
    return found if isinstance(found, datetime) else None


READERS: dict[str, Reader] = {
    "dateparser": _dateparser,
    "parsedatetime": _parsedatetime,
    "python-dateutil": _dateutil,
    "timefhuman": _timefhuman,
    "ctparse": _ctparse,
    "recurrent": _recurrent,
}


def _outcome(reader: Reader, text: str, language: str, tense: str, wanted: str) -> str:
    try:
        found = reader(text, language, tense)
    except Exception:
        found = None
    meant = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", wanted) if not wanted.startswith("no_such") else None
    if found is None:
        return "missing" if meant else "right"
    local = found.astimezone(LOCAL).replace(tzinfo=None) if found.tzinfo else found
    return "right" if meant and f"{local:%Y-%m-%d %H:%M}" == meant[0] else "false"


def main() -> None:
    """Print the table, and the false readings under it."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    rows = yaml.safe_load((Path(__file__).parent / "times.yaml").read_text(encoding="utf-8"))
    for name, reader in READERS.items():
        counts: Counter[tuple[str, str]] = Counter()
        wrong: list[str] = []
        for text, language, tense, wanted in rows:
            result = _outcome(reader, text.replace("·", "\u00a0"), language, tense, wanted)
            counts[language, result] += 1
            wrong += [text] if result == "false" else []
        shown = " | ".join(str(counts[lang, each]) for lang in ("fr", "en") for each in ("right", "missing", "false"))
        print(f"| {name} {importlib.metadata.version(name)} | {shown} |")
        print("   false:", "; ".join(wrong[:12]))


if __name__ == "__main__":
    main()
