"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}

House rules: plain column types only (a revision must not change meaning when the code does); the same statements on
SQLite and PostgreSQL; no UPDATE, DELETE or rebuild of log_entry and log_content.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
