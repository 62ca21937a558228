"""What the system says of a process. Guarantee: what it does not say is an error, never a figure."""

from __future__ import annotations

import os
import re
from pathlib import Path


class BenchError(Exception):
    """What had to be measured did not happen, or cannot be here; the message says what."""


def resident_megabytes(pid: int | None) -> float:
    """The resident memory of a process, in MB (10⁶ bytes). Raises BenchError."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", _said(pid, "status"), re.MULTILINE)
    if found is None:
        raise BenchError("this system does not say what is resident")
    return int(found[1]) * 1024 / 1e6


def processor_seconds(pid: int | None) -> float:
    """The processor time that a process has used, its own and the system's for it. Raises BenchError."""
    fields = _said(pid, "stat").rpartition(")")[2].split()  # a name may hold spaces; it stands in brackets
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _said(pid: int | None, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError as error:
        raise BenchError("processes are measured by /proc, which says nothing here") from error
