"""A text that the bot itself sends. Guarantee: only an approved one, only to whom its template is for, never in a
drill, once to each; after a trial to oneself, and with a director's typed word, who sees to how many it goes."""

from __future__ import annotations

from typing import Any

from bot.commands import approvals, daily
from bot.commands.approvals import may_release, releasable, too_early, two_for_frozen, went_out
from bot.commands.call import Call
from bot.commands.drafts import exact, named
from bot.commands.permission import same_human, vouched
from bot.commands.scene import Scene
from bot.domain.drafts import Draft, ReleaseMode, Version
from bot.domain.effects import Reply, SendText
from bot.domain.language import Both
from bot.domain.outcome import Confirm, Outcome, Refusal
from bot.domain.outlets import Outlet, SendState, mark_of, meant
from bot.domain.paper import Texted, plain, sms
from bot.domain.roles import Role

_STAFF_ROOM = Both("salon du personnel", "staff room")


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
    return _try(scene, found, version, outlet) if trial else _send(scene, found, version, outlet)


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


def _send(scene: Scene, found: Draft, version: Version, outlet: Outlet) -> Outcome:
    """To everybody whom these words have not reached. Raises Refusal, or Confirm until a director has said yes."""
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
        "early": too_early(scene, found),
    }
    if scene.confirmed_by is None:
        _ask(scene, found, outlet, values)
    # A director orders it by asking; the other person's yes for a text of peacetime is theirs, and no order.
    order = scene.sender if Role.DIRECTOR in scene.here.roles_of(scene.sender) else scene.confirmed_by
    more: dict[str, Any] = {"recipients": count, "by_order_of": order, "before": values["early"]}
    after, released, records, clocks = went_out(scene, found, _where(scene, outlet), ReleaseMode.SENT, **more)
    said = {**values, "draft": after, "name": scene.name_of(scene.sender), "at": scene.now, "clocks": clocks}
    said["daily"] = daily.next_of(released, after.template)
    effects = (Reply("sending.begun", said), SendText(after.number, version.number, outlet.id, to))
    return Outcome(released, records, effects)


def _where(scene: Scene, outlet: Outlet) -> str:
    """The channel, as the registers name it."""
    return _STAFF_ROOM.get(scene.here.incident.language) if outlet.room else outlet.id


def _ask(scene: Scene, found: Draft, outlet: Outlet, values: dict[str, Any]) -> None:
    """A director's word; of a director, who gives theirs by asking, another person's for what nobody approved here."""
    if Role.DIRECTOR in scene.here.roles_of(scene.sender):
        where, count, many = _where(scene, outlet), values["count"], "s" if values["count"] > 1 else ""
        told = Both(f"{where}\u00a0: {count} destinataire{many}", f"{where}: {count} recipient{many}")
        two_for_frozen(scene, found, told.get(scene.language))
        raise Confirm("sending.confirm", (scene.sender,), **values)
    directors = [member.matrix_id for member in scene.here.holders(Role.DIRECTOR)]
    may = tuple(each for each in directors if vouched(scene, each) and not same_human(scene, each, scene.sender))
    if not may:
        raise Refusal("sending.no_director", draft=found)
    raise Confirm("sending.confirm", may, **values)
