"""Every message of the bot as people saw it: said again in both languages with the values of real conversations.

The conversations are those of `tests/commands`, those of `examples.txt`, which is typed for the sake of what is answered,
and the lines of the corpus of real life to which the answer is no, or a question. A message that stands within others is
heard there. `python -m tests.voices` writes the file anew, and takes as long as those tests; with the names of test files
it hears those instead; `--examples` plays the examples alone, and the test files that are named after it, and keeps what
was heard before of every message whose words are the same; `--stale` names the messages whose words have changed since,
and exits with 1 if there are any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from jinja2 import Template
from jinja2.sandbox import SandboxedEnvironment

from bot.domain.language import LANGUAGES, Language
from bot.render import Catalogue, plain
from tests.commands.stock import catalogue
from tests.commands.transcript import read
from tests.reading.living import cases, outcome
from tests.voices.player import Example

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "voices.txt"
EXAMPLES = Path(__file__).parent / "examples.txt"
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
        played = tests or [str(ROOT / "tests" / "commands")]
        if pytest.main(["-q", "-p", "no:cacheprovider", *played]):
            print("Not every conversation went as it must: what was said is written down all the same.")
        play_examples()
        for number, case in enumerate(each for each in cases() if each.must[0].startswith(("refuses", "asks"))):
            if number % _ONE_IN == 0:
                outcome(case)
    return voices


def play_examples() -> None:
    """Type the examples."""
    for conversation in read(EXAMPLES):
        player = Example(conversation)
        for step in conversation.steps:
            player.play(step)


@contextmanager
def _listening(voices: dict[str, Voice]) -> Iterator[None]:
    """Hear every message that is rendered, and the ones that stand within it; then the same in the other language."""
    found, whole, document = SandboxedEnvironment.get_template, Catalogue.whole, Catalogue.document
    new: list[str] = []

    def get(self: SandboxedEnvironment, name: str, *more: Any, **options: Any) -> Template:
        template = found(self, name, *more, **options)
        lang = self.globals.get("lang")
        if name in voices and lang in LANGUAGES and not hasattr(template, "heard"):
            template.heard = template.root_render_func

            def render(context: Any) -> Iterator[str]:
                parts = list(template.heard(context))
                yield from parts
                said = masked(plain("".join(parts)))
                if said and name in voices:
                    new.extend([name] if not voices[name].first else [])
                    voices[name].hear(lang, said)

            template.root_render_func = render
        return template

    def twice(render: Callable[..., Any]) -> Callable[..., Any]:
        def both(self: Catalogue, name: str, lang: Language, values: Mapping[str, Any]) -> Any:
            new.clear()
            rendered = render(self, name, lang, values)
            if new:
                render(self, name, "en" if lang == "fr" else "fr", values)
            return rendered

        return both

    with (
        mock.patch.object(SandboxedEnvironment, "get_template", get),
        mock.patch.object(Catalogue, "whole", twice(whole)),
        mock.patch.object(Catalogue, "document", twice(document)),
    ):
        yield


def masked(body: str) -> str:
    for pattern, instead in _MASKS:
        body = pattern.sub(instead, body)
    return body


def source(name: str) -> str:
    """What a message's words are known by: when they change, they are to be read anew."""
    text = "\x00".join(catalogue().sources(lang)[name] for lang in LANGUAGES)
    return sha256(text.encode()).hexdigest()[:8]


def written(voices: Mapping[str, Voice], before: Mapping[str, tuple[str, str]] | None = None) -> str:
    """The file: for each message its name, the mark of its source, and its words in both languages: the first that were
    heard, and after a `+` the longest; the source itself (`?`) of what no conversation says. What is in `before` under the
    same mark stays as it is."""
    parts = ["# What the bot says. Written by `python -m tests.voices`; read it through after every change of words.\n"]
    for name, voice in sorted(voices.items()):
        mark, lines = (before or {}).get(name, ("", ""))
        kept = mark == source(name) and (not voice.first or "\nen|" in lines)
        parts.append(f"\n== {name} {source(name)}\n{lines if kept else _lines(name, voice)}")
    return "\n".join(parts) + "\n"


def _lines(name: str, voice: Voice) -> str:
    parts: list[str] = []
    for lang in LANGUAGES:
        said = [voice.first.get(lang), voice.longest.get(lang)]
        for number, body in enumerate(dict.fromkeys(each for each in said if each)):
            parts += [f"{lang}+"] if number else []
            parts += ["\n".join(f"{lang}| {line}".rstrip() for line in body.split("\n"))]
        if not voice.first:
            parts.append(f"{lang}? {catalogue().sources(lang)[name].strip()}".replace("\n", f"\n{lang}? "))
    return "\n".join(parts)


def known() -> dict[str, tuple[str, str]]:
    """What is written down: by the name of each message the mark of its source, and its lines."""
    blocks = SNAPSHOT.read_text(encoding="utf-8").split("\n== ")[1:]
    heads = [block.partition("\n") for block in blocks]
    return {head.split()[0]: (head.split()[1], lines.strip("\n")) for head, _, lines in heads}


def stale() -> list[str]:
    """The messages whose words have changed since they were written down, and those that are new."""
    before = known()
    return [name for name in sorted(catalogue().names("fr")) if before.get(name, ("", ""))[0] != source(name)]


def main(arguments: Sequence[str]) -> int:
    """Write the file anew, or say what is stale in it."""
    if list(arguments) == ["--stale"]:
        changed = stale()
        print("\n".join(changed) or "nothing has changed")
        return 1 if changed else 0
    if arguments and arguments[0] == "--examples":
        voices = {name: Voice() for name in sorted(catalogue().names("fr"))}
        with _listening(voices):
            play_examples()
            if arguments[1:]:
                pytest.main(["-q", "-p", "no:cacheprovider", *arguments[1:]])
        text = written(voices, known())
    else:
        voices = collect(arguments)
        text = written(voices)
    SNAPSHOT.write_text(text, encoding="utf-8")
    unheard = re.findall(r"^== (\S+) \S+\nfr\?", text, re.MULTILINE)
    print(f"{SNAPSHOT.name}: {len(voices)} messages; in no conversation: {len(unheard)}")
    return 0
