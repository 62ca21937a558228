"""Communications are approved and released here. Guarantee: a vote is about the newest text that stood in the room when
it was cast, and no other; nobody publishes alone; what goes out is what was approved, and the log says which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.commands import daily
from bot.commands.call import Call
from bot.commands.clocks import numbered
from bot.commands.clocks import record as clock_record
from bot.commands.drafts import exact, named, state_of, still_true
from bot.commands.fulfilling import fulfilled
from bot.commands.order import in_turn, passed_over, urgent_anyway
from bot.commands.permission import is_alone, same_human, vouched
from bot.commands.scene import Scene
from bot.commands.steering import told
from bot.domain import drafts as texts
from bot.domain.approval import alone_gives, asked, can_give, findings, stopped
from bot.domain.cell import Cell
from bot.domain.clocks import Clock
from bot.domain.drafts import Draft, TextStanding, Version
from bot.domain.effects import Effect, PrintText, Reply
from bot.domain.heard import unheard
from bot.domain.incident import Undoable
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.paper import LONGEST_ALOUD, Form, Texted, form_of, plain, seconds_aloud, sms
from bot.domain.playbook import Text
from bot.domain.roles import BYSTANDERS, Role
from bot.domain.screening import Finding
from bot.domain.to_file import to_file

RELEASERS = frozenset({Role.COMMUNICATION, Role.SPOKESPERSON, Role.DIRECTOR})
VOTE = "vote:"
REVIEW_WITHIN = timedelta(hours=1)
"""A text that a director approved alone is read again within this time."""
_REPLIED = re.compile(r"draft:[^:]+:(?P<draft>\d+):(?P<version>\d+)")
_WHICH = re.compile(r"v\s?(?P<version>\d{1,4})(?:\s*[·.,-]?\s*(?P<digest>[0-9a-f]{8,64}))?[\s.!]*", re.IGNORECASE)
_LEADING = re.compile(rf"\A{_WHICH.pattern}(?:[:;,–—-]\s*)?(?=\S|\Z)", re.IGNORECASE)


def approve(scene: Scene, call: Call) -> Outcome:
    """Approve the newest version, for every role of its route that the sender may fill.

    Refuses the author (who is alone says yes twice), a text with blanks or a patient's number, an old version, and a
    reaction that would complete the route of a text that leaves the cell.
    """
    cell, found = scene.here, named(scene, call)
    typed = call.get("which", str)
    if typed is not None and _WHICH.fullmatch(typed) is None:
        raise Refusal("drafts.which", draft=found, typed=typed)
    version = bound(scene, found, typed)
    severity = cell.incident.severity
    if found.released() is not None:
        raise Refusal("drafts.released_already", draft=found, release=found.released())
    own = same_human(scene, version.author, scene.sender)
    if own and not _alone(scene, found):
        raise Refusal("drafts.own", draft=found, people=scene.names_of(asked(cell, found)))
    _not_stopped(scene, found)
    before = texts.expire(found) if found.outdated(scene.now) else found
    still_true(cell, before)
    if own and not scene.alone and before.missing(severity):
        raise Confirm("drafts.own_alone", (), draft=before, text=exact(version.text))
    urgent = call.get("urgent", str)
    if urgent is not None:
        return _urgently(scene, before, version, urgent)
    steps = _steps(scene, before)
    mine = any(each.user == scene.sender for each in before.against())
    if not steps and not (mine and can_give(cell, before, scene.sender, before.needed(severity))):
        raise _not_asked(scene, before)
    after = texts.approve(before, steps, scene.sender, scene.now, severity, typed=not scene.button)
    complete = after.standing(severity, scene.now) is TextStanding.APPROVED
    if scene.button and after.leaves and not after.missing(severity):
        raise Refusal("drafts.typed", draft=found, example=f"!{call.spec.verb(scene.language)} {found.number}")
    said = {
        **state_of(after, version),
        "roles": [role.value for role, _ in steps],
        "held": [held.value for _, held in steps],
        "typed": not scene.button,
        "missing": [role.value for role in after.missing(severity)],
        "complete": complete,
    }
    record = Record("draft", "approve", after.id, {"missing": [r.value for r in found.missing(severity)]}, said)
    changed = cell.with_draft(after).with_undo(_vote(scene, after))
    values = {
        "draft": after,
        "name": scene.name_of(scene.sender),
        "roles": [role for role, _ in steps],
        "complete": complete,
        "against": scene.names_of(each.user for each in after.against()),
        "waiting": scene.names_of(asked(changed, after)),
        "found": [e for e in findings(cell, after) if e.words and (e.aside or e.what is Finding.COSTLY)],
        "at": scene.now,
        "alone": own,
    }
    return Outcome(changed, (record,), (Reply("drafts.approved", values),))


def _urgently(scene: Scene, before: Draft, version: Version, reason: str) -> Outcome:
    """A director alone approves every step that is missing, and the text is looked at again within the hour.

    Refuses a text whose template does not allow it, one that waits for nothing or has somebody else against it, and
    whoever is no director.
    """
    cell, severity = scene.here, scene.here.incident.severity
    if not before.urgent:
        raise Refusal("drafts.not_urgent", draft=before, people=scene.names_of(asked(cell, before)))
    if Role.DIRECTOR not in cell.roles_of(scene.sender):
        raise Refusal("drafts.urgent_director", draft=before, people=scene.names_of(_directors(scene, before)))
    missing = before.missing(severity)
    if not missing:
        raise _not_asked(scene, before)
    others = [each.user for each in before.against() if each.user != scene.sender]
    if others:
        raise Refusal("drafts.has_objection", draft=before, people=scene.names_of(others))
    after = texts.approve(
        before, [(role, Role.DIRECTOR) for role in missing], scene.sender, scene.now, severity, typed=True
    )
    said = {
        **state_of(after, version),
        "roles": [role.value for role in missing],
        "held": [Role.DIRECTOR.value] * len(missing),
        "urgent": True,
        "complete": True,
    }
    record = Record("draft", "approve", after.id, None, said, extra={"reason": reason})
    after, passed, first = urgent_anyway(scene, after, reason)
    review = _review(cell, scene, after)
    changed = cell.with_draft(after).with_clocks([review]).with_undo(_vote(scene, after))
    values = {
        "draft": after,
        "name": scene.name_of(scene.sender),
        "roles": [role for role in missing if role is not Role.DIRECTOR],
        "reason": reason,
        "clock": review,
        "at": scene.now,
        **first,
    }
    records = (record, *passed, clock_record("start", None, review))
    return Outcome(changed, records, told(scene, "drafts.urgently", values))


def _directors(scene: Scene, draft: Draft) -> list[str]:
    held = scene.here.holders(Role.DIRECTOR)
    return [member.matrix_id for member in held if member.matrix_id != draft.last.author]


def _review(cell: Cell, scene: Scene, draft: Draft) -> Clock:
    """The clock of ours by which a text that was approved in haste is read again."""
    title = Text(f"Relire {draft.heading}, approuvé en urgence", f"Read {draft.heading} again, approved in haste")
    return numbered(cell, scene.now, title, scene.now + REVIEW_WITHIN, Role.COMMUNICATION)


def _alone(scene: Scene, draft: Draft) -> bool:
    """Whether the author may approve, as whoever has nobody else may: nobody is left who could."""
    return is_alone(scene.here, scene.roster) and not asked(scene.here, draft)


def _steps(scene: Scene, draft: Draft) -> list[tuple[Role, Role]]:
    """The steps of the route that the sender fills now; where all were filled by reactions, theirs again, typed."""
    cell, severity = scene.here, scene.here.incident.severity
    if draft.last.author == scene.sender:
        return alone_gives(cell, scene.sender, draft.missing(severity))
    if draft.untyped(severity):
        needed = draft.needed(severity)
        return [(e.role, e.held) for e in draft.given().values() if e.user == scene.sender and e.role in needed]
    return can_give(cell, draft, scene.sender, draft.missing(severity))


def reject(scene: Scene, call: Call) -> Outcome:
    """Vote against the newest version, with a reason; a reaction is counted at once, and asked why."""
    cell, found = scene.here, named(scene, call)
    typed = call.get("text", str)
    leading = _LEADING.match(typed) if typed else None
    which = call.get("which", str) or (leading[0] if leading else None)
    reason = (typed[leading.end() :] if typed and leading else typed) or None
    version = bound(scene, found, which)
    if found.released() is not None:
        raise Refusal("drafts.released_already", draft=found, release=found.released())
    if version.author == scene.sender:
        raise Refusal("drafts.own", draft=found, people=scene.names_of(asked(cell, found)))
    if not can_give(cell, found, scene.sender, found.needed(cell.incident.severity)):
        raise _not_asked(scene, found)
    if reason is None and not scene.button:
        raise Refusal("drafts.why", draft=found)
    after = texts.reject(found, scene.sender, scene.now, reason)
    said = {**state_of(after, version), "reason": reason, "typed": not scene.button}
    record = Record("draft", "reject", after.id, state_of(found, version), said)
    values = {
        "draft": after,
        "name": scene.name_of(scene.sender),
        "reason": reason,
        "author": scene.name_of(version.author),
    }
    reply = Reply("drafts.rejected", values, key=why_key(cell.incident.id, after) if reason is None else "0")
    return Outcome(cell.with_draft(after).with_undo(_vote(scene, after)), (record,), (reply,))


def publish(scene: Scene, call: Call) -> Outcome:
    """Release the approved text, by copying: show it exactly, and log the channel, the hour, the version and the hash.

    Refuses what is not wholly approved, was approved more than a day ago, rests on what is no longer true, or goes
    before those who should hear first, where nobody said why.
    """
    found = named(scene, call)
    channel = call.get("channel", str)
    version = releasable(scene, found)
    may_release(scene, found)
    in_turn(scene, found, call)
    if scene.confirmed_by is None:
        two_for_frozen(scene, found, channel)
        raise Confirm(
            "drafts.publish_confirm",
            (scene.sender,),
            draft=found,
            text=exact(version.text),
            channel=channel,
            **passed_over(scene, found),
        )
    after, released, records, clocks = went_out(scene, found, channel, texts.ReleaseMode.COPY)
    values = {
        "draft": after,
        "text": exact(version.text),
        "channel": channel,
        "name": scene.name_of(scene.sender),
        "at": scene.now,
        "clocks": clocks,
        "to_file": to_file(released, after.template),
        "daily": daily.next_of(released, after.template),
    }
    form = form_of(channel)
    aloud = seconds_aloud(version.text) if form is Form.VOICE else 0
    length = Texted.of(plain(version.text)) if sms(channel) else None
    values |= {"file": form is not None, "aloud": aloud if aloud > LONGEST_ALOUD else 0, "sms": length}
    effects: tuple[Effect, ...] = (Reply("drafts.released", values), Reply("drafts.copy", values, key="copy"))
    if form is not None and form is not Form.TXT:
        effects += (PrintText(after.number, version.number, form.value),)
    return Outcome(released, records, effects)


def went_out(
    scene: Scene,
    found: Draft,
    channel: str | None,
    mode: texts.ReleaseMode,
    at: datetime | None = None,
    **more: Any,
) -> tuple[Draft, Cell, tuple[Record, ...], tuple[Clock, ...]]:
    """The text, released now or, as somebody says, at `at`; the log says who answers for it. With the clocks of ours
    that it meets, closed; what the bot sends meets them once somebody has it."""
    when = at or scene.now
    before = unheard(scene.here, found)
    after = texts.release(found, channel, scene.sender, when, mode, before)
    said: dict[str, Any] = {
        **state_of(after, after.last),
        "channel": channel,
        "mode": mode.value,
        "at": when,
        "before": list(before),
        **more,
        **approvers(scene, after),
    }
    action = "posted" if mode is texts.ReleaseMode.BY_HAND else "publish"
    record = Record("draft", action, after.id, None, said, occurred_at=at)
    released = scene.here.with_draft(after).without_undo(scene.sender)
    if mode is texts.ReleaseMode.SENT:
        return after, released, (record,), ()
    released, more_records, clocks = fulfilled(released, after, after.last, scene.sender, scene.now, at)
    return after, released, (record, *more_records), clocks


def two_for_frozen(
    scene: Scene, found: Draft, channel: str | None, *, bound: str | None = None, as_typed: str | None = None
) -> None:
    """A text that was approved in peacetime goes out by two. Raises Confirm until somebody else has said yes.

    `bound`, `as_typed`: as `Confirm` has them; of a question that is put again the second is set.
    """
    if found.last.frozen is None or scene.confirmed_by is not None:
        return
    others = (m.matrix_id for m in scene.here.members.values() if m.present and set(m.roles) - BYSTANDERS)
    may = tuple(u for u in others if not same_human(scene, u, scene.sender) and vouched(scene, u))
    raise Confirm(
        "drafts.publish_frozen", may, bound=bound, as_typed=as_typed, draft=found, text=exact(found.last.text),
        channel=channel, changed=as_typed is not None, **passed_over(scene, found),
    )  # fmt: skip


def approvers(scene: Scene, draft: Draft) -> dict[str, Any]:
    """What the log says of who answers for a release: who approved the text; of one that was approved in peacetime by
    which hash, and whose yes let it go."""
    said: dict[str, Any] = {"approved_by": sorted({each.user for each in draft.given().values()})}
    if draft.last.frozen is not None:
        said |= {"frozen": draft.last.frozen, "confirmed_by": scene.confirmed_by}
    return said


def may_release(scene: Scene, found: Draft) -> None:
    """Refuse whoever may release only what was approved in peacetime anything else."""
    roles = set(scene.here.roles_of(scene.sender))
    if found.last.frozen is None and roles and not roles & RELEASERS and Role.DUTY_MANAGER in roles:
        raise Refusal("drafts.only_frozen", draft=found)


def releasable(scene: Scene, found: Draft) -> Version:
    """The version that may go out. Refuses what is not wholly approved, was approved more than a day ago, has somebody
    against it, rests on what is no longer true, was taken down, or was approved in peacetime and is no more."""
    cell, version = scene.here, bound(scene, found, None)
    if found.taken_down:
        raise Refusal("remarks.down", draft=found, release=found.released())
    if version.frozen is not None and not _still_kept(scene, found):
        raise Refusal("remarks.thawed", draft=found)
    _not_stopped(scene, found)
    severity = cell.incident.severity
    standing = found.standing(severity, scene.now)
    if standing is TextStanding.STALE:
        raise Refusal("drafts.stale", draft=found)
    if standing is TextStanding.REJECTED:
        raise Refusal("drafts.has_objection", draft=found, people=scene.names_of(o.user for o in found.against()))
    if found.missing(severity):
        people = scene.names_of(asked(cell, found))
        raise Refusal("drafts.not_approved", draft=found, roles=list(found.missing(severity)), people=people)
    if found.untyped(severity):
        raise Refusal("drafts.untyped", draft=found, people=scene.names_of(asked(cell, found)))
    still_true(cell, found)
    return version


def _still_kept(scene: Scene, found: Draft) -> bool:
    """Whether a text approved in peacetime still is, by the files of today, and not too long ago."""
    kept = scene.templates.frozen.get((found.template, found.language))
    return kept is not None and kept.sha256 == found.last.frozen and not kept.stale(scene.now.date())


def _not_stopped(scene: Scene, found: Draft) -> None:
    """Refuse a text with a blank, a patient's number, or what must not be said and nobody let stand."""
    stopping = stopped(scene.here, found)
    if stopping:
        raise Refusal("drafts.blocked", draft=found, found=stopping)


