"""The configuration. Guarantee: what is wrong in it is said at start, in one sentence, and never later.

It comes from `tocsin.toml`, over which the environment's `TOCSIN_SECTION__KEY` lies. A key that nobody knows
is refused, with the nearest known one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot import connections, faults, settings
from bot.domain.language import Language, fold, is_language
from bot.faults import ConfigurationError, Fault
from bot.settings import Config

__all__ = ["Config", "ConfigurationError", "load", "locate"]

_PREFIX = "TOCSIN_"
_NESTED = "__"

_SECTIONS: dict[str, type[BaseModel]] = {
    "organisation": settings.Organisation,
    "matrix": connections.Matrix,
    "database": connections.Database,
    "journal": settings.Journal,
    "nudges": settings.Nudges,
    "mobilisation": settings.Mobilisation,
    "doctrine": settings.Doctrine,
    "permissions": settings.Permissions,
    "texts": settings.Texts,
    "health": settings.Health,
    "paths": settings.Paths,
}


_LISTS: dict[str, type[BaseModel]] = {"parties": settings.Party, "channel": connections.Channel}
"""What is given any number of times, as `[[name]]`."""


def locate(given: Path | None, env: Mapping[str, str]) -> Path:
    """Return which file is the configuration: the one given, else `TOCSIN_CONFIG`, else `./tocsin.toml`."""
    return given or Path(env.get("TOCSIN_CONFIG") or "tocsin.toml")


def load(path: Path, env: Mapping[str, str]) -> Config:
    """Return the configuration of that file, with what the environment overrides.

    Raises ConfigurationError, whose text is one sentence in the file's own language where that can be read.
    """
    path = path.absolute()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise ConfigurationError(faults.no_file(path, fault)) from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigurationError(faults.not_toml(path, fault)) from fault
    language = _language(data)
    fault_found = _overlay(data, env) or _unknown_key(data, path.name)
    if fault_found:
        raise ConfigurationError(fault_found, language)
    try:
        return Config.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        raise ConfigurationError(faults.of_validation(error, _written_in(error, env, path)), language) from None


def _written_in(error: ValidationError, env: Mapping[str, str], path: Path) -> str:
    """Return where what is refused first stands: the environment's variable that lies over the file, else the file."""
    place = [str(part).upper() for part in error.errors(include_url=False)[0]["loc"]][:2]
    variable = f"{_PREFIX}{_NESTED.join(place)}"
    return next((name for name in (variable, f"{variable}_FILE") if name in env), path.name)


def _language(data: dict[str, Any]) -> Language | None:
    organisation = data.get("organisation")
    language = organisation.get("language") if isinstance(organisation, dict) else None
    return language if is_language(language) else None


def _known_keys(section: type[BaseModel]) -> list[str]:
    """Return the keys that a section may hold; `*_file` stands for the key that the file holds."""
    if section is settings.Permissions:
        return ["vouching", *settings.command_names()]
    keys = list(section.model_fields)
    return [*keys, *(f"{key}_file" for key in keys if key in connections.FROM_FILES)]


def _knows(section: type[BaseModel], key: str) -> bool:
    return (fold(key) if section is settings.Permissions else key) in _known_keys(section)


def _overlay(data: dict[str, Any], env: Mapping[str, str]) -> Fault | None:
    """Lay `TOCSIN_SECTION__KEY` over the file's keys; return what is wrong with one of the names."""
    for name in sorted(env):
        if not name.startswith(_PREFIX) or _NESTED not in name:
            continue
        section, _, key = name.removeprefix(_PREFIX).lower().partition(_NESTED)
        if section not in _SECTIONS:
            return faults.unknown_variable(name, section, _SECTIONS)
        if not _knows(_SECTIONS[section], key):
            return faults.unknown_variable(name, key, _known_keys(_SECTIONS[section]), section)
        values = data.setdefault(section, {})
        if isinstance(values, dict):
            for other in [other for other in values if _means(section, other) == _means(section, key)]:
                del values[other]
            values[key] = env[name]
    return None


def _means(section: str, key: str) -> str:
    """Return the setting that a key gives: by its value, by a file, or by another name of a command."""
    if section == "permissions":
        return settings.command_names().get(fold(key), key)
    return key.removesuffix("_file")


def _unknown_key(data: dict[str, Any], file: str) -> Fault | None:
    """Return what is wrong with the first key that the model does not know."""
    for section, values in data.items():
        if section in _LISTS:
            continue
        if section not in _SECTIONS and not _is_section(values):
            known = {name: _known_keys(model) for name, model in _SECTIONS.items() if name != "permissions"}
            return faults.outside(file, section, known)
        if section not in _SECTIONS:
            return faults.unknown_section(file, section, [*_SECTIONS, *_LISTS])
        unknown = _first_unknown(values, _SECTIONS[section])
        if unknown is not None:
            return faults.unknown_key(file, section, unknown, _known_keys(_SECTIONS[section]))
    for section, model in _LISTS.items():
        listed = data.get(section)
        for each in listed if isinstance(listed, list) else []:
            unknown = _first_unknown(each, model)
            if unknown is not None:
                return faults.unknown_key(file, f"[{section}]", unknown, _known_keys(model))
    return None


def _is_section(values: object) -> bool:
    """Whether this is what stands under `[name]` or `[[name]]`, and no value of a key."""
    return isinstance(values, dict) or (
        isinstance(values, list) and bool(values) and all(isinstance(each, dict) for each in values)
    )


def _first_unknown(values: object, section: type[BaseModel]) -> str | None:
    if not isinstance(values, dict):
        return None
    return next((key for key in values if not _knows(section, key)), None)
