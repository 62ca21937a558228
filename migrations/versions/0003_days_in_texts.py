"""What the third version keeps besides: which days a text gives, so that a day put right takes its approval back.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of a text drafted before, the hours alone are watched, as they were."""
    op.add_column("draft_version", sa.Column("days", sa.Text(), nullable=True))
