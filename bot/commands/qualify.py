"""The qualifying questions, put one at a time to who can know. Guarantee: every answer is kept with its author and its
hour; a "no" sets nothing aside, it only proposes; and a clock that was set aside comes back when its answer changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.commands.call import Call
from bot.commands.clocks import came_back, returned
from bot.commands.scene import Scene
from bot.commands.spec import Place
from bot.commands.steering import told
from bot.domain.cell import Cell
from bot.domain.clock_times import applicable, come_back, proposed
from bot.domain.clocks import Clock
from bot.domain.effects import Ask, Effect, Reply
from bot.domain.incident import Member, Undoable
from bot.domain.outcome import Outcome, Record, Refusal
from bot.domain.playbook import Text
from bot.domain.qualifying import BY_ID, Answer, Answered, Question, moot
from bot.domain.roles import fall_backs

PATIENCE = timedelta(hours=12)
UNDO = "answer:"


def who_knows(question: Question, cell: Cell) -> list[Member]:
    """Whoever may answer: the holders of its roles; where nobody holds one, the nearest fall-back of the first.

    Those of data protection never reach who runs the systems (GDPR article 38(6)).
    """
    found = {member.matrix_id: member for role in question.roles for member in cell.holders(role)}
    if found:
        return list(found.values())
    return next((held for role in fall_backs(question.roles[0]) if (held := cell.holders(role))), [])


def qualify(scene: Scene, call: Call) -> Outcome:
    """Put the questions that have no answer, mine first, then those that nobody could answer; or one of them anew."""
    cell = scene.here
    questions = cell.questions
    number = call.get("question", int)
    if number is not None:
        if not 1 <= number <= len(questions):
            raise Refusal("qualify.no_such", questions=questions)
        wanted: Sequence[Question] = questions[number - 1 : number]
    else:
        open_ones = without_answer(cell)
        # What nobody here can know is passed over, as long as there is something else to ask.
        askable = [q for q in open_ones if who_knows(q, cell)] or open_ones
        wanted = sorted(askable, key=lambda q: not _knows(scene, q))
    if not wanted:
        return Outcome(effects=(Reply("qualify.summary", _state(scene, cell)),))
    return Outcome(effects=_ask(scene, cell, wanted, None))


def without_answer(cell: Cell) -> list[Question]:
    """What nobody has answered yet, then what nobody could; not what another answer has left without an object."""
    said = cell.answer_words
    asked = [q for q in cell.questions if not moot(q, said)]
    unknown = [q for q in asked if said.get(q.id) == Answer.UNKNOWN]
    return [*(q for q in asked if q.id not in said), *unknown]


def again(scene: Scene, cell: Cell) -> tuple[Effect, ...]:
    """What is still not known is asked again, of who can know it; it rings nobody."""
    wanted = [q for q in without_answer(cell) if who_knows(q, cell)]
    if not wanted:
        return ()
    return tuple(replace(each, ring=()) for each in _ask(scene, cell, wanted, None) if isinstance(each, Ask))


def answered(scene: Scene, held: Mapping[str, Any], answer: Answer) -> Outcome:
    """Keep an answer, and put the next question."""
    cell, question = scene.here, BY_ID[held["question"]]
    if not _knows(scene, question):
        people = [member.name for member in who_knows(question, cell)]
        raise Refusal("qualify.not_yours", question=question, people=people)
    before = cell.answers.get(question.id)
    said = Answered(question.id, answer, scene.sender, scene.now)
    undo = Undoable(scene.sender, scene.now, "qualify", was={UNDO + question.id: _plain(before)})
    after = cell.with_answer(said).with_undo(undo)
    back = come_back(after, scene.rules, scene.organisation.profile, scene.now)
    records = (
        Record("qualification", "answer", question.id, _logged(before), _logged(said)),
        *returned(back),
    )
    noted = {
        "question": question,
        "answer": answer,
        "name": scene.name_of(scene.sender),
        "at": scene.now,
        "back": [new for old, new in back.clocks if came_back(old)],
        "aside": _to_set_aside(back.cell, question, answer),
        "start": answer is Answer.YES and question.moment is not None and question.moment not in back.cell.moments,
    }
    said_now = back.cell.answer_words
    waiting = [BY_ID[name] for name in held["left"] if f"qualify:{name}" not in scene.asked]
    waiting = [each for each in waiting if not moot(each, said_now) and who_knows(each, back.cell)]
    # Who has just answered is asked first what falls to them: the others are called once, and not in turns.
    left = sorted(waiting, key=lambda each: scene.sender not in _called(each, back.cell))
    if left:
        return Outcome(back.cell, records, _ask(scene, back.cell, left, noted))
    values = {**_state(scene, back.cell), "noted": noted}
    return Outcome(back.cell, records, told(scene, "qualify.noted", values))


def _ask(scene: Scene, cell: Cell, wanted: Sequence[Question], noted: Mapping[str, Any] | None) -> tuple[Effect, ...]:
    """The first of these questions: where one types, if the sender knows; else in the cell's room, to those who do."""
    question, questions = wanted[0], cell.questions
    people = who_knows(question, cell)
    if not people:
        raise Refusal("qualify.nobody_knows", question=question, role=question.roles[0])
    mine = _knows(scene, question)
    in_cell = not mine or scene.place is Place.CELL
    values = {
        "question": question,
        "number": questions.index(question) + 1,
        "total": len(questions),
        "people": [member.name for member in people],
        "before": cell.answers.get(question.id),
        "at_stake": _at_stake(scene, cell, question),
        "noted": noted,
    }
    asked = Ask(
        "qualify.question",
        values,
        command="qualify",
        about=f"qualify:{question.id}",
        held={"question": question.id, "left": [each.id for each in wanted[1:]]},
        may=tuple(member.matrix_id for member in people),
        ring=() if mine else _called(question, cell),
        in_cell=in_cell,
        life=PATIENCE,
    )
    if scene.place is Place.CELL:
        return (asked,)
    if in_cell:
        return asked, Reply("qualify.asked_in_cell", values)
    return (asked, *told(scene, "qualify.said", {"noted": noted})[1:]) if noted else (asked,)


