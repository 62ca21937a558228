"""How a revision is applied: on the connection that the store hands over, inside its transaction.

The triggers of the action log are put back at the end, whatever a revision did to their tables (batch mode
makes a table anew, and drops them).
"""

from __future__ import annotations

from alembic import context

from bot.store import (
    answer_tables,
    apart_tables,
    care_tables,
    clock_tables,
    conduct_tables,
    directory_tables,
    draft_tables,
    enquiry_tables,
    incident_tables,
    posted_tables,
    purge_tables,
    register_tables,
    stamp_tables,
    triggers,
)

# Alembic knows the tables of the modules that are imported.
TABLES = (
    incident_tables,
    directory_tables,
    posted_tables,
    clock_tables,
    draft_tables,
    register_tables,
    answer_tables,
    apart_tables,
    conduct_tables,
    stamp_tables,
    purge_tables,
    care_tables,
    enquiry_tables,
)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=TABLES[0].Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
triggers.install(connection)
