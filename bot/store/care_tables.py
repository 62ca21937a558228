"""The care board's rows: services and measures, changed in the transaction that logs the change."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime

from sqlmodel import Field

from bot.domain.care import Measure, MeasureKind, Service, ServiceState
from bot.store.tables import Base
from bot.store.types import Instant, Key, Words


class ServiceRow(Base, table=True):
    """`name`: the key of a known service, else what was typed, folded."""

    __tablename__ = "service"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    name: str = Field(sa_type=Key, primary_key=True)
    label: str = Field(sa_type=Words)
    building: bool
    state: str = Field(sa_type=Key)
    since: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    note: str | None = Field(default=None, sa_type=Words)


class MeasureRow(Base, table=True):
    """A workaround, or a reinforcement that was asked for."""

    __tablename__ = "measure"

    incident: str = Field(sa_type=Key, foreign_key="incident.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Key)
    text: str = Field(sa_type=Words)
    by: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Key)
    withdrawn: bool


def service_row(incident: str, service: Service) -> ServiceRow:
    return ServiceRow(incident=incident, **{**asdict(service), "state": service.state.value})


def service(row: ServiceRow) -> Service:
    held = {field.name: getattr(row, field.name) for field in fields(Service)}
    return Service(**{**held, "state": ServiceState(row.state)})


def measure_row(incident: str, measure: Measure) -> MeasureRow:
    return MeasureRow(incident=incident, **{**asdict(measure), "kind": measure.kind.value})


def measure(row: MeasureRow) -> Measure:
    held = {field.name: getattr(row, field.name) for field in fields(Measure)}
    return Measure(**{**held, "kind": MeasureKind(row.kind)})
