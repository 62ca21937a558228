"""The commands about people: who is called, vouched for, rests, hands over; and whom to call outside. Guarantee: who
may give each, and whose yes it wants, stands here."""

from __future__ import annotations

from bot.commands.spec import Arg, Kind, Place, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_STEERING = Who(roles=(Role.COORDINATOR, Role.DIRECTOR))
_PERSON = Arg("person", Kind.PERSON, Both("@x", "@x"))

_TEXT = Arg("text", Kind.TEXT, Both("QUI [COMMENT]", "WHO [HOW]"))

PEOPLE: tuple[Spec, ...] = (
    Spec(
        name="directory",
        fr=("annuaire", "numeros"),
        en=("directory", "numbers"),
        args=(Arg("word", Kind.TEXT, Both("MOT", "WORD"), optional=True),),
        who=_ALL,
        needs_incident=False,
        where=frozenset(Place),
        help=Both("les numéros extérieurs", "outside numbers"),
        synopsis=Both("!annuaire [MOT]", "!directory [WORD]"),
        example=Both("!annuaire cert", "!directory cert"),
    ),
    Spec(
        name="reload",
        fr=("annuaire recharger", "recharger annuaire"),
        en=("directory reload", "reload directory"),
        who=_STEERING,
        needs_incident=False,
        where=frozenset(Place),
        hidden=True,
        help=Both("relit la liste des personnes et l’annuaire", "reads the roster and the directory anew"),
        synopsis=Both("!annuaire recharger", "!directory reload"),
        example=Both("!annuaire recharger", "!directory reload"),
    ),
    Spec(
        name="warned",
        fr=("prevenu", "prevenue", "prevenus", "prevenir"),
        en=("warned",),
        args=(_TEXT,),
        who=_ALL_BUT_OBSERVERS,
        bare="partners",
        help=Both("un partenaire a été prévenu", "a partner has been warned"),
        synopsis=Both("!prevenu QUI [COMMENT]", "!warned WHO [HOW]"),
        example=Both("!prevenu hôpital voisin par téléphone", "!warned neighbouring hospital by telephone"),
    ),
    Spec(
        name="partners",
        fr=("partenaires", "prevenus liste"),
        en=("partners",),
        who=_ALL,
        help=Both("les partenaires : prévenus, ou pas encore", "partners: warned, or not yet"),
        synopsis=Both("!partenaires", "!partners"),
        example=Both("!partenaires", "!partners"),
    ),
    Spec(
        name="mobilise",
        fr=("mobiliser", "mobilise"),
        en=("mobilise", "mobilize"),
        args=(Arg("rung", Kind.TEXT, Both("doute|restreinte|pleniere", "doubt|restricted|full"), optional=True),),
        who=_STEERING,
        help=Both("appelle plus de monde : le cran suivant", "calls more people: the next rung"),
        synopsis=Both("!mobiliser [doute|restreinte|pleniere]", "!mobilise [doubt|restricted|full]"),
        example=Both("!mobiliser restreinte", "!mobilise restricted"),
    ),
    Spec(
        name="vouch",
        fr=("reconnu", "reconnue", "reconnaitre", "reconnais"),
        en=("vouch",),
        args=(_PERSON,),
        who=_ALL_BUT_OBSERVERS,
        second=Second(Seconding.ANOTHER, only="a suspended account"),
        help=Both("je l’ai vu ou entendu : c’est bien cette personne", "I have seen or heard them: it is that person"),
        synopsis=Both("!reconnu @x", "!vouch @x"),
        example=Both("!reconnu @claire", "!vouch @claire"),
    ),
    Spec(
        name="compromised",
        fr=("compromis", "compromise"),
        en=("compromised",),
        args=(Arg("who", Kind.TEXT, Both("@x", "@x")),),
        who=Who(roles=(Role.DIRECTOR, Role.COORDINATOR, Role.CISO)),
        second=Second(Seconding.ROLES, (Role.DIRECTOR, Role.COORDINATOR, Role.CISO)),
        dangerous=True,
        help=Both("suspend un compte tombé en d’autres mains", "suspends an account that fell into other hands"),
        synopsis=Both("!compromis @x", "!compromised @x"),
        example=Both("!compromis @claire", "!compromised @claire"),
    ),
    Spec(
        name="handover",
        fr=("passation", "quart"),
        en=("handover", "hand over"),
        args=(_PERSON,),
        who=_ALL_BUT_OBSERVERS,
        second=Second(Seconding.ANOTHER, only="the one who takes over"),
        help=Both(
            "passe mes rôles et mes tâches, quand l’autre dit oui", "hands my roles and tasks over, on their yes"
        ),
        synopsis=Both("!passation @x", "!handover @x"),
        example=Both("!passation @claire", "!handover @claire"),
    ),
    Spec(
        name="relieve",
        fr=("releve",),
        en=("relieve",),
        args=(_PERSON,),
        who=_ALL_BUT_OBSERVERS,
        second=Second(Seconding.ANOTHER, only="the one who takes over"),
        bare="decisions",
        hidden=True,
        help=Both("comme !passation ; seul : les décisions", "as !handover; alone: the decisions"),
        synopsis=Both("!releve @x", "!relieve @x"),
        example=Both("!releve @claire", "!relieve @claire"),
    ),
    Spec(
        name="rest",
        fr=("repos",),
        en=("rest",),
        args=(Arg("person", Kind.PERSON, Both("@x", "@x"), optional=True),),
        who=_ALL_BUT_OBSERVERS,
        help=Both("je me repose, ou quelqu’un se repose ; de retour : !ici", "I rest, or somebody does; back: !here"),
        synopsis=Both("!repos [@x]", "!rest [@x]"),
        example=Both("!repos", "!rest"),
    ),
    Spec(
        name="join",
        fr=("rejoindre", "rejoins"),
        en=("join",),
        who=_ALL_BUT_OBSERVERS,
        where=frozenset(Place),
        hidden=True,
        help=Both("entre dans une crise que j’ai signalée aussi", "enters a crisis that I have raised too"),
        synopsis=Both("!rejoindre INCIDENT", "!join INCIDENT"),
        example=Both("!rejoindre INC-2026-001", "!join INC-2026-001"),
    ),
)
