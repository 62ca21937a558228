"""Secrets at rest."""

from __future__ import annotations

import pytest

from bot.store.sealing import NotOpened, seal, unseal


def test_there_and_back() -> None:
    sealed = seal(b"seed" * 8, "phrase de passe")
    assert unseal(sealed, b"phrase de passe") == b"seed" * 8
    assert b"seed" not in sealed
    assert seal(b"seed" * 8, "phrase de passe") != sealed


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(NotOpened, match="phrase secrète"):
        unseal(seal(b"seed", "one"), "two")


def test_every_byte_counts() -> None:
    sealed = seal(b"seed", "one")
    for place in (0, 17, 40, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(NotOpened):
            unseal(bytes(changed), "one")
    for length in (0, 10, 43, len(sealed) - 1):
        with pytest.raises(NotOpened):
            unseal(sealed[:length], "one")
