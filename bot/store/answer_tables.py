"""Answers to the qualifying questions: rows of an incident's state, changed in the transaction that logs the change."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from bot.domain.qualifying import Answer, Answered
from bot.store.tables import Base
from bot.store.types import Instant, Key


class AnswerRow(Base, table=True):
    """The last answer to a question; those before it are in the log."""

    __tablename__ = "answer"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    question: str = Field(sa_type=Key, primary_key=True)
    answer: str = Field(sa_type=Key)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)


def answer_row(incident: str, said: Answered) -> AnswerRow:
    return AnswerRow(incident=incident, question=said.question, answer=said.answer.value, by=said.by, at=said.at)


def answered(row: AnswerRow) -> Answered:
    return Answered(row.question, Answer(row.answer), row.by, row.at)
