"""The end-to-end tests' stages, for crashes on them."""

from __future__ import annotations

from ..e2e.conftest import fresh, staged

__all__ = ["fresh", "staged"]
