"""A night alarm in which not everybody answers: deputies, the next of the roster, telephone numbers, empty roles."""

from __future__ import annotations

from bot.domain.roles import Role
from bot.domain.roster import Person, Roster
from tests.commands.cast import SERVER, matrix_id
from tests.commands.harness import Said, Talk, messages, played_once


def person(
    local: str, *roles: Role, deputies: tuple[str, ...] = (), phone: str = "", on_call: int | None = None
) -> Person:
    ids = tuple(map(matrix_id, deputies))
    return Person(local.title(), matrix_id(local), roles, ids, phone or None, on_call=on_call)


NIGHT = Roster(
    (
        person("dora", Role.DIRECTOR, deputies=("denis",), phone="+33 6 00 00 00 01"),
        person("denis", Role.DIRECTOR, deputies=()),
        person("gil", Role.DUTY_MANAGER, phone="+33 6 00 00 00 02"),
        person("ciso2", Role.CISO, on_call=2, phone="+33 6 00 00 00 03"),
        person("ciso1", Role.CISO, on_call=1, deputies=("ines",), phone="+33 6 00 00 00 04"),
        person("ines", Role.CIO),
        person("sam", Role.CARE_DIRECTOR),
        person("cora", Role.COORDINATOR),
        person("basile", Role.SCRIBE),
    )
)


@played_once
def night(*present: str, text: str = "!alerte rançon urgences bloquées", **options: object) -> Talk:
    talk = Talk(roster=NIGHT, **options)  # type: ignore[arg-type]
    talk.say("gil", text, "alert")
    talk.join("gil", *present)
    talk.wait(seconds=0)
    return talk


def told(said: list[Said], room: str) -> str:
    return "\n".join(each.body for each in messages(said, room))


def logged(talk: Talk, kind: str, action: str) -> list[dict[str, object]]:
    return [
        dict(e.content) for e in talk.entries() if e.kind == kind and e.content and e.content.get("action") == action
    ]


def test_a_doubt_calls_the_first_in_the_order_of_call() -> None:
    talk = night()
    assert list(talk.cell.members) == [matrix_id("ciso1"), matrix_id("sam"), matrix_id("gil")]


def test_who_does_not_answer_is_followed_by_the_deputy_then_by_the_next() -> None:
    talk = night("sam")
    assert not told(talk.wait(minutes=4), "cell")
    said = talk.wait(minutes=1)
    assert "Ciso1 (RSSI) ne répond pas depuis 5 min : Ines est appelé à sa place." in told(said, "cell").replace(
        "\u00a0", " "
    )
    assert [each.payload["user"] for each in said if each.kind == "invite"] == [matrix_id("ines")]
    call = next(each for each in said if each.key.startswith("call:") and each.room == "dm:ines")
    assert "Vous remplacez Ciso1" in call.body
    assert "RSSI" in call.body
    assert call.rings == (matrix_id("ines"),)
    said = talk.wait(minutes=5)
    assert "Ciso2 est appelé à sa place" in told(said, "cell")
    assert not told(talk.wait(minutes=30), "cell").count("appelé à sa place"), "nobody is left"
    absences = logged(talk, "rollcall", "no_answer")
    assert [(each["id"], each["after"]["next"]) for each in absences] == [  # type: ignore[index]
        (matrix_id("ciso1"), matrix_id("ines")),
        (matrix_id("ines"), matrix_id("ciso2")),
        (matrix_id("ciso2"), None),
    ]
    assert [each["id"] for each in logged(talk, "role", "stand_in")] == [matrix_id("ines"), matrix_id("ciso2")]


def test_numbers_go_to_one_direct_room_and_never_into_the_log() -> None:
    talk = night("sam")
    said = talk.wait(minutes=5)
    assert "+33 6 00 00 00 04" in told(said, "dm:gil")
    assert "+33" not in told(said, "cell")
    assert all("+33" not in str(entry.content) for entry in talk.entries())


def test_who_comes_or_says_so_is_not_absent() -> None:
    talk = night("sam")
    talk.say("ciso1", "!ici", "dm:ciso1")
    assert not told(talk.wait(minutes=20), "cell").count("ne répond pas")
    assert not logged(talk, "rollcall", "no_answer")


def test_a_deputy_who_is_here_already_takes_the_role() -> None:
    talk = night("sam", "ines", text="!alerte rançon urgences --gravite 1")
    said = talk.wait(minutes=5)
    assert "Ines, déjà là, prend le rôle" in told(said, "cell")
    assert Role.CISO in talk.cell.roles_of(matrix_id("ines"))
    assert not [each for each in said if each.kind == "invite"]


