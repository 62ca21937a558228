"""The commands about entering, lawyers, opinions, and the end of a crisis. Guarantee: who may give each, and whose yes
it wants, stands here."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Option, Place, Second, Seconding, Spec, Tense, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_CLOCK = Arg("clock", Kind.CLOCK, Both("RÈGLE", "RULE"))
_REASON = Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True)
_STEERS = Second(Seconding.ROLES, (Role.COORDINATOR, Role.LEGAL, Role.CISO))
BY_WHEN = Option("for", ("pour",), ("for",), Kind.WHEN, Tense.FUTURE)
"""Of an authority's question `--pour` says by when, where elsewhere it says for whom."""

CONDUCT: tuple[Spec, ...] = (
    Spec(
        name="read_notice",
        fr=("lu",),
        en=("read",),
        who=_ALL,
        runs_late=True,
        hidden=True,
        help=Both("j’ai lu que tout est conservé", "I have read that everything is kept"),
        synopsis=Both("!lu", "!read"),
        example=Both("!lu", "!read"),
    ),
    Spec(
        name="lawyer",
        fr=("avocat",),
        en=("lawyer",),
        args=(Arg("person", Kind.PERSON, Both("@x", "@x"), optional=True),),
        who=Who(roles=(Role.LEGAL, Role.DIRECTOR)),
        help=Both(
            "crée un salon avec l’avocat ; le bot en sort", "makes a room with the lawyer, which the bot then leaves"
        ),
        synopsis=Both("!avocat [@x]", "!lawyer [@x]"),
        example=Both("!avocat", "!lawyer"),
    ),
    Spec(
        name="question",
        fr=("question",),
        en=("question",),
        args=(Arg("text", Kind.TEXT, Both("AUTORITÉ TEXTE", "AUTHORITY TEXT")),),
        options=(BY_WHEN, o.IN),
        who=_ALL_BUT_OBSERVERS,
        bare="questions",
        help=Both("une autorité demande quelque chose : son échéance", "an authority asks something: its deadline"),
        synopsis=Both("!question AUTORITÉ TEXTE --pour QUAND", "!question AUTHORITY TEXT --for WHEN"),
        example=Both(
            "!question cnil Combien de personnes sont touchées ? --pour demain 12h",
            "!question cnil How many people are affected? --for tomorrow 12:00",
        ),
    ),
    Spec(
        name="questions",
        fr=("questions",),
        en=("questions",),
        args=(Arg("number", Kind.ENTRY, Both("N", "N"), optional=True, letter="E"),),
        who=_ALL,
        help=Both("les questions des autorités", "the questions of authorities"),
        synopsis=Both("!questions [E5]", "!questions [E5]"),
        example=Both("!questions", "!questions"),
    ),
    Spec(
        name="reopen_clock",
        fr=("rouvrir echeance",),
        en=("reopen deadline",),
        args=(_CLOCK, _REASON),
        who=Who(roles=(Role.LEGAL, Role.DIRECTOR), own_clock=True),
        help=Both("un dépôt est rejeté : l’échéance court à nouveau", "a filing was rejected: the deadline runs again"),
        synopsis=Both("!rouvrir RÈGLE MOTIF", "!reopen RULE REASON"),
        example=Both("!rouvrir plainte rejetée, il manque le pouvoir", "!reopen complaint rejected, no mandate"),
    ),
    Spec(
        name="opinion",
        fr=("avis",),
        en=("opinion",),
        args=(
            _CLOCK,
            Arg(
                "text", Kind.TEXT, Both("favorable|defavorable|reserve TEXTE", "favourable|unfavourable|reserved TEXT")
            ),
        ),
        # Who advises may be standing in: which role that is, the incident says.
        who=_ALL_BUT_OBSERVERS,
        help=Both("l’avis du délégué à la protection des données", "the data-protection officer’s opinion"),
        synopsis=Both(
            "!avis RÈGLE favorable|defavorable|reserve TEXTE", "!opinion RULE favourable|unfavourable|reserved TEXT"
        ),
        example=Both(
            "!avis cnil favorable, des dossiers de soins sont touchés",
            "!opinion cnil favourable, care records are affected",
        ),
    ),
    Spec(
        name="dossier",
        fr=("dossier", "cnil"),
        en=("dossier", "cnil"),
        args=(Arg("clock", Kind.CLOCK, Both("RÈGLE", "RULE"), optional=True),),
        who=_ALL,
        help=Both(
            "ce qu’une notification doit contenir, ce qui manque", "what a notification must hold, what is missing"
        ),
        synopsis=Both("!dossier RÈGLE", "!dossier RULE"),
        example=Both("!dossier cnil", "!dossier cnil"),
    ),
    Spec(
        name="compliance",
        fr=("conformite",),
        en=("compliance",),
        who=_ALL,
        help=Both("chaque obligation et sa preuve, sur une page", "each duty and its proof, on one page"),
        synopsis=Both("!conformite", "!compliance"),
        example=Both("!conformite", "!compliance"),
    ),
    Spec(
        name="reactivate",
        fr=("reprendre", "reactiver"),
        en=("reactivate",),
        args=(_REASON,),
        who=Who(roles=(Role.DIRECTOR,)),
        second=_STEERS,
        dangerous=True,
        help=Both("la crise reprend, à deux personnes", "the crisis is under way again, with a second person"),
        synopsis=Both("!reprendre [MOTIF]", "!reactivate [REASON]"),
        example=Both("!reprendre le chiffrement a repris", "!reactivate the encryption has begun again"),
    ),
    Spec(
        name="archive",
        fr=("archiver",),
        en=("archive",),
        who=Who(roles=(Role.DIRECTOR,)),
        second=_STEERS,
        dangerous=True,
        help=Both(
            "archive l’incident, une fois les échéances légales closes",
            "puts the incident away, once no legal deadline is open",
        ),
        synopsis=Both("!archiver", "!archive"),
        example=Both("!archiver", "!archive"),
    ),
    Spec(
        name="stop",
        fr=("pause reelle", "stop", "halte"),
        en=("stop", "real pause"),
        where=frozenset({Place.CELL, Place.DIRECT, Place.ALERT}),
        who=Who(members=True, observers=True),
        runs_late=True,
        help=Both(
            "arrête un exercice à l’instant, parce que quelque chose de réel arrive",
            "stops a drill at once, because something real is happening",
        ),
        synopsis=Both("!pause reelle", "!stop"),
        example=Both("PAUSE RÉELLE", "REAL PAUSE"),
    ),
)
