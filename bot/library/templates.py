"""The templates of communications: the shipped ones, with an organisation's own laid over them.

Guarantee: what cannot be drawn is refused when it is read, by its file and in a sentence. A template is a Jinja2 file
with a head in YAML that says for whom it is, who approves it, and where each of its values comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict

from bot.domain.drafts import Step
from bot.domain.language import LANGUAGES, Both, Language, fold, is_language
from bot.domain.roles import Role
from bot.library.by_hand import HandLoader
from bot.library.frozen import Frozen
from bot.library.frozen import load as load_frozen
from bot.library.in_words import why_not
from bot.library.sandbox import parse
from bot.resources import data as shipped_data

NEAR = 75.0
FOLDER = "communications"
SUFFIX = ".md.j2"

SOURCES: Mapping[str, str] = {
    "organisation.name": "text",
    "organisation.care": "flag",
    "now": "time",
    "incident.id": "text",
    "incident.title": "text",
    "incident.severity": "text",
    "incident.began": "time",
    "incident.times": "list",
    "moment.attack": "time",
    "moment.breach": "time",
    "moment.ended": "time",
    "spokesperson.name": "text",
    "dpo.name": "text",
    "people.roles": "list",
    "facts.verified": "list",
    "facts.open": "list",
    "decisions.taken": "list",
    "evidence.items": "list",
    "clocks.open": "list",
    "clocks.filed": "list",
    "tasks.late": "list",
    "care.services": "list",
    "care.needs": "list",
    "care.workarounds": "list",
    "reference.complaint": "text",
    "reference.cnil": "text",
    "reference.certsante": "text",
    "act.authorities": "flag",
    "act.complaint": "flag",
    "act.data_authority": "flag",
    "act.health_authority": "flag",
    "typed": "text",
}
"""Where a value may come from, and what it then is. `typed`: somebody fills it in."""

TYPED = frozenset({"typed", "incident.title"})
"""What somebody writes in the crisis itself: nothing of it is in words that were approved in peacetime."""

Group = Literal["staff", "public", "individuals", "partners", "authorities", "cell"]
"""For whom a text is, as the list of templates is ordered."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variable(_Strict):
    """A value of a template: what it is, where it comes from, and what it is called where it is missing."""

    type: Literal["text", "list", "flag", "time"]
    source: str
    label: str
    optional: bool = False


class Mandatory(_Strict):
    """What the text must say; `has` is the variable, or the words, that say it; `law` the provision that wants it."""

    what: str
    has: str
    law: str | None = None


class _Alias(_Strict):
    fr: str
    en: str


class _Step(_Strict):
    role: Role
    from_severity: int | None = None


class _Source(_Strict):
    ref: str
    kind: Literal["law", "authority", "secondary", "practice"]
    checked: date


class Law(_Strict):
    """The provision that says what the text must hold."""

    act: str
    article: str


class _Head(_Strict):
    id: str
    alias: _Alias
    title: str
    group: Group = "public"
    audience: str
    channel: str
    when: str
    written_by: Role
    leaves_the_cell: bool
    urgent: bool = False
    care_only: bool = False
    plain: str | None = None
    law: Law | None = None
    route: tuple[_Step, ...]
    mandatory: tuple[Mandatory, ...]
    variables: Mapping[str, Variable]
    source: _Source


@dataclass(frozen=True)
class Template:
    """One communication in one language, as written.

    `urgent`: a director alone may let it go, to be looked at again within the hour. `care_only`: it makes sense only
    where care is given. `plain`: the id of its easy-to-read variant. `law`: what says what it must hold.
    """

    id: str
    language: Language
    alias: Both
    title: str
    audience: str
    channel: str
    when: str
    written_by: Role
    leaves: bool
    route: tuple[Step, ...]
    mandatory: tuple[Mandatory, ...]
    variables: Mapping[str, Variable]
    body: str = field(repr=False)
    file: str = ""
    urgent: bool = False
    care_only: bool = False
    plain: str | None = None
    law: Law | None = None
    group: Group = "public"

    @property
    def name(self) -> str:
        """What people type to get it, in its language."""
        return self.alias.get(self.language)


class TemplateFault(ValueError):  # noqa: N818 - the file is at fault, not the program
    """A template that cannot be used; `both` says why, in both languages."""

    def __init__(self, file: str, fr: str, en: str) -> None:
        self.both = Both(f"{file} : {fr}", f"{file}: {en}")
        super().__init__(self.both.fr)


