"""The commands about communications. Guarantee: who may give each, and whose yes it wants, is what this list says; who
approves a text is its template's to say."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
# The duty manager releases what was approved in peacetime, and nothing else.
_RELEASERS = Who(roles=(Role.COMMUNICATION, Role.SPOKESPERSON, Role.DIRECTOR, Role.DUTY_MANAGER))
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
        options=(o.FORMAT,),
        who=_ALL,
        help=Both("un texte en entier, et où il en est", "one text in full, and where it stands"),
        synopsis=Both(
            "!brouillon N [--format docx, pdf, affiche, voix]", "!show N [--format docx, pdf, poster, voice]"
        ),
        example=Both("!brouillon 2", "!show 2"),
    ),
    Spec(
        name="edit",
        fr=("modifier",),
        en=("edit",),
        args=(_DRAFT, Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"))),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "remplace le texte, ou remplit des blancs ; tout est à approuver de nouveau",
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
        options=(o.URGENT,),
        who=_ALL_BUT_OBSERVERS,
        dangerous=True,
        help=Both("approuve un texte, dans sa version affichée", "approves a text, in the version that is shown"),
        synopsis=Both(
            "!approuver N [vVERSION], ou !approuver N --urgence MOTIF",
            "!approve N [vVERSION], or !approve N --urgent REASON",
        ),
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
        name="let_stand",
        fr=("laisser passer",),
        en=("let stand",),
        args=(Arg("text", Kind.TEXT, Both("C2 1 MOTIF", "C2 1 REASON")),),
        who=_ALL_BUT_OBSERVERS,
        dangerous=True,
        help=Both(
            "laisse passer ce qui a été relevé dans un texte, avec un motif",
            "lets stand what was found in a text, with a reason",
        ),
        synopsis=Both("!ecarter C2 1 MOTIF", "!waive C2 1 REASON"),
        hidden=True,
        example=Both("!ecarter C2 1 la somme est déjà publique", "!waive C2 1 the sum is public already"),
    ),
    Spec(
        name="publish",
        fr=("diffuser",),
        en=("publish",),
        args=(_DRAFT, Arg("channel", Kind.TEXT, Both("CANAL", "CHANNEL"), optional=True)),
        who=_RELEASERS,
        second=Second(Seconding.SELF),
        dangerous=True,
        help=Both(
            "diffuse un texte approuvé : à copier, ou envoyé là où c’est ouvert",
            "releases an approved text: to be copied, or sent where that is enabled",
        ),
        synopsis=Both("!diffuser N [CANAL] [essai]", "!publish N [CHANNEL] [trial]"),
        example=Both("!diffuser 2 site de secours", "!publish 2 fallback web site"),
    ),
    Spec(
        name="plan",
        fr=("plan", "plan com"),
        en=("plan",),
        who=_ALL,
        help=Both("qui doit entendre quoi dans les 72 premières heures", "who is to hear what in the first 72 hours"),
        synopsis=Both("!plan", "!plan"),
        example=Both("!plan", "!plan"),
    ),
    Spec(
        name="releases",
        fr=("diffusions",),
        en=("releases",),
        args=(Arg("draft", Kind.ENTRY, Both("N", "N"), optional=True, letter="C"),),
        who=_ALL,
        help=Both("ce qui a été dit, à qui, quand, approuvé par qui", "what was said, to whom, when, approved by whom"),
        synopsis=Both("!diffusions [N]", "!releases [N]"),
        example=Both("!diffusions", "!releases"),
    ),
    Spec(
        name="posted",
        fr=("publie", "publiee", "affiche"),
        en=("posted", "published"),
        args=(_DRAFT, Arg("channel", Kind.TEXT, Both("CANAL", "CHANNEL"))),
        options=(o.AT,),
        who=_RELEASERS,
        second=Second(Seconding.ANOTHER, only="a text approved in peacetime"),
        help=Both(
            "note qu’un texte approuvé a été mis en place à la main", "notes that an approved text was put up by hand"
        ),
        synopsis=Both("!publie N CANAL [--a QUAND]", "!posted N CHANNEL [--at WHEN]"),
        example=Both("!publie 2 affiches des entrées", "!posted 2 posters at the entrances"),
    ),
    Spec(
        name="amend",
        fr=("correctif", "rectificatif"),
        en=("amend",),
        args=(_DRAFT, Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"), optional=True)),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "rédige le correctif d’un texte diffusé, ou le dit retiré",
            "drafts the correction of a released text, or says that it was taken down",
        ),
        synopsis=Both(
            "!correctif N [TEXTE], ou !correctif N retrait MOTIF", "!amend N [TEXT], or !amend N withdraw REASON"
        ),
        example=Both("!correctif 2 retrait le numéro est faux", "!amend 2 withdraw the number is wrong"),
    ),
    Spec(
        name="enquiry",
        fr=("demande", "sollicitation"),
        en=("enquiry", "inquiry"),
        args=(Arg("text", Kind.TEXT, Both("QUI TEXTE", "WHO TEXT")),),
        who=_ALL_BUT_OBSERVERS,
        bare="enquiries",
        help=Both("note une demande du dehors : presse, patient, élu", "notes an enquiry: press, patient, official"),
        synopsis=Both("!demande QUI : TEXTE", "!enquiry WHO: TEXT"),
        example=Both("!demande Ouest-France : des dossiers sont-ils volés ?", "!enquiry BBC: were records stolen?"),
    ),
    Spec(
        name="enquiries",
        fr=("demandes",),
        en=("enquiries", "inquiries"),
        args=(Arg("number", Kind.ENTRY, Both("N", "N"), optional=True, letter="Q"),),
        who=_ALL,
        help=Both("les demandes du dehors, et leurs réponses", "the enquiries from outside, and their answers"),
        synopsis=Both("!demandes [Q3]", "!enquiries [Q3]"),
        example=Both("!demandes", "!enquiries"),
    ),
    Spec(
        name="answer",
        fr=("repondu",),
        en=("answered",),
        args=(
            Arg("number", Kind.ENTRY, Both("Q", "Q"), letter="Q"),
            Arg("text", Kind.TEXT, Both("RÉPONSE", "ANSWER"), optional=True),
        ),
        takes_actor=True,
        who=_ALL_BUT_OBSERVERS,
        help=Both("note la réponse donnée à une demande", "notes the answer that an enquiry was given"),
        synopsis=Both("!fait Q3 RÉPONSE", "!done Q3 ANSWER"),
        hidden=True,
        example=Both("!fait Q3 renvoyé au communiqué de 14 h", "!done Q3 referred to the 2 pm statement"),
    ),
    Spec(
        name="pass_on",
        fr=("transmettre",),
        en=("pass on",),
        args=(
            Arg("number", Kind.ENTRY, Both("Q", "Q"), letter="Q"),
            Arg("person", Kind.PERSON, Both("@x", "@x"), optional=True),
        ),
        who=_ALL_BUT_OBSERVERS,
        help=Both("donne une demande à quelqu’un", "gives an enquiry to somebody"),
        synopsis=Both("!donner Q3 @x", "!assign Q3 @x"),
        hidden=True,
        example=Both("!donner Q3 @paul", "!assign Q3 @paul"),
    ),
)
