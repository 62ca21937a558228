"""What is wrong with a file that people wrote, of which a library speaks in its own way. Guarantee: one clear sentence
in French and in English, with the place and what to write there; never a library's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from jinja2 import TemplateSyntaxError, UndefinedError
from pydantic import BaseModel, ValidationError

from bot.domain.language import Both
from bot.faults import nearest
from bot.library.by_hand import WrittenError
from bot.system_words import why

_SHOWN = 8
"""More choices than this, and only the nearest is named."""
_LONGEST = 40
_SHAPES: Mapping[str, Both] = {
    "string_type": Both("doit être un texte, entre guillemets au besoin", "must be a text, in quotes if need be"),
    "string_too_short": Both("ne doit pas être vide", "must not be empty"),
    "bool_type": Both("doit être true ou false", "must be true or false"),
    "bool_parsing": Both("doit être true ou false", "must be true or false"),
    "int_type": Both("doit être un nombre entier", "must be a whole number"),
    "int_parsing": Both("doit être un nombre entier", "must be a whole number"),
    "int_from_float": Both("doit être un nombre entier", "must be a whole number"),
    "tuple_type": Both("doit être une liste, un tiret par ligne", "must be a list, a dash on each line"),
    "mapping_type": Both("doit être fait de « clé: valeur »", "must be made of “key: value”"),
    "model_type": Both("doit être fait de « clé: valeur »", "must be made of “key: value”"),
    "model_attributes_type": Both("doit être fait de « clé: valeur »", "must be made of “key: value”"),
    "date_type": Both("doit être une date comme 2026-11-21", "must be a date such as 2026-11-21"),
    "date_parsing": Both("doit être une date comme 2026-11-21", "must be a date such as 2026-11-21"),
    "date_from_datetime_parsing": Both("doit être une date comme 2026-11-21", "must be a date such as 2026-11-21"),
    "date_from_datetime_inexact": Both("doit être une date sans heure", "must be a date without a time"),
}
_OTHER = Both("n’a pas la forme voulue", "is not of the right form")
_NOT_UTF8 = Both("il n’est pas écrit en UTF-8", "it is not written in UTF-8")
_UNREADABLE = Both("il ne se lit pas", "it cannot be read")
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_SYNTAX: tuple[tuple[re.Pattern[str], Both], ...] = (
    (
        re.compile(r"Unexpected end of template|was never closed|Missing end of"),
        Both("une balise ouverte n’est pas fermée", "a tag that was opened is not closed"),
    ),
    (
        re.compile(r"unknown tag"),
        Both(
            "une balise {% … %} n’existe pas, ou n’a rien à fermer", "a tag {% … %} does not exist, or closes nothing"
        ),
    ),
)
_NOT_THERE = re.compile(r"No (?P<kind>filter|test) named '(?P<name>\w+)'")
_TAG = Both("une balise {{ … }} ou {% … %} est mal écrite", "a tag {{ … }} or {% … %} is ill written")


def why_not(error: Exception, model: type[BaseModel] | None = None, *, head: int = 1, body: int = 1) -> Both:
    """Say what is wrong with a file. `model`: what its YAML had to be; `head`, `body`: the lines at which the YAML and
    the Jinja begin in it."""
    if isinstance(error, ValidationError):
        return _of_keys(error, model)
    if isinstance(error, TemplateSyntaxError):
        return _at(error.lineno + body - 1, _of_tags(error))
    if isinstance(error, WrittenError):
        return _at(error.line + head - 1, error.why)
    if isinstance(error, yaml.YAMLError):
        mark = getattr(error, "problem_mark", None)
        said = Both("ce n’est pas du YAML valide", "this is not valid YAML")
        return _at(mark.line + head, said) if mark is not None else said
    if isinstance(error, UnicodeDecodeError):
        return _NOT_UTF8
    return why(error) if isinstance(error, OSError) else _UNREADABLE


def why_not_drawn(error: Exception) -> Both:
    """Say why a text cannot be made of its values."""
    found = _UNDEFINED.search(str(error)) if isinstance(error, UndefinedError) else None
    name = found[1] if found else str(error.args[0]) if isinstance(error, KeyError) and error.args else None
    if name is not None:
        return Both(f"« {name} » n’est pas de ses « variables »", f"“{name}” is not one of its “variables”")
    return Both(
        "une expression n’a pas de sens pour une des valeurs que prend sa variable",
        "an expression makes no sense for one of the values that its variable takes",
    )


def _of_tags(error: TemplateSyntaxError) -> Both:
    message = error.message or ""
    named = _NOT_THERE.search(message)
    if named is not None:
        kind, name = ("filtre" if named["kind"] == "filter" else "test"), named["name"]
        return Both(f"le {kind} « {name} » n’existe pas", f"there is no {named['kind']} “{name}”")
    return next((both for pattern, both in _SYNTAX if pattern.search(message)), _TAG)


def _at(line: int, said: Both) -> Both:
    return Both(f"ligne {line}, {said.fr}", f"line {line}, {said.en}")


def _of_keys(error: ValidationError, model: type[BaseModel] | None) -> Both:
    """The first thing that is wrong with keys and values: which key, and what to write."""
    first = error.errors(include_url=False)[0]
    place, kind = list(first["loc"]), first["type"]
    where, where_en = _named(place)
    if kind == "missing":
        return Both(f"il manque « {where} »", f"“{where_en}” is missing")
    if kind == "extra_forbidden":
        known = _keys(model, place[:-1])
        near = nearest(str(place[-1]), known) if known else None
        return Both(
            f"la clé « {where} » n’existe pas" + (f" ; la plus proche est « {near} »" if near else ""),
            f"there is no key “{where_en}”" + (f"; the nearest is “{near}”" if near else ""),
        )
    if kind in ("literal_error", "enum"):
        return _choice(where, where_en, first)
    if kind == "too_short":
        least = first.get("ctx", {}).get("min_length", 1)
        return Both(f"« {where} » doit en compter {least} au moins", f"“{where_en}” must hold at least {least}")
    said = _SHAPES.get(kind, _OTHER)
    if not place:
        return Both(f"l’en-tête {said.fr}", f"the head {said.en}")
    return Both(f"« {where} » {said.fr}", f"“{where_en}” {said.en}")


def _choice(where: str, where_en: str, first: Mapping[str, Any]) -> Both:
    choices = re.findall(r"'([^']+)'", str(first.get("ctx", {}).get("expected", "")))
    typed = str(first["input"])[:_LONGEST]
    if len(choices) > _SHOWN:
        near = nearest(typed, choices)
        return Both(
            f"« {where} » ne peut pas être « {typed} » ; le plus proche est « {near} »",
            f"“{where_en}” cannot be “{typed}”; the nearest is “{near}”",
        )
    listed = ", ".join(choices)
    return Both(
        f"« {where} » doit être l’un de : {listed} ; pas « {typed} »",
        f"“{where_en}” must be one of: {listed}; not “{typed}”",
    )


def _named(place: Iterable[object]) -> tuple[str, str]:
    """A place as people count: `route n° 1, role`."""
    fr, en = "", ""
    for part in place:
        if isinstance(part, int):
            fr, en = f"{fr} n° {part + 1}", f"{en} no. {part + 1}"
        else:
            fr, en = (
                f"{each}, {part}" if each and each[-1].isdigit() else f"{each}.{part}".lstrip(".") for each in (fr, en)
            )
    return fr, en


def _keys(model: type[BaseModel] | None, place: Iterable[object]) -> list[str]:
    """The keys that may stand at that place of the model; none where it does not say."""
    here: Any = model
    for part in place:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field is not None else None
            continue
        here = _inside(here)
    here = _inside(here) if not (isinstance(here, type) and issubclass(here, BaseModel)) else here
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _inside(annotation: Any) -> Any:
    """The model that a list, a mapping or an optional value is made of."""
    parts = getattr(annotation, "__args__", ())
    return next((each for each in parts if isinstance(each, type) and issubclass(each, BaseModel)), None)
