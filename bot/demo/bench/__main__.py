"""`make bench`: measure, print, and judge. Guarantee: 0 only if every bound was kept; it ends by itself, in time.

make bench                     everything (about ten minutes)
make bench ARGS=--quick        smaller counts (about two minutes)
make bench ARGS="--json FILE"  every single figure, for machines
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import logging
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from bot.demo.bench.contest import Contest
from bot.demo.bench.figures import Figure, show
from bot.demo.bench.measures import FULL, QUICK, Sizes, measure
from bot.demo.bench.processes import BenchError
from bot.demo.ownership import OwnershipError
from bot.demo.process import BotError
from bot.demo.screen import PlayerError
from bot.demo.synapse import SynapseError

KEPT, MISSED, FAILED = 0, 1, 3
MOST_SECONDS: Final = 1800.0


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; return 0 if every bound was kept, 1 if one was not, 3 if it could not be measured."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the bot beside bare nio.")
    parser.add_argument("--quick", action="store_true", help="smaller counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    chosen = parser.parse_args(arguments)
    if importlib.util.find_spec("synapse") is None:
        print("The bench needs Synapse: pip install 'tocsin[demo]', or make bench.", file=sys.stderr)
        return FAILED
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # what a player cannot read, it says itself
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-", ignore_cleanup_errors=True) as folder:
        try:
            figures = asyncio.run(run(QUICK if chosen.quick else FULL, Path(folder)))
        except (BenchError, BotError, PlayerError, OwnershipError, SynapseError, TimeoutError) as error:
            print(f"The bench could not be run: {error or 'it took too long'}", file=sys.stderr)
            return FAILED
        except (asyncio.CancelledError, KeyboardInterrupt):
            return 128 + signal.SIGTERM
    show(figures, Console(width=None if sys.stdout.isatty() else 110))
    if chosen.json:
        chosen.json.write_text(json.dumps([each.as_dict() for each in figures], indent=1), encoding="utf-8")
    return KEPT if all(each.within for each in figures) else MISSED


async def run(sizes: Sizes, folder: Path) -> list[Figure]:
    """Set up below `folder`, measure, take down. Raises BenchError, TimeoutError, and what the players raise."""
    ours = asyncio.current_task()
    assert ours is not None
    with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: nobody signals us there
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ours.cancel)
    figures: list[Figure] = []
    async with asyncio.timeout(MOST_SECONDS), Contest(folder) as contest:
        async for figure in measure(contest, sizes, _say):
            figures.append(figure)
            _say(f"{figure.name.strip()}: {figure.judged:.3g}{'' if figure.bare else ' ' + figure.unit}")
    return figures


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
