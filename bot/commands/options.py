"""The options that verbs share. Guarantee: an option has the same two names under any verb, and the same meaning; but
`--pour`, which says for whom, says by when of an authority's question."""

from __future__ import annotations

from bot.commands.spec import Kind, Option, Tense

DRILL = Option("drill", ("exercice",), ("drill",), Kind.FLAG)
SEVERITY = Option("severity", ("gravite",), ("severity",), Kind.SEVERITY)
OBSERVED = Option("observed", ("constat",), ("observed",), Kind.WHEN)
WITHOUT = Option("without", ("sans",), ("without",), Kind.PERSON, repeated=True)
FOR = Option("for", ("pour",), ("for",), Kind.PERSON)
RECIPIENT = Option("for", ("pour",), ("for",), Kind.TEXT)
"""`--pour` where it names somebody who need not be of the cell."""
IN = Option("in", ("dans",), ("in",), Kind.DURATION)
AT = Option("at", ("a",), ("at",), Kind.WHEN)
SINCE = Option("since", ("depuis",), ("since",), Kind.WHEN)
BY = Option("by", ("de",), ("by",), Kind.TEXT)
PHONE = Option("phone", ("tel",), ("phone",), Kind.TEXT)
FORMAT = Option("format", ("format",), ("format",), Kind.WORD)
LANG = Option("lang", ("langue",), ("lang",), Kind.LANGUAGE)
UNTIL = Option("until", ("jusqua", "jusqu'a"), ("until",), Kind.WHEN, Tense.FUTURE)
ERASE = Option("erase", ("effacer",), ("erase",), Kind.FLAG)
URGENT = Option("urgent", ("urgence",), ("urgent",), Kind.TEXT)

OPTIONS: tuple[Option, ...] = (
    *(DRILL, SEVERITY, OBSERVED, WITHOUT, FOR, IN, AT, SINCE, BY, PHONE, FORMAT, LANG, UNTIL, ERASE, URGENT),
)
