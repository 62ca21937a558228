"""Why something could not be done on the homeserver, as people read it: what the Matrix layer calls by a word of ours
is put in words, all else is the homeserver's own."""

from __future__ import annotations

from typing import Final

from bot.domain.language import Both, Language

_WORDS: Final = {
    "not_in_room": Both("je n’y suis pas", "I am not in it"),
    "plaintext_refused": Both("il n’est pas chiffré", "it is not encrypted"),
    "file_gone": Both("le fichier n’est plus là", "the file is gone"),
    "no_such_user": Both("ce compte n’existe pas", "there is no such account"),
    "alias_taken": Both("son adresse est prise", "its address is taken"),
}


def in_words(why: str, language: Language) -> str:
    """The reason that stands in brackets after what could not be done."""
    return _WORDS.get(why, Both(why, why)).get(language)
