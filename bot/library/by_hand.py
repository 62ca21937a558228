"""YAML as people write it by hand. Guarantee: what contradicts itself is said with its line, and never half lost: a key
said twice, a day that no calendar has."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from bot.domain.language import Both


class WrittenError(ValueError):
    """What YAML itself would take, or fail on without a word about where. `line` counts from 1."""

    def __init__(self, line: int, why: Both) -> None:
        super().__init__(why.en)
        self.line, self.why = line, why


class KeyTwiceError(WrittenError):
    """A key said twice in one mapping: YAML keeps the last and loses the first."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(line, Both(f"la clé « {key} » est donnée deux fois", f"the key “{key}” is given twice"))
        self.key = key


class HandLoader(yaml.CSafeLoader):
    """The safe loader, refusing both."""


def _mapping(loader: HandLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in seen:
            raise KeyTwiceError(key.value, key.start_mark.line + 1)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


def _day(loader: HandLoader, node: yaml.ScalarNode) -> date:
    try:
        day: date = loader.construct_yaml_timestamp(node)
    except ValueError as error:
        text = node.value
        no_day = Both(f"la date « {text} » n’existe pas", f"the date “{text}” does not exist")
        raise WrittenError(node.start_mark.line + 1, no_day) from error
    return day


def quoted_day(value: Any) -> Any:
    """The day that somebody put into quotes; anything else as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


HandLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
HandLoader.add_constructor("tag:yaml.org,2002:timestamp", _day)
