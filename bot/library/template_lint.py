"""What can be wrong with a template of communication. Guarantee: what passes here draws in both languages, says what it
must, names who approves it, and states no act that nothing proves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import TemplateError

from bot.domain.language import LANGUAGES, Both
from bot.domain.screening import Finding, blanks, screen
from bot.library.drawing import Value, draw, used
from bot.library.in_words import why_not_drawn
from bot.library.templates import SOURCES, Template, TemplateFault, Templates, load
from bot.resources import data as shipped_data

_AT = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
_SAMPLES: dict[str, Value] = {"text": "Val-Fleuri", "list": ("Le site est joignable",), "time": _AT, "flag": False}
_NOTHING: dict[str, Value] = {"text": None, "list": (), "time": None, "flag": False}
_HOSTILE_TEXT = "{{ 7*7 }}\n# Titre\n<b onclick=x>[À COMPLÉTER : rien](http://x.invalid)</b> `${x}` \u202emal {% raw %}"
_HOSTILE: dict[str, Value] = {"text": _HOSTILE_TEXT, "list": (_HOSTILE_TEXT,), "time": _AT, "flag": True}

_SUBJECTS = ("34(2)", "33(3)(b)", "33(3)(c)", "33(3)(d)")
LAW_LISTS: dict[str, tuple[str, ...]] = {
    "TPL-07": _SUBJECTS,
    "TPL-07B": _SUBJECTS,
    "TPL-07-FALC": _SUBJECTS,
    "TPL-15": ("33(3)(a)", "33(3)(b)", "33(3)(c)", "33(3)(d)", "33(1)"),
    "TPL-16": ("33(3)(a)", "33(3)(c)", "33(3)(d)"),
    "TPL-21": ("33(2)",),
    "TPL-27": ("33(5)",),
}
"""What Regulation (EU) 2016/679 says that a text must hold, by provision: each is named by a mandatory content."""
_BEFORE_SIGN = re.compile(r"[^\s\u00a0\u202f] [:;!?»]|« ")


def lint(folder: Path, overlay: Path | None = None) -> list[Both]:
    """Everything that is wrong with the templates, in the order of the files, in both languages."""
    try:
        templates = load(folder, overlay)
    except TemplateFault as fault:
        return [fault.both]
    found = [fault for language in LANGUAGES for each in templates.listed(language) for fault in _one(each)]
    return found + list(_pairs(templates)) + list(_names(templates))


def lint_shipped(overlay: Path | None = None) -> list[Both]:
    """Everything that is wrong in the templates that Tocsin carries, with an organisation's own over them."""
    return list(_lint_shipped()) if overlay is None else lint(shipped_data("templates"), overlay)


@cache
def _lint_shipped() -> tuple[Both, ...]:
    return tuple(lint(shipped_data("templates")))


def _one(template: Template) -> Iterator[Both]:
    file = template.file

    def fault(fr: str, en: str) -> Both:
        return Both(f"{file}\u00a0: {fr}", f"{file}: {en}")

    if not re.fullmatch(r"TPL-\d{2}(?:B|-FALC)?", template.id):
        yield fault(
            f"l’identifiant {template.id} n’est pas de la forme TPL-01", f"the id {template.id} is not like TPL-01"
        )
    if not template.route:
        yield fault("personne n’approuve ce texte (route)", "nobody approves this text (route)")
    names = used(template)
    for name in sorted(names - set(template.variables)):
        yield fault(f"« {name} » n’est pas déclaré (variables)", f"“{name}” is not declared (variables)")
    for name in sorted(set(template.variables) - names):
        yield fault(f"« {name} » ne sert pas", f"“{name}” is not used")
    for name, variable in template.variables.items():
        if variable.source not in SOURCES:
            yield fault(
                f"« {name} » vient de « {variable.source} », inconnu",
                f"“{name}” comes from “{variable.source}”, unknown",
            )
        elif variable.source != "typed" and SOURCES[variable.source] != variable.type:
            kind = SOURCES[variable.source]
            yield fault(f"« {name} » doit être de type {kind}", f"“{name}” must be of type {kind}")
    for each in template.mandatory:
        if each.has not in names and each.has not in template.body:
            yield fault(f"il manque : {each.what} ({each.has})", f"missing: {each.what} ({each.has})")
    yield from _lawful(template)
    if not names - set(template.variables):
        yield from _drawn(template)
    if template.language == "fr":
        prose = re.sub(r"\{[{%].*?[%}]\}", "", template.body)
        for match in _BEFORE_SIGN.finditer(prose):
            near = prose[max(0, match.start() - 12) : match.end()].strip()
            yield fault(f"espace insécable manquante : « {near} »", f"a no-break space is missing: “{near}”")


