"""What the second version keeps besides: who is called and answers, care, texts released, nudges that climb.

Nothing that the first version wrote is changed: tables are added, and columns that may be empty or have a default.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each noun, below."""
