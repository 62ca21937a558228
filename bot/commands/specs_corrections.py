"""The commands that correct the log, take personal data out of it, and forbid that. Guarantee: as in the table."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_GUARDIANS = (Role.DPO, Role.DATA_LEAD)
_HOLDERS = (Role.LEGAL, Role.DIRECTOR)

CORRECTIONS: tuple[Spec, ...] = (
    Spec(
        name="correct",
        fr=("corriger", "rectifier"),
        en=("correct",),
        args=(
            Arg("entries", Kind.ENTRIES, Both("N", "N"), letter="N"),
            Arg("text", Kind.TEXT, Both("TEXTE", "TEXT")),
        ),
        who=Who(members=True),
        help=Both("corrige une entrée, sans l’effacer", "corrects an entry, without erasing it"),
        synopsis=Both("!corriger N TEXTE", "!correct N TEXT"),
        example=Both("!corriger 412 c’était le serveur 12, pas le 21", "!correct 412 it was server 12, not 21"),
    ),
    Spec(
        name="purge",
        fr=("purger",),
        en=("purge",),
        args=(
            Arg("entries", Kind.ENTRIES, Both("N", "N"), letter="N"),
            Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True),
        ),
        options=(o.ERASE,),
        who=Who(members=True, observers=True),
        second=Second(Seconding.ROLES, _GUARDIANS),
        dangerous=True,
        help=Both("masque ou efface une donnée personnelle, à deux", "masks or erases personal data, by two people"),
        synopsis=Both("!purger N MOTIF [--effacer]", "!purge N REASON [--erase]"),
        example=Both("!purger 412 patient", "!purge 412 patient"),
    ),
    Spec(
        name="hold",
        fr=("gel", "geler"),
        en=("hold",),
        args=(Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True),),
        who=Who(roles=_HOLDERS),
        dangerous=True,
        help=Both("gel juridique : plus rien n’est effacé", "legal hold: nothing is erased any more"),
        synopsis=Both("!gel [MOTIF]", "!hold [REASON]"),
        example=Both("!gel enquête en cours", "!hold investigation under way"),
    ),
    Spec(
        name="unhold",
        fr=("degel", "degeler"),
        en=("unhold",),
        args=(Arg("text", Kind.TEXT, Both("MOTIF", "REASON"), optional=True),),
        who=Who(roles=_HOLDERS),
        second=Second(Seconding.ROLES, _HOLDERS),
        dangerous=True,
        help=Both("lève le gel juridique, à deux", "lifts the legal hold, with a second person"),
        synopsis=Both("!degel [MOTIF]", "!unhold [REASON]"),
        example=Both("!degel enquête close", "!unhold investigation closed"),
    ),
)