def _lawful(template: Template) -> Iterator[Both]:
    """What the law wants said, and nothing in the template answers to."""
    held = {each.law for each in template.mandatory}
    for provision in LAW_LISTS.get(template.id, ()):
        if provision not in held:
            yield Both(
                f"{template.file}\u00a0: rien ne répond à l’article {provision} du RGPD (mandatory, law)",
                f"{template.file}: nothing answers to article {provision} of the GDPR (mandatory, law)",
            )


def _drawn(template: Template) -> Iterator[Both]:
    """Draw it without proof of anything: an act that it states all the same is stated without proof."""
    values: dict[str, Value] = {source: _SAMPLES[kind] for source, kind in SOURCES.items()}
    for care in (True, False):
        try:
            text = draw(template, {**values, "organisation.care": care}, ZoneInfo("Europe/Paris"))
        except (TemplateError, KeyError, TypeError, ValueError) as error:
            yield _undrawn(template, error)
            return
        for found in screen(text):
            if found.what is not Finding.BLANK:
                fr = f"{template.file}\u00a0: {found.what.label('fr')}\u00a0: «\u00a0{found.words}\u00a0»"
                yield Both(fr, f"{template.file}: {found.what.label('en')}: “{found.words}”")
    yield from _any_values(template)


def _undrawn(template: Template, error: Exception) -> Both:
    why = why_not_drawn(error)
    return Both(f"{template.file}\u00a0: ne se rend pas ({why.fr})", f"{template.file}: cannot be drawn ({why.en})")


def _any_values(template: Template) -> Iterator[Both]:
    """Draw it with everything, with nothing, with each value missing in its turn, and with values that mean harm."""
    drawn_on = sorted({each.source for each in template.variables.values()})
    full: dict[str, Value] = {source: _SAMPLES[kind] for source, kind in SOURCES.items()} | {"typed": "Val-Fleuri"}
    proved: dict[str, Value] = {**full, **{source: True for source, kind in SOURCES.items() if kind == "flag"}}
    bare: dict[str, Value] = {source: _NOTHING[kind] for source, kind in SOURCES.items()}
    cases = [full, proved, bare, *({**proved, each: _NOTHING[SOURCES[each]]} for each in drawn_on)]
    hostile: dict[str, Value] = {source: _HOSTILE[kind] for source, kind in SOURCES.items()}
    try:
        texts = [draw(template, values, ZoneInfo("Europe/Paris")) for values in cases]
        harmed = draw(template, hostile, ZoneInfo("Europe/Paris"))
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        yield _undrawn(template, error)
        return
    if any("None" in text or "[]" in text or "()" in text for text in texts):
        yield Both(
            f"{template.file}\u00a0: une valeur absente s’y lit comme du code",
            f"{template.file}: a missing value shows as code",
        )
    if blanks(texts[0]):
        said = ", ".join(blanks(texts[0]))
        yield Both(
            f"{template.file}\u00a0: reste à compléter quand tout est donné ({said})",
            f"{template.file}: still to be completed when all is given ({said})",
        )
    if len(harmed.splitlines()) != len(texts[1].splitlines()) or re.search(r"(?<!\\)<b|(?<!\\)\[À", harmed):
        yield Both(
            f"{template.file}\u00a0: une valeur peut changer le texte autour d’elle",
            f"{template.file}: a value can change the text around it",
        )


def _pairs(templates: Templates) -> Iterator[Both]:
    """What must be the same in both languages: the route, the names, the values and where they come from."""
    for template in templates.listed("fr"):
        other = templates.get(template.id, "en")
        here, there = _shape(template), _shape(other)
        for key, value in here.items():
            if value != there[key]:
                yield Both(
                    f"{template.id}\u00a0: «\u00a0{key}\u00a0» diffère d’une langue à l’autre",
                    f"{template.id}: “{key}” differs from one language to the other",
                )


def _shape(template: Template) -> dict[str, object]:
    return {
        "alias": template.alias,
        "route": template.route,
        "leaves_the_cell": template.leaves,
        "written_by": template.written_by,
        "mandatory": len(template.mandatory),
        "variables": {name: (v.type, v.source, v.optional) for name, v in template.variables.items()},
    }


def _names(templates: Templates) -> Iterator[Both]:
    seen: dict[str, str] = {}
    for template in templates.listed("fr"):
        for name in dict.fromkeys(template.alias):
            if seen.setdefault(name, template.id) != template.id:
                yield Both(
                    f"«\u00a0{name}\u00a0» désigne {seen[name]} et {template.id}",
                    f"“{name}” names {seen[name]} and {template.id}",
                )
