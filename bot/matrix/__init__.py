"""Everything that speaks Matrix. Guarantee: nobody outside this folder (but the demo) knows that nio
exists.
"""

import sys
from importlib import import_module

# nio keeps its keys by peewee, which imports a driver of PostgreSQL wherever it finds one: 8 MB, and a tenth of a
# second of each start, for what a store in SQLite never asks. While it is imported, it finds none.
if "psycopg" not in sys.modules:
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # how the import system says "not here"
    try:
        import_module("peewee")
    finally:
        del sys.modules["psycopg"]
