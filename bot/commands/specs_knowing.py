"""The commands by which one asks to know. Guarantee: all may ask, with or without a crisis."""

from __future__ import annotations

from bot.commands.spec import Arg, Kind, Place, Spec, Who
from bot.domain.language import Both

_ALL = Who(members=True, observers=True)

KNOWING: tuple[Spec, ...] = (
    Spec(
        name="card",
        fr=("fiche", "reflexe", "fiche reflexe"),
        en=("card",),
        args=(Arg("role", Kind.ROLE, Both("RÔLE", "ROLE"), optional=True),),
        who=_ALL,
        needs_incident=False,
        where=frozenset(Place),
        help=Both(
            "ma fiche réflexe : cinq premiers gestes, à ne pas faire, qui appeler",
            "my reflex card: five first gestures, what not to do, whom to call",
        ),
        synopsis=Both("!fiche [RÔLE]", "!card [ROLE]"),
        example=Both("!fiche communication", "!card communication"),
    ),
    Spec(
        name="glossary",
        fr=("lexique", "definir", "c'est quoi"),
        en=("glossary", "what is"),
        args=(Arg("text", Kind.TEXT, Both("MOT", "WORD"), optional=True),),
        who=_ALL,
        needs_incident=False,
        where=frozenset(Place),
        help=Both("ce que veut dire un mot", "what a word means"),
        synopsis=Both("!lexique [MOT]", "!glossary [WORD]"),
        example=Both("!lexique PRA", "!glossary DPO"),
    ),
)
