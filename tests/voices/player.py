"""What the examples can do besides a transcript's: what people's clients and the homeserver do, not what is typed.

matrix> gap {"room_id": "cell", "found": 1}     what the Matrix layer tells, rooms by their short names
matrix> [stops] 20 minutes                      the bot was not there for that long
karim> [late] !fait 3                           it took six minutes to arrive
karim> [clear] !fait 3                          it was not encrypted
karim> [photo] a caption                        a picture, with `to "words"` in the brackets in reply to a message
karim> [withdraws] why                          what they said last
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from bot.store import meta
from tests.commands.harness import Said
from tests.commands.transcript import Player

_PHOTO = re.compile(r'\[photo(?: to "(?P<words>[^"]+)")?\] ?(?P<text>.*)', re.DOTALL)
_PICTURE = {"url": "mxc://x/y", "info": {"mimetype": "image/jpeg", "size": 9}}
_LATE = timedelta(minutes=6)


class Example(Player):
    """Plays one conversation of `examples.txt`."""

    def _act(self, who: str, room: str, sign: str, text: str) -> list[Said]:
        photo = _PHOTO.fullmatch(text)
        said: list[Said]
        if who == "matrix":
            return self._told(text)
        if text.startswith("[withdraws]"):
            return self._withdrawn(who, room, text.removeprefix("[withdraws]").strip())
        if photo:
            replied = self._with(photo["words"]) if photo["words"] else None
            extra = {**_PICTURE, "filename": "ecran.jpg"} if photo["text"] else _PICTURE
            said = self.talk.say(
                who, photo["text"] or "ecran.jpg", room, reply_to=replied, msgtype="m.image", extra=extra
            )
        elif text.startswith("[late] "):
            said = self.talk.say(who, text.removeprefix("[late] "), room, ago=_LATE)
        elif text.startswith("[clear] "):
            said = self.talk.say(who, text.removeprefix("[clear] "), room, why="cleartext")
        else:
            return super()._act(who, room, sign, text)
        self._last[who] = (self.talk.last_event, room)
        return said

    def _told(self, text: str) -> list[Said]:
        name, _, given = text.partition(" ")
        if name == "[stops]":
            with self.talk.db.transaction() as session:
                meta.put(session, "last_seen", self.talk.clock.now().isoformat())
            self.talk.clock.pass_(timedelta(minutes=int(given.split()[0])))
            return []
        payload: dict[str, Any] = json.loads(given or "{}")
        if "room_id" in payload:
            payload["room_id"] = self.talk.room_id(payload["room_id"])
        return self.talk.notice(name, payload)

    def _withdrawn(self, who: str, room: str, why: str) -> list[Said]:
        event, _ = self._last[who]
        content = {"redacts": event, **({"reason": why} if why else {})}
        self.talk._event(who, room, "m.room.redaction", content, encrypted=False, redacts=event)
        return self.talk.settle()
