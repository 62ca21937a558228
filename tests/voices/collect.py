"""Every message of the bot as people saw it: said again in both languages with the values of real conversations.

The conversations are those of `tests/commands/test_transcripts.py`, and the lines of the corpus of real life to which the
answer is no, or a question. `python -m tests.voices` writes the file anew, and takes as long as those tests;
`python -m tests.voices tests/commands` hears every conversation there is; `--stale` names the messages whose words have
changed since, and exits with 1 if there are any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bot.domain.language import LANGUAGES, Language
from bot.render import Catalogue, Rendered
from tests.commands.harness import catalogue
from tests.reading.living import cases, outcome

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "voices.txt"
_ONE_IN = 4

# What changes from one run to the next says nothing of the voice.
_MASKS = (
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[a-z]*\d)[0-9a-f]{16,}\b"), "0123456789abcdef"),
    (re.compile(r"\b(?:[0-9a-f]{4} ){7,15}[0-9a-f]{4}\b"), "0123 4567 89ab cdef …"),
    (re.compile(r"\b[A-Za-z0-9+/]{40,}\b"), "clé"),
    (re.compile(r"(!(?:oui|yes|non|no)) \d{4}\b"), r"\1 4821"),
    (re.compile(r"\b\d{4}(?=`)"), "4821"),
)


@dataclass
class Voice:
    """One message: what it was heard to say in each language, its first words and its longest."""

    first: dict[Language, str] = field(default_factory=dict)
    longest: dict[Language, str] = field(default_factory=dict)

    def hear(self, lang: Language, body: str) -> None:
        self.first.setdefault(lang, body)
        if len(body) > len(self.longest.get(lang, "")):
            self.longest[lang] = body


def collect(tests: Sequence[str] = ()) -> dict[str, Voice]:
    """Play the conversations of those test files, and return what every message said, by its name; the messages nobody
    heard are empty."""
    voices = {name: Voice() for name in sorted(catalogue().names("fr"))}
    with _listening(voices):
        played = tests or [str(ROOT / "tests" / "commands" / "test_transcripts.py")]
        if pytest.main(["-q", "-p", "no:cacheprovider", *played]):
            print("Not every conversation went as it must: what was said is written down all the same.")
        for number, case in enumerate(each for each in cases() if each.must[0].startswith(("refuses", "asks"))):
            if number % _ONE_IN == 0:
                outcome(case)
    return voices


@contextmanager
def _listening(voices: dict[str, Voice]) -> Iterator[None]:
    whole = Catalogue.whole

    def heard(self: Catalogue, name: str, lang: Language, values: Mapping[str, Any]) -> Rendered:
        rendered = whole(self, name, lang, values)
        voices[name].hear(lang, masked(rendered.body))
        other: Language = "en" if lang == "fr" else "fr"
        if other not in voices[name].first:
            voices[name].hear(other, masked(whole(self, name, other, values).body))
        return rendered

    with mock.patch.object(Catalogue, "whole", heard):
        yield


def masked(body: str) -> str:
    for pattern, instead in _MASKS:
        body = pattern.sub(instead, body)
    return body


def source(name: str) -> str:
    """What a message's words are known by: when they change, they are to be read anew."""
    text = "\x00".join(catalogue().sources(lang)[name] for lang in LANGUAGES)
    return sha256(text.encode()).hexdigest()[:8]


def written(voices: Mapping[str, Voice]) -> str:
    """The file: for each message its name, the mark of its source, and its words in both languages: the first that were
    heard, and after a `+` the longest; the source itself (`?`) of what no conversation says."""
    parts = ["# What the bot says. Written by `python -m tests.voices`; read it through after every change of words.\n"]
    for name, voice in sorted(voices.items()):
        parts.append(f"\n== {name} {source(name)}")
        for lang in LANGUAGES:
            said = [voice.first.get(lang), voice.longest.get(lang)]
            for number, body in enumerate(dict.fromkeys(each for each in said if each)):
                parts += [f"{lang}+"] if number else []
                parts += ["\n".join(f"{lang}| {line}".rstrip() for line in body.split("\n"))]
            if not voice.first:
                parts.append(f"{lang}? {catalogue().sources(lang)[name].strip()}".replace("\n", f"\n{lang}? "))
    return "\n".join(parts) + "\n"


def stale() -> list[str]:
    """The messages whose words have changed since they were written down, and those that are new."""
    known = dict(re.findall(r"^== (\S+) ([0-9a-f]{8})$", SNAPSHOT.read_text(encoding="utf-8"), re.MULTILINE))
    return [name for name in sorted(catalogue().names("fr")) if known.get(name) != source(name)]


def main(arguments: Sequence[str]) -> int:
    """Write the file anew, or say what is stale in it."""
    if list(arguments) == ["--stale"]:
        changed = stale()
        print("\n".join(changed) or "nothing has changed")
        return 1 if changed else 0
    voices = collect(arguments)
    SNAPSHOT.write_text(written(voices), encoding="utf-8")
    unheard = [name for name, voice in voices.items() if not voice.first]
    print(f"{SNAPSHOT.name}: {len(voices)} messages; in no conversation: {len(unheard)}")
    return 0
