"""A verdict in words and as JSON: what held, under which key, and what a forger could still have done.

The words claim no more than was checked; each proof that is missing is followed by how to get it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.export.verify.check import Verdict
from bot.export.verify.faults import Fault, printable
from bot.export.verify.words import VERDICT, WARNINGS, say

_SHOWN_FAULTS = 10


def language(environ: Mapping[str, str]) -> str:
    """`en` if the locale says so, else French, the product's first language."""
    chosen = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "en" if chosen.lower().startswith("en") else "fr"


def as_json(verdict: Verdict, lang: str) -> str:
    """The verdict as one JSON object on one line, in ASCII: a file's name may be no Unicode at all."""
    bad = verdict.first_bad
    head = verdict.head
    return json.dumps(
        {
            "intact": verdict.intact,
            "entries": verdict.entries,
            "head": {"seq": head.seq, "entry_hash": head.entry_hash} if head else None,
            "key": verdict.key,
            "proved": list(verdict.proved),
            "first_bad": bad and {"seq": bad.seq, "file": bad.file, "what": bad.what, "why": bad.why(lang)},
            "anchors": [{"seq": seq, "ok": ok} for seq, ok in verdict.anchors],
            "level": verdict.level,
            "timestamps": [
                {
                    "seq": each.seq,
                    "at": each.at.isoformat(),
                    "authority": each.authority,
                    "certificate_sha256": each.fingerprint,
                    "qualified": each.qualified,
                }
                for each in verdict.stamps
            ],
            "warnings": [say(WARNINGS, name, lang) for name in verdict.warnings],
        }
    )


def in_words(verdict: Verdict, lang: str) -> str:
    """The verdict for somebody who reads it once in a lifetime, a paragraph for each proof."""
    parts = _intact(verdict, lang) if verdict.intact else _altered(verdict, lang)
    parts += [f"! {say(WARNINGS, name, lang)}" for name in verdict.warnings]
    return "\n".join(parts)


def _altered(verdict: Verdict, lang: str) -> list[str]:
    lines = [say(VERDICT, "altered", lang)]
    lines += [f"✗ {_placed(fault, lang)}" for fault in verdict.faults[:_SHOWN_FAULTS]]
    if len(verdict.faults) > _SHOWN_FAULTS:
        lines.append(say(VERDICT, "more", lang, {"more": len(verdict.faults) - _SHOWN_FAULTS}))
    if verdict.key:
        lines.append(say(VERDICT, "names_key", lang, {"key": verdict.key}))
    return lines


def _placed(fault: Fault, lang: str) -> str:
    number = say(VERDICT, "place_entry", lang, {"seq": fault.seq}) if fault.seq else None
    places = [place for place in (number, fault.file and printable(fault.file)) if place]
    why = fault.why(lang)
    return say(VERDICT, "place", lang, {"place": ", ".join(places), "why": why}) if places else why


def _intact(verdict: Verdict, lang: str) -> list[str]:
    head = verdict.head
    facts = {
        "entries": verdict.entries,
        "seq": head.seq if head else 0,
        "head": _grouped(head.entry_hash) if head else "",
        "key": verdict.key,
        "anchors": ", ".join(str(seq) for seq in verdict.witnessed),
        "posted": ", ".join(str(seq) for seq in verdict.posted[-3:]),
    }
    told = ["intact", "head", f"level_{verdict.level}"]
    if verdict.stamps and not verdict.authority_given:
        told.append("level_to_compare")
    told.append("consistent_bare" if verdict.bare else "consistent")
    if verdict.bare:
        told.append("unsigned")
    else:
        told.append("signed_given" if verdict.key_given else "signed")
    if verdict.witnessed:
        told.append("anchored")
    if not verdict.witnessed and not verdict.stamps:
        told.append("unanchored_bare" if verdict.bare else "unanchored")
        told.append("posted" if verdict.posted else "how")
    return [say(VERDICT, name, lang, facts) for name in told] + _stamped(verdict, lang)


def _stamped(verdict: Verdict, lang: str) -> list[str]:
    """Each authority's last word, and how to make sure that it is one."""
    last = {each.fingerprint: each for each in sorted(verdict.stamps, key=lambda each: each.seq)}
    told = []
    for each in last.values():
        facts = {
            "authority": printable(each.authority),
            "seq": each.seq,
            "at": each.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "fingerprint": _grouped(each.fingerprint),
        }
        told.append(say(VERDICT, "stamped", lang, facts))
        if each.qualified:
            told.append(say(VERDICT, "stamped_qualified", lang))
        told.append(say(VERDICT, "stamped_given" if verdict.authority_given else "stamped_how", lang, facts))
    return told


def _grouped(digits: str) -> str:
    """In groups of four, as the room shows them."""
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
