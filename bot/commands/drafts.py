"""Communications are written here. Guarantee: what is drafted draws only on what is verified, every change makes a new
version, and each version is shown whole in a message of its own that is never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from bot.commands.call import Call
from bot.commands.permission import is_alone
from bot.commands.scene import Scene
from bot.domain import drafts as texts
from bot.domain import filling, hours
from bot.domain.approval import asked, findings, proved_acts, route, unfounded, verified
from bot.domain.cell import Cell
from bot.domain.drafts import Day, Draft, Version
from bot.domain.effects import PrintText, Reply, Tell, Tick
from bot.domain.language import LANGUAGES, Language, is_language
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.paper import form_of
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.domain.screening import BLANK, Finding, Lists, blanks, fill
from bot.domain.suppliers import short_names, whole_names
from bot.domain.text_values import values_of
from bot.library.drawing import Value, draw, recorded
from bot.library.sandbox import escaped, written
from bot.render import length_of

FEWER = (40, 20, 10, 5)
"""Verified facts, and lines of any other list, in a text that would be too long to be shown whole."""
DRILLS_ONLY = frozenset({"TPL-30"})
"""What would attest an exercise that was none."""
MOST_LISTED = 12
"""So many texts fit a telephone's screen."""


def draft(scene: Scene, call: Call) -> Outcome:
    """Draft a communication from a template: its values come from the incident, what is missing shows as a blank.

    Its lists are shortened, and say so, until it can be shown whole. Refuses one that cannot, and the attestation of an
    exercise in a real crisis.
    """
    cell = scene.here
    chosen = call.get("lang", str)
    language: Language = chosen if is_language(chosen) else cell.incident.language
    identifier = str(call.args["template"])
    kept = scene.templates.frozen.get((identifier, language))
    template, other = scene.templates.get(identifier, language), scene.templates.get(identifier, _other(language))
    if identifier in DRILLS_ONLY and not cell.incident.drill:
        raise Refusal("drafts.only_drill", title=template.title)
    if kept is not None and kept.stale(scene.now.date()):
        kept = None
    zone = ZoneInfo(cell.incident.timezone)
    for fewer in (None, *FEWER):
        sources = _sources(scene, cell, language, fewer)
        text = recorded(template, kept.text, sources, zone) if kept else draw(template, sources, zone)
        if not texts.too_long(text):
            break
    else:
        raise Refusal("drafts.too_long", draft=None)
    fr, en = (template, other) if language == "fr" else (other, template)
    version = replace(first_version(scene, text, template.id), frozen=kept.sha256 if kept else None)
    made = Draft(
        number=max(cell.drafts, default=0) + 1,
        urgent=template.urgent,
        template=template.id,
        title=Text(fr.title, en.title),
        language=language,
        leaves=template.leaves,
        route=template.route,
        created_at=scene.now,
        versions=(version,),
        audience=template.group,
        channel=template.channel,
    )
    return posted_version(scene, cell, made)


def first_version(scene: Scene, text: str, template: str) -> Version:
    """The first version of a communication, with the facts, the acts, the hours and the days that it rests on."""
    return _version(scene, 1, text, template)


def _version(scene: Scene, number: int, text: str, template: str) -> Version:
    cell = scene.here
    facts, acts, said, days = _facts_in(cell, text), _acts(cell), _hours_in(cell, text), _days_in(scene, text, template)
    return texts.write(number, text, scene.sender, scene.now, facts, acts, _lists(scene), said, days)


def _lists(scene: Scene) -> Lists:
    """What the organisation's own lists say that no text tells."""
    entries = scene.directory.entries
    return Lists(
        names=scene.organisation.withheld,
        suppliers=whole_names(scene.directory),
        short=short_names(scene.directory),
        phones=tuple(
            number
            for number in (
                *(person.phone for person in scene.roster),
                *(number for each in entries if each.personal for number in (each.phone, each.phone2)),
            )
            if number
        ),
    )


def posted_version(scene: Scene, cell: Cell, made: Draft) -> Outcome:
    """A new communication, logged, shown in the room, and asked of whoever approves it."""
    after = {**state_of(made, made.last), "template": made.template, "language": made.language}
    if made.corrects is not None:
        after["corrects"] = f"C{made.corrects}"
    record = Record("draft", "write", made.id, None, after)
    return _posted(scene, cell.with_draft(made), made, record, "drafts.written")