def put_back(scene: Scene, cell: Cell, was: Mapping[str, Any]) -> tuple[Cell, tuple[Record, ...]]:
    """The communications without the votes that `!annuler` takes back. Refuses a vote on what has changed since."""
    records: list[Record] = []
    for name, held in was.items():
        if not name.startswith(VOTE):
            continue
        before = cell.drafts[held["draft"]]
        if before.last.number != held["version"] or before.released() is not None:
            raise Refusal("refusals.changed_since")
        severity = cell.incident.severity
        kept = tuple(e for e in before.asides if e.what is not Finding.ORDER or e.user != scene.sender)
        after = texts.withdraw(replace(before, asides=kept), scene.sender, scene.now, severity)
        cell = cell.with_draft(after)
        said = {**state_of(after, after.last), "missing": [role.value for role in after.missing(severity)]}
        records.append(Record("draft", "undo", after.id, state_of(before, before.last), said))
    return cell, tuple(records)


def _vote(scene: Scene, draft: Draft) -> Undoable:
    """What lets the sender take their vote back; nobody else's vote stands in its way."""
    was = {f"{VOTE}{scene.sender}": {"draft": draft.number, "version": draft.last.number}}
    return Undoable(scene.sender, scene.now, "vote", was=was)


def why_key(incident: str, draft: Draft) -> str:
    """The end of the key of the question why: an answer to it is the reason."""
    return f"why:{incident}:{draft.number}:{draft.last.number}"


