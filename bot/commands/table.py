"""The commands. Guarantee: what can be typed, by whom and with whose confirmation, is what this list says.

Read it as a table: one entry a command, in the order in which help shows them.
"""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Place, Second, Seconding, Spec, Who
from bot.commands.specs_care import CARE
from bot.commands.specs_clocks import CLOCKS
from bot.commands.specs_conduct import CONDUCT
from bot.commands.specs_corrections import CORRECTIONS
from bot.commands.specs_drafts import DRAFTS
from bot.commands.specs_knowing import KNOWING
from bot.commands.specs_people import PEOPLE
from bot.commands.specs_registers import REGISTERS
from bot.commands.specs_rooms import ROOMS
from bot.commands.specs_work import WORK
from bot.domain.language import Both
from bot.domain.roles import Role

ALL = Who(members=True, observers=True)
ALL_BUT_OBSERVERS = Who(members=True)
ONES_TASK = Who(roles=(Role.COORDINATOR, Role.DIRECTOR), own_role=True, track_lead=True)

ANYWHERE = frozenset(Place)

_TASKS = Arg("tasks", Kind.TASKS, Both("N", "N"))
_PERSON = Arg("person", Kind.PERSON, Both("@x", "@x"))
_NOTE = Arg("text", Kind.TEXT, Both("NOTE", "NOTE"), optional=True)
_REASON = Arg("text", Kind.TEXT, Both("MOTIF", "REASON"))
_CODE = Arg("code", Kind.CODE, Both("CODE", "CODE"), optional=True)

