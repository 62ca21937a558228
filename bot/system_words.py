"""What the system refuses, in words. Guarantee: no French sentence ends in the system's English."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from bot.domain.language import Both

_WORDS: Final = {
    errno.ENOENT: Both("ce fichier ou ce dossier n’existe pas", "there is no such file or folder"),
    errno.EACCES: Both("l’accès en est interdit", "access is not permitted"),
    errno.EPERM: Both("l’accès en est interdit", "access is not permitted"),
    errno.ENOTDIR: Both("un fichier est là où il faut un dossier", "a file stands where a folder must be"),
    errno.EISDIR: Both("c’est un dossier", "it is a folder"),
    errno.EEXIST: Both("il existe déjà", "it exists already"),
    errno.ENOSPC: Both("il n’y a plus de place", "there is no room left"),
    errno.EDQUOT: Both("il n’y a plus de place", "there is no room left"),
    errno.EROFS: Both("on ne peut qu’y lire", "it can only be read"),
    errno.ENAMETOOLONG: Both("le nom est trop long", "the name is too long"),
    errno.EIO: Both("le disque répond par une erreur", "the disk answers with an error"),
}


def why(error: OSError) -> Both:
    """Return what the system says, without its number; its own words where we have none."""
    found = _WORDS.get(error.errno or 0)
    return found or Both(error.strerror or str(error), error.strerror or str(error))


def why_of(error: Exception) -> Both:
    """The same with the file's name before it; of any other fault, its own words."""
    if not isinstance(error, OSError):
        return Both(str(error), str(error))
    said = why(error)
    if not error.filename:
        return said
    name = Path(str(error.filename)).name
    return Both(f"{name}\u00a0: {said.fr}", f"{name}: {said.en}")
