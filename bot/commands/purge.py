"""Taking personal data out of the log, and forbidding it. Guarantee: two people always, one of them the data-protection
officer or the data lead; nobody is ever asked for the datum; and nothing goes while a legal hold is on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.commands.call import Call
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.domain.cell import Cell
from bot.domain.effects import Ask, Effect, Hide, Hold, Purge, Reply, Tell, Unhide
from bot.domain.language import fold
from bot.domain.log import Entry, from_rfc3339
from bot.domain.outcome import Confirm, Outcome, Record, Refusal
from bot.domain.purge import Mode, Reason, datum, left_of, said_in, stated_reason
from bot.domain.qualifying import Answer
from bot.domain.roles import Role

GUARDIANS = (Role.DPO, Role.DATA_LEAD)
"""One of these is always one of the two."""
HOLDERS = (Role.LEGAL, Role.DIRECTOR)
AT_ONCE = timedelta(minutes=10)
"""How long what one wrote can be hidden on one's word alone, until a guardian confirms it."""
CONFIRM_WITHIN = timedelta(days=7)
GUARDIAN = "guardian"
"""The step of a demand at which a second person's word is awaited."""
MOST = 20
_FIXED = frozenset({"purge", "anchor", "gap", "system", "export"})
"""What must stay to explain the rest."""


def purge(scene: Scene, call: Call) -> Outcome:
    """Mask or erase entries: what stands in their place is asked for, then the second person's word."""
    cell = scene.here
    _not_held(scene)
    entries = [_entry(scene, seq) for seq in _numbers(scene, call)]
    typed = call.get("text", str) or ""
    reason, rest = stated_reason(typed)
    if reason is None:
        raise Refusal("purge.reason", numbers=[e.seq for e in entries], reasons=list(Reason), erase=_erases(call))
    mode = Mode.ERASE if _erases(call) else Mode.MASK
    replacement = _replacement(rest, mode, entries)
    if replacement is not None and datum(said_in(entries[0]), replacement, frozenset()) is None:
        raise Refusal("purge.same_text", number=entries[0].seq)
    if _own_and_fresh(scene, entries) and scene.confirmed_by is None:
        return hide(scene, entries, reason, mode, replacement)
    text = _spelled(call, entries, reason, mode, replacement)
    numbers = [str(e.seq) for e in entries]
    about: dict[str, Any] = {
        "numbers": numbers,
        "reason": reason,
        "mode": mode.value,
        "put": replacement,
        "left": left_of(reason),
    }
    if scene.confirmed_by is None and mode is Mode.MASK and replacement is None:
        raise Confirm("purge.ask_text", (scene.sender,), as_typed=text, **about)
    if scene.confirmed_by in (None, scene.sender):
        may = seconds(scene.here, scene.sender)
        if not may:
            raise Refusal("purge.nobody", roles=list(second_roles(cell, scene.sender)))
        whose = [{"seq": e.seq, "who": scene.name_of(e.sender), "at": from_rfc3339(e.logged_at)} for e in entries]
        raise Confirm("purge.second", may, as_typed=text, entries=whose, **about)
    effect = Purge(
        tuple(e.seq for e in entries), mode.value, reason.value, replacement, scene.sender, str(scene.confirmed_by)
    )
    return Outcome(cell.without_undo(scene.sender), (), (effect,))


def seconds(cell: Cell, asker: str) -> tuple[str, ...]:
    """Whose yes completes a purge that `asker` wants: never their own, whoever else is there or not."""
    found = (m.matrix_id for role in second_roles(cell, asker) for m in cell.holders(role))
    return tuple(user for user in dict.fromkeys(found) if user != asker)


def second_roles(cell: Cell, asker: str) -> tuple[Role, ...]:
    """The roles of which one completes a purge that `asker` wants."""
    return HOLDERS if set(GUARDIANS) & set(cell.roles_of(asker)) else GUARDIANS


