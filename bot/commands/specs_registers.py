"""The commands about facts, decisions, evidence and presence. Guarantee: who may give each is what this list says."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import LEADS, Role, Track

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)

JUDGES = tuple(dict.fromkeys((Role.DIRECTOR, Role.COORDINATOR, *(role for leads in LEADS.values() for role in leads))))
"""Who says how far a fact is established: a director, the coordinator or any track's lead; never its author."""
DECIDERS = (Role.DIRECTOR, Role.COORDINATOR, *LEADS[Track.CARE])
"""Who takes decisions in their own name; the scribe types those of others."""

_TEXT = Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"))
_FACTS = Arg("facts", Kind.ENTRIES, Both("N", "N"), letter="F")
_SOURCE = Arg("text", Kind.TEXT, Both("SOURCE", "SOURCE"), optional=True)
_REASON = Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True)


def _one(letter: str) -> Arg:
    """The id of one entry, for its card."""
    return Arg("number", Kind.ENTRY, Both("N", "N"), optional=True, letter=letter)


REGISTERS: tuple[Spec, ...] = (
    Spec(
        name="fact",
        fr=("info",),
        en=("fact",),
        args=(_TEXT,),
        who=_ALL_BUT_OBSERVERS,
        bare="facts",
        help=Both("note un fait, à vérifier", "notes a fact, to be verified"),
        synopsis=Both("!info TEXTE", "!fact TEXT"),
        example=Both("!info le PACS répond, source : radiologie", "!fact the PACS answers, source: radiology"),
    ),
    Spec(
        name="facts",
        fr=("infos",),
        en=("facts",),
        args=(_one("F"),),
        who=_ALL,
        help=Both("les faits, ce qui est vérifié et ce qui ne l’est pas", "the facts, verified or not"),
        synopsis=Both("!infos [F3]", "!facts [F3]"),
        example=Both("!infos", "!facts"),
    ),
    Spec(
        name="rumour",
        fr=("rumeur", "bruit"),
        en=("rumour", "rumor"),
        args=(_TEXT,),
        who=_ALL_BUT_OBSERVERS,
        bare="rumours",
        help=Both("note une rumeur, à vérifier", "notes a rumour, to be verified"),
        synopsis=Both("!rumeur TEXTE", "!rumour TEXT"),
        example=Both("!rumeur un forum parle de nos données", "!rumour a forum talks about our data"),
    ),
    Spec(
        name="rumours",
        fr=("rumeurs",),
        en=("rumours", "rumors"),
        args=(_one("F"),),
        who=_ALL,
        help=Both("les rumeurs et ce qu’elles sont devenues", "rumours and what became of them"),
        synopsis=Both("!rumeurs [F3]", "!rumours [F3]"),
        example=Both("!rumeurs", "!rumours"),
    ),
    Spec(
        name="likely",
        fr=("probable",),
        en=("likely",),
        args=(_FACTS, _SOURCE),
        who=Who(roles=JUDGES),
        help=Both("un fait est probable, selon une source", "a fact is likely, by a source"),
        synopsis=Both("!probable N [SOURCE]", "!likely N [SOURCE]"),
        example=Both("!probable 3 le prestataire", "!likely 3 the supplier"),
    ),
    Spec(
        name="true",
        fr=("vrai", "verifie", "confirme"),
        en=("true", "verify", "verified", "confirmed"),
        args=(_FACTS, _SOURCE),
        who=Who(roles=JUDGES),
        help=Both("un fait est vérifié, selon une source", "a fact is verified, by a source"),
        synopsis=Both("!vrai N [SOURCE]", "!true N [SOURCE]"),
        example=Both("!vrai 3 constaté sur place par Karim", "!true 3 seen on site by Karim"),
    ),
    Spec(
        name="false",
        fr=("faux", "infirme", "fausse"),
        en=("false", "refuted"),
        args=(_FACTS, _REASON),
        who=Who(roles=JUDGES),
        help=Both("un fait est faux ; sa trace reste", "a fact is false; its trace stays"),
        synopsis=Both("!faux N [MOTIF]", "!false N [REASON]"),
        example=Both("!faux 3 c’était une panne de réseau", "!false 3 it was a network failure"),
    ),
    Spec(
        name="decision",
        fr=("decision", "decide"),
        en=("decision",),
        args=(_TEXT,),
        takes_actor=True,
        who=Who(roles=(*DECIDERS, Role.SCRIBE)),
        second=Second(Seconding.ROLES, only="for another"),
        bare="decisions",
        help=Both("note une décision, de soi ou d’un autre", "notes a decision, one's own or another's"),
        synopsis=Both("!decision [@x] TEXTE", "!decision [@x] TEXT"),
        example=Both(
            "!decision @claire couper internet, car le chiffrement avance",
            "!decision @claire cut the internet, because the encryption spreads",
        ),
    ),
    Spec(
        name="decisions",
        fr=("decisions",),
        en=("decisions",),
        args=(_one("D"),),
        who=_ALL,
        help=Both("le registre des décisions", "the register of decisions"),
        synopsis=Both("!decisions [D3]", "!decisions [D3]"),
        example=Both("!decisions", "!decisions"),
    ),
    Spec(
        name="evidence",
        fr=("preuve", "piece"),
        en=("evidence",),
        args=(Arg("text", Kind.TEXT, Both("DESCRIPTION", "DESCRIPTION")),),
        options=(o.AT,),
        who=_ALL_BUT_OBSERVERS,
        bare="exhibits",
        help=Both(
            "enregistre une preuve, en réponse à un fichier ou en légende",
            "registers evidence, in reply to a file or as its caption",
        ),
        synopsis=Both(
            "!preuve DESCRIPTION [--a 14h05] ; !preuve P4 remis @x ; !preuve P4 lieu OÙ ; !preuve P4 licite",
            "!evidence DESCRIPTION [--at 14:05]; !evidence P4 handed @x; !evidence P4 place WHERE; !evidence P4 lawful",
        ),
        example=Both("!preuve photo de l’écran de rançon, poste 12", "!evidence picture of the ransom note, desk 12"),
    ),
    Spec(
        name="exhibits",
        fr=("preuves", "pieces"),
        en=("exhibits",),
        args=(_one("P"),),
        who=_ALL,
        help=Both("le registre des preuves", "the register of evidence"),
        synopsis=Both("!preuves [P4]", "!exhibits [P4]"),
        example=Both("!preuves", "!exhibits"),
    ),
    Spec(
        name="call",
        fr=("tel", "appel", "telephone", "rappeler", "rappele"),
        en=("call", "called", "phoned", "rang"),
        args=(Arg("text", Kind.TEXT, Both("QUI RÉSUMÉ", "WHO SUMMARY"), optional=True),),
        options=(o.AT,),
        who=_ALL_BUT_OBSERVERS,
        help=Both("note un appel téléphonique", "notes a telephone call"),
        synopsis=Both("!tel QUI : RÉSUMÉ [--a 14h05]", "!call WHO: SUMMARY [--at 14:05]"),
        example=Both("!tel CERT Santé : rappellent à 16 h", "!call CERT: they call back at 16:00"),
    ),
    Spec(
        name="calls",
        fr=("appels", "tels"),
        en=("calls",),
        args=(Arg("text", Kind.TEXT, Both("A3", "A3"), optional=True),),
        who=_ALL,
        help=Both("le registre des appels", "the register of telephone calls"),
        synopsis=Both("!appels [A3]", "!calls [A3]"),
        example=Both("!appels", "!calls"),
    ),
    Spec(
        name="rollcall",
        fr=("presents", "appel general"),
        en=("rollcall", "roll call"),
        who=Who(roles=(Role.COORDINATOR, Role.DIRECTOR)),
        help=Both("fait l’appel de la cellule", "calls the roll of the cell"),
        synopsis=Both("!presents", "!rollcall"),
        example=Both("!presents", "!rollcall"),
    ),
    Spec(
        name="here",
        fr=("ici",),
        en=("here",),
        takes_actor=True,
        who=_ALL,
        help=Both("je suis là (répond à l’appel)", "I am here (answers the roll-call)"),
        synopsis=Both("!ici", "!here"),
        example=Both("!ici", "!here"),
    ),
    Spec(
        name="present",
        fr=("present", "presente"),
        en=("present",),
        who=_ALL,
        hidden=True,
        help=Both("demande : « je suis là » ou l’appel ?", "asks: “I am here”, or the roll-call?"),
        synopsis=Both("!present", "!present"),
        example=Both("!present", "!present"),
    ),
    Spec(
        name="sitrep",
        fr=("point", "situation"),
        en=("sitrep", "resume"),
        args=(
            Arg("line", Kind.NUMBER, Both("LIGNE", "LINE"), optional=True),
            Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"), optional=True),
        ),
        options=(o.IN,),
        who=Who(roles=(Role.COORDINATOR, Role.SCRIBE, Role.DIRECTOR)),
        second=Second(Seconding.ROLES, (Role.COORDINATOR,)),
        help=Both(
            "prépare le point de situation, ou en change une ligne", "drafts the situation point, or changes a line"
        ),
        synopsis=Both("!point [LIGNE TEXTE] [--dans 2h]", "!sitrep [LINE TEXT] [--in 2h]"),
        example=Both("!point 7 rouvrir le bloc à 18 h", "!sitrep 7 reopen the theatre at 18:00"),
    ),
)
