"""Everything that survives a restart: the only package that knows SQLModel and SQLAlchemy."""
