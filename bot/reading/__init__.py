"""What people type, made into a call. Guarantee: reading is a pure function, and it never guesses."""

from __future__ import annotations

from bot.reading.reader import is_talk, read
from bot.reading.result import Asked, Context, Reading, Refused, Silence, Suggestion

__all__ = ["Asked", "Context", "Reading", "Refused", "Silence", "Suggestion", "is_talk", "read"]
