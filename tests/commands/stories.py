"""The stories: who is there, what they type, how they answer what rings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.commands.scene import Organisation
from bot.domain.language import Language
from bot.domain.outside import Reach
from bot.domain.parties import Party
from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from tests.commands.cast import matrix_id
from tests.commands.gateway import Gateway
from tests.commands.harness import Talk
from tests.commands.story import Act, Habit, Story

REUNION, PARIS = ZoneInfo("Indian/Reunion"), ZoneInfo("Europe/Paris")
AT_NIGHT = datetime(2026, 11, 21, 22, 40, tzinfo=UTC)
"""A Sunday, twenty to three in the morning in La Réunion; in Paris it is still Saturday."""
BY_DAY = datetime(2026, 11, 24, 7, 50, tzinfo=UTC)
"""A Tuesday, ten to nine in the morning in Paris."""


def _person(name: str, local: str, *roles: Role, deputy: str = "", sms: bool = False, lang: Language = "fr") -> Person:
    deputies = (matrix_id(deputy),) if deputy else ()
    ways = (Reach("sms"),) if sms else ()
    return Person(name, matrix_id(local), roles, deputies, "+262 692 00 00 01", lang, outside=ways)


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

GROUP = Roster(
    (
        _person("Claire Morel", "claire", Role.DIRECTOR, deputy="olivier"),
        _person("Hervé Blanc", "herve", Role.DIRECTOR),
        _person("Olivier Roux", "olivier", Role.COORDINATOR),
        _person("Nadia Benali", "nadia", Role.SCRIBE),
        _person("Karim Haddad", "karim", Role.CISO),
        _person("Paul Martin", "pmartin", Role.LEGAL),
        _person("Julie Roy", "julie", Role.FINANCE),
        _person("Anne Legrand", "anne", Role.DPO),
        _person("Paul Durand", "pdurand", Role.COMMUNICATION),
    )
)


def practice(lang: Language) -> Roster:
    """One doctor, and nobody else."""
    return Roster((_person("Dr Hélène Vasseur", "helene", Role.DIRECTOR, Role.CISO, sms=True, lang=lang),))


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def reunion() -> Story:
    """A hospital in La Réunion, on a Sunday night: the cell comes in by and by, and not everything is taken."""
    talk = Talk(
        roster=HOSPITAL, clocks=True, start=AT_NIGHT, channels=frozenset({"sms"}),
        organisation=Organisation("CHU de la Montagne", "hospital", "Indian/Reunion", "fr", "FR", ("public", "nis2")),
    )  # fmt: skip
    script = (
        Act(
            minutes(0), "yves", "!incident rancongiciel Urgences sans dossier patient --gravite 4 --constat 1h50",
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
    )  # fmt: skip
    habits = {
        "karim": Habit("🙋", 6),
        "paul": Habit("👍", 4, (6, 23)),
        "eric": Habit("🙋", 12, (7, 22)),
        "anne": Habit("👍", 15, (7, 22)),
        "marie": Habit("👍", 20, (6, 23)),
        "yves": Habit("👍", 5),
    }
    return Story(talk, REUNION, script, habits, gateway=Gateway()).live(80)


def group() -> Story:
    """Two hospitals in one cell, by day: each owes its own notifications, the same people answer for both."""
    talk = Talk(
        roster=GROUP, clocks=True, start=BY_DAY,
        organisation=Organisation(
            "GHT des Vallées", "hospital", "Europe/Paris", "fr", "FR", ("public",), parties=2,
            owing=(
                Party("hospital", "FR", ("public",), "nord", "CH Nord", "Europe/Paris"),
                Party("hospital", "FR", ("public",), "sud", "CH Sud", "Europe/Paris"),
            ),
        ),
    )  # fmt: skip
    everybody = tuple(Act(minutes(n), person.localpart, "") for n, person in enumerate(GROUP, start=3))
    script = (
        Act(minutes(0), "karim", "!incident rancongiciel Dossiers illisibles aux deux sites --gravite 4", "alert"),
        *everybody,
        Act(minutes(20), "karim", "!attaque 8h40"),
        Act(minutes(21), "karim", "!oui"),
        Act(minutes(30), "anne", "!violation 9h"),
        Act(minutes(31), "anne", "!oui"),
        Act(minutes(38), "pdurand", "!depose interne lu dans les services"),
        Act(minutes(50), "olivier", "!depose ars astreinte, 9 h 40"),
        Act(minutes(70), "julie", "!depose assureur-appel dossier 5512"),
        Act(minutes(95), "claire", "!depose certsante/nord CERT-100"),
        Act(minutes(110), "pdurand", "!depose attente affichée"),
        Act(hours(3), "claire", "!prendre cnil/nord"),
        Act(hours(3.1), "herve", "!prendre cnil/sud"),
        Act(hours(5), "pdurand", "!depose partenaires liste appelée"),
        Act(hours(7), "claire", "!depose certsante/sud CERT-101"),
        Act(hours(26), "pmartin", "!depose plainte/nord PV 77"),
        Act(hours(50), "claire", "!depose cnil/nord CNIL-1"),
    )
    habits = {
        "claire": Habit("👍", 8, (7, 23)),
        "herve": Habit("🙋", 15, (8, 21)),
        "olivier": Habit("👍", 3, (7, 23)),
        "karim": Habit("👍", 5),
        "pmartin": Habit("🙋", 25, (8, 19)),
        "julie": Habit("🙋", 10, (8, 19)),
        "anne": Habit("🙋", 10, (8, 20)),
        "pdurand": Habit("👍", 6, (7, 22)),
    }
    return Story(talk, PARIS, script, habits).live(80)


def alone(lang: Language) -> Story:
    """A doctor's practice: one person, who has patients all day and sleeps at night."""
    talk = Talk(
        kind="medical_practice", roster=practice(lang), clocks=True, start=BY_DAY, channels=frozenset({"sms"}),
        organisation=Organisation("Cabinet Vasseur", "medical_practice", "Europe/Paris", lang, "FR", (), "none"),
    )  # fmt: skip
    fr = lang == "fr"
    script = (
        Act(minutes(0), "helene", "!incident cabinet Agenda chiffré" if fr else "!open medical-practice Files locked", "alert"),
        Act(minutes(4), "helene", ""),
        Act(minutes(12), "helene", "!attaque 8h40" if fr else "!attack 8:40"),
        Act(minutes(13), "helene", "!oui" if fr else "!yes"),
        Act(hours(3), "helene", "!violation 11h30" if fr else "!breach 11:30"),
        Act(hours(3.05), "helene", "!oui" if fr else "!yes"),
        Act(hours(9.5), "helene", "!depose assureur 99-1" if fr else "!filed insurer 99-1"),
        Act(hours(28), "helene", "!depose plainte PV 12" if fr else "!filed complaint PV 12"),
        Act(hours(57), "helene", "!depose cnil CNIL-77" if fr else "!filed cnil CNIL-77"),
    )  # fmt: skip
    habits = {"helene": Habit("👍", 40, (8, 22))}
    return Story(talk, PARIS, script, habits, gateway=Gateway()).live(80)


STORIES: dict[str, Callable[[], Story]] = {
    "reunion_fr": reunion,
    "group_fr": group,
    "practice_fr": lambda: alone("fr"),
    "practice_en": lambda: alone("en"),
}
