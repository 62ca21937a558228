"""How what we start ends with us. Guarantee: a process that was started with this before its own code ends once we are
gone, however we died."""

from __future__ import annotations

from typing import Final

# Reading standard input to its end is a leash: the kernel closes the pipe even if we are killed with SIGKILL.
LEASH: Final = """
import os, runpy, signal, sys, threading
def leash():
    while os.read(0, 4096):  # not sys.stdin: its buffer's lock would abort the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=leash, daemon=True).start()
"""
