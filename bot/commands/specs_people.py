"""The commands about people: who is called, vouched for, rests, hands over; and whom to call outside. Guarantee: who
may give each, and whose yes it wants, stands here."""

from __future__ import annotations

from bot.commands.spec import Arg, Kind, Place, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_STEERING = Who(roles=(Role.COORDINATOR, Role.DIRECTOR))
_PERSON = Arg("person", Kind.PERSON, Both("@x", "@x"))

PEOPLE: tuple[Spec, ...] = (
    Spec(
        name="mobilise",
        fr=("mobiliser", "mobilise"),
        en=("mobilise", "mobilize"),
        args=(Arg("rung", Kind.TEXT, Both("doute|restreinte|pleniere", "doubt|restricted|full"), optional=True),),
        who=_STEERING,
        help=Both("appelle plus de monde : le cran suivant", "calls more people: the next rung"),
        synopsis=Both("!mobiliser [doute|restreinte|pleniere]", "!mobilise [doubt|restricted|full]"),
        example=Both("!mobiliser restreinte", "!mobilise restricted"),
    ),
    Spec(
        name="join",
        fr=("rejoindre",),
        en=("join",),
        who=_ALL_BUT_OBSERVERS,
        where=frozenset(Place),
        hidden=True,
        help=Both("entre dans une crise que j’ai signalée aussi", "enters a crisis that I have raised too"),
        synopsis=Both("!rejoindre INCIDENT", "!join INCIDENT"),
        example=Both("!rejoindre INC-2026-001", "!join INC-2026-001"),
    ),
)
