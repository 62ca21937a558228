"""Command lines, each a process of its own that is forked from this one, which has read the program and what it ships.

Guarantee: a command finds what a shell would give it (folder, environment, nothing to read), and ends as a process does.
A request is a line of JSON on standard input; its answer on standard output is the exit code.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import Any, NoReturn

import bot.app
import bot.check.server  # noqa: F401 - what a check of a homeserver needs
from bot import cli
from bot.check.files import check_playbooks, check_templates


def carry_out(asked: dict[str, Any]) -> NoReturn:
    """Become the command, in the process that was forked for it."""
    for descriptor, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        opened = os.open(path, os.O_RDONLY if descriptor == 0 else os.O_WRONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.argv = ["tocsin", *asked["arguments"]]
    code: Any = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def main() -> None:
    """Answer every request, until there are no more."""
    for checked in (check_playbooks, check_templates):
        list(checked(None))
    gc.collect()
    gc.freeze()
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in requests:
        process = os.fork()
        if process == 0:
            carry_out(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
