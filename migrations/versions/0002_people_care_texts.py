"""What the second version keeps besides: who is called and answers, care, texts released, nudges that climb.

What the first version wrote keeps its meaning: tables are added, and columns that may be empty or have a default; what
it hid is hidden by the demand that it still waits for.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One function for each noun, below."""
    _people()
    _tasks()
    _stops()
    _care()
    _texts()
    _sends()
    _nudges()
    _contracts()
    _rounds()
    _files()
    _hidden()
    _apart()
    _journal()


def _journal() -> None:
    """The rows that failed and wait, which are few, are found without a look at the others."""
    waits = sa.text("not_before IS NOT NULL")
    op.create_index("ix_journal_not_before", "journal", ["not_before"], sqlite_where=waits, postgresql_where=waits)


def _files() -> None:
    """What a file that was sealed is as it lies in the archive."""
    op.add_column("posted_file", sa.Column("sealed_size", BIG, nullable=True))
    op.add_column("posted_file", sa.Column("sealed_sha256", sa.Text(), nullable=True))


def _hidden() -> None:
    """Which demand hides an entry. The first version did not say: each that its incident still waits for hides it, so
    that nobody reads it before all of them are settled; where none waits it stays hidden."""
    connection = op.get_bind()
    old = sa.table("hidden", sa.column("incident"), sa.column("seq"), sa.column("at", sa.DateTime(timezone=True)))
    before = connection.execute(sa.select(old)).all()
    waiting: dict[str, list[str]] = {}
    for incident, call in connection.execute(sa.text("SELECT incident, call FROM pending ORDER BY id")):
        about = json.loads(call).get("about")
        if incident is not None and isinstance(about, str) and about.startswith("purge:"):
            waiting.setdefault(incident, []).append(about)
    op.drop_table("hidden")
    hidden = op.create_table(
        "hidden",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_hidden_incident"),
        sa.PrimaryKeyConstraint("incident", "seq", "request", name="pk_hidden"),
    )
    rows = [
        {"incident": incident, "seq": seq, "request": request, "at": at}
        for incident, seq, at in before
        for request in dict.fromkeys(waiting.get(incident, [""]))
    ]
    if rows:
        op.bulk_insert(hidden, rows)


def _apart() -> None:
    """Rooms besides the cell's: whether an incident has them, who is in a track's, and who comes from outside."""
    op.add_column("incident", sa.Column("rooms", sa.Text(), nullable=True))
    op.create_table(
        "track_room",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_track_room_incident"),
        sa.PrimaryKeyConstraint("incident", "track", name="pk_track_room"),
    )
    op.create_table(
        "guest",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("room", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_guest_incident"),
        sa.PrimaryKeyConstraint("incident", "number", name="pk_guest"),
    )
    op.create_index("ix_guest_left_at", "guest", ["left_at"])


def _rounds() -> None:
    """How often what recurs was begun anew."""
    op.add_column("clock", sa.Column("rounds", sa.Integer(), nullable=False, server_default="0"))


def _contracts() -> None:
    """The time that a contract gives for a clock."""
    op.add_column("clock", sa.Column("contract_minutes", sa.Integer(), nullable=True))


def _sends() -> None:
    """Whom a text was sent to, and what became of it."""
    op.create_table(
        "text_send",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.Column("turn", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident", "draft"], ["draft.incident", "draft.number"], name="fk_text_send_incident_draft"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_text_send"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_text_send_state", "text_send", ["state"])
    op.create_index("ix_text_send_turn_state_id", "text_send", ["turn", "state", "id"])
    op.create_index("ix_text_send_incident_draft", "text_send", ["incident", "draft"])


def _nudges() -> None:
    """A rule's own plan of reminders, and who was called outside."""
    op.add_column("clock", sa.Column("plan", sa.Text(), nullable=True))
    op.create_table(
        "outside_call",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("clocks", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_outside_call_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_outside_call"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outside_call_state", "outside_call", ["state"])
    op.create_index("ix_outside_call_person_created_at", "outside_call", ["person", "created_at"])


def _stops() -> None:
    """A task that is set aside because nothing asks for it any more, and the hard stops that were overridden."""
    op.add_column("task", sa.Column("aside", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("passed", sa.Text(), nullable=True))


def _tasks() -> None:
    """What a task's life needs: put off by hand, come back, reminded of, proved."""
    op.add_column("task", sa.Column("put_off", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("task", sa.Column("rounds", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("task", sa.Column("rung", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("task", sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("proofs", sa.Text(), nullable=True))


def _care() -> None:
    """How services and the building work, the ways round, and what is needed."""
    op.create_table(
        "service",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("building", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_service_incident"),
        sa.PrimaryKeyConstraint("incident", "name", name="pk_service"),
    )
    op.create_table(
        "measure",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_measure_incident"),
        sa.PrimaryKeyConstraint("incident", "number", name="pk_measure"),
    )


def _people() -> None:
    """How much of the cell is called, who is here, is vouched for or suspended; which partners were warned."""
    op.add_column("incident", sa.Column("rung", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("left_out", sa.Text(), nullable=True))
    for name in ("here_at", "resting_since", "vouched_at", "suspended_at", "climbed_at"):
        op.add_column("member", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("vouched_by", "stands_for"):
        op.add_column("member", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("person", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "warned",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_warned_incident_incident"),
        sa.PrimaryKeyConstraint("incident", "name", name="pk_warned"),
    )


def _texts() -> None:
    """Texts that set others right, those that may be let go by a director alone, and enquiries from outside."""
    op.add_column("draft_version", sa.Column("frozen", sa.Text(), nullable=True))
    op.add_column("draft_version", sa.Column("watched", sa.Text(), nullable=True))
    op.add_column("draft_version", sa.Column("hours", sa.Text(), nullable=True))
    for name in ("audience", "channel", "asides"):
        op.add_column("draft", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("draft", sa.Column("corrects", sa.Integer(), nullable=True))
    op.add_column("draft", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "enquiry",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_enquiry_incident"),
        sa.PrimaryKeyConstraint("incident", "number", name="pk_enquiry"),
    )
