"""What went out, and what sets it right. Guarantee: a release keeps its line for ever; a text that corrects another is
approved like any other, and one that is taken down says by whom and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.commands import daily, fulfilling
from bot.commands.approvals import may_release, releasable, two_for_frozen, went_out
from bot.commands.call import Call, When
from bot.commands.drafts import first_version, named, posted_version
from bot.commands.listing import listed
from bot.commands.order import in_turn
from bot.commands.scene import Scene
from bot.domain import drafts as texts
from bot.domain.approval import let_stand
from bot.domain.clock_lines import line
from bot.domain.drafts import Draft, Release, ReleaseMode
from bot.domain.effects import Reply
from bot.domain.heard import WHOM
from bot.domain.language import Both
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.outlets import Outlet, Result, Sent
from bot.domain.remarks import Remark
from bot.domain.screening import Finding
from bot.domain.to_file import to_file

_DOWN = re.compile(r"\A(?:retrait|retire[rz]?|retiré[es]*|withdraw(?:n|al)?|take down)\b[\s:,—–-]*", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One release of one text. `found`: what was found in it and let stand."""

    draft: Draft
    release: Release
    found: tuple[Remark, ...] = ()

    @property
    def stood(self) -> list[Remark]:
        """Its words that were let stand."""
        return [each for each in self.found if each.what is not Finding.ORDER]

    @property
    def first(self) -> list[Both]:
        """Who should have heard before."""
        return [WHOM[each] for each in self.release.before]

    @property
    def reasons(self) -> list[str]:
        """Why it went before them."""
        given = (each.aside.reason for each in self.found if each.what is Finding.ORDER and each.aside is not None)
        return list(dict.fromkeys(given))


def show(scene: Scene, call: Call) -> Outcome:
    """The register of what was said, the newest first; of one text where its number is given."""
    cell = scene.here
    only = named(scene, call).number if call.get("draft", int) is not None else None
    lines = [
        Line(draft, release, let_stand(cell, draft, release))
        for draft in cell.drafts.values()
        for release in draft.releases
        if only is None or draft.number == only
    ]
    lines.sort(key=lambda line: line.release.at, reverse=True)
    values = {"sends": _sends(scene, only)}
    return listed(scene, "releases.list", "lines", lines, Both("diffusions", "releases"), values=values)


def _sends(scene: Scene, only: int | None) -> list[tuple[Outlet, Result]]:
    """What became of what the bot sent of one text, by outlet."""
    if only is None:
        return []
    found: dict[str, list[Sent]] = {}
    for each in scene.records.sends(scene.here.incident.id, only):
        found.setdefault(each.outlet, []).append(each)
    return [
        (Outlet(name, frozenset()), Result.of(each)) for name, each in found.items() if not all(s.trial for s in each)
    ]


def posted(scene: Scene, call: Call) -> Outcome:
    """An approved text was put up by hand: where, and when. Refuses what `!diffuser` refuses, and wants
    the same second person for what was approved in peacetime."""
    found = named(scene, call)
    may_release(scene, found)
    version = releasable(scene, found)
    channel, when = str(call.args["channel"]), call.get("at", When)
    at = when.at if when else scene.now
    if at < version.written_at:
        raise Refusal("releases.before_written", draft=found, at=at, version=version)
    in_turn(scene, found, call)
    two_for_frozen(scene, found, channel)
    given = at if when else None
    after, released, records, clocks = went_out(scene, found, channel, ReleaseMode.BY_HAND, given)
    values = {"draft": after, "channel": channel, "name": scene.name_of(scene.sender), "at": at, "clocks": clocks}
    values |= {"daily": daily.next_of(released, after.template), "to_file": to_file(released, after.template)}
    return Outcome(released, records, (Reply("releases.posted", values),))


def amend(scene: Scene, call: Call) -> Outcome:
    """A text that sets a released one right, as a draft of its own; or the released one is taken down, with a reason.

    Refuses a text that never went out, which is simply changed, and one too long to be shown whole.
    """
    cell, found = scene.here, named(scene, call)
    typed = call.get("text", str)
    standing = [release for release in found.releases if release.withdrawn_at is None]
    if not found.releases:
        raise Refusal("releases.never_out", draft=found)
    down = _DOWN.match(typed) if typed else None
    if down is not None and typed is not None:
        return _take_down(scene, found, standing, typed[down.end() :].strip())
    last = max(found.releases, key=lambda release: release.at)
    released = found.version(last.version)
    assert released is not None
    text = typed or texts.correcting(released.text, found.language)
    version = first_version(scene, text, found.template)
    if texts.too_long(version.text):
        raise Refusal("drafts.too_long", draft=found)
    made = Draft(
        number=max(cell.drafts, default=0) + 1,
        template=found.template,
        title=found.title,
        language=found.language,
        leaves=found.leaves,
        route=found.route,
        created_at=scene.now,
        versions=(version,),
        corrects=found.number,
        urgent=found.urgent,
        audience=found.audience,
        channel=found.channel,
        asides=found.asides,
    )
    return posted_version(scene, cell, made)


def _take_down(scene: Scene, found: Draft, standing: list[Release], why: str) -> Outcome:
    if not standing:
        raise Refusal("releases.down_already", draft=found)
    if not why:
        raise Refusal("releases.why_down", draft=found)
    after = texts.take_down(found, scene.sender, scene.now, why)
    unmet = fulfilling.unmet(scene.here.with_draft(after), after, scene.now, why)
    said = {
        "reason": why,
        "channels": [release.channel for release in standing],
        "reopened": [clock.id for clock in unmet.again],
        "still_met": [clock.id for clock in unmet.kept],
    }
    values = {
        "again": [line(unmet.cell, clock, scene.now) for clock in unmet.again],
        "kept": [(clock, unmet.by.get(clock.id)) for clock in unmet.kept],
        "sent": any(release.was_read and release.mode is ReleaseMode.SENT for release in after.releases),
        "draft": after,
        "channels": [release.channel for release in standing if release.channel],
        "why": why,
        "name": scene.name_of(scene.sender),
        "at": scene.now,
    }
    record = Record("draft", "withdraw", after.id, None, said)
    changed = unmet.cell.without_undo(scene.sender)
    return Outcome(changed, (record, *unmet.records), (Reply("releases.down", values),))
