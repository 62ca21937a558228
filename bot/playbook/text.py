"""A playbook to read: in the terminal, a line a task; in Markdown, with all that a task says."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.language import Both
from bot.domain.roles import Role, Track
from bot.domain.task_templates import TaskTemplate
from bot.playbook.shown import Shown
from bot.playbook.words import provided, when

_TASKS = Both("tâches", "tasks")
_DOCTRINE = Both("Doctrine", "Doctrine")
_VARIANTS = Both("Variantes", "Variants")
_KINDS = {
    "hospital": Both("hôpital", "hospital"),
    "company": Both("entreprise", "company"),
    "medical_practice": Both("cabinet médical", "medical practice"),
}
_CRITICAL = Both("★ critique", "★ critical")
_LABELS = {
    "why": Both("Pourquoi", "Why"),
    "how": Both("Comment", "How"),
    "avoid": Both("À ne pas faire", "What not to do"),
    "evidence": Both("Preuve", "Evidence"),
    "after": Both("Vient après", "Comes after"),
    "stop": Both("Arrêt ferme, à ne pas commencer avant", "Hard stop, not to be begun before"),
    "clocks": Both("Échéances", "Clocks"),
    "templates": Both("Modèles", "Templates"),
    "condition": Both("Condition", "Condition"),
    "source": Both("Source", "Source"),
}


def as_text(shown: Shown, role: Role | None = None) -> str:
    """A line a task, by track, for the terminal."""
    language = shown.language
    lines = [*_head(shown), ""]
    for track in Track:
        tasks = [task for task in _of(shown, role) if task.track is track]
        if not tasks:
            continue
        lines.append(f"{track.label(language)} ({len(tasks)})")
        for task in tasks:
            star = "★" if task.critical else " "
            more = provided(task, language)
            time = when(task, language) + (f" ; {more}" if more else "")
            lines.append(f"  {task.id:<14} {star} {task.title.get(language)}")
            stop = f" · {_LABELS['stop'].get(language)} {', '.join(task.blocked_by)}" if task.blocked_by else ""
            lines.append(f"  {'':<14}   {task.role.label(language)} · {time}{stop}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(shown: Shown, role: Role | None = None) -> str:
    """All that each task says, by track, in Markdown."""
    language = shown.language
    head = _head(shown)
    lines = [f"# {_escaped(head[0])}", "", *(f"{_escaped(line)}  " for line in head[1:]), ""]
    lines += [f"{_CRITICAL.get(language)}", ""]
    for track in Track:
        tasks = [task for task in _of(shown, role) if task.track is track]
        if tasks:
            lines += [f"## {track.label(language)}", ""]
        for task in tasks:
            lines += [*_task(task, shown), ""]
    return "\n".join(lines).rstrip() + "\n"


def _of(shown: Shown, role: Role | None) -> list[TaskTemplate]:
    return [task for task in shown.tasks if role is None or task.role is role]


def _head(shown: Shown) -> list[str]:
    language, book = shown.language, shown.book
    dormant = sum(task.dormant for task in shown.tasks)
    count = f"{len(shown.tasks) - dormant} {_TASKS.get(language)}"
    if dormant:
        count += Both(f", et {dormant} qui attendent", f", and {dormant} that wait").get(language)
    lines = [
        f"{book.title.get(language)} ({book.id}, {_KINDS[shown.kind].get(language)})",
        book.description.get(language),
        count,
    ]
    if book.doctrine is not None:
        lines.append(f"{_DOCTRINE.get(language)}{_colon(shown)}{book.doctrine.get(language)}")
    if shown.overlays:
        names = ", ".join(each.title.get(language) for each in shown.overlays)
        lines.append(f"{_VARIANTS.get(language)}{_colon(shown)}{names}")
    return lines


def _task(task: TaskTemplate, shown: Shown) -> Iterator[str]:
    language = shown.language
    star = " ★" if task.critical else ""
    yield f"### {task.id}{star} {_escaped(task.title.get(language))}"
    yield ""
    yield f"{task.role.label(language)} · {task.phase.label(language)} · {when(task, language)}"
    yield ""
    texts = {"why": task.why, "how": task.how, "avoid": task.avoid, "evidence": task.evidence}
    said = {name: text.get(language) for name, text in texts.items() if text is not None}
    said |= {
        "condition": provided(task, language),
        "after": ", ".join(task.depends_on),
        "stop": ", ".join(task.blocked_by),
        "clocks": ", ".join(task.deadlines),
        "templates": ", ".join(task.templates),
        "source": f"{task.source.ref} ({task.source.checked})",
    }
    for name, value in said.items():
        if value:
            yield f"- **{_LABELS[name].get(language)}**{_colon(shown)}{_escaped(value)}"


def _colon(shown: Shown) -> str:
    return "\u00a0: " if shown.language == "fr" else ": "


def _escaped(text: str) -> str:
    """What Markdown would read as markup, as itself."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|" else char for char in text)
