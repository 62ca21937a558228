"""Where the shipped data is: playbooks, templates and migrations, in a wheel and in a source checkout alike.

A wheel has no repository around it, so the build copies the three folders into the package as ``bot/_data``;
a checkout reads the ones beside the package, which are the ones being edited.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_SHIPPED: Final = _PACKAGE / "_data"


def data(*parts: str) -> Path:
    """The path of shipped data, such as ``data("playbooks")`` or ``data("templates", "chat")``.

    Raises FileNotFoundError, naming the path, if this installation does not carry it.
    """
    root = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
    path = root.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"This installation of Tocsin lacks {path}")
    return path
