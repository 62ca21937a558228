"""The triggers that keep the action log append-only. Guarantee: the database refuses to rewrite history.

`log_entry` takes only the entry that continues its chain, and neither UPDATE, DELETE, REPLACE nor TRUNCATE.
A row of `log_content` is never changed, and goes only when a later `purge` entry of the same incident names
it; the content of a `purge` stays for ever, as it is what explains the holes.

The statements here are the only copy. They are put back after every migration, because Alembic's batch mode
drops a table's triggers with the table, and `missing` compares what the database holds with them, text by
text.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from bot.domain.log import GENESIS

_SQLITE: Mapping[str, str] = {
    # INSERT OR REPLACE fires no DELETE trigger on a connection without recursive_triggers: so it is
    # caught here, where an entry that is not the next one is refused.
    "log_entry_insert": f"""
CREATE TRIGGER log_entry_insert BEFORE INSERT ON log_entry
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM log_entry WHERE incident = NEW.incident)
  OR NEW.prev_hash <> coalesce(
       (SELECT entry_hash FROM log_entry WHERE incident = NEW.incident AND seq = NEW.seq - 1), '{GENESIS}')
  OR (NEW.event_id IS NOT NULL AND EXISTS (SELECT 1 FROM log_entry WHERE event_id = NEW.event_id))
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: not the next entry'); END""",
    "log_entry_update": """
CREATE TRIGGER log_entry_update BEFORE UPDATE ON log_entry
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: UPDATE'); END""",
    "log_entry_delete": """
CREATE TRIGGER log_entry_delete BEFORE DELETE ON log_entry
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: DELETE'); END""",
    # Contents come in the order of their entries, once: what was taken away cannot be put back, nor replaced.
    "log_content_insert": """
CREATE TRIGGER log_content_insert BEFORE INSERT ON log_content
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM log_content WHERE incident = NEW.incident)
  OR NOT EXISTS (SELECT 1 FROM log_entry WHERE incident = NEW.incident AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: not the content of the next entry'); END""",
    "log_content_update": """
CREATE TRIGGER log_content_update BEFORE UPDATE ON log_content
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: UPDATE of a content'); END""",
    "log_content_delete": """
CREATE TRIGGER log_content_delete BEFORE DELETE ON log_content
WHEN EXISTS (SELECT 1 FROM log_entry WHERE incident = OLD.incident AND seq = OLD.seq AND kind = 'purge')
  OR NOT EXISTS (
       SELECT 1 FROM log_entry AS e JOIN log_content AS c ON c.incident = e.incident AND c.seq = e.seq,
              json_each(c.content, '$.target') AS named
       WHERE e.incident = OLD.incident AND e.kind = 'purge' AND e.seq > OLD.seq AND named.value = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'the action log is append-only: no purge names this content'); END""",
}

_POSTGRES_FUNCTIONS: Mapping[str, str] = {
    "tocsin_refuse": """
BEGIN
  RAISE EXCEPTION 'the action log is append-only: % of %', TG_OP, TG_TABLE_NAME;
END""",
    "tocsin_log_entry_insert": f"""
BEGIN
  IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM log_entry WHERE incident = NEW.incident)
     OR NEW.prev_hash <> coalesce(
          (SELECT entry_hash FROM log_entry WHERE incident = NEW.incident AND seq = NEW.seq - 1), '{GENESIS}')
  THEN
    RAISE EXCEPTION 'the action log is append-only: not the next entry';
  END IF;
  RETURN NEW;
END""",
    "tocsin_log_content_insert": """
BEGIN
  IF NEW.seq <= (SELECT coalesce(max(seq), 0) FROM log_content WHERE incident = NEW.incident)
     OR NOT EXISTS (SELECT 1 FROM log_entry WHERE incident = NEW.incident AND seq = NEW.seq) THEN
    RAISE EXCEPTION 'the action log is append-only: not the content of the next entry';
  END IF;
  RETURN NEW;
END""",
    "tocsin_log_content_delete": """
BEGIN
  IF EXISTS (SELECT 1 FROM log_entry WHERE incident = OLD.incident AND seq = OLD.seq AND kind = 'purge')
     OR NOT EXISTS (
          SELECT 1 FROM log_entry AS e JOIN log_content AS c ON c.incident = e.incident AND c.seq = e.seq
          WHERE e.incident = OLD.incident AND e.kind = 'purge' AND e.seq > OLD.seq
            AND c.content::jsonb -> 'target' @> to_jsonb(OLD.seq))
  THEN
    RAISE EXCEPTION 'the action log is append-only: no purge names this content';
  END IF;
  RETURN OLD;
END""",
}

_POSTGRES: Mapping[str, tuple[str, str]] = {
    "log_entry_insert": ("BEFORE INSERT ON log_entry FOR EACH ROW", "tocsin_log_entry_insert"),
    "log_entry_update": ("BEFORE UPDATE ON log_entry FOR EACH ROW", "tocsin_refuse"),
    "log_entry_delete": ("BEFORE DELETE ON log_entry FOR EACH ROW", "tocsin_refuse"),
    "log_entry_truncate": ("BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT", "tocsin_refuse"),
    "log_content_insert": ("BEFORE INSERT ON log_content FOR EACH ROW", "tocsin_log_content_insert"),
    "log_content_update": ("BEFORE UPDATE ON log_content FOR EACH ROW", "tocsin_refuse"),
    "log_content_delete": ("BEFORE DELETE ON log_content FOR EACH ROW", "tocsin_log_content_delete"),
    "log_content_truncate": ("BEFORE TRUNCATE ON log_content FOR EACH STATEMENT", "tocsin_refuse"),
}


def install(connection: Connection) -> None:
    """Put every trigger in place, inside the caller's transaction."""
    if connection.dialect.name == "sqlite":
        for name, statement in _SQLITE.items():
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            connection.exec_driver_sql(statement.strip())
        return
    for name, body in _POSTGRES_FUNCTIONS.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $body${body.replace('%', '%%')}$body$"
        )
    for name, (when, function) in _POSTGRES.items():
        table = when.split()[3]
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def missing(connection: Connection) -> list[str]:
    """The names of the triggers that are not there, are switched off, or do not say what they must."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        held = {(name, statement) for name, statement in rows}
        return [name for name, statement in _SQLITE.items() if (name, statement.strip()) not in held]
    return _missing_on_postgres(connection)


def _missing_on_postgres(connection: Connection) -> list[str]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, pg_get_triggerdef(t.oid, true), p.proname, p.prosrc FROM pg_trigger t"
            " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    held = {name: (definition, function, source) for name, definition, function, source in rows}
    lacking = []
    for name, (when, function) in _POSTGRES.items():
        definition, called, source = held.get(name, ("", "", ""))
        if (
            called != function
            or source != _POSTGRES_FUNCTIONS[function]
            or not definition.startswith(f"CREATE TRIGGER {name} {when} EXECUTE")
        ):
            lacking.append(name)
    return lacking