def test_a_roll_call_asks_anew() -> None:
    talk = night("sam", "ciso1", "cora", "dora", "basile", text="!alerte rançon urgences --gravite 2")
    talk.wait(minutes=30)
    talk.say("cora", "!presents")
    for name in ("sam", "cora", "basile", "gil"):
        talk.say(name, "!ici")
    said = talk.wait(minutes=6)
    shown = told(said, "cell")
    assert "Ciso1" not in shown, "whoever holds the role is still in the room, but did not answer"
    assert {each["id"] for each in logged(talk, "rollcall", "no_answer")} >= {matrix_id("ciso1"), matrix_id("dora")}


def test_an_empty_vital_role_is_the_directors_to_fill() -> None:
    talk = night("dora", "sam", "ciso1", "basile", text="!alerte rançon urgences --gravite 2")
    talk.wait(minutes=6)
    said = talk.wait(minutes=10)
    asked = told(said, "dm:dora")
    assert "personne n’est présent comme coordinateur de cellule" in asked.replace("\u00a0", " ")
    assert "Je propose Gil" in asked
    question = next(each for each in said if each.key.startswith("vacant:"))
    assert talk.react("gil", "✅", question.event_id, "dm:dora") == []
    talk.react("dora", "✅", question.event_id, "dm:dora")
    assert Role.COORDINATOR in talk.cell.roles_of(matrix_id("gil"))
    assert [each["id"] for each in logged(talk, "role", "vacant")] == ["coordinator"]


def test_an_insider_s_crisis_calls_no_deputy() -> None:
    talk = night(text="!alerte interne dossiers consultés")
    talk.say("gil", "!role @ciso1 rssi")
    said = talk.wait(minutes=6)
    assert not [each for each in said if each.kind == "invite"]
    assert "+33 6 00 00 00 04" in told(said, "dm:gil")
    assert "ines" not in str(told(said, "cell")).casefold()


def test_who_was_left_out_is_never_called_in_place_of_another() -> None:
    talk = night("sam", text="!alerte rançon urgences --sans @ines --sans @ciso2")
    said = talk.wait(minutes=6)
    assert not [each for each in said if each.kind == "invite"]
    assert f"@ines:{SERVER}" not in talk.cell.members


def test_roles_that_nobody_can_take_are_asked_about_once_and_together() -> None:
    talk = night("sam", "ines", text="!alerte rançon urgences --gravite 3")
    asked = [
        each.body.replace("\N{NO-BREAK SPACE}", " ")
        for n in range(10)
        for each in messages(talk.wait(minutes=5), "dm:gil")
        if "❓" in each.body
    ]
    assert ["que ce soit vous" in each for each in asked] == [True, True, False]
    assert "De même : juriste, délégué à la protection des données et responsable communication." in asked[2]
    waiting = talk.say("gil", "!oui", "dm:gil")[0].body
    assert "!role @gil directeur de crise" in waiting, "what waits is told from what else waits"
    assert "!role @gil coordinateur de cellule" in waiting


def test_what_is_to_be_done_first_has_its_day() -> None:
    talk = Talk(clocks=True)
    talk.say("karim", "!alerte rançon urgences bloquées --gravite 3", "alert")
    (called,) = [each for each in talk.said if each.key.startswith("call:") and each.room == "dm:anne"]
    assert "pour 24/11 14 h 05" in called.body.replace("\N{NO-BREAK SPACE}", " "), "the day after tomorrow is not today"


def test_one_person_alone_needs_nobody_for_every_role() -> None:
    doctor = Roster((person("helene", Role.DIRECTOR, Role.CISO),))
    talk = Talk(roster=doctor, kind="medical_practice")
    talk.say("helene", "!alerte rançon logiciel bloqué", "alert")
    talk.join("helene")
    assert "personne pour" not in talk.say("helene", "!point")[0].body


def test_who_is_alone_is_not_told_to_call_more_people() -> None:
    doctor = Roster((person("helene", Role.DIRECTOR, Role.CISO),))
    talk = Talk(roster=doctor, kind="medical_practice")
    opened = talk.say("helene", "!alerte rançon logiciel bloqué", "alert")
    assert "!mobiliser" not in told(opened, "alert")
    assert "Toute la cellule est déjà appelée" in talk.say("helene", "!mobiliser")[0].body


def test_who_is_to_be_asked_and_has_not_come_is_to_be_telephoned() -> None:
    talk = night("sam", text="!alerte rançon urgences --gravite 2")
    assert "par téléphone" in talk.say("gil", "!presents")[0].body
    talk.join("cora")
    assert "par téléphone" not in talk.say("gil", "!presents")[0].body
