"""A text, drawn from its template. Guarantee: a value that is missing shows as a blank to be filled in, never as
nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Template as Compiled
from jinja2 import meta as jinja_meta

from bot.domain.drafts import canonical
from bot.domain.language import Language
from bot.domain.screening import blank, fill
from bot.library.sandbox import Ready, environment, escaped
from bot.library.templates import TYPED, Template, Variable

Value = str | bool | datetime | tuple[str, ...] | None
"""What a template may draw on."""


def draw(template: Template, values: Mapping[str, Value], zone: ZoneInfo) -> str:
    """The text, with a blank for each value that is missing; `values` are by source.

    Raises KeyError for a source of the template that nobody knows.
    """
    known = {name: _value(variable, values, template.language) for name, variable in template.variables.items()}
    return canonical(_compiled(template.language, zone, template.body).render(known))


@lru_cache(maxsize=128)
def _compiled(language: Language, zone: ZoneInfo, body: str) -> Compiled:
    """Compiling takes many times as long as drawing."""
    return environment(language, zone).from_string(body)


def recorded(template: Template, text: str, values: Mapping[str, Value], zone: ZoneInfo) -> str:
    """A text approved in peacetime, with what the incident says in place of the blanks that wait for it."""
    environment_of = environment(template.language, zone)
    for variable in template.variables.values():
        value = values.get(variable.source) if variable.source not in TYPED else None
        if isinstance(value, datetime):
            said = environment_of.filters["day" if _by_day(template, variable) else "moment"](value)
            text = fill(text, variable.label, said)
        elif isinstance(value, str) and value:
            text = fill(text, variable.label, escaped(value))
    return text


def _by_day(template: Template, variable: Variable) -> bool:
    """Whether the template says that instant by its day alone."""
    name = next(name for name, each in template.variables.items() if each == variable)
    return f"{name} | day" in template.body and f"{name} | moment" not in template.body


def used(template: Template) -> set[str]:
    """The names that the body uses."""
    parsed = environment(template.language, ZoneInfo("UTC")).parse(template.body)
    return jinja_meta.find_undeclared_variables(parsed)


def _value(variable: Variable, values: Mapping[str, Value], language: Language) -> Any:
    value = values.get(variable.source) if variable.source == "typed" else values[variable.source]
    # What shows nothing is no value: a name of spaces alone is still to be given.
    shows = bool(canonical(value).strip()) if isinstance(value, str) else value not in (None, ())
    if shows:
        return value
    if variable.type == "flag":
        return False
    if variable.optional:
        return () if variable.type == "list" else None
    missing = Ready(blank(variable.label, language))
    return (missing,) if variable.type == "list" else missing
