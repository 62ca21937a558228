"""How long from now was typed with `--dans`. Guarantee: working days are counted by the site's calendar, to the end of
the last, as the engine of deadlines counts those of the law.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.commands.call import Call, WorkingDays
from bot.commands.scene import Scene
from bot.domain.calendars import CALENDARS, add_working_days
from bot.domain.local_time import end_of
from bot.domain.parties import calendar_of


def from_now(scene: Scene, call: Call) -> timedelta | None:
    """The length of time of the option, from the scene's moment on; None where none was given."""
    typed = call.options.get("in")
    if not isinstance(typed, WorkingDays):
        return call.get("in", timedelta)
    zone, country = ZoneInfo(scene.here.incident.timezone), scene.organisation.country
    calendar = calendar_of(zone.key) or (country if country in CALENDARS else "FR")
    # A holiday that not the whole country keeps makes nothing later.
    last = add_working_days(scene.now.astimezone(zone).date(), typed.count, calendar)
    return end_of(last, zone) - scene.now
