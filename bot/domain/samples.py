"""What must not lie about in an incident file: programs, archives, samples of what attacked us.

Guarantee: what a computer could run, or unpack into something that it could run, is told from a document by its first
bytes as well as by its name; whoever opens the incident file later is not attacked by it.
"""

from __future__ import annotations

# fmt: off
_PROGRAMS = frozenset(
    {
        "apk", "app", "bat", "chm", "class", "cmd", "com", "cpl", "deb", "dll", "dmg", "docm", "exe", "hta", "iso",
        "jar", "js", "jse", "lnk", "msi", "msix", "msp", "pif", "pptm", "ps1", "psm1", "py", "reg", "rpm", "scr",
        "sh", "sys", "vb", "vbe", "vbs", "vhd", "vhdx", "wsf", "wsh", "xlam", "xll", "xlsm", "xpi", "7z", "bz2",
        "cab", "gz", "lz", "lzma", "rar", "tar", "tgz", "xz", "zip", "zst",
    }
)
# fmt: on
_BEGINNINGS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
_ZIP = b"PK\x03\x04"
_DOCUMENTS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument", b"mimetypeapplication/epub+zip")
_MACROS = b"vbaProject.bin"


def is_sample(name: str, data: bytes) -> bool:
    """Whether a file is a program or an archive, by its name or its bytes; an office document without macros is not."""
    if name.rpartition(".")[2].strip().lower() in _PROGRAMS or data.startswith(_BEGINNINGS):
        return True
    if data[257:262] == b"ustar" or data[0x8001:0x8006] == b"CD001":
        return True
    if not data.startswith(_ZIP):
        return False
    return _MACROS in data or not any(sign in data[:4096] for sign in _DOCUMENTS)
