"""Communications, from the domain's values to rows and back. Guarantee: there and back again gives an equal value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bot.domain.drafts import Approval, Aside, Day, Draft, Objection, Release, ReleaseMode, Step, Version
from bot.domain.language import is_language
from bot.domain.playbook import Text
from bot.domain.roles import Role
from bot.domain.screening import Finding, Watched, anchored
from bot.store.draft_tables import DraftRow, DraftVersionRow


def draft_row(incident: str, draft: Draft) -> DraftRow:
    return DraftRow(
        incident=incident,
        number=draft.number,
        template=draft.template,
        title={"fr": draft.title.fr, "en": draft.title.en},
        language=draft.language,
        leaves=draft.leaves,
        route=_plain(draft.route),
        created_at=draft.created_at,
        approvals=_plain(draft.approvals),
        objections=_plain(draft.objections),
        releases=_plain(draft.releases),
        approved_at=draft.approved_at,
        corrects=draft.corrects,
        urgent=draft.urgent,
        audience=draft.audience,
        channel=draft.channel,
        asides=_plain(draft.asides) or None,
    )


def draft(row: DraftRow) -> Draft:
    """Without its versions. Raises ValueError for a language or a role that this version does not know."""
    if not is_language(row.language):
        raise ValueError(f"no such language: {row.language!r}")
    return Draft(
        number=row.number,
        template=row.template,
        title=Text(**row.title),
        language=row.language,
        leaves=row.leaves,
        route=tuple(Step(Role(held["role"]), held["from_severity"]) for held in row.route),
        created_at=row.created_at,
        versions=(),
        approvals=tuple(
            Approval(**{**_timed(held), "role": Role(held["role"]), "held": Role(held["held"])})
            for held in row.approvals
        ),
        objections=tuple(Objection(**_timed(held)) for held in row.objections),
        releases=tuple(_release(held) for held in row.releases),
        approved_at=row.approved_at,
        corrects=row.corrects,
        urgent=row.urgent,
        audience=row.audience,
        channel=row.channel,
        asides=tuple(Aside(**{**_timed(held), "what": Finding(held["what"])}) for held in row.asides or ()),
    )


def version_row(incident: str, draft_number: int, held: Version) -> DraftVersionRow:
    lists = {
        "facts": list(held.facts),
        "acts": list(held.acts),
        "watched": _spans(held.watched),
        "hours": [at.isoformat() for at in held.hours] or None,
        "days": {each.moment: each.day.isoformat() for each in held.days} or None,
    }
    return DraftVersionRow(incident=incident, draft=draft_number, **{**asdict(held), **lists})


def version(row: DraftVersionRow) -> Version:
    return Version(
        number=row.number,
        text=row.text,
        sha256=row.sha256,
        author=row.author,
        written_at=row.written_at,
        facts=tuple(row.facts),
        acts=tuple(row.acts),
        posted_at=row.posted_at,
        frozen=row.frozen,
        watched=_watched(row.watched),
        hours=tuple(datetime.fromisoformat(at) for at in row.hours or ()),
        days=tuple(Day(name, date.fromisoformat(day)) for name, day in sorted((row.days or {}).items())),
    )


def moved(watched: Any, before: str, after: str) -> list[dict[str, Any]] | None:
    """The column that says where a text says what stands on the lists, once something was taken out of that text."""
    return _spans(anchored(_watched(watched), before, after))


def _spans(watched: Iterable[Watched]) -> list[dict[str, Any]] | None:
    return [{**asdict(each), "what": each.what.value} for each in watched] or None


def _watched(held: Any) -> tuple[Watched, ...]:
    return tuple(Watched(Finding(each["what"]), each["start"], each["end"]) for each in held or ())


def _plain(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {name: held.isoformat() if isinstance(held, datetime) else held for name, held in asdict(value).items()}
        for value in values
    ]


def _release(held: dict[str, Any]) -> Release:
    """A release; those of the first version were all copied."""
    gone, came = held.get("withdrawn_at"), held.get("arrived_at")
    return Release(
        **{
            **_timed(held),
            "mode": ReleaseMode(held.get("mode", "copy")),
            "withdrawn_at": datetime.fromisoformat(gone) if gone else None,
            "before": tuple(held.get("before", ())),
            "arrived_at": datetime.fromisoformat(came) if came else None,
        }
    )


def _timed(held: dict[str, Any]) -> dict[str, Any]:
    return {**held, "at": datetime.fromisoformat(held["at"])}
