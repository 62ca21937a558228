"""The commands by subject, as help shows them. Guarantee: each that help lists stands under one subject, and a subject
fits a telephone's screen."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.language import Both


@dataclass(frozen=True)
class Subject:
    """What a line of the list of subjects says, and the commands under it, by `Spec.name`."""

    title: Both
    names: tuple[str, ...]


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        Both("La crise : l’ouvrir, la mener, la lever", "The crisis: to open, lead and lift it"),
        ("incident", "scenarios", "status", "severity", "phase", "sitrep", "close", "reactivate", "archive", "stop"),
    ),
    Subject(
        Both("Les personnes et les salons", "People and rooms"),
        (
            "team", "mobilise", "rollcall", "here", "rest", "handover", "role", "invite", "vouch", "compromised",
            "guests", "dismiss", "raise", "relay", "lawyer",
        ),
    ),
    Subject(
        Both("Les tâches, les miennes et les autres", "Tasks, mine and the others"),
        (
            "mine", "next", "tasks", "take", "done", "block", "reopen", "snooze", "skip", "assign", "task", "why",
            "prove",
        ),
    ),
    Subject(
        Both("La main courante", "The action log"),
        ("note", "log", "correct", "undo", "purge", "hold", "unhold", "export"),
    ),
    Subject(
        Both("Faits, décisions, preuves, appels", "Facts, decisions, evidence, calls"),
        (
            "fact", "rumour", "likely", "true", "false", "facts", "rumours", "decision", "decisions", "evidence",
            "exhibits", "call", "calls",
        ),
    ),
    Subject(
        Both("Les échéances et ce qui les lance", "Deadlines, and what starts them"),
        (
            "deadlines", "take_clock", "filed", "receipt", "reopen_clock", "waive", "known", "observed", "attack",
            "breach", "qualify", "calendar", "ack",
        ),
    ),
    Subject(
        Both("Autorités, dossiers, échéances à nous", "Authorities, dossiers, deadlines of ours"),
        ("dossier", "compliance", "opinion", "question", "questions", "deadline", "done_clock"),
    ),
    Subject(
        Both("Les textes : rédiger, approuver, diffuser", "Texts: to draft, approve, release"),
        (
            "draft", "templates", "drafts", "show", "edit", "approve", "reject", "publish", "posted", "amend",
            "releases", "plan", "enquiry", "enquiries",
        ),
    ),
    Subject(
        Both("Soins, numéros, mots, réglages", "Care, numbers, words, settings"),
        (
            "service", "services", "workaround", "reinforce", "directory", "warned", "partners", "card", "glossary",
            "yes", "no", "unsure", "lang", "help",
        ),
    ),
)  # fmt: skip
"""Nine at most: one figure chooses one."""
