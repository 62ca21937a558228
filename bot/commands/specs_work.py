"""The commands about a task's life beyond taking and doing, about severity, phase and the qualifying questions."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Place, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import LEADS, Role

_ALL = Who(members=True, observers=True)
_ALL_BUT_OBSERVERS = Who(members=True)
_ONES_TASK = Who(roles=(Role.COORDINATOR, Role.DIRECTOR), own_role=True, track_lead=True)
_STEERS = Who(roles=(Role.COORDINATOR, Role.DIRECTOR))
_LEADS = tuple(dict.fromkeys(role for leads in LEADS.values() for role in leads))
_TASKS = Arg("tasks", Kind.TASKS, Both("N", "N"))

WORK: tuple[Spec, ...] = (
    Spec(
        name="next",
        fr=("suite", "prochaine", "et maintenant"),
        en=("next",),
        who=_ALL,
        help=Both("ma prochaine tâche, et pourquoi", "my next task, and why"),
        synopsis=Both("!suite", "!next"),
        example=Both("!suite", "!next"),
    ),
    Spec(
        name="why",
        fr=("pourquoi",),
        en=("why",),
        args=(_TASKS,),
        about_clock="deadlines",
        who=_ALL,
        help=Both("une tâche : pourquoi, comment, quelle preuve", "a task: why, how, what evidence"),
        synopsis=Both("!pourquoi N", "!why N"),
        example=Both("!pourquoi 5", "!why 5"),
    ),
    Spec(
        name="task",
        fr=("tache", "ajouter tache"),
        en=("task", "add task"),
        args=(
            Arg("track", Kind.TRACK, Both("FILIÈRE", "TRACK")),
            Arg("text", Kind.TEXT, Both("TEXTE", "TEXT")),
        ),
        options=(o.FOR, o.IN),
        who=_ALL_BUT_OBSERVERS,
        bare="task_card",
        help=Both("ajoute une tâche", "adds a task"),
        synopsis=Both("!tache FILIÈRE TEXTE [--pour @x] [--dans 2h]", "!task TRACK TEXT [--for @x] [--in 2h]"),
        example=Both(
            "!tache juridique Prévenir l’avocat --pour @claire --dans 2h",
            "!task legal Call the lawyer --for @claire --in 2h",
        ),
    ),
    Spec(
        name="task_card",
        fr=("carte de la tache",),
        en=("card of the task",),
        args=(Arg("tasks", Kind.TASKS, Both("N", "N"), optional=True),),
        who=_ALL,
        hidden=True,
        help=Both("une tâche, ou toutes", "a task, or all of them"),
        synopsis=Both("!tache [N]", "!task [N]"),
        example=Both("!tache 5", "!task 5"),
    ),
    Spec(
        name="assign_track",
        fr=("donner la filiere",),
        en=("assign the track",),
        args=(
            Arg("track", Kind.TRACK, Both("FILIÈRE", "TRACK")),
            Arg("person", Kind.PERSON, Both("@x", "@x")),
        ),
        who=Who(roles=tuple(dict.fromkeys((Role.COORDINATOR, Role.DIRECTOR, *_LEADS)))),
        hidden=True,
        help=Both("donne toute une filière à quelqu’un", "gives someone a whole track"),
        synopsis=Both("!donner FILIÈRE @x", "!assign TRACK @x"),
        example=Both("!donner juridique @anne", "!assign legal @anne"),
    ),
    Spec(
        name="prove",
        fr=("joindre", "preuve de la tache"),
        en=("attach", "proof of the task"),
        args=(Arg("tasks", Kind.TASKS, Both("N", "N")), Arg("text", Kind.TEXT, Both("NOTE", "NOTE"), optional=True)),
        who=_ONES_TASK,
        help=Both(
            "joint un fichier à une tâche, en réponse au fichier ou en légende ; la tâche est faite",
            "attaches a file to a task, in reply to the file or as its caption; the task is done",
        ),
        synopsis=Both("!joindre N [NOTE]", "!attach N [NOTE]"),
        example=Both("!joindre 3 photo de l’écran", "!attach 3 picture of the screen"),
    ),
    Spec(
        name="snooze",
        fr=("plustard", "plus tard", "report", "reporter", "repousser", "rappelle moi"),
        en=("snooze", "later", "remind", "remind me"),
        args=(_TASKS, Arg("time", Kind.DURATION, Both("DURÉE", "TIME"))),
        who=_ONES_TASK,
        help=Both("repousse une tâche", "puts a task off"),
        synopsis=Both("!plustard N DURÉE", "!snooze N TIME"),
        example=Both("!plustard 5 1h", "!snooze 5 1h"),
    ),
    Spec(
        name="skip",
        fr=("sansobjet", "sans objet", "na"),
        en=("skip", "skipped", "not applicable"),
        args=(_TASKS, Arg("text", Kind.TEXT, Both("MOTIF", "REASON"))),
        who=_ONES_TASK,
        second=Second(Seconding.SELF, only="critical"),
        about_clock="waive",
        help=Both("une tâche est sans objet, et pourquoi", "a task does not apply, and why"),
        synopsis=Both("!sansobjet N MOTIF", "!skip N REASON"),
        example=Both("!sansobjet 5 pas de site distant", "!skip 5 there is no remote site"),
    ),
    Spec(
        name="severity",
        fr=("gravite", "niveau"),
        en=("severity", "level"),
        args=(Arg("severity", Kind.SEVERITY, Both("N", "N"), optional=True),),
        who=_STEERS,
        help=Both(
            "change la gravité ; sans chiffre, quatre questions l’évaluent",
            "changes the severity; without a figure, four questions assess it",
        ),
        synopsis=Both("!gravite [1-4]", "!severity [1-4]"),
        example=Both("!gravite 3", "!severity 3"),
    ),
    Spec(
        name="phase",
        fr=("phase",),
        en=("phase",),
        args=(Arg("phase", Kind.PHASE, Both("PHASE", "PHASE"), optional=True),),
        who=_STEERS,
        help=Both("dit ou change la phase de la crise", "says or changes the phase of the crisis"),
        synopsis=Both("!phase [PHASE]", "!phase [PHASE]"),
        example=Both("!phase endiguement", "!phase containment"),
    ),
    Spec(
        name="qualify",
        fr=("qualifier", "qualification"),
        en=("qualify",),
        args=(Arg("question", Kind.NUMBER, Both("N", "N"), optional=True),),
        who=_ALL_BUT_OBSERVERS,
        help=Both(
            "les questions qui décident des échéances, une à une", "the questions that decide the deadlines, one by one"
        ),
        synopsis=Both("!qualifier [N]", "!qualify [N]"),
        example=Both("!qualifier 2", "!qualify 2"),
    ),
    Spec(
        name="unsure",
        fr=("nsp", "je ne sais pas"),
        en=("unsure",),
        args=(Arg("code", Kind.CODE, Both("CODE", "CODE"), optional=True),),
        who=Who(asked=True),
        needs_incident=False,
        where=frozenset(Place),
        help=Both("répond « je ne sais pas » à ce que le bot demande", "answers “I don’t know” to what the bot asks"),
        synopsis=Both("!nsp", "!unsure"),
        example=Both("!nsp", "!unsure"),
    ),
)
