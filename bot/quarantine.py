"""Programs and archives that are kept all the same. Guarantee: such a file lies nowhere as it is, but in a zip that
asks for a password (AES-256, WinZip's AE-2, which 7-Zip opens), so that nobody, and no antivirus, opens it by accident.

The password is the one that those who study samples use among themselves: it keeps from accidents, it hides nothing.
"""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED

PASSWORD = "infected"
FOLDER = "files/quarantine"
NOTICE = f"{FOLDER}/README.txt"
WARNING = f"""\
DANGER. Ce dossier contient des programmes et des archives postés pendant l'incident, peut-être malveillants.
N'ouvrez un fichier que sur une machine d'analyse isolée. Chacun est un zip AES-256, mot de passe : {PASSWORD}

DANGER. This folder holds programs and archives posted during the incident, which may be malicious.
Open a file only on an isolated machine made for it. Each is an AES-256 zip, password: {PASSWORD}
"""
_DAY = (1980, 1, 1, 0, 0, 0)


def seal(name: str, data: bytes) -> bytes:
    """The bytes as the one file, `name`, of an encrypted zip; another zip each time, as its salt is."""
    from pyzipper.zipfile_aes import WZ_AES, AESZipFile  # large, and seldom needed

    packed = io.BytesIO()
    with AESZipFile(packed, "w", compression=ZIP_DEFLATED, encryption=WZ_AES) as archive:
        archive.setpassword(PASSWORD.encode())
        archive.writestr(archive.zipinfo_cls(name, _DAY), data)
    return packed.getvalue()
