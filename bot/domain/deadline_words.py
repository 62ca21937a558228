"""The sentences of a computed deadline. Guarantee: each says how the time was found, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.deadline_rules import Duration, Unit
from bot.domain.playbook import Text

BASIS: Mapping[str, Text] = {
    "hours": Text(
        "{span} écoulées depuis l’instant de départ, en temps universel ; nuits, week-ends et jours fériés comptent.",
        "{span} elapsed from the starting instant, in universal time; nights, weekends and holidays count.",
    ),
    "days": Text(
        "{span}, le jour de départ non compté, jusqu’à 23:59:59 heure locale ; tous les jours comptent.",
        "{span}, the starting day not counted, until 23:59:59 local time; every day counts.",
    ),
    "days_keep_time": Text(
        "{span} après l’instant de départ, à la même heure locale.",
        "{span} after the starting instant, at the same local time.",
    ),
    "working_days": Text(
        "{span}, le jour de départ non compté, du lundi au vendredi hors jours fériés nationaux ({calendar}), "
        "jusqu’à 23:59:59 heure locale.",
        "{span}, the starting day not counted, Monday to Friday without national holidays ({calendar}), "
        "until 23:59:59 local time.",
    ),
    "business_days": Text(
        "{span}, le jour de départ non compté, hors jours fériés ({calendar}), jusqu’à {cutoff} ({zone}).",
        "{span}, the starting day not counted, without holidays ({calendar}), until {cutoff} ({zone}).",
    ),
    "months": Text(
        "{span} de quantième à quantième, ou le dernier jour d’un mois plus court, à la même heure locale.",
        "{span} to the same date, or to the last day of a shorter month, at the same local time.",
    ),
    "asap": Text(
        "Sans délai ; repère interne de {span} après l’instant de départ.",
        "Without delay; our own mark is {span} after the starting instant.",
    ),
    "house": Text(
        "Objectif interne : {span} après l’instant de départ.",
        "Internal target: {span} after the starting instant.",
    ),
    "contract": Text(
        "Délai du contrat : {span} après l’instant de départ.",
        "The contract’s time: {span} after the starting instant.",
    ),
    "contract_days": Text(
        "Délai du contrat : {span}, le jour de départ non compté, hors jours fériés nationaux ({calendar}), "
        "jusqu’à 23:59:59 heure locale.",
        "The contract’s time: {span}, the starting day not counted, without national holidays ({calendar}), "
        "until 23:59:59 local time.",
    ),
    "awareness": Text(
        "Le plus tôt de : classement en incident majeur + {classified}, connaissance + {span}. "
        "C’est la connaissance qui commande.",
        "The earlier of: classification as major + {classified}, awareness + {span}. Awareness decides.",
    ),
    "classification": Text(
        "Le plus tôt de : classement en incident majeur + {classified}, connaissance + {span}. "
        "C’est le classement qui commande.",
        "The earlier of: classification as major + {classified}, awareness + {span}. Classification decides.",
    ),
    "late_classification": Text(
        "Classement en incident majeur plus de {span} après la connaissance : classement + {classified}.",
        "Classified as major more than {span} after awareness: classification + {classified}.",
    ),
    "recurring": Text(
        "Toutes les {span} depuis la dernière fois, en heures écoulées.",
        "Every {span} since the last time, in elapsed hours.",
    ),
    "recurring_months": Text(
        "{span} après la dernière fois, de quantième à quantième, à la même heure locale.",
        "{span} after the last time, to the same date, at the same local time.",
    ),
    "manual": Text(
        "Échéance fixée par l’autorité, reprise de sa demande.",
        "The time set by the authority, taken from its request.",
    ),
}

NOTES: Mapping[str, Text] = {
    "twice": Text(
        "Cette heure a existé deux fois (passage à l’heure d’hiver) ; la première est retenue.",
        "That hour came twice (the end of summer time); the earlier one was taken.",
    ),
    "midnight": Text(
        "Seule la date est connue : c’est le début de ce jour qui est retenu.",
        "Only the date is known: the beginning of that day is taken.",
    ),
    "no_figure": Text(
        "La loi dit « sans délai » et ne donne aucun chiffre ; celui-ci est un objectif interne.",
        "The law says “without delay” and gives no figure; this one is an internal target.",
    ),
    "no_figure_contract": Text(
        "La loi dit « sans délai » et ne donne aucun chiffre ; celui-ci est celui du contrat.",
        "The law says “without delay” and gives no figure; this one is the contract’s.",
    ),
    "no_contract": Text(
        "Aucun délai de contrat n’est donné ; {span} est un objectif interne.",
        "No contract’s time is given; {span} is an internal target.",
    ),
    "shorter_contract": Text(
        "Le contrat demande {span}, moins que le minimum légal : l’échéance n’en est pas avancée, "
        "mais déclarez si possible d’ici là.",
        "The contract asks for {span}, less than the legal minimum: the deadline is not moved forward, "
        "but report by then if you can.",
    ),
    "not_classified": Text(
        "L’incident n’est pas encore classé majeur : s’il l’est, classement + {span} peut échoir plus tôt.",
        "The incident is not classified as major yet: once it is, classification + {span} may come first.",
    ),
    "pending": Text(
        "La directive n’est pas transposée dans le droit français au dernier état connu : recommandé, "
        "pas encore obligatoire.",
        "The directive is not transposed into French law as far as is known: recommended, not yet binding.",
    ),
    "proposal": Text("Ce n’est encore qu’une proposition de texte.", "This is still only a proposal for a text."),
    "memory": Text(
        "Texte cité de mémoire : à relire avant de s’en prévaloir.",
        "The text is cited from memory: read it before relying on it.",
    ),
    "not_yet": Text("Cette règle ne s’applique qu’à partir du {day}.", "This rule applies only from {day} on."),
    "no_longer": Text("Cette règle ne s’applique plus depuis le {day}.", "This rule no longer applies since {day}."),
    "unless_weekend": Text(
        "Le report au prochain jour ouvré à midi n’est pas ouvert aux établissements de crédit, contreparties "
        "centrales, plates-formes de négociation et entités NIS 2.",
        "Putting it off to noon of the next working day is not open to credit institutions, central "
        "counterparties, trading venues and NIS 2 entities.",
    ),
}

REFUSALS: Mapping[str, Text] = {
    "due_missing": Text(
        "la règle {rule} n’a pas de délai à elle : donnez l’échéance par --set due=QUAND",
        "the rule {rule} has no time of its own: give the deadline by --set due=WHEN",
    ),
    "due_early": Text(
        "l’échéance donnée (due=) est avant l’instant de départ",
        "the deadline given (due=) is before the starting instant",
    ),
    "classified_early": Text(
        "le classement (classified=) est avant la connaissance de l’incident",
        "the classification (classified=) is before the incident was known",
    ),
    "too_far": Text("cette date sort du calendrier", "that date is beyond the calendar"),
}

_UNITS: Mapping[Unit, tuple[Text, Text]] = {
    Unit.MINUTES: (Text("minute", "minute"), Text("minutes", "minutes")),
    Unit.HOURS: (Text("heure", "hour"), Text("heures", "hours")),
    Unit.DAYS: (Text("jour", "day"), Text("jours", "days")),
    Unit.WORKING_DAYS: (Text("jour ouvré", "working day"), Text("jours ouvrés", "working days")),
    Unit.MONTHS: (Text("mois", "month"), Text("mois", "months")),
}


def span(duration: Duration) -> Text:
    """The duration in words, its number kept beside its unit."""
    one, several = _UNITS[duration.unit]
    unit = one if duration.value == 1 else several
    return Text(f"{duration.value} {unit.fr}", f"{duration.value} {unit.en}")


def filled(text: Text, **values: Text | str) -> Text:
    """The sentence with its values, in both languages."""
    french = {key: value.fr if isinstance(value, Text) else value for key, value in values.items()}
    english = {key: value.en if isinstance(value, Text) else value for key, value in values.items()}
    return Text(text.fr.format(**french), text.en.format(**english))
