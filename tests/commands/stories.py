"""The stories: who is there, what they type, how they answer what rings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.commands.scene import Organisation
from bot.domain.outside import Reach
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from tests.commands.cast import matrix_id
from tests.commands.harness import Talk
from tests.commands.story import Act, Habit, Story

REUNION = ZoneInfo("Indian/Reunion")
BEGINS = datetime(2026, 11, 21, 22, 40, tzinfo=UTC)
"""A Sunday, twenty to three in the morning in La Réunion; in Paris it is still Saturday."""


def _person(name: str, local: str, *roles: Role, deputy: str = "", sms: bool = False, lang: str = "fr") -> Person:
    deputies = (matrix_id(deputy),) if deputy else ()
    ways = (Reach("sms"),) if sms else ()
    return Person(
        name, matrix_id(local), roles, deputies, "+262 692 00 00 01", "en" if lang == "en" else "fr", outside=ways
    )


HOSPITAL = Roster(
    (
        _person("Marie Hoarau", "marie", Role.DIRECTOR, deputy="paul", sms=True),
        _person("Paul Grondin", "paul", Role.COORDINATOR),
        _person("Nadia Payet", "nadia", Role.SCRIBE),
        _person("Karim Robert", "karim", Role.CISO, Role.CIO),
        _person("Lucie Fontaine", "lucie", Role.LEGAL, deputy="nadia", sms=True),
        _person("Éric Dijoux", "eric", Role.COMMUNICATION),
        _person("Anne Técher", "anne", Role.DPO),
        _person("Soline Boyer", "soline", Role.CARE_DIRECTOR),
        _person("Yves Maillot", "yves", Role.DUTY_MANAGER),
        _person("James Reed", "james", Role.BIOMED, lang="en"),
    )
)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def reunion() -> Story:
    """A hospital in La Réunion, at night, on a Sunday: the cell comes in by and by, and not everything is taken."""
    talk = Talk(
        roster=HOSPITAL, clocks=True, start=BEGINS, channels=frozenset({"sms"}),
        organisation=Organisation("CHU de la Montagne", "hospital", "Indian/Reunion", "fr", "FR", ("public", "nis2")),
    )  # fmt: skip
    script = (
        Act(
            minutes(0),
            "yves",
            "!incident rancongiciel Urgences sans dossier patient --gravite 4 --constat 1h50",
            "alert",
        ),
        Act(minutes(2), "yves", ""),
        Act(minutes(9), "karim", ""),
        Act(minutes(14), "paul", ""),
        Act(minutes(15), "nadia", ""),
        Act(minutes(26), "marie", ""),
        Act(minutes(40), "eric", ""),
        Act(minutes(44), "eric", "!depose interne affiché et lu dans les services"),
        Act(minutes(55), "karim", "!attaque 2h10"),
        Act(minutes(56), "karim", "!oui"),
        Act(minutes(70), "paul", "!depose ars --tel permanence ARS"),
        Act(hours(2), "anne", ""),
        Act(hours(2.2), "anne", "!violation 4h45"),
        Act(hours(2.25), "anne", "!oui"),
        Act(hours(4), "soline", ""),
        Act(hours(4.1), "james", ""),
        Act(hours(5), "marie", "!prendre cnil"),
        Act(hours(5.1), "marie", "!depose certsante CERT-4471"),
        Act(hours(7), "eric", "!depose attente publié sur le site de l’ARS"),
        Act(hours(8), "lucie", ""),
        Act(hours(8.5), "lucie", "!depose assureur-appel dossier 77-12"),
        Act(hours(9), "eric", "!depose partenaires liste appelée"),
        Act(hours(31), "lucie", "!depose plainte PV 2026/118"),
        Act(hours(34), "anne", "!avis cnil favorable notifier sans attendre"),
        Act(hours(57), "marie", "!depose cnil --tel CNIL"),
        Act(hours(62), "marie", "!accuse cnil CNIL-2026-9912"),
    )
    habits = {
        "karim": Habit("🙋", 6),
        "paul": Habit("👍", 4, (6, 23)),
        "eric": Habit("🙋", 12, (7, 22)),
        "anne": Habit("👍", 15, (7, 22)),
        "marie": Habit("👍", 20, (6, 23)),
        "yves": Habit("👍", 5),
    }
    return Story(talk, REUNION, script, habits).live(80)


STORIES = {"reunion_fr": reunion}