def edit(scene: Scene, call: Call) -> Outcome:
    """Put another text in place of the newest version, or values in place of some of its blanks. Refuses a text that is
    empty, unchanged, or too long to be shown whole, and a value for a blank that it does not have."""
    before = named(scene, call)
    typed = str(call.args["text"])
    given = filling.read(typed, blanks(before.last.text))
    if given is None:
        return _changed(scene, before, typed, as_approved=False)
    empty = next((name for name, value in given.by_name.items() if not value), None)
    if given.unknown or empty:
        names = filling.short(blanks(before.last.text))
        raise Refusal("drafts.no_such_blank", draft=before, typed=given.unknown, empty=empty, names=names)
    return filled(scene, before, given.by_name)


def filled(scene: Scene, before: Draft, values: Mapping[str, str]) -> Outcome:
    """A new version with these values in place of the blanks of those names. Refuses one too long to be shown whole."""
    text = before.last.text
    for name, value in values.items():
        text = fill(text, name, escaped(value))
    return _changed(scene, before, text, as_approved=_as_approved(scene, before, values))


def _changed(scene: Scene, before: Draft, typed: str, *, as_approved: bool) -> Outcome:
    """A new version, shown and asked of whoever approves it."""
    cell, text = scene.here, texts.canonical(typed)
    if not text:
        raise Refusal("drafts.empty", draft=before)
    if texts.too_long(text):
        raise Refusal("drafts.too_long", draft=before)
    version = _version(scene, before.last.number + 1, text, before.template)
    if as_approved:
        version = replace(version, frozen=before.last.frozen)
    if version.sha256 == before.last.sha256:
        raise Refusal("drafts.unchanged", draft=before)
    after = texts.edit(before, version)
    record = Record("draft", "edit", after.id, state_of(before, before.last), state_of(after, version))
    return _posted(scene, cell.with_draft(after), after, record, "drafts.edited")


def _as_approved(scene: Scene, before: Draft, values: Mapping[str, str]) -> bool:
    """Whether a text approved in peacetime still is: its slots were filled with what they were approved with."""
    kept = scene.templates.frozen.get((before.template, before.language))
    return kept is not None and before.last.frozen == kept.sha256 and kept.takes(values)


def slots_of(scene: Scene, draft: Draft) -> dict[str, tuple[str, ...]]:
    """What the blanks of a text approved in peacetime may be filled with."""
    kept = scene.templates.frozen.get((draft.template, draft.language))
    if kept is None or draft.last.frozen != kept.sha256:
        return {}
    return {name: tuple(kept.slots[name]) for name in blanks(draft.last.text) if kept.slots.get(name)}


def show_all(scene: Scene, call: Call) -> Outcome:
    """The communications of the incident, and where each stands."""
    cell = scene.here
    lines = [
        {
            "draft": each,
            "standing": each.standing(cell.incident.severity, scene.now).value,
            "waiting": scene.names_of(asked(cell, each)),
            "blanks": blanks(each.last.text),
        }
        for _, each in sorted(cell.drafts.items())
    ]
    return Outcome(
        effects=(Reply("drafts.list", {"lines": lines[-MOST_LISTED:], "more": max(0, len(lines) - MOST_LISTED)}),)
    )


def templates(scene: Scene, call: Call) -> Outcome:
    """The templates that can be drafted here, by whom they are for."""
    cell = scene.cell
    care = cell is None or cell.incident.kind != "company"
    grouped = scene.templates.grouped(scene.language, care=care)
    return Outcome(
        effects=(Reply("drafts.templates", {"groups": [(g, there) for g, there in grouped.items() if there]}),)
    )


def show(scene: Scene, call: Call) -> Outcome:
    """One communication: its exact text, who approved it, where it went; all of them where no number was given."""
    if call.get("draft", int) is None:
        return show_all(scene, call)
    cell, found = scene.here, named(scene, call)
    wanted = call.get("format", str)
    if wanted is not None:
        form = form_of(wanted)
        if form is None:
            raise Refusal("drafts.which_form", draft=found, typed=wanted)
        return Outcome(effects=(Tick(), PrintText(found.number, found.last.number, form.value)))
    values = {
        "draft": found,
        "text": exact(found.last.text),
        "standing": found.standing(cell.incident.severity, scene.now).value,
        "lines": route(cell, found),
        "untyped": found.untyped(cell.incident.severity),
        "found": findings(cell, found),
    }
    return Outcome(effects=(Reply("drafts.card", values),))


# -- what the other verbs need -----------------------------------------------------------------------------------------


def named(scene: Scene, call: Call) -> Draft:
    """The communication of the number that was typed. Refuses one that does not exist."""
    cell, number = scene.here, call.get("draft", int)
    found = cell.drafts.get(number) if number is not None else None
    if found is None:
        known = [each.id for _, each in sorted(cell.drafts.items())]
        raise Refusal("drafts.unknown", number=number, known=known[-6:])
    return found