def hide(
    scene: Scene, entries: Iterable[Entry], reason: Reason, mode: Mode = Mode.MASK, put: str | None = None
) -> Outcome:
    """What its author says held such data is hidden at once; the second person's word completes it, and the author's
    no shows it again.

    `put`: the text that their yes leaves in its place.
    """
    cell = scene.here
    seqs = tuple(e.seq for e in entries)
    may = seconds(cell, scene.sender)
    values = {
        "numbers": [str(seq) for seq in seqs],
        "reason": reason,
        "name": scene.name_of(scene.sender),
        "people": scene.names_of(may),
        "roles": list(second_roles(cell, scene.sender)),
        "mode": mode.value,
        "put": put,
        "left": left_of(reason),
    }
    asked = Ask(
        "purge.complete",
        values,
        command="purge",
        about=request(seqs),
        held={
            "step": GUARDIAN,
            "seqs": list(seqs),
            "reason": reason.value,
            "by": scene.sender,
            "mode": mode.value,
            "put": put,
        },
        may=may,
        life=CONFIRM_WITHIN,
        ring=may,
        in_cell=True,
        typed=True,
    )
    hidden = Hide(seqs, reason.value, request(seqs), put)
    return Outcome(cell.without_undo(scene.sender), (), (hidden, Reply("purge.hidden", values), asked))


def request(seqs: Iterable[int]) -> str:
    """What names the demand to hide these entries."""
    return f"purge:{','.join(map(str, seqs))}"


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """The author's word that what they withdrew held such data, or the guardian's on what is hidden."""
    cell, reason = scene.here, Reason(held["reason"])
    seqs = tuple(int(seq) for seq in held["seqs"])
    entries = [e for seq in seqs if (e := scene.records.entry(cell.incident.id, seq)) is not None]
    if all(e.content is None for e in entries):
        raise Refusal("purge.gone", number=seqs[0])
    if answer is Answer.UNKNOWN:
        raise Refusal("purge.yes_or_no")
    _not_held(scene)
    if held["step"] == "author":
        return hide(scene, entries, reason) if answer is Answer.YES else Outcome(effects=(Reply("notices.cancelled"),))
    may = seconds(cell, str(held["by"]))
    # Nothing is lost by hiding: who asked for it, or in whose name a withdrawal was forged, takes it back alone.
    own = scene.sender == held["by"] and answer is Answer.NO
    if scene.sender not in may and not own:
        # The role was taken back since they were asked.
        raise Refusal("refusals.not_you", names=scene.names_of(may))
    if answer is Answer.YES:
        # Who asked before these could be said meant the mask, and no text.
        mode, put = str(held.get("mode", Mode.MASK.value)), held.get("put")
        effect = Purge(seqs, mode, reason.value, put, str(held["by"]), scene.sender)
        # What it hid and the purge leaves, since it is no copy of the datum, is shown again.
        return Outcome(cell, (), (effect, Unhide(request(seqs))))
    action = "unhide" if own else "purge_refused"
    record = Record("incident", action, cell.incident.id, extra={"asked_by": held["by"], "entries": list(seqs)})
    said = {"numbers": [str(seq) for seq in seqs], "name": scene.name_of(scene.sender), "own": own}
    key = f"purge:{cell.incident.id}:{seqs[0]}:shown"
    effects: tuple[Effect, ...] = (Unhide(request(seqs)), Reply("purge.shown", said))
    if scene.place is not Place.CELL:
        effects = (*effects, Tell(cell.incident.room_key, "purge.shown", said, cell.incident.language, key))
    return Outcome(cell, (record,), effects)


# -- legal hold --------------------------------------------------------------------------------------------------------


def hold(scene: Scene, call: Call) -> Outcome:
    """From now on nothing is purged: a judge, an insurer or an authority may ask for it."""
    before = scene.records.held(scene.here.incident.id)
    if before is not None:
        raise Refusal("purge.held_already", **_said(scene, before))
    reason = call.get("text", str) or ""
    record = Record("incident", "hold", scene.here.incident.id, None, {"hold": True}, extra={"reason": reason})
    values = {"name": scene.name_of(scene.sender), "at": scene.now, "reason": reason}
    return Outcome(
        scene.here.without_undo(scene.sender), (record,), (Hold(reason), *_everywhere(scene, "held", values))
    )


def unhold(scene: Scene, call: Call) -> Outcome:
    """Lift the hold: two people."""
    cell = scene.here
    before = scene.records.held(cell.incident.id)
    if before is None:
        raise Refusal("purge.not_held")
    if scene.confirmed_by is None:
        may = tuple(
            dict.fromkeys(m.matrix_id for role in HOLDERS for m in cell.holders(role) if m.matrix_id != scene.sender)
        )
        raise Confirm("purge.unhold_second", may, **_said(scene, before))
    by = [scene.sender, scene.confirmed_by]
    record = Record(
        "incident", "unhold", cell.incident.id, {"hold": True}, {"hold": False},
        extra={"reason": call.get("text", str) or "", "confirmed_by": scene.confirmed_by},
    )  # fmt: skip
    values = {"names": scene.names_of(dict.fromkeys(by)), "at": scene.now}
    return Outcome(cell.without_undo(scene.sender), (record,), (Hold(None), *_everywhere(scene, "unheld", values)))


