"""The commands about clocks and moments. Guarantee: who may give each, and whose yes it wants, stands here."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_CLOCK = Arg("clock", Kind.CLOCK, Both("RÈGLE", "RULE"))
_WHEN = Arg("when", Kind.WHEN, Both("QUAND", "WHEN"))
_REASON = Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True)
_LATER = Second(Seconding.SELF, only="later")


def _moment(name: str, fr: tuple[str, ...], en: tuple[str, ...], what: Both, example: Both) -> Spec:
    """A short form of `known`."""
    return Spec(
        name=name,
        fr=fr,
        en=en,
        args=(_WHEN, _REASON),
        takes_actor=True,
        who=_ALL_BUT_OBSERVERS,
        second=_LATER,
        help=what,
        synopsis=Both(f"!{fr[0]} [@x] QUAND [MOTIF]", f"!{en[0]} [@x] WHEN [REASON]"),
        example=example,
    )


CLOCKS: tuple[Spec, ...] = (
    Spec(
        name="deadlines",
        fr=("echeances", "delais", "horloge"),
        en=("deadlines", "clock", "clocks"),
        args=(Arg("clock", Kind.CLOCK, Both("RÈGLE", "RULE"), optional=True),),
        who=_ALL,
        help=Both("les échéances, la plus urgente d’abord", "the deadlines, the most urgent first"),
        synopsis=Both("!echeances [RÈGLE]", "!deadlines [RULE]"),
        example=Both("!echeances", "!deadlines"),
    ),
    Spec(
        name="all_deadlines",
        fr=("echeances tout", "echeances toutes", "toutes les echeances"),
        en=("deadlines all", "all deadlines"),
        who=_ALL,
        hidden=True,
        help=Both("toutes les échéances, closes comprises", "every deadline, the closed ones too"),
        synopsis=Both("!echeances tout", "!deadlines all"),
        example=Both("!echeances tout", "!deadlines all"),
    ),
    Spec(
        name="picture",
        fr=("echeances image", "image des echeances"),
        en=("deadlines image", "deadlines picture"),
        who=_ALL,
        hidden=True,
        help=Both("les échéances en une image", "the deadlines as a picture"),
        synopsis=Both("!echeances image [sombre]", "!deadlines image [dark]"),
        example=Both("!echeances image", "!deadlines image"),
    ),
    Spec(
        name="picture_dark",
        fr=("echeances image sombre", "image sombre des echeances"),
        en=("deadlines image dark", "deadlines picture dark"),
        who=_ALL,
        hidden=True,
        help=Both("les échéances en une image, claire sur fond sombre", "the deadlines as a picture, light on dark"),
        synopsis=Both("!echeances image sombre", "!deadlines image dark"),
        example=Both("!echeances image sombre", "!deadlines image dark"),
    ),
    Spec(
        name="calendar",
        fr=("echeances ics", "echeances agenda", "agenda"),
        en=("deadlines ics", "deadlines calendar", "calendar"),
        who=_ALL,
        help=Both("les échéances pour mon agenda, avec alarmes", "the deadlines for my calendar, with alarms"),
        synopsis=Both("!agenda", "!calendar"),
        example=Both("!agenda", "!calendar"),
    ),
    Spec(
        name="known",
        fr=("connu", "ancre"),
        en=("known", "aware"),
        args=(Arg("moment", Kind.MOMENT, Both("REPÈRE", "MOMENT"), optional=True), _WHEN, _REASON),
        takes_actor=True,
        who=_ALL_BUT_OBSERVERS,
        second=_LATER,
        help=Both(
            "dit quand quelque chose a été connu : les délais partent de là",
            "says when something was known: the time limits run from then",
        ),
        synopsis=Both("!connu [@x] [REPÈRE] QUAND [MOTIF]", "!known [@x] [MOMENT] WHEN [REASON]"),
        example=Both("!connu violation hier 22h30", "!known breach yesterday 22:30"),
    ),
    _moment(
        "observed",
        ("constat",),
        ("observed",),
        Both("l’heure du premier signe", "the time of the first sign"),
        Both("!constat 8h10", "!observed 8:10"),
    ),
    _moment(
        "attack",
        ("attaque",),
        ("attack",),
        Both("quand l’attaque a été connue", "when the attack was known"),
        Both("!attaque 8h10", "!attack 8:10"),
    ),
    _moment(
        "breach",
        ("violation",),
        ("breach",),
        Both("quand la violation de données a été connue", "when the personal-data breach was known"),
        Both("!violation hier 22h30", "!breach yesterday 22:30"),
    ),
    Spec(
        name="take_clock",
        fr=("prendre echeance",),
        en=("take deadline",),
        args=(_CLOCK,),
        takes_actor=True,
        who=Who(roles=(Role.DIRECTOR,), own_clock=True),
        help=Both("prend une échéance en charge", "takes charge of a deadline"),
        synopsis=Both("!prendre [@x] RÈGLE", "!take [@x] RULE"),
        example=Both("!prendre cnil", "!take cnil"),
    ),
    Spec(
        name="filed",
        fr=("depose", "notifie", "envoye", "declare"),
        en=("filed",),
        args=(_CLOCK, Arg("text", Kind.TEXT, Both("RÉF", "REF"), optional=True)),
        options=(o.AT, o.PHONE),
        who=Who(roles=(Role.LEGAL, Role.DIRECTOR), own_clock=True),
        second=Second(Seconding.SELF, only="late"),
        help=Both(
            "c’est déposé : avec la référence, l’échéance est close ; sans, l’accusé est attendu",
            "it is filed: with the reference the deadline closes; without, a receipt is awaited",
        ),
        synopsis=Both(
            "!depose RÈGLE[/PARTIE] [RÉF] [--a QUAND] [--tel QUI]",
            "!filed RULE[/PARTY] [REF] [--at WHEN] [--phone WHO]",
        ),
        example=Both("!depose plainte PV 2026/118 --a 14h05", "!filed complaint PV 2026/118 --at 14:05"),
    ),
    Spec(
        name="receipt",
        fr=("accuse", "accuse reception", "accuse de reception"),
        en=("receipt",),
        args=(_CLOCK, Arg("text", Kind.TEXT, Both("RÉF", "REF"), optional=True)),
        who=Who(roles=(Role.LEGAL, Role.DIRECTOR), own_clock=True),
        help=Both("l’accusé de réception est là : l’échéance est close", "the receipt has come: the deadline closes"),
        synopsis=Both("!accuse RÈGLE RÉF", "!receipt RULE REF"),
        example=Both("!accuse cnil 2026-4411", "!receipt cnil 2026-4411"),
    ),
    Spec(
        name="waive",
        fr=("ecarter",),
        en=("waive",),
        args=(_CLOCK, _REASON),
        who=Who(roles=(Role.LEGAL, Role.DIRECTOR), own_clock=True),
        second=Second(Seconding.ROLES, (Role.LEGAL, Role.DPO, Role.DIRECTOR)),
        dangerous=True,
        about_draft="let_stand",
        help=Both("écarte une échéance, à deux personnes", "sets a deadline aside, with a second person"),
        synopsis=Both("!ecarter RÈGLE MOTIF", "!waive RULE REASON"),
        example=Both(
            "!ecarter assureur non applicable, aucun contrat cyber", "!waive insurer not applicable, no cyber policy"
        ),
    ),
    Spec(
        name="deadline",
        fr=("echeance",),
        en=("deadline",),
        args=(Arg("title", Kind.TITLE, Both("TITRE", "TITLE"), optional=True),),
        options=(o.IN, o.FOR),
        who=_ALL_BUT_OBSERVERS,
        help=Both("ajoute une échéance à nous", "adds a deadline of our own"),
        synopsis=Both("!echeance TITRE --dans 48h [--pour @x]", "!deadline TITLE --in 48h [--for @x]"),
        example=Both(
            "!echeance Réponse de l’hébergeur --dans 4h --pour @claire",
            "!deadline Answer of the host --in 4h --for @claire",
        ),
    ),
    Spec(
        name="done_clock",
        fr=("fait echeance",),
        en=("done deadline",),
        args=(_CLOCK, Arg("text", Kind.TEXT, Both("NOTE", "NOTE"), optional=True)),
        takes_actor=True,
        who=_ALL_BUT_OBSERVERS,
        help=Both("une échéance à nous est tenue", "a deadline of our own is met"),
        synopsis=Both("!fait [@x] E5 [NOTE]", "!done [@x] E5 [NOTE]"),
        example=Both("!fait E5 réponse reçue", "!done E5 answer received"),
    ),
    Spec(
        name="ack",
        fr=("vu",),
        en=("ack",),
        args=(Arg("text", Kind.TEXT, Both("CODE", "CODE"), optional=True),),
        who=_ALL,
        runs_late=True,
        help=Both(
            "j’ai vu ce qui m’attendait ; avec le code reçu hors de Matrix, j’ai été joint",
            "I have seen what was pending for me; with the code that came from outside, I was reached",
        ),
        synopsis=Both("!vu [CODE]", "!ack [CODE]"),
        example=Both("!vu", "!ack"),
    ),
)
