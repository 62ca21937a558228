"""What the store says when it refuses."""

from __future__ import annotations


class StoreFault(Exception):  # noqa: N818 - the name says what is the case
    """The database cannot be used as it is; the message is one clear sentence for the administrator."""
