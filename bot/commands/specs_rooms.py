"""The commands about rooms apart, and about whoever comes from outside. Guarantee: who may give each, and whose yes it
wants, stands here."""

from __future__ import annotations

from bot.commands import options as o
from bot.commands.spec import Arg, Kind, Place, Second, Seconding, Spec, Who
from bot.domain.language import Both
from bot.domain.roles import Role

_ALL = Who(members=True, observers=True)
_STEERING = Who(roles=(Role.COORDINATOR, Role.DIRECTOR))
_TEXT = Arg("text", Kind.TEXT, Both("TEXTE", "TEXT"))
_WHO = Arg("who", Kind.TEXT, Both("@x", "@x"))

ROOMS: tuple[Spec, ...] = (
    Spec(
        name="invite",
        fr=("inviter", "externe inviter"),
        en=("invite",),
        args=(Arg("who", Kind.TEXT, Both("@x [RÔLE ou SOCIÉTÉ]", "@x [ROLE or FIRM]")),),
        options=(o.UNTIL,),
        who=_STEERING,
        second=Second(Seconding.ANOTHER, only="somebody from outside"),
        dangerous=True,
        bare="guests",
        help=Both(
            "fait entrer quelqu’un ; de l’extérieur, à deux et pour un temps",
            "brings someone in; from outside, with a second person and for a time",
        ),
        synopsis=Both("!inviter @x [RÔLE] [--jusqua QUAND]", "!invite @x [ROLE] [--until WHEN]"),
        example=Both(
            "!inviter @expert:secours.example Société Réponse --jusqua demain 18h",
            "!invite @expert:rescue.example Response Firm --until tomorrow 18:00",
        ),
        more=(
            Both("!inviter @james", "!invite @james"),
            Both(
                "!inviter @conseil:secours.example juridique Maître Dupuis",
                "!invite @counsel:rescue.example legal Ms Dupuis",
            ),
        ),
    ),
    Spec(
        name="guests",
        fr=("invites", "externes"),
        en=("guests",),
        who=_ALL,
        help=Both("les invités de l’extérieur, et jusqu’à quand", "guests from outside, and until when"),
        synopsis=Both("!invites", "!guests"),
        example=Both("!invites", "!guests"),
    ),
    Spec(
        name="dismiss",
        fr=("congedier", "raccompagner", "fin invitation"),
        en=("dismiss", "uninvite"),
        args=(_WHO,),
        who=_STEERING,
        help=Both("met fin à la présence d’un invité", "ends a guest’s stay"),
        synopsis=Both("!congedier @x", "!dismiss @x"),
        example=Both("!congedier @expert", "!dismiss @expert"),
    ),
    Spec(
        name="raise",
        fr=("remonter",),
        en=("raise",),
        args=(_TEXT,),
        who=Who(members=True),
        where=frozenset({Place.TRACK, Place.CELL, Place.DIRECT}),
        help=Both("du salon de ma filière, dit à la cellule", "from my track’s room, tells the cell"),
        synopsis=Both("!remonter TEXTE", "!raise TEXT"),
        example=Both("!remonter le contrôleur de domaine est touché", "!raise the domain controller is hit"),
    ),
    Spec(
        name="relay",
        fr=("descendre",),
        en=("relay",),
        args=(Arg("track", Kind.TRACK, Both("FILIÈRE", "TRACK")), _TEXT),
        who=Who(roles=(Role.COORDINATOR, Role.DIRECTOR, Role.SCRIBE)),
        help=Both("de la cellule, dit à une filière dans son salon", "from the cell, tells a track in its room"),
        synopsis=Both("!descendre FILIÈRE TEXTE", "!relay TRACK TEXT"),
        example=Both("!descendre it ne redémarrez rien avant 18h", "!relay it restart nothing before 18:00"),
    ),
)
