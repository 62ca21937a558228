"""The house style of playbooks: what a tired reader and whoever answers for the deadlines can rely on.

Owns one guarantee: a shipped task says what to do, beginning with the verb, in both languages and in correct
typography, and shows the clock or the template that it stands for, or why there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.language import fold
from bot.domain.playbook import OPENED, Playbook, TaskTemplate
from bot.domain.roles import Track
from bot.library.playbook_build import NONE, written
from bot.library.playbook_faults import Fault
from bot.library.playbook_words import NOUNS_LIKE_VERBS, UNACCENTED, VERBS_EN

LONGEST_TITLE = 110
EARLY = timedelta(hours=2)
CODES = {
    Track.IT: "IT",
    Track.LEGAL: "JUR",
    Track.COMMUNICATION: "COM",
    Track.MANAGEMENT: "DIR",
    Track.CARE: "SOI",
}
# A company has no care; in a practice, a handful of people, the other tracks are the same two hands.
EARLY_TRACKS = {
    "hospital": tuple(Track),
    "company": (Track.IT, Track.LEGAL, Track.COMMUNICATION, Track.MANAGEMENT),
    "medical_practice": (Track.IT, Track.LEGAL, Track.CARE),
}
TEXT_KEYS = ("title", "how", "why", "avoid", "evidence")
SENTENCE_KEYS = ("how", "why", "avoid", "reason", "said", "description", "doctrine")

# Far more French nouns than verbs end in -re: there the verbs are named.
VERBS_IN_RE = re.compile(
    r"(?:mettre|battre|prendre|tendre|rendre|vendre|pondre|fendre|perdre|joindre|teindre|craindre|traindre|plaindre|"
    r"dire|lire|crire|uire|faire|suivre|vivre|rompre|vaincre|clure|clore|coudre|connaitre|paraitre)$"
)
VERB_FR = re.compile(r"^(?:ne (?:pas|rien|jamais|plus) )?(?:se |s )?(?P<verb>[a-z]+)")


TASK_ID = re.compile(r"\b[A-Z][A-Z0-9]{1,7}-(?:IT|JUR|COM|DIR|SOI)-[0-9]{2}\b")
TYPED = re.compile(r"![a-z]+(?: @\w+ \w+)?")
"""What one types to the bot, which has no accents."""
WORD = re.compile(r"[^\W\d_]+")
# « A » alone is the verb avoir; before these words, and at the head of a sentence, it is a preposition.
LONE_A = re.compile(r"\b[Aa] (?:la|l’|partir|ce|tout|jour|distance|nouveau|chaud|froid)\b|^A \w")

NBSP = "\u00a0"
BAD_FRENCH = re.compile(rf"(?<![{NBSP}\d:/])[:;!?»](?=\s|$|[,.)])|«(?!{NBSP})|(?<!{NBSP})»")
BAD_ENGLISH = re.compile(rf"[ {NBSP}][:;!?,.](?=\s|$)|[«»]")
STRAY = re.compile(rf"^\s|\s$|[ {NBSP}]{{2}}|'|\t|\n")
PAYING = re.compile(r"^(?:payer|regler la rancon|verser|pay)\b")


def style_faults(data: Mapping[str, Any], file: str, book: Playbook, playable: bool) -> Iterator[Fault]:
    """What a file, as written, and the playbook that it makes have against the house style."""
    for task_id, key, text in _texts(data):
        yield from _text_faults(file, task_id, key, text)
    tasks = {task.id: task for task in book.tasks}
    for raw in data.get("tasks", ()):
        task = tasks[raw["id"]]
        if "track" in raw:
            yield from _id_faults(file, task, data["code"])
            yield from _link_faults(file, task, raw.get("triggers", {}))
        elif "delay" in raw and "source" not in raw:
            yield Fault(file, task.id, "figure_unmarked")
        yield from _time_faults(file, task, tasks)
        yield from _use_faults(file, task, raw, tasks)
    if playable:
        yield from _early_faults(file, book)


def overlay_style_faults(data: Mapping[str, Any], file: str, books: Mapping[str, Playbook]) -> Iterator[Fault]:
    """What an overlay, as written, and what it brings to the playbooks have against the house style."""
    for key in ("title", "said"):
        yield from _text_faults(file, None, key, data[key])
    for task_id, key, text in _texts({"tasks": data["tasks"]}):
        yield from _text_faults(file, task_id, key, text)
    brought = {task.id: task for book in books.values() for each in book.overlays for task in each.tasks}
    for raw in data["tasks"]:
        if "track" in raw and raw["id"] in brought:
            yield from _id_faults(file, brought[raw["id"]], data.get("code", data["id"]))
            yield from _link_faults(file, brought[raw["id"]], raw.get("triggers", {}))


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str | None, str, Any]]:
    """Every text of a file: the task that it belongs to, its key, what was written."""
    for key in ("title", "description", "doctrine"):
        if key in data:
            yield None, key, data[key]
    for task in data.get("tasks", ()):
        said = [task, *task.get("wording", {}).values()]
        for one in said:
            for key in TEXT_KEYS:
                if key in one:
                    yield task["id"], key, one[key]
        if "reason" in task.get("triggers", {}):
            yield task["id"], "reason", task["triggers"]["reason"]


def _text_faults(file: str, task: str | None, key: str, text: Any) -> Iterator[Fault]:
    if isinstance(text, str):
        yield Fault(file, task, "one_language", {"key": key})
        return
    french, english = text["fr"], text["en"]
    for lang, sentence in (("fr", french), ("en", english)):
        if key in SENTENCE_KEYS and not sentence.endswith((".", "!", "?")):
            yield Fault(file, task, "no_full_stop", {"key": f"{key}.{lang}"})
        if STRAY.search(sentence):
            yield Fault(file, task, "spacing", {"text": sentence, "key": f"{key}.{lang}"})
    unaccented = [word for word in WORD.findall(TYPED.sub("", french)) if word.lower() in UNACCENTED]
    for word in [*unaccented, *LONE_A.findall(french)]:
        yield Fault(file, task, "no_accent", {"word": word, "key": f"{key}.fr"})
    if BAD_FRENCH.search(french):
        yield Fault(file, task, "no_nbsp", {"text": french, "key": f"{key}.fr"})
    if BAD_ENGLISH.search(english):
        yield Fault(file, task, "spacing", {"text": english, "key": f"{key}.en"})
    for named in TASK_ID.findall(f"{french} {english}"):
        yield Fault(file, task, "names_an_id", {"id": named, "key": key})
    if key == "title" and task is not None:
        yield from _title_faults(file, task, french, english)


def _title_faults(file: str, task: str, french: str, english: str) -> Iterator[Fault]:
    for title in (french, english):
        if len(title) > LONGEST_TITLE:
            yield Fault(file, task, "too_long", {"length": len(title)})
        if PAYING.match(fold(title)):
            yield Fault(file, task, "pays", {"text": title})
    if not begins_with_infinitive(french):
        yield Fault(file, task, "no_verb_fr", {"text": french})
    if not begins_with_imperative(english):
        yield Fault(file, task, "no_verb_en", {"text": english})


def begins_with_infinitive(title: str) -> bool:
    """Whether a French title begins with a verb in the infinitive and says more than that verb."""
    folded = fold(title)
    match = VERB_FR.match(folded)
    if match is None or match.end() == len(folded):
        return False
    verb = match["verb"]
    if verb.endswith("re"):
        return VERBS_IN_RE.search(verb) is not None
    return verb.endswith(("er", "ir")) and verb not in NOUNS_LIKE_VERBS


def begins_with_imperative(title: str) -> bool:
    """Whether an English title begins with a known verb and says more than that verb."""
    words = fold(title).split()
    return len(words) > 1 and words[0] in VERBS_EN


def _id_faults(file: str, task: TaskTemplate, code: str) -> Iterator[Fault]:
    prefix, track, _ = task.id.split("-")
    if track != CODES[task.track]:
        yield Fault(file, task.id, "wrong_track", {"track": task.track.value})
    if prefix != code:
        yield Fault(file, task.id, "wrong_code", {"code": code})


def _link_faults(file: str, task: TaskTemplate, triggers: Mapping[str, Any]) -> Iterator[Fault]:
    wanted = {Track.LEGAL: ("deadlines", "no_deadline"), Track.COMMUNICATION: ("templates", "no_template")}
    if task.track in wanted:
        key, code = wanted[task.track]
        if key not in triggers:
            yield Fault(file, task.id, code)
    if NONE in (triggers.get("deadlines"), triggers.get("templates")) and "reason" not in triggers:
        yield Fault(file, task.id, "no_reason")


def _time_faults(file: str, task: TaskTemplate, tasks: Mapping[str, TaskTemplate]) -> Iterator[Fault]:
    for needed in task.depends_on:
        other = tasks[needed]
        if task.delay is None or other.delay is None or task.anchor != other.anchor:
            continue
        if task.delay < other.delay:
            times = {"id": needed, "delay": written(task.delay), "other": written(other.delay)}
            yield Fault(file, task.id, "too_early", times)


def _use_faults(
    file: str, task: TaskTemplate, raw: Mapping[str, Any], tasks: Mapping[str, TaskTemplate]
) -> Iterator[Fault]:
    """Words that nobody would read, and a stop of which nobody could say that it is lifted."""
    for kind in raw.get("wording", ()):
        if not task.suits(kind):
            yield Fault(file, task.id, "wording_unused", {"kind": kind})
    for stop in task.blocked_by:
        if not tasks[stop].critical and tasks[stop].evidence is None:
            yield Fault(file, task.id, "stop_not_critical", {"id": stop})


def _is_early(task: TaskTemplate) -> bool:
    return task.delay is not None and task.delay <= EARLY and task.anchor == OPENED


def _early_faults(file: str, book: Playbook) -> Iterator[Fault]:
    for kind in book.kinds:
        early = {task.track for task in book.tasks_for(kind) if task.critical and not task.dormant and _is_early(task)}
        for track in EARLY_TRACKS[kind]:
            if track not in early:
                yield Fault(file, None, "no_early_task", {"track": track.value, "kind": kind})
