"""`make soak`. Guarantee: 0 only if nothing was lost and nothing doubled; it ends by itself, in time; where something
was, it says what, and keeps all that the processes left behind.

make soak                                       50 deaths, 300 messages and more (about five minutes)
make soak ARGS="--seed 7 --kills 5 --messages 30"
make soak ARGS="--report docs/soak.md"          writes the report
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import shutil
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bot.clock import SystemClock
from bot.demo.ownership import OwnershipError
from bot.demo.process import BotError
from bot.demo.screen import PlayerError
from bot.demo.soak.report import text
from bot.demo.soak.run import Outcome, Plan, soak
from bot.demo.synapse import SynapseError

KEPT, LOST, FAILED = 0, 1, 3


def main(arguments: list[str] | None = None) -> int:
    """Run the soak; return 0 if all was kept, 1 if something was lost or doubled, 3 if it could not be run."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="soak", description="Kill the bot at random and count what is left.")
    parser.add_argument("--seed", type=int, default=usual.seed, help=f"chooses the moments (default {usual.seed})")
    parser.add_argument("--kills", type=int, default=usual.kills, help="how often the bot is killed")
    parser.add_argument("--messages", type=int, default=usual.messages, help="how much is said at least")
    parser.add_argument("--server-deaths", type=int, default=usual.server_deaths, help="how often the homeserver goes")
    parser.add_argument("--database", default=usual.database, metavar="URL", help="the bot's, an empty one")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument("--keep", action="store_true", help="keep the folder even if all went well")
    chosen = parser.parse_args(arguments)
    if importlib.util.find_spec("synapse") is None:
        print("The soak needs Synapse: pip install 'tocsin[demo]', or make soak.", file=sys.stderr)
        return FAILED
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # what a player cannot read, it says itself
    plan = replace(
        usual,
        seed=chosen.seed,
        kills=chosen.kills,
        messages=chosen.messages,
        server_deaths=chosen.server_deaths,
        database=chosen.database,
    )
    folder = Path(tempfile.mkdtemp(prefix="tocsin-soak-"))
    try:
        outcome = asyncio.run(_run(plan, folder))
    except (BotError, PlayerError, OwnershipError, SynapseError, TimeoutError, ExceptionGroup) as error:
        print(f"The soak could not be run: {error or 'it took too long'}\nLeft in {folder}", file=sys.stderr)
        return FAILED
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 128 + signal.SIGTERM
    report = text(outcome, SystemClock().now())
    print(report)
    if chosen.report:
        chosen.report.write_text(report, encoding="utf-8")
    if outcome.account.faults or chosen.keep:
        print(f"Left in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return LOST if outcome.account.faults else KEPT


async def _run(plan: Plan, folder: Path) -> Outcome:
    ours = asyncio.current_task()
    assert ours is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ours.cancel)
    return await soak(plan, folder, _say)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
