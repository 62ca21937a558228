"""The commands of the care board. Guarantee: whoever works in the crisis may say how a service works."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Spec, Who
from bot.domain.language import Both

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)

CARE: tuple[Spec, ...] = (
    Spec(
        name="service",
        fr=("service",),
        en=("service",),
        args=(Arg("text", Kind.TEXT, Both("NOM ÉTAT", "NAME STATE")),),
        options=(o.SINCE,),
        who=_ALL_BUT_OBSERVERS,
        bare="services",
        help=Both(
            "dit comment marche un service ou un équipement du bâtiment",
            "says how a department or a part of the building works",
        ),
        synopsis=Both(
            "!service NOM degrade|arrete|deroute|normal [--depuis QUAND]",
            "!service NAME degraded|stopped|diverted|normal [--since WHEN]",
        ),
        example=Both("!service urgences degrade --depuis 5h", "!service emergency degraded --since 5:00"),
    ),
    Spec(
        name="services",
        fr=("services", "etat des services", "soins"),
        en=("services", "care board"),
        who=_ALL,
        help=Both("comment marchent les services et le bâtiment", "how the departments and the building work"),
        synopsis=Both("!services", "!services"),
        example=Both("!services", "!services"),
    ),
    Spec(
        name="workaround",
        fr=("contournement", "contournements"),
        en=("workaround", "workarounds"),
        args=(Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"), optional=True),),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "note une solution provisoire ; seul, les montre toutes", "notes a temporary way round; alone, lists them"
        ),
        synopsis=Both("!contournement TEXTE ; !contournement M1 fin", "!workaround TEXT; !workaround M1 over"),
        example=Both("!contournement résultats du labo par coursier", "!workaround laboratory results carried by hand"),
    ),
    Spec(
        name="reinforce",
        fr=("renfort", "renforts"),
        en=("reinforce", "reinforcements"),
        args=(Arg("text", Kind.TEXT, Both("QUOI", "WHAT"), optional=True),),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "demande du renfort ; seul, montre les demandes", "asks for reinforcement; alone, lists what was asked"
        ),
        synopsis=Both("!renfort QUOI ; !renfort M2 obtenu", "!reinforce WHAT; !reinforce M2 received"),
        example=Both("!renfort deux brancardiers aux urgences", "!reinforce two porters in the emergency department"),
    ),
)