TABLE: tuple[Spec, ...] = (
    Spec(
        name="incident",
        fr=("incident", "alerte", "ouvrir", "crise", "crise ouvrir", "ouvrir crise"),
        en=("open", "alarm", "alert"),
        args=(
            Arg("scenario", Kind.SCENARIO, Both("SCÉNARIO", "SCENARIO")),
            Arg("title", Kind.TITLE, Both("TITRE", "TITLE")),
        ),
        options=(o.DRILL, o.SEVERITY, o.OBSERVED, o.WITHOUT),
        who=ALL_BUT_OBSERVERS,
        needs_incident=False,
        where=ANYWHERE,
        help=Both("ouvre un incident et appelle la cellule", "opens an incident and calls the cell"),
        synopsis=Both(
            "!incident SCÉNARIO TITRE [--exercice] [--gravite 1-4] [--constat QUAND] [--sans @x]",
            "!open SCENARIO TITLE [--drill] [--severity 1-4] [--observed WHEN] [--without @x]",
        ),
        example=Both(
            "!incident rancongiciel Urgences bloquées --gravite 4 --constat 8h10",
            "!open ransomware Emergency ward locked --severity 4 --observed 8:10",
        ),
    ),
    Spec(
        name="scenarios",
        fr=("scenarios", "scenario"),
        en=("scenarios", "scenario"),
        who=ALL,
        needs_incident=False,
        where=ANYWHERE,
        help=Both("la liste des scénarios", "the list of scenarios"),
        synopsis=Both("!scenarios", "!scenarios"),
        example=Both("!scenarios", "!scenarios"),
    ),
    Spec(
        name="help",
        fr=("aide", "?", "au secours", "a l'aide", "aide moi", "sos"),
        en=("help", "help me"),
        args=(Arg("command", Kind.COMMAND, Both("COMMANDE", "COMMAND"), optional=True),),
        who=ALL,
        needs_incident=False,
        where=ANYWHERE,
        help=Both("ce que l’on peut faire, ici et maintenant", "what one can do, here and now"),
        synopsis=Both("!aide [COMMANDE]", "!help [COMMAND]"),
        example=Both("!aide fait", "!help done"),
    ),
    Spec(
        name="status",
        fr=("statut", "etat"),
        en=("status",),
        who=ALL,
        help=Both("l’incident sur une carte", "the incident on one card"),
        synopsis=Both("!statut", "!status"),
        example=Both("!statut", "!status"),
    ),
    Spec(
        name="team",
        fr=("equipe", "qui", "roles"),
        en=("team", "who"),
        who=ALL,
        help=Both("les personnes, leurs rôles, qui est là", "people, their roles, who is here"),
        synopsis=Both("!equipe", "!team"),
        example=Both("!equipe", "!team"),
    ),
    Spec(
        name="role",
        fr=("role", "nommer"),
        en=("role",),
        args=(_PERSON, Arg("role", Kind.ROLE, Both("RÔLE", "ROLE"))),
        who=Who(roles=(Role.COORDINATOR, Role.DIRECTOR)),
        second=Second(Seconding.ANOTHER, only="somebody left out at the opening"),
        help=Both("donne un rôle à quelqu’un", "gives someone a role"),
        synopsis=Both("!role @x RÔLE", "!role @x ROLE"),
        example=Both("!role @claire juridique", "!role @claire legal"),
        more=(Both("!role @nadia com", "!role @nadia comms"),),
    ),
    Spec(
        name="tasks",
        fr=("taches", "liste", "liste des taches"),
        en=("tasks", "list"),
        args=(
            Arg("track", Kind.TRACK, Both("FILIÈRE", "TRACK"), optional=True),
            Arg("person", Kind.PERSON, Both("@x", "@x"), optional=True),
        ),
        who=ALL,
        help=Both("les tâches ouvertes, toutes ou d’une filière", "open tasks, all or of one track"),
        synopsis=Both("!taches [FILIÈRE] [@x]", "!tasks [TRACK] [@x]"),
        example=Both("!taches juridique", "!tasks legal"),
        more=(Both("!taches @karim", "!tasks @karim"),),
    ),
    Spec(
        name="finished",
        fr=("taches finies", "taches terminees", "taches faites"),
        en=("tasks done", "tasks finished", "finished tasks"),
        args=(Arg("track", Kind.TRACK, Both("FILIÈRE", "TRACK"), optional=True),),
        who=ALL,
        hidden=True,
        help=Both("les tâches terminées, les dernières d’abord", "the finished tasks, the latest first"),
        synopsis=Both("!taches finies [FILIÈRE]", "!tasks done [TRACK]"),
        example=Both("!taches finies", "!tasks done"),
    ),
    Spec(
        name="mine",
        fr=("moi", "mes taches", "a faire"),
        en=("mine", "my tasks", "me"),
        who=ALL,
        help=Both("mes tâches", "my tasks"),
        synopsis=Both("!moi", "!mine"),
        example=Both("!moi", "!mine"),
    ),
    Spec(
        name="take",
        fr=("prendre", "prends", "prenez", "je prends", "j'y vais"),
        en=("take", "taking", "take over"),
        args=(_TASKS, _NOTE),
        takes_actor=True,
        about_clock="take_clock",
        who=ONES_TASK,
        help=Both("prend une tâche", "takes a task"),
        synopsis=Both("!prendre [@x] N", "!take [@x] N"),
        example=Both("!prendre 5", "!take 5"),
    ),
    Spec(
        name="done",
        fr=("fait", "faite", "faits", "faites", "c'est fait", "termine", "fini", "ok"),
        en=("done", "finished"),
        args=(_TASKS, _NOTE),
        takes_actor=True,
        about_clock="done_clock",
        about_enquiry="answer",
        who=ONES_TASK,
        help=Both("une tâche est faite", "a task is done"),
        synopsis=Both("!fait [@x] N [NOTE]", "!done [@x] N [NOTE]"),
        example=Both("!fait 3, 4 et 7 : vu avec le prestataire", "!done 3, 4 and 7: seen with the supplier"),
        more=(Both("!fait @karim 5", "!done @karim 5"),),
    ),
    Spec(
        name="block",
        fr=("bloque", "bloquee", "bloquer", "coince"),
        en=("block", "blocked", "stuck"),
        args=(_TASKS, _REASON),
        who=ONES_TASK,
        help=Both("une tâche est bloquée, et pourquoi", "a task is stuck, and why"),
        synopsis=Both("!bloque N MOTIF", "!block N REASON"),
        example=Both("!bloque 5 pas de mot de passe", "!block 5 no password"),
    ),
    Spec(
        name="reopen",
        fr=("rouvrir", "reouvrir", "debloque", "debloquer"),
        en=("reopen", "unblock", "unblocked"),
        args=(_TASKS, _NOTE),
        about_clock="reopen_clock",
        who=ONES_TASK,
        help=Both("rouvre une tâche faite ou bloquée", "reopens a task that was done or stuck"),
        synopsis=Both("!rouvrir N", "!reopen N"),
        example=Both("!rouvrir 5", "!reopen 5"),
    ),
    Spec(
        name="assign",
        fr=("donner", "affecter", "attribuer", "donne"),
        en=("assign", "give"),
        about_enquiry="pass_on",
        about_track="assign_track",
        args=(_TASKS, _PERSON),
        who=ONES_TASK,
        help=Both("donne une tâche, ou toute une filière, à quelqu’un", "gives someone a task, or a whole track"),
        synopsis=Both("!donner N @x ; !donner FILIÈRE @x", "!assign N @x; !assign TRACK @x"),
        example=Both("!donner 5 @claire", "!assign 5 @claire"),
    ),
    Spec(
        name="note",
        fr=("note", "noter", "mc"),
        en=("note",),
        args=(Arg("text", Kind.TEXT, Both("TEXTE", "TEXT")),),
        options=(o.AT, o.BY),
        who=ALL_BUT_OBSERVERS,
        runs_late=True,
        help=Both("écrit dans la main courante", "writes in the action log"),
        synopsis=Both("!note TEXTE [--a 14h05] [--de NOM]", "!note TEXT [--at 14:05] [--by NAME]"),
        example=Both("!note le labo repasse au papier --a 14h05", "!note the lab is back on paper --at 14:05"),
        more=(
            Both('!note le SAMU est prévenu --de "Dr Martin"', '!note the ambulance control is told --by "Dr Martin"'),
        ),
    ),
    Spec(
        name="log",
        fr=("journal", "main courante"),
        en=("log",),
        args=(Arg("query", Kind.QUERY, Both("RECHERCHE", "SEARCH"), optional=True),),
        who=ALL,
        help=Both("les dernières lignes de la main courante", "the latest lines of the action log"),
        synopsis=Both("!journal [N | mots | @x | jour]", "!log [N | words | @x | day]"),
        example=Both("!journal pare-feu", "!log firewall"),
    ),
    Spec(
        name="undo",
        fr=("annuler", "annule", "oups"),
        en=("undo", "oops"),
        who=Who(author=True),
        help=Both("défait ma dernière action (dix minutes)", "undoes my last action (ten minutes)"),
        synopsis=Both("!annuler", "!undo"),
        example=Both("!annuler", "!undo"),
    ),
    Spec(
        name="export",
        fr=("exporter",),
        en=("export",),
        args=(Arg("profile", Kind.WORD, Both("PROFIL", "PROFILE"), optional=True),),
        who=Who(roles=(Role.DIRECTOR, Role.LEGAL, Role.SCRIBE)),
        options=(o.RECIPIENT,),
        help=Both("le dossier de l’incident, en message direct", "the incident file, by direct message"),
        synopsis=Both("!exporter [PROFIL] [--pour QUI]", "!export [PROFILE] [--for WHOM]"),
        example=Both("!exporter", "!export"),
    ),
    Spec(
        name="close",
        fr=("cloture", "cloturer", "clore", "fin de crise"),
        en=("close",),
        args=(Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True),),
        who=Who(roles=(Role.DIRECTOR,)),
        second=Second(Seconding.ROLES, (Role.COORDINATOR, Role.LEGAL, Role.CISO)),
        dangerous=True,
        about_tasks="done",
        help=Both("lève la crise, à deux personnes", "lifts the crisis, with a second person"),
        synopsis=Both("!cloture [MOTIF]", "!close [REASON]"),
        example=Both("!cloture services rétablis", "!close services restored"),
    ),
    Spec(
        name="lang",
        fr=("langue",),
        en=("lang", "language"),
        args=(Arg("language", Kind.LANGUAGE, Both("fr|en", "fr|en")),),
        who=ALL,
        needs_incident=False,
        where=ANYWHERE,
        help=Both("choisit ma langue", "chooses my language"),
        synopsis=Both("!langue fr|en", "!lang fr|en"),
        example=Both("!langue en", "!lang fr"),
    ),
    Spec(
        name="yes",
        fr=("oui",),
        en=("yes",),
        args=(_CODE,),
        who=Who(asked=True),
        needs_incident=False,
        where=ANYWHERE,
        help=Both("répond oui à ce que le bot demande", "answers yes to what the bot asks"),
        synopsis=Both("!oui [CODE]", "!yes [CODE]"),
        example=Both("!oui 4821", "!yes 4821"),
    ),
    Spec(
        name="no",
        fr=("non",),
        en=("no",),
        args=(_CODE,),
        who=Who(asked=True),
        needs_incident=False,
        where=ANYWHERE,
        help=Both("répond non à ce que le bot demande", "answers no to what the bot asks"),
        synopsis=Both("!non [CODE]", "!no [CODE]"),
        example=Both("!non", "!no"),
    ),
    *CORRECTIONS,
    *REGISTERS,
    *CLOCKS,
    *CONDUCT,
    *PEOPLE,
    *ROOMS,
    *WORK,
    *DRAFTS,
    *CARE,
    *KNOWING,
)

BY_NAME: dict[str, Spec] = {spec.name: spec for spec in TABLE}

__all__ = ["BY_NAME", "TABLE"]
