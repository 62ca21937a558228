"""Why each thing that screening finds matters, and what to write or do instead. Guarantee: every kind has both."""

from __future__ import annotations

from bot.domain.language import Both
from bot.domain.screening import Finding

REASONS: dict[Finding, Both] = {
    Finding.BLANK: Both("personne ne l’a encore dit", "nobody has said it yet"),
    Finding.NATIONAL_NUMBER: Both("c’est une donnée personnelle", "it is personal data"),
    Finding.LONG_NUMBER: Both(
        "il peut être celui d’un patient ou d’une carte", "it may be a patient’s or a card’s number"
    ),
    Finding.ATTACKER: Both("le nommer le sert, et rien ne le prouve", "naming it serves it, and nothing proves it"),
    Finding.AMOUNT: Both(
        "une somme nuit à l’enquête, à la négociation et à l’assurance",
        "a sum harms the inquiry, the talks and the insurance",
    ),
    Finding.MACHINE: Both("elle renseigne l’attaquant", "it tells the attacker something"),
    Finding.ABSOLUTE: Both("un seul démenti, et plus rien n’est cru", "one denial, and nothing is believed any more"),
    Finding.RECOVERY: Both(
        "une heure qui n’est pas tenue coûte plus qu’une attente", "an hour that is missed costs more than a wait"
    ),
    Finding.COSTLY: Both(
        "il peut être lu comme un aveu ou un engagement", "it may be read as an admission or a promise"
    ),
    Finding.ACT: Both("aucun dépôt ne le prouve dans le journal", "no filing in the log proves it"),
    Finding.NAME: Both("votre organisation ne veut pas qu’il soit dit", "your organisation does not want it said"),
    Finding.SUPPLIER: Both(
        "le nommer vous engage\u00a0: il faut l’accord du juridique", "naming it binds you: legal must agree"
    ),
    Finding.OWN_PHONE: Both("une fois publié, il sonnera jour et nuit", "once published it rings day and night"),
    Finding.UNVERIFIED: Both("démenti demain, il fera douter de tout", "denied tomorrow, it casts doubt on everything"),
    Finding.PHONE: Both(
        "un chiffre faux envoie les gens chez un inconnu", "one wrong digit sends people to a stranger"
    ),
    Finding.LINK: Both(
        "les faux messages imitent les vôtres, lien compris", "false messages copy yours, links and all"
    ),
    Finding.ORDER: Both("personne des vôtres ne doit l’apprendre dehors", "nobody of yours should learn it outside"),
    Finding.SENTENCE: Both("on la relit sans la comprendre", "people read it twice and do not understand it"),
    Finding.READING: Both("un patient inquiet ne lira pas jusqu’au bout", "a worried patient will not read to the end"),
    Finding.LENGTH: Both("ce qui dépasse est coupé, ou pas lu", "what is over is cut, or not read"),
}

INSTEAD: dict[Finding, Both] = {
    Finding.BLANK: Both("remplissez-le", "fill it in"),
    Finding.NATIONAL_NUMBER: Both("retirez-le", "take it out"),
    Finding.LONG_NUMBER: Both("retirez-le", "take it out"),
    Finding.ATTACKER: Both("écrivez «\u00a0les auteurs de l’attaque\u00a0»", "write “those behind the attack”"),
    Finding.AMOUNT: Both("retirez la somme", "leave the sum out"),
    Finding.MACHINE: Both(
        "écrivez «\u00a0un serveur\u00a0» ou «\u00a0un logiciel\u00a0»", "write “a server” or “a program”"
    ),
    Finding.ABSOLUTE: Both(
        "écrivez «\u00a0à ce stade, nous n’avons pas identifié…\u00a0»", "write “so far we have not found…”"
    ),
    Finding.RECOVERY: Both("dites l’heure du prochain message", "give the hour of the next message"),
    Finding.COSTLY: Both(
        "écrivez «\u00a0nous regrettons ce qui arrive\u00a0», ou demandez au juridique",
        "write “we regret what happened”, or ask legal",
    ),
    Finding.ACT: Both("notez le dépôt (!depose), ou retirez la phrase", "record the filing (!filed), or take it out"),
    Finding.NAME: Both("dites la fonction", "say the function"),
    Finding.SUPPLIER: Both("écrivez «\u00a0un prestataire\u00a0»", "write “a supplier”"),
    Finding.OWN_PHONE: Both("donnez celui du standard", "give the switchboard’s"),
    Finding.UNVERIFIED: Both("faites-le vérifier (!vrai), ou retirez-le", "have it verified (!true), or take it out"),
    Finding.PHONE: Both("appelez-le avant de diffuser", "call it before you release"),
    Finding.LINK: Both("donnez un numéro à appeler", "give a number to call"),
    Finding.ORDER: Both(
        "prévenez-les d’abord, ou dites pourquoi au moment de diffuser",
        "tell them first, or say why when you release it",
    ),
    Finding.SENTENCE: Both("coupez-la en deux", "cut it in two"),
    Finding.READING: Both("des mots courts, une idée par phrase", "short words, one idea a sentence"),
    Finding.LENGTH: Both("faites-en un texte court pour cette voie", "make a short text for this way"),
}
