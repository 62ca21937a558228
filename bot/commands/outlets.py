"""A text that the bot itself sends. Guarantee: only an approved one, only to whom its template is for, never in a
drill, once to each; after a trial to oneself, and with a director's typed word, who sees to how many it goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.commands import approvals
from bot.commands.approvals import may_release, releasable, two_for_frozen, went_out
from bot.commands.call import Call
from bot.commands.drafts import exact, named
from bot.commands.fulfilling import waiting
from bot.commands.order import in_turn, passed_over
from bot.commands.permission import same_human, vouched
from bot.commands.scene import Scene
from bot.domain.drafts import Draft, ReleaseMode, Version
from bot.domain.effects import Reply, SendText
from bot.domain.language import Both
from bot.domain.outcome import Confirm, Outcome, Refusal
from bot.domain.outlets import Outlet, SendState, channel_of, mark_of, meant
from bot.domain.paper import Texted, plain, sms
from bot.domain.roles import Role


def publish(scene: Scene, call: Call) -> Outcome:
    """Release the approved text: sent where the channel is one by which the bot may send, else given to be copied."""
    channel = call.get("channel", str)
    named_outlet = meant(channel, scene.outlets)
    if named_outlet is None:
        return approvals.publish(scene, call)
    outlet, trial = named_outlet
    found = named(scene, call)
    _may_go(scene, found, outlet)
    version = releasable(scene, found)
    may_release(scene, found)
    if trial:
        return _try(scene, found, version, outlet)
    in_turn(scene, found, call)
    return _send(scene, found, version, outlet, f"!{call.spec.verb(scene.language)} {found.number} {channel}")


def _may_go(scene: Scene, found: Draft, outlet: Outlet) -> None:
    """Refuse what is not for those whom the outlet reaches, anything in a drill, and a room that we are not in."""
    group = scene.templates.get(found.template, "fr").group if (found.template, "fr") in scene.templates.by_id else ""
    if group not in outlet.groups:
        raise Refusal("sending.not_for", draft=found, outlet=outlet, group=group, groups=sorted(outlet.groups))
    if scene.here.incident.drill:
        raise Refusal("sending.drill", draft=found)
    if outlet.room and outlet.members is None:
        raise Refusal("sending.no_room", draft=found)


def _try(scene: Scene, found: Draft, version: Version, outlet: Outlet) -> Outcome:
    """To the sender alone, as the others would get it."""
    values = {"draft": found, "outlet": outlet, "text": exact(plain(version.text))}
    if outlet.room:
        return Outcome(effects=(Reply("sending.as_shown", values),))
    person = scene.roster.by_id(scene.sender)
    ways = person.outside if person else ()
    to = next((way.to for way in ways if way.channel == outlet.id and way.to), None) or (person and person.phone)
    if not to:
        raise Refusal("sending.no_number", draft=found, outlet=outlet)
    effect = SendText(found.number, version.number, outlet.id, (to,), trial=True)
    return Outcome(scene.here, effects=(Reply("sending.trying", {**values, "mark": mark_of(to)}), effect))


def _send(scene: Scene, found: Draft, version: Version, outlet: Outlet, typed: str) -> Outcome:
    """To everybody whom these words have not reached. Raises Refusal, or Confirm until a director has said yes to these
    very recipients: the list may have been changed since they were asked."""
    incident = scene.here.incident.id
    tried = (
        each.trial and each.sha256 == version.sha256 and each.outlet == outlet.id and each.state is SendState.SENT
        for each in scene.records.sends(incident, found.number)
    )  # fmt: skip
    if not outlet.room and not any(tried):
        raise Refusal("sending.try_first", draft=found, outlet=outlet)
    to = scene.records.unsent(incident, found.number, version.sha256, outlet.id, outlet.recipients)
    if not to:
        raise Refusal("sending.nobody_left", draft=found, outlet=outlet)
    count = outlet.members if outlet.room else len(to)
    values: dict[str, Any] = {
        "draft": found,
        "text": exact(plain(version.text)),
        "outlet": outlet,
        "count": count,
        "before": len(outlet.recipients) - len(to),
        "sms": Texted.of(plain(version.text)) if sms(outlet.id) else None,
        **passed_over(scene, found),
    }
    bound = str(count) if outlet.room else scene.records.known_as(incident, to)
    changed = scene.confirmed_by is not None and scene.bound != bound
    if scene.confirmed_by is None or changed:
        _ask(scene, found, outlet, {**values, "changed": changed}, bound, typed if changed else None)
    # A director orders it by asking; the other person's yes for a text of peacetime is theirs, and no order.
    order = scene.sender if Role.DIRECTOR in scene.here.roles_of(scene.sender) else scene.confirmed_by
    more: dict[str, Any] = {"recipients": count, "by_order_of": order}
    after, released, records, _ = went_out(scene, found, _where(scene, outlet), ReleaseMode.SENT, **more)
    said = {**values, "draft": after, "name": scene.name_of(scene.sender), "at": scene.now}
    said["clocks"] = waiting(released, after)
    effects = (Reply("sending.begun", said), SendText(after.number, version.number, outlet.id, to))
    return Outcome(released, records, effects)


def _where(scene: Scene, outlet: Outlet) -> str:
    """The channel, as the registers name it."""
    return channel_of(outlet.id, scene.here.incident.language)


def _ask(
    scene: Scene, found: Draft, outlet: Outlet, values: dict[str, Any], bound: str | None, as_typed: str | None
) -> None:
    """A director's word; of a director, who gives theirs by asking, another person's for what nobody approved here."""
    if Role.DIRECTOR in scene.here.roles_of(scene.sender):
        where, count, many = _where(scene, outlet), values["count"], "s" if values["count"] > 1 else ""
        told = Both(f"{where}\u00a0: {count} destinataire{many}", f"{where}: {count} recipient{many}")
        anew = replace(scene, confirmed_by=None)
        two_for_frozen(anew, found, told.get(scene.language), bound=bound, as_typed=as_typed)
        raise Confirm("sending.confirm", (scene.sender,), bound=bound, as_typed=as_typed, **values)
    directors = [member.matrix_id for member in scene.here.holders(Role.DIRECTOR)]
    may = tuple(each for each in directors if vouched(scene, each) and not same_human(scene, each, scene.sender))
    if not may:
        raise Refusal("sending.no_director", draft=found)
    raise Confirm("sending.confirm", may, bound=bound, as_typed=as_typed, **values)
