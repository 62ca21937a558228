"""The report of a soak, for the repository: what was done, what was counted, and whether anything was lost."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from bot.demo.soak.run import Outcome

_HEAD = """\
# Nothing lost, whatever dies: the last soak

`make soak` runs the bot as `tocsin run` does, on a real Synapse, with people whose clients encrypt. Between the bot and
its homeserver stands a bad network: an HTTP proxy that resets connections before a request arrives and after it was
done, cuts answers in half, repeats requests, delays them, and answers 502 and 429. Meanwhile the bot is killed
(SIGKILL) at random moments, often before it is ready again, and the homeserver is killed and restarted. Then all is
left in peace, and counted:

- every event that the homeserver holds stands in the log once, and each was read;
- every command changed one thing, and was answered once;
- every reminder was decided once, and stands once wherever it belongs;
- nothing that the bot sent stands twice, and nothing was given up;
- the exported log verifies (`tocsin verify`).

The seed chooses the moments and the troubles; what the processes were doing just then no seed can choose, so that two
runs with one seed are alike and not the same.

"""


def text(outcome: Outcome, now: datetime) -> str:
    """The report in Markdown."""
    plan, account = outcome.plan, outcome.account
    rows = [
        ("date", f"{now:%Y-%m-%d %H:%M} UTC"),
        ("seed", str(plan.seed)),
        ("duration", f"{outcome.seconds:.0f} s"),
        ("machine", _machine()),
        ("database", "PostgreSQL" if plan.database.startswith("postgresql") else "SQLite"),
        *((name, f"{value:,}".replace(",", " ")) for name, value in account.figures.items()),
    ]
    table = "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)])
    verdict = "**Nothing was lost, and nothing doubled.**"
    if account.faults:
        verdict = "**Faults:**\n\n" + "\n".join(f"- {fault}" for fault in account.faults)
    again = f"make soak ARGS='--seed {plan.seed} --kills {plan.kills} --messages {plan.messages}'"
    return f"{_HEAD}{table}\n\n{verdict}\n\nAgain: `{again}`\n"


def _machine() -> str:
    try:
        synapse = version("matrix-synapse")
    except PackageNotFoundError:
        synapse = "?"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    return f"{system}; CPython {platform.python_version()}, Synapse {synapse}, matrix-nio {version('matrix-nio')}"
