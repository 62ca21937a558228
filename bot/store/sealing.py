"""Secrets at rest. Guarantee: nothing sealed is read, or changed unnoticed, without the passphrase.

AES-256-GCM (NIST SP 800-38D) under a key that scrypt (RFC 7914) makes of the passphrase and a fresh salt; the
format's mark, the salt and the nonce are authenticated with the secret.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.domain.language import Both
from bot.spoken import Told

_MARK = b"tocsin-sealed-1\n"
_SALT = 16
_NONCE = 12
_HEAD = len(_MARK) + _SALT + _NONCE


class NotOpened(Told):
    """The passphrase is not the one it was sealed with, or the bytes were changed."""


def seal(secret: bytes, passphrase: str | bytes) -> bytes:
    """The secret, readable only with the passphrase. Two sealings of one secret differ."""
    head = _MARK + secrets.token_bytes(_SALT + _NONCE)
    return head + AESGCM(_key(head, passphrase)).encrypt(_nonce(head), secret, head)


def unseal(sealed: bytes, passphrase: str | bytes) -> bytes:
    """The secret that was sealed. Raises NotOpened for another passphrase and for changed bytes."""
    head, box = sealed[:_HEAD], sealed[_HEAD:]
    if not head.startswith(_MARK) or len(head) != _HEAD:
        raise NotOpened(Both("ce n’est pas un secret que Tocsin a scellé", "this is not something that Tocsin sealed"))
    try:
        return AESGCM(_key(head, passphrase)).decrypt(_nonce(head), box, head)
    except InvalidTag as error:
        raise NotOpened(
            Both(
                "la phrase secrète du magasin n’est pas celle du scellement",
                "the store's passphrase is not the one that this was sealed with",
            )
        ) from error


def _key(head: bytes, passphrase: str | bytes) -> bytes:
    words = passphrase.encode() if isinstance(passphrase, str) else passphrase
    salt = head[len(_MARK) : len(_MARK) + _SALT]
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(words)


def _nonce(head: bytes) -> bytes:
    return head[-_NONCE:]