def _said(scene: Scene, before: tuple[str, datetime, str]) -> dict[str, Any]:
    by, at, reason = before
    return {"name": scene.name_of(by), "at": at, "reason": reason}


def _not_held(scene: Scene) -> None:
    before = scene.records.held(scene.here.incident.id)
    if before is not None:
        raise Refusal("purge.on_hold", **_said(scene, before))


def _everywhere(scene: Scene, word: str, values: Mapping[str, Any]) -> tuple[Effect, ...]:
    """The answer; and the same in the cell's room where the command was typed elsewhere."""
    template, incident = f"purge.{word}", scene.here.incident
    reply = Reply(template, values)
    if scene.place is Place.CELL:
        return (reply,)
    return (reply, Tell(incident.room_key, template, values, incident.language, f"{template}:{scene.event_id}"))


# -- what was typed ----------------------------------------------------------------------------------------------------


def _numbers(scene: Scene, call: Call) -> tuple[int, ...]:
    numbers = call.numbers("entries")
    if not numbers:
        raise Refusal("purge.which")
    if len(numbers) > MOST:
        raise Refusal("purge.too_many", most=MOST)
    return numbers


def entry_of(scene: Scene, seq: int) -> Entry:
    """The entry of that number, with what it says. Raises Refusal where there is none, or where it was purged."""
    found = scene.records.entry(scene.here.incident.id, seq)
    if found is None:
        raise Refusal("purge.unknown", number=seq)
    if found.content is None:
        raise Refusal("purge.gone", number=seq)
    return found


def shown_of(scene: Scene, seq: int) -> Entry:
    """The same, for whoever would repeat what it says. Raises Refusal where it is hidden, too."""
    found = entry_of(scene, seq)
    if scene.records.is_hidden(scene.here.incident.id, seq):
        raise Refusal("purge.waits", number=seq)
    if scene.records.elsewhere(scene.here.incident.id, seq):
        raise Refusal("rooms.elsewhere", number=seq)
    return found


def _entry(scene: Scene, seq: int) -> Entry:
    found = entry_of(scene, seq)
    if found.kind in _FIXED:
        raise Refusal("purge.fixed", number=seq)
    return found


def _erases(call: Call) -> bool:
    return call.options.get("erase") is True


def _replacement(rest: str, mode: Mode, entries: list[Entry]) -> str | None:
    """The text without the datum, where it follows the reason: after a colon, or on the following lines."""
    first, _, below = rest.partition("\n")
    if not rest.strip(" .,;:!\n"):
        return None
    if first.strip(" .,;") and not first.lstrip().startswith(":"):
        # It may be the datum itself, typed once more: it is neither repeated nor kept for anything.
        raise Refusal("purge.no_datum", number=entries[0].seq)
    if mode is Mode.ERASE:
        raise Refusal("purge.erase_takes_no_text", number=entries[0].seq)
    if len(entries) > 1:
        raise Refusal("purge.one_at_a_time")
    return "\n".join(part for part in (first.lstrip(" :").strip(), below.strip()) if part)


def _own_and_fresh(scene: Scene, entries: list[Entry]) -> bool:
    """Whether the sender wrote all of this, just now: then it is hidden on their word."""
    mine = all(e.sender == scene.sender and e.event_id is not None for e in entries)
    return mine and all(scene.now - from_rfc3339(e.logged_at) <= AT_ONCE for e in entries)


def _spelled(call: Call, entries: list[Entry], reason: Reason, mode: Mode, replacement: str | None) -> str:
    """The command in full, whatever it answered: how it is carried out once it is confirmed."""
    language = call.language
    numbers = ", ".join(str(e.seq) for e in entries)
    erase = f" {call.spec.options[0].typed(language)}" if mode is Mode.ERASE else ""
    text = f"!{call.spec.verb(language)} {numbers} {reason.typed(language)}{erase}"
    return f"{text}\n{replacement}" if replacement is not None else text


def known_words(cell: Cell) -> frozenset[str]:
    """Words that give nobody away: the names of the cell's own people, of its roles and of the house."""
    texts = [cell.incident.organisation, "Tocsin"]
    for member in cell.members.values():
        texts += [member.name, member.matrix_id]
    return frozenset(word for text in texts for word in fold(text).split())
