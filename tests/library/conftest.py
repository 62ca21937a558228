"""The playbooks that are shipped, read once for a module."""

from __future__ import annotations

import pytest

from bot.domain.playbook import Playbook
from bot.library.playbooks import Library, load
from tests.library.shelf import SHIPPED


@pytest.fixture(scope="module")
def library() -> Library:
    return load(SHIPPED)


@pytest.fixture(scope="module")
def ransomware(library: Library) -> Playbook:
    return library.playbooks["rancongiciel"]
