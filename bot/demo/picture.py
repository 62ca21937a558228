"""`python -m bot.demo.picture docs/demo.svg`: a picture of the demonstration, for a page that cannot play it.

Guarantee: every line of it was said on a real homeserver during that very run; the picture loads nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import tempfile
from pathlib import Path
from typing import Final

from bot.demo import night, ransomware
from bot.demo.play import Play
from bot.demo.seen import Sighting
from bot.demo.show import Show
from bot.demo.stage import Stage
from bot.demo.story import ZONE, rise
from bot.domain.language import Both, Language

WIDTH: Final = 96
_FONT: Final = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
# One screenful: the alarm and the card, the breach and its clocks, a reminder that rings and who takes it.
_CHOSEN: Final = Both(
    r"^Écrans noirs|^!incident|^🚨 En cours|^!violation|^🕐|^!echeance |^⏰|^🙋",
    r"^Black screens|^!open|^🚨 Under way|^!breach|^🕐|^!deadline |^⏰|^🙋",
)
_TITLE: Final = Both("tocsin demo", "tocsin demo --lang en")


class Picture(Show):
    """Shows what is chosen of the conversation, each thing once, and nothing of what is around it."""

    def __init__(self, lang: Language) -> None:
        super().__init__(lang, ZONE, width=WIDTH)
        self._chosen = re.compile(_CHOSEN.get(lang))
        self._seen: set[str] = set()

    def sighting(self, seen: Sighting, who: str, room: str, direct_to: str | None) -> None:
        """Show it if it is a message of a room, or a button that somebody pressed, and is chosen."""
        said = direct_to is None and (seen.what == "message" or (seen.what == "reaction" and seen.sender != self.bot))
        if said and self._chosen.search(seen.text) and seen.text not in self._seen:
            self._seen.add(seen.text)
            super().sighting(seen, who, room, direct_to)

    def act(self, title: str) -> None:
        """Acts are not in the picture."""

    def note(self, text: str) -> None:
        """Nor is what happens outside the rooms."""

    def proved(self, text: str) -> None:
        """Nor are the checks: they were passed all the same."""

    def svg(self, title: str) -> str:
        """The picture, with the fonts of whoever looks at it."""
        drawn = self._console.export_svg(title=title, unique_id="tocsin", clear=False)
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.S)
        return drawn.replace("Fira Code, monospace", _FONT) + "\n"


async def draw(lang: Language, folder: Path) -> str:
    """Play the beginning of the first story below `folder`, and return its picture. Raises what the demo raises."""
    picture = Picture(lang)
    async with Stage(folder, language=lang, run=False) as stage:
        scene = Play(stage, picture, lang)
        await rise(scene)
        await ransomware.alarm(scene)
        await ransomware.arrivals(scene)
        await night.questions(scene)
        await night.set_reminder(scene)
        await night.reminder_rings(scene)
    return picture.svg(_TITLE.get(lang))


def main() -> None:
    """Write the picture where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bot.demo.picture", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lang", choices=("fr", "en"), default="en")
    asked = parser.parse_args()
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        drawn = asyncio.run(draw("en" if asked.lang == "en" else "fr", Path(folder)))
    asked.out.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
