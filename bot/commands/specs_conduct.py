"""The commands about entering, lawyers, opinions, and the end of a crisis. Guarantee: who may give each, and whose yes
it wants, stands here."""

from __future__ import annotations

from bot.commands.spec import Arg, Kind, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)

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
            "crée un salon avec l’avocat ; le bot en sort", "makes a room with the lawyer, which the bot then leaves"
        ),
        synopsis=Both("!avocat [@x]", "!lawyer [@x]"),
        example=Both("!avocat", "!lawyer"),
    ),
)
