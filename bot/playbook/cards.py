"""Reflex cards for the wall, one page a role. Guarantee: what a role must do first, and what it must not do, is on its
page whatever else is; and the page says of which playbook it is, so that an old one is known for what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bot.domain.deadline_rules import Rule
from bot.domain.language import Both, Language
from bot.domain.roles import BYSTANDERS, Role
from bot.domain.task_templates import OPENED, TaskTemplate
from bot.export.pdf.press import printed
from bot.export.pdf.text import one_line
from bot.library.rules import Rules, load_shipped
from bot.playbook.shown import Shown
from bot.playbook.words import provided, when

TEMPLATE = "cards.typ"
FIRST, FIRST_WITHIN = 5, timedelta(hours=4)
"""So many gestures stand large at the top: the most urgent ones, of the first hours."""
MOST_AVOIDED = 4

_WORDS = {
    "card": Both("Fiche réflexe", "Reflex card"),
    "first": Both("D’abord", "First"),
    "then": Both("Ensuite", "Then"),
    "perhaps": Both("Si la question se pose", "If the question comes up"),
    "avoid": Both("À ne pas faire", "What not to do"),
    "clocks": Both("Échéances à ne pas manquer", "Clocks not to be missed"),
    "typing": Both("À taper dans Tocsin", "To type in Tocsin"),
    "numbers": Both("Numéros, à remplir à la main", "Numbers, to be filled in by hand"),
    "stop": Both("Arrêt ferme\u00a0: pas avant", "Hard stop: not before"),
    "all": Both("Pour tous", "For everyone"),
    "critical": Both("★ critique", "★ critical"),
    "within": Both("dans les", "within"),
    "doctrine": Both("Décidé d’avance", "Decided beforehand"),
    "nothing_first": Both(
        "Rien dans les premières heures : présentez-vous au coordinateur.",
        "Nothing in the first hours: report to the coordinator.",
    ),
}
_TYPED: tuple[tuple[Both, Both], ...] = (
    (Both("!suite", "!next"), Both("ma prochaine tâche", "my next task")),
    (Both("!fait 12", "!done 12"), Both("la tâche 12 est faite", "task 12 is done")),
    (Both("!note …", "!note …"), Both("écrire au journal", "write in the log")),
    (Both("!pourquoi 12", "!why 12"), Both("pourquoi, comment", "why, and how")),
    (Both("!aide", "!help"), Both("ce que je peux faire", "what I can do")),
)
_ALL: tuple[Both, ...] = (
    Both(
        "Je parle de la crise dans Tocsin ou de vive voix, jamais par la messagerie interne.",
        "I speak of the crisis in Tocsin or face to face, never by internal mail.",
    ),
    Both("Je note ce que je fais, et à quelle heure.", "I write down what I do, and when."),
    Both(
        "Je ne réponds ni à la presse ni sur les réseaux\u00a0: le porte-parole le fait.",
        "I answer neither the press nor social media: the spokesperson does.",
    ),
    Both("Je n’écris aucun nom de patient.", "I write no patient’s name."),
    Both("Je dis quand je pars me reposer, et qui me remplace.", "I say when I go to rest, and who stands in for me."),
)
_NO_PATIENTS = Both("Je n’écris aucune donnée personnelle.", "I write no personal data.")
_NUMBERS: tuple[Both, ...] = (
    Both("Coordinateur", "Coordinator"),
    Both("Mon suppléant", "My deputy"),
    Both("Salle de crise", "Crisis room"),
)


def roles_of(tasks: Sequence[TaskTemplate]) -> list[Role]:
    """The roles that have something to do, in the order of the roles."""
    named = {task.role for task in tasks}
    return [role for role in Role if role in named and role not in BYSTANDERS]


def as_pdf(shown: Shown, today: date, role: Role | None = None) -> bytes:
    """The cards as a PDF, a page a role. Raises PressFault."""
    seconds = int(today.toordinal() - date(1970, 1, 1).toordinal()) * 86_400
    return printed(book(shown, today, role), seconds, template=TEMPLATE)


def book(shown: Shown, today: date, role: Role | None = None) -> dict[str, Any]:
    """What the template prints."""
    language = shown.language
    roles = [role] if role is not None else roles_of(shown.tasks)
    rules = load_shipped()
    return {
        "language": language,
        "words": {name: said.get(language) for name, said in _WORDS.items()},
        "colon": Both("\u00a0: ", ": ").get(language),
        "title": one_line(shown.book.title.get(language), 90),
        "organisation": one_line(shown.organisation, 60),
        "doctrine": shown.book.doctrine.get(language) if shown.book.doctrine else "",
        "variants": [each.said.get(language) for each in shown.overlays],
        "foot": _foot(shown, today),
        "typed": [[command.get(language), what.get(language)] for command, what in _TYPED],
        "all": [said.get(language) for said in _everyone(shown.kind)],
        "numbers": [each.get(language) for each in _NUMBERS],
        "cards": [_card(shown, each, rules) for each in roles],
    }


def _everyone(kind: str) -> list[Both]:
    return [_NO_PATIENTS if kind == "company" and "patient" in said.fr else said for said in _ALL]


def _foot(shown: Shown, today: date) -> str:
    day = today.strftime("%d/%m/%Y") if shown.language == "fr" else today.isoformat()
    version = f"{shown.book.id} {shown.book.sha256[:8]}"
    return Both(
        f"Version {version}, imprimée le {day}. À réimprimer quand le scénario change.",
        f"Version {version}, printed on {day}. To be printed again when the scenario changes.",
    ).get(shown.language)


def _card(shown: Shown, role: Role, rules: Rules) -> dict[str, Any]:
    language = shown.language
    mine = [task for task in shown.tasks if task.role is role]
    awake = [task for task in mine if not task.dormant]
    early = sorted((task for task in awake if _is_early(task)), key=_urgency)
    first = early[:FIRST]
    then = sorted((task for task in awake if task not in first), key=_urgency)
    perhaps = [task for task in mine if task.dormant]
    avoided = [task.avoid.get(language) for task in (*first, *then) if task.avoid is not None]
    named = dict.fromkeys(alias for task in mine for alias in task.deadlines)
    clocks = {rule.id: rule for alias in named if (rule := rules.find(alias)) is not None and _owed(rule, shown)}
    titles = {task.id: task.title.get(language) for task in shown.tasks}
    return {
        "role": role.label(language),
        "mission": role.mission(language),
        "first": [_line(task, language, titles) for task in first],
        "then": [_line(task, language, titles) for task in then],
        "perhaps": [_line(task, language, titles) for task in perhaps],
        "avoid": list(dict.fromkeys(avoided))[:MOST_AVOIDED],
        "clocks": [[rule.names.get(language), rule.title.get(language)] for rule in clocks.values()],
    }


def _owed(rule: Rule, shown: Shown) -> bool:
    """Whether this organisation may owe it; for what only some flags bring, whatever they are."""
    return not rule.organisations or any((not each.kinds or shown.kind in each.kinds) for each in rule.organisations)


def _is_early(task: TaskTemplate) -> bool:
    return task.delay is not None and task.delay <= FIRST_WITHIN and task.anchor == OPENED


def _urgency(task: TaskTemplate) -> tuple[bool, bool, timedelta, str]:
    """What counts from the opening before what counts from a later act, the soonest first."""
    return task.anchor != OPENED, task.delay is None, task.delay or timedelta(), task.id


def _quoted(text: str, language: Language) -> str:
    return Both(f"«\u00a0{text}\u00a0»", f"“{text}”").get(language)


def _line(task: TaskTemplate, language: Language, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": task.title.get(language),
        "how": task.how.get(language) if task.how else "",
        "why": task.why.get(language),
        "when": when(task, language),
        "if": provided(task, language),
        "critical": task.critical,
        "stop": ", ".join(_quoted(titles.get(each, each), language) for each in task.blocked_by),
    }
