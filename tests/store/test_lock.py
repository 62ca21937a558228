"""One instance at a time, and nothing to clean up after a death."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.store.lock import AlreadyHeld, InstanceLock

HOLD = """
import sys
from pathlib import Path
from bot.store.lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]), sys.argv[2])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_is_refused_until_the_first_lets_go(tmp_path: Path, database_url: str) -> None:
    first, second = (
        InstanceLock(tmp_path / "store", database_url),
        InstanceLock(tmp_path / "store", database_url),
    )
    with first:
        with pytest.raises(AlreadyHeld):
            second.acquire()
        with pytest.raises(AlreadyHeld):
            second.acquire()
    with second:
        pass


def test_another_store_on_the_same_database_is_refused(tmp_path: Path, database_url: str) -> None:
    with InstanceLock(tmp_path / "one", database_url):
        other = InstanceLock(tmp_path / "two", database_url)
        with pytest.raises(AlreadyHeld):
            other.acquire()
        with InstanceLock(tmp_path / "two"):
            pass


def test_the_dead_keep_nobody_out(tmp_path: Path, database_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path), database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    lock = InstanceLock(tmp_path, database_url)
    with pytest.raises(AlreadyHeld):
        lock.acquire()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    if holder.stdin:
        holder.stdin.close()
    for attempt in range(200):
        # The server notices a closed connection a moment after the kernel closed it.
        try:
            lock.acquire()
            break
        except AlreadyHeld:
            if attempt == 199:
                raise
            time.sleep(0.05)
    lock.release()


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "new"):
        (made,) = (tmp_path / "new").iterdir()
        assert made.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