def exact(text: str) -> Markup:
    """A text as it is shown: every character of it, each line on its own, its blanks in bold."""
    pieces = BLANK.split(text)
    names = list(BLANK.finditer(text))
    html = escape(pieces[0])
    for match, rest in zip(names, pieces[2::2], strict=True):
        html += Markup("<strong>{}</strong>").format(match[0]) + escape(rest)
    return Markup(html.replace("\n", Markup("<br>")))


def version_key(cell: Cell, draft: Draft) -> str:
    """The key of the message that shows the newest version: a reaction on it is a vote."""
    return f"draft:{cell.incident.id}:{draft.number}:{draft.last.number}"


def state_of(draft: Draft, version: Version) -> dict[str, Any]:
    """What the log says of a version: which one exactly, never the text, which stands in its own message."""
    return {
        "version": version.number,
        "sha256": version.sha256,
        "author": version.author,
        "facts": [f"F{number}" for number in version.facts],
    }


def _posted(scene: Scene, cell: Cell, draft: Draft, record: Record, template: str) -> Outcome:
    """A new version: shown in the cell's room, and what is still to be done to it told to who wrote it."""
    missing = blanks(draft.last.text)
    found = findings(cell, draft)
    stopped = any(each.stops for each in found)
    people = () if stopped else asked(cell, draft)
    alone = not stopped and not people and draft.last.frozen is None and is_alone(cell, scene.roster)
    directors = {member.matrix_id for member in cell.holders(Role.DIRECTOR)}
    shown = Tell(
        cell.incident.room_key,
        "drafts.version",
        {
            "draft": draft,
            "text": exact(draft.last.text),
            "people": [(user, scene.name_of(user)) for user in people],
            "alone": alone,
            "frozen": draft.last.frozen is not None,
        },
        cell.incident.language,
        key=version_key(cell, draft),
        # A director's phone rings for few things: for a text, only where it waits for nobody else.
        ring=tuple(user for user in people if user not in directors) or people,
        priority=0,
    )
    values = {
        "draft": draft,
        "blanks": filling.short(missing),
        "stopped": stopped,
        "found": [each for each in found if each.what is not Finding.BLANK],
        "waiting": scene.names_of(asked(cell, draft)),
        "alone": alone,
    }
    kept = scene.templates.frozen.get((draft.template, draft.language)) if draft.last.frozen else None
    if kept is not None:
        template = "drafts.frozen"
        approved_on = f"{kept.approved_on:%d/%m/%Y}"
        values |= {"slots": slots_of(scene, draft), "approved_on": approved_on, "approved_by": list(kept.approved_by)}
    return Outcome(cell.without_undo(scene.sender), (record,), (Reply(template, values), shown))


def _other(language: Language) -> Language:
    return "en" if language == "fr" else "fr"


def _sources(scene: Scene, cell: Cell, language: Language, fewer: int | None) -> dict[str, Value]:
    """What a template may draw on; nothing that is not recorded."""
    zone = ZoneInfo(cell.incident.timezone)
    return values_of(
        cell,
        scene.now,
        language,
        name_of=scene.name_of,
        written=lambda at: written(at, language, zone, clock=True, zoned=False),
        length=lambda span: length_of(span, language),
        fewer=fewer,
    )


def _facts_in(cell: Cell, text: str) -> tuple[int, ...]:
    return tuple(number for number, said in verified(cell) if texts.canonical(escaped(said)) in text)


def _hours_in(cell: Cell, text: str) -> tuple[datetime, ...]:
    zone = ZoneInfo(cell.incident.timezone)
    return hours.given(
        cell, text, lambda at: tuple(written(at, each, zone, clock=True, zoned=False) for each in LANGUAGES)
    )


def _days_in(scene: Scene, text: str, template: str) -> tuple[Day, ...]:
    cell, zone = scene.here, ZoneInfo(scene.here.incident.timezone)
    both = (each for (name, _), each in scene.templates.by_id.items() if name == template)
    drawn = {variable.source for each in both for variable in each.variables.values()}
    return hours.days_given(
        cell, text, drawn, lambda at: tuple(written(at, each, zone, clock=False) for each in LANGUAGES)
    )


def _acts(cell: Cell) -> tuple[str, ...]:
    return tuple(sorted(act.value for act in proved_acts(cell)))


def still_true(cell: Cell, draft: Draft) -> None:
    """Refuse a text that rests on what is no longer verified, on an act that is no longer proved, or on a day or an
    hour that has changed since."""
    gone = unfounded(cell, draft)
    if gone.facts:
        raise Refusal("drafts.facts_changed", draft=draft, facts=gone.facts)
    if gone.words:
        raise Refusal("drafts.acts_changed", draft=draft, words=gone.words)
    if gone.hours:
        raise Refusal("drafts.hours_changed", draft=draft, hours=gone.hours)