def bound(scene: Scene, draft: Draft, which: str | None) -> Version:
    """The version that a vote is about: the one that was named, or replied to, else the newest that the room showed
    when it was cast.

    Refuses any that is not the newest, and one that nobody can have read yet.
    """
    last, cast_at = draft.last, scene.sent_at or scene.now
    shown = [each for each in draft.versions if each.posted_at is not None and each.posted_at <= cast_at]
    named_version = _WHICH.match(which) if which else None
    replied = _REPLIED.fullmatch(scene.replied) if scene.replied else None
    replied = replied if replied is not None and int(replied["draft"]) == draft.number else None
    if named_version is not None:
        number, digest = int(named_version["version"]), named_version["digest"]
        wrong = number == last.number and digest is not None and not last.sha256.startswith(digest.lower())
        if draft.version(number) is None or wrong:
            raise Refusal("drafts.no_such_version", draft=draft, typed=which)
    elif replied is not None:
        number = int(replied["version"])
    elif shown:
        number = shown[-1].number
    else:
        raise Refusal("drafts.not_shown", draft=draft)
    if number != last.number:
        raise Refusal("drafts.old_version", draft=draft, version=number)
    if last not in shown:
        raise Refusal("drafts.not_shown", draft=draft)
    return last


def _not_asked(scene: Scene, draft: Draft) -> Refusal:
    """Why this person's vote is not asked for: they gave it, or they are not on the route."""
    cell = scene.here
    if any(each.user == scene.sender for each in draft.given().values()) and not draft.untyped(cell.incident.severity):
        return Refusal("drafts.approved_already", draft=draft, people=scene.names_of(asked(cell, draft)))
    roles: list[Role] = list(draft.missing(cell.incident.severity) or draft.needed(cell.incident.severity))
    return Refusal("drafts.not_on_route", draft=draft, roles=roles, people=scene.names_of(asked(cell, draft)))