@dataclass(frozen=True)
class Templates:
    """The communications that can be drafted, in both languages."""

    by_id: Mapping[tuple[str, Language], Template] = field(default_factory=dict)
    frozen: Mapping[tuple[str, Language], Frozen] = field(default_factory=dict)
    """Those that were approved in peacetime, and not touched since."""

    def get(self, identifier: str, language: Language) -> Template:
        """The template of that id. Raises KeyError."""
        return self.by_id[identifier, language]

    def listed(self, language: Language, *, care: bool = True) -> list[Template]:
        """All of them, in the order of their ids; without `care`, only those of an organisation that gives none."""
        there = [each for (_, lang), each in sorted(self.by_id.items()) if lang == language]
        return [each for each in there if care or not each.care_only]

    def grouped(self, language: Language, *, care: bool = True) -> dict[Group, list[Template]]:
        """Those that `listed` gives, by whom they are for."""
        there = self.listed(language, care=care)
        return {group: [each for each in there if each.group == group] for group in get_args(Group)}

    def offered(self, names: Iterable[str], *, care: bool) -> tuple[str, ...]:
        """Of these names those that an organisation is offered: one that gives no care has no texts of care."""
        found = [(name, self.find(name)) for name in names]
        return tuple(n for n, i in found if care or i is None or not self.get(i, "fr").care_only)

    def find(self, text: str) -> str | None:
        """The id of the template of exactly this id, number or alias, whatever case and accents."""
        asked = fold(text)
        asked = re.sub(r"^tpl ?0*(\d+)$", r"\1", asked)
        for (identifier, _), template in self.by_id.items():
            number = identifier.removeprefix("TPL-").lstrip("0")
            if asked and asked in (fold(identifier), number, *map(fold, template.alias), fold(template.title)):
                return identifier
        return None

    def nearest(self, text: str, language: Language) -> list[str]:
        """The names of those that the text may mean, likeliest first; all of them where it is like none."""
        from rapidfuzz import fuzz  # large, and needed only by what is misspelt

        asked = fold(text)
        scored = [(max(fuzz.ratio(asked, fold(n)) for n in (*t.alias, t.title)), t.name) for t in self.listed(language)]
        near = [name for score, name in sorted(scored, reverse=True) if score >= NEAR]
        return near or [name for _, name in scored]


# -- reading -----------------------------------------------------------------------------------------------------------


def load(folder: Path, overlay: Path | None = None) -> Templates:
    """The templates of `folder/communications`, with those of an organisation's own folder laid over them, by id.

    Raises TemplateFault for the first file that cannot be read.
    """
    found: dict[tuple[str, Language], Template] = {}
    for root in (folder, overlay):
        place = root / FOLDER if root is not None else None
        if place is None or not place.is_dir():
            continue
        for path in sorted(place.glob(f"*/*{SUFFIX}")):
            template = read(path)
            found[template.id, template.language] = template
    for identifier, language in list(found):
        for other in LANGUAGES:
            if (identifier, other) not in found:
                here = found[identifier, language].file
                raise TemplateFault(here, f"{identifier} n’existe qu’en une langue", f"{identifier}: one language only")
    kept, _ = load_frozen(overlay)
    return Templates(found, {key: text for key, text in kept.items() if key in found})


def load_shipped(overlay: Path | None = None) -> Templates:
    """The templates that Tocsin carries, with an organisation's own over them. Raises TemplateFault."""
    return load(shipped_data("templates"), overlay)


_NO_HEAD = (
    "il y manque l’en-tête, entre deux lignes «\u00a0---\u00a0» (docs/texts.md)",
    "its head is missing, between two lines “---” (docs/texts.md)",
)


_RULED = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)


def read(path: Path) -> Template:
    """One template. Raises TemplateFault."""
    file = f"{path.parent.name}/{path.name}"
    language = path.parent.name
    if not is_language(language):
        raise TemplateFault(file, "le dossier doit être « fr » ou « en »", "the folder must be “fr” or “en”")
    source = ""
    try:
        source = path.read_text(encoding="utf-8")
        parts = _RULED.split(source, maxsplit=2)
        if len(parts) < 3:
            raise TemplateFault(file, *_NO_HEAD)
        _, head_text, body = parts
        written = yaml.load(head_text, HandLoader)
        if isinstance(written, dict):
            _rename_from(written.get("variables"))
        head = _Head.model_validate(written)
        parse(body, language)
    except TemplateFault:
        raise
    except (OSError, ValueError, yaml.YAMLError, TemplateError) as error:
        began, until = _beginnings(source)
        said = why_not(error, _Head, head=began, body=until)
        raise TemplateFault(file, said.fr, said.en) from error
    return Template(
        id=head.id,
        language=language,
        alias=Both(head.alias.fr, head.alias.en),
        title=head.title,
        audience=head.audience,
        channel=head.channel,
        when=head.when,
        written_by=head.written_by,
        leaves=head.leaves_the_cell,
        route=tuple(Step(step.role, step.from_severity) for step in head.route),
        mandatory=head.mandatory,
        variables=dict(head.variables),
        body=body,
        file=file,
        urgent=head.urgent,
        care_only=head.care_only,
        plain=head.plain,
        law=head.law,
        group=head.group,
    )


def _beginnings(source: str) -> tuple[int, int]:
    """The lines at which the head and the body begin, from 1."""
    ends = [source.count("\n", 0, each.end()) + 1 for each in _RULED.finditer(source)]
    return (*ends, 1, 1)[0], (*ends, 1, 1)[1]


def _rename_from(variables: Any) -> None:
    """`from`, as people write it, is a word of Python's own."""
    for each in variables.values() if isinstance(variables, dict) else ():
        if isinstance(each, dict) and "from" in each:
            each["source"] = each.pop("from")
