"""Which playbook is meant, as which organisation would open it: from what was typed, else from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot import faults
from bot.config import Config, locate
from bot.config import load as load_configuration
from bot.domain.language import Both, Language
from bot.domain.playbook import Overlay, Playbook
from bot.domain.task_templates import TaskTemplate
from bot.faults import nearest
from bot.library.playbooks import Library, PlaybookFault, load
from bot.library.templates import TemplateFault, Templates, load_shipped
from bot.resources import data

KINDS = ("hospital", "company", "medical_practice")
DPO = ("internal", "external", "none")


@dataclass(frozen=True)
class Asked:
    """What was typed; None where the configuration, or else a hospital with a DPO, decides."""

    name: str
    kind: str | None = None
    dpo: str | None = None
    flags: tuple[str, ...] | None = None
    night: bool = False
    parties: int | None = None
    severity: int = 0
    role: str | None = None
    lang: Language | None = None


@dataclass(frozen=True)
class Shown:
    """A playbook as it would be opened: its tasks in order, the variants that lie over it, in which language."""

    book: Playbook
    kind: str
    tasks: tuple[TaskTemplate, ...]
    language: Language
    organisation: str

    @property
    def overlays(self) -> tuple[Overlay, ...]:
        return self.book.overlays


def configuration(path: Path | None, env: Mapping[str, str]) -> Config | None:
    """The configuration, if there is one. Raises ConfigurationError."""
    file = locate(path, env)
    named = path is not None or bool(env.get("TOCSIN_CONFIG"))
    return load_configuration(file, env) if named or file.exists() else None


def library(config: Config | None, language: Language) -> Library:
    """The playbooks that are shipped, with the organisation's own over them. Raises ConfigurationError."""
    try:
        own = (config.paths.own("playbooks"), config.paths.own("templates")) if config else (None, None)
        return load(data("playbooks"), *own)
    except PlaybookFault as error:
        raise faults.ConfigurationError(error.fault.both(), language) from None


def find(books: Library, name: str, language: Language) -> Playbook:
    """The playbook of that id or name. Raises ConfigurationError, with the nearest."""
    found = books.find(name)
    if found is None:
        near = next(iter(books.nearest(name)), None) or nearest(name, list(books.playbooks))
        said = Both(
            f"Le scénario «\u00a0{name}\u00a0» n’existe pas\u00a0; le plus proche est «\u00a0{near}\u00a0».",
            f"There is no scenario “{name}”; the nearest is “{near}”.",
        )
        raise faults.ConfigurationError(said, language)
    return found


def shown(asked: Asked, config: Config | None, spoken: Language) -> Shown:
    """The playbook as it was asked for. Raises ConfigurationError."""
    language = asked.lang or (config.language if config else spoken)
    book = find(library(config, language), asked.name, language)
    kind = asked.kind or (config.organisation.kind if config else KINDS[0])
    if config is None and asked.kind is None and not book.suits(kind):
        kind = book.kinds[0]
    flags = asked.flags if asked.flags is not None else (tuple(config.organisation.flags) if config else ())
    dpo = asked.dpo or (config.organisation.dpo if config else DPO[0])
    parties = asked.parties or (len(config.parties) if config else 1)
    meant = [each for each in book.overlays if not each.kinds or kind in each.kinds]
    chosen = [each for each in meant if _lies_over(each, dpo, parties, asked)]
    fitted = book.fitted(flags, [_awake(each, asked.severity) for each in chosen])
    texts = _texts(config, language)
    tasks = tuple(
        replace(task, templates=texts.offered(task.templates, care=kind != "company"))
        for task in fitted.tasks_for(kind)
    )
    return Shown(fitted, kind, tasks, language, config.organisation.name if config else "")


def _texts(config: Config | None, language: Language) -> Templates:
    try:
        return load_shipped(config.paths.own("templates") if config else None)
    except TemplateFault as error:
        raise faults.ConfigurationError(error.both, language) from None


def _lies_over(overlay: Overlay, dpo: str, parties: int, asked: Asked) -> bool:
    applies = overlay.applies
    if applies.dpo and dpo not in applies.dpo:
        return False
    if applies.parties is not None and parties < applies.parties:
        return False
    if applies.night and not asked.night:
        return False
    return applies.severity is None or asked.severity >= applies.severity


def _awake(overlay: Overlay, severity: int) -> Overlay:
    """The variant whose severity is reached: its tasks wait for it no more."""
    if overlay.applies.severity is None or severity < overlay.applies.severity:
        return overlay
    return replace(overlay, tasks=tuple(replace(task, awaits=None) for task in overlay.tasks))