def _called(question: Question, cell: Cell) -> tuple[str, ...]:
    """Who is mentioned: the first role that somebody holds; the others may answer, and are left in peace."""
    held = next((found for role in question.roles if (found := cell.holders(role))), who_knows(question, cell))
    return tuple(member.matrix_id for member in held)


def _knows(scene: Scene, question: Question) -> bool:
    return any(member.matrix_id == scene.sender for member in who_knows(question, scene.here))


def _at_stake(scene: Scene, cell: Cell, question: Question) -> list[Text]:
    """The clocks that a question moves: those that rest on its answer, and those that its moment starts."""
    found = {clock.rule: clock.names for clock in cell.by_urgency if question.id in clock.rests_on}
    for rule in applicable(scene.rules, scene.organisation.profile):
        if question.id in rule.facts or (question.moment is not None and rule.moment == question.moment):
            found.setdefault(rule.id, rule.names)
    return list(found.values())


def _state(scene: Scene, cell: Cell) -> dict[str, Any]:
    """The questions by what was answered, each with its number: an answer in words, or `open`, or `moot`."""
    said = cell.answer_words
    groups: dict[str, list[tuple[int, Question]]] = {name: [] for name in (*Answer, "open", "moot")}
    for number, question in enumerate(cell.questions, start=1):
        name = said.get(question.id) or ("moot" if moot(question, said) else "open")
        groups[name].append((number, question))
    return {"groups": [(name, those) for name, those in groups.items() if those]}


def _to_set_aside(cell: Cell, question: Question, answer: Answer) -> list[Clock]:
    """The clocks that rest on what was just denied."""
    if answer is not Answer.NO:
        return []
    return [clock for clock in proposed(cell, cell.answer_words) if question.id in clock.rests_on]


def _logged(said: Answered | None) -> dict[str, Any] | None:
    return {"answer": said.answer.value, "by": said.by, "at": said.at} if said else None


def _plain(said: Answered | None) -> dict[str, str] | None:
    return {"answer": said.answer.value, "by": said.by, "at": said.at.isoformat()} if said else None


def put_back(cell: Cell, was: Mapping[str, Any]) -> tuple[Cell, tuple[Record, ...]]:
    """The answers as they were, for `!annuler`; none before is "I don't know"."""
    records: list[Record] = []
    for name, held in was.items():
        if not name.startswith(UNDO):
            continue
        question = name.removeprefix(UNDO)
        now = cell.answers[question]
        before = (
            Answered(question, Answer(held["answer"]), held["by"], datetime.fromisoformat(held["at"]))
            if held
            else Answered(question, Answer.UNKNOWN, now.by, now.at)
        )
        cell = cell.with_answer(before)
        records.append(Record("qualification", "undo", question, _logged(now), _logged(before)))
    return cell, tuple(records)
