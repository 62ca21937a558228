"""The commands about communications. Guarantee: who may give each, and whose yes it wants, is what this list says; who
approves a text is its template's to say."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_DRAFT = Arg("draft", Kind.ENTRY, Both("N", "N"), letter="C")

DRAFTS: tuple[Spec, ...] = (
    Spec(
        name="draft",
        fr=("rediger", "texte"),
        en=("draft",),
        args=(Arg("template", Kind.TEMPLATE, Both("MODÈLE", "TEMPLATE")),),
        options=(o.LANG,),
        who=_ALL_BUT_OBSERVERS,
        bare="templates",
        help=Both("rédige un texte à partir d’un modèle", "drafts a text from a template"),
        synopsis=Both("!rediger MODÈLE [--langue en]", "!draft TEMPLATE [--lang fr]"),
        example=Both("!rediger attente", "!draft holding"),
    ),
    Spec(
        name="templates",
        fr=("modeles",),
        en=("templates",),
        who=_ALL,
        help=Both("les modèles de textes, par destinataire", "the templates of texts, by whom they are for"),
        synopsis=Both("!modeles", "!templates"),
        example=Both("!modeles", "!templates"),
    ),
    Spec(
        name="drafts",
        fr=("brouillons",),
        en=("drafts",),
        who=_ALL,
        help=Both("les textes, et qui doit encore les approuver", "the texts, and who must still approve them"),
        synopsis=Both("!brouillons", "!drafts"),
        example=Both("!brouillons", "!drafts"),
    ),
    Spec(
        name="show",
        fr=("brouillon",),
        en=("show",),
        args=(Arg("draft", Kind.ENTRY, Both("N", "N"), optional=True, letter="C"),),
        who=_ALL,
        help=Both("un texte en entier, et où il en est", "one text in full, and where it stands"),
        synopsis=Both("!brouillon N", "!show N"),
        example=Both("!brouillon 2", "!show 2"),
    ),
    Spec(
        name="edit",
        fr=("modifier",),
        en=("edit",),
        args=(_DRAFT, Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"))),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "remplace le texte, ou remplit des blancs ; tout est à approuver de nouveau",
            "replaces the text, or fills in blanks; all is to be approved again",
        ),
        synopsis=Both(
            "!modifier N TEXTE, ou !modifier N BLANC = VALEUR, BLANC = VALEUR",
            "!edit N TEXT, or !edit N BLANK = VALUE, BLANK = VALUE",
        ),
        example=Both("!modifier 2 contact presse = 01 00 00 00 02", "!edit 2 press contact = 01 00 00 00 02"),
    ),
    Spec(
        name="approve",
        fr=("approuver", "valide", "valider"),
        en=("approve",),
        args=(_DRAFT, Arg("which", Kind.TEXT, Both("VERSION", "VERSION"), optional=True)),
        who=_ALL_BUT_OBSERVERS,
        dangerous=True,
        help=Both("approuve un texte, dans sa version affichée", "approves a text, in the version that is shown"),
        synopsis=Both("!approuver N [vVERSION]", "!approve N [vVERSION]"),
        example=Both("!approuver 2", "!approve 2"),
    ),
    Spec(
        name="reject",
        fr=("rejeter", "refuse", "refuser"),
        en=("reject",),
        args=(_DRAFT, Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True)),
        who=_ALL_BUT_OBSERVERS,
        help=Both("vote contre un texte, et dit pourquoi", "votes against a text, and says why"),
        synopsis=Both("!rejeter N MOTIF", "!reject N REASON"),
        example=Both("!rejeter 2 le standard n’est pas prévenu", "!reject 2 the switchboard has not been told"),
    ),
    Spec(
        name="publish",
        fr=("diffuser",),
        en=("publish",),
        args=(_DRAFT, Arg("channel", Kind.TEXT, Both("CANAL", "CHANNEL"), optional=True)),
        who=Who(roles=(Role.COMMUNICATION, Role.SPOKESPERSON, Role.DIRECTOR)),
        second=Second(Seconding.SELF),
        dangerous=True,
        help=Both("diffuse un texte approuvé : à copier soi-même", "releases an approved text: to be copied by hand"),
        synopsis=Both("!diffuser N [CANAL]", "!publish N [CHANNEL]"),
        example=Both("!diffuser 2 site de secours", "!publish 2 fallback web site"),
    ),
)
