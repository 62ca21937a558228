# ruff: noqa: E501 - a table reads better with one form a line
"""What people tell: to the bot about itself and themselves, and what happened. What happened is proposed, never done."""

from __future__ import annotations

from bot.reading.form import DONE, FAIT, NO_TASK, ON_A, PREVENU, TOLD, WE_HAVE, Form, en, fr

_DONE_TO = r"(?:coupee?s?|arretee?s?|isolee?s?|debranchee?s?|rallumee?s?|redemarree?s?|restauree?s?|prevenue?s?|appelee?s?|fermee?s?|ouverte?s?)"
"""What « internet coupé à 10h » tells, without saying who did it."""

TOLD_IT: tuple[Form, ...] = (
    # -- the bot itself
    fr(
        "aide",
        r"aide|aide[- ]moi|aidez[- ]moi|au secours|a l'aide|sos|menu|commandes|je suis (?:perdue?|paumee?)|j'y comprends rien|je n'y comprends rien",
        r"que (?:puis|peux)[- ](?:je|tu) faire|qu'est-ce que (?:tu sais|tu peux|je peux) faire|tu (?:sais|peux) faire quoi|comment (?:ca marche|tu marches|ca fonctionne)",
        asking=True,
    ),
    en("help", r"help(?: me)?|i'm lost|i am lost|menu|commands|what can (?:you|i) do|how does (?:this|it) work|how do you work", asking=True),
    fr("langue {L}", r"(?:peux-tu |tu peux )?(?:parler?|parle[- ]moi|parlez|passer?|repond(?:s|re)|mets[- ]toi)(?: moi)?,? ?(?:en )?{L}|en {L}"),
    en("lang {L}", r"(?:(?:can you |please )?(?:speak|talk|switch to|answer in|reply in|use)(?: in)? )?(?:in )?{L}"),
    fr("ici", r"je suis (?:la|ici|presente?|arrivee?|de retour|revenue?)|me (?:voila|voici)|presente?|j'arrive|de retour|je viens d'arriver"),
    en("here", r"i(?:'m| am) (?:here|in|back|present)|here|present|reporting in|i've arrived"),
    fr("repos", r"je (?:vais )?(?:me (?:repose|reposer|coucher|couche)|dormir|pars (?:me reposer|dormir|me coucher)|rentre(?: chez moi| dormir)?|fais une pause|prends ma pause|debauche)|je vais me (?:coucher|reposer)|j'ai fini mon quart", sure=False),
    en("rest", r"i(?:'m| am) (?:going to (?:bed|sleep|rest|take a break)|off(?: duty| to bed)?|signing off|going home)|(?:going|off) to (?:bed|sleep)|i(?:'ll| will) (?:rest|sleep|take a break)", sure=False),
    fr("vu", r"(?:c'est |j'ai |bien )?vue?|(?:c'est |bien )?(?:recu|lu)|(?:c'est|bien) note"),
    en("ack", r"(?:i've )?seen(?: it)?|noted|ack(?:nowledged)?|copy that|roger(?: that)?|received|read"),
    fr("annuler", r"annule[rz]?(?: (?:ca|tout ca|tout|la derniere|ma derniere action))?|oups|defais(?: ca)?|je me suis trompee?|c'etait une erreur", sure=False),
    en("undo", r"undo(?: (?:that|it|this))?|oops|cancel (?:that|it)|my mistake|that was a mistake|scratch that|never mind that", sure=False),
    # -- what is proposed, and never done on its own
    fr(
        "depose {C} {--W}",
        rf"{ON_A} (?:bien )?{PREVENU}(?: a| aupres de| chez)? {{C}}(?:,? (?:a|vers)? ?{{W}})?",
        r"(?:je viens|on vient|nous venons) (?:juste )?de (?:prevenir|notifier|avertir|informer|declarer|saisir|deposer)(?: a| aupres de)? {C}(?:,? (?:a|vers)? ?{W})?",
        rf"{ON_A} (?:fait|depose|porte|envoye|rempli) (?:la |le |notre |une )?(?:declaration |notification |dossier )?(?:a la |a l'|a |pour )?{{C}}(?:,? (?:a|vers)? ?{{W}})?",
        rf"(?:c'est )?{FAIT} (?:pour|avec|aupres de) {{C}}|{{C}},? ?(?:c'est|est|a ete|sont|ont ete) (?:bien )?(?:{PREVENU}|{FAIT})(?:,? (?:a|vers)? ?{{W}})?",
        rf"{{C}} (?:bien )?{PREVENU}(?:,? (?:a|vers)? ?{{W}})?",
        sure=False,
    ),
    en(
        "filed {C} {--W}",
        rf"{WE_HAVE} {TOLD}(?: with| to)? {{C}}(?:,? (?:at)? ?{{W}})?",
        rf"{{C}} (?:is|has been|was|have been) (?:{TOLD}|{DONE})(?:,? (?:at)? ?{{W}})?",
        rf"{{C}} (?:just )?{TOLD}(?:,? (?:at)? ?{{W}})?",
        rf"{DONE} (?:with|for) {{C}}",
        sure=False,
    ),
    fr("note {X}", r"(?:peux-tu |tu peux |merci de |veuillez )?(?:noter?|notez|a noter|prends note|prenez note|inscri[st]|consigner?|consignez)(?: bien)?(?: que |\s?: ?|, ){X}"),
    en("note {X}", r"(?:please )?(?:note|log|record)(?: that |\s?: ?|, ){X}"),
    fr("note {X} --a {W}", rf"(?={ON_A} ){{X}},? (?:a|vers) {{W}}", sure=False),
    en("note {X} --at {W}", rf"(?={WE_HAVE} ){{X}},? (?:at|around) {{W}}", sure=False),
    fr("note {X} --a {W}", rf"(?:a|vers) {{W}},? (?={ON_A} ){{X}}|(?=\S.{{0,80}} {_DONE_TO} (?:a|vers) ){{X}} (?:a|vers) {{W}}", sure=False),
    en("note {X} --at {W}", rf"(?:at|around) {{W}},? (?={WE_HAVE} ){{X}}", sure=False),
    fr("vrai {X}", r"(?:la rumeur|l'info|le fait|l'information) {X} est (?:vraie?|confirmee?|verifiee?|exacte?)", sure=False),
    fr("faux {X}", r"(?:la rumeur|l'info|le fait|l'information) {X} est (?:fausse|faux|dementie?|infirmee?|inexacte?)", sure=False),
    en("true {X}", r"(?:the )?(?:rumou?r|fact) {X} is (?:true|confirmed|verified)", sure=False),
    en("false {X}", r"(?:the )?(?:rumou?r|fact) {X} is (?:false|untrue|wrong|refuted)", sure=False),
    fr("rediger {X}", r"(?:redige[rz]?|prepare[rz]?|ecri[st]|ecrivez)(?:[- ](?:moi|nous))? (?:un |une |le |la |les |l')?{X}", sure=False),
    en("draft {X}", r"(?:draft|write|prepare)(?: me| us)? (?:a |an |the )?{X}", sure=False),
    fr("gravite {X}", r"(?:on )?passe(?:r|z|ns)? (?:en |a la |a )?gravite {X}", sure=False),
    en("severity {X}", r"(?:go|move|switch)(?:ing)? to severity {X}", sure=False),
    fr("decision {X}", r"(?:on a decide|nous avons decide|je decide|on decide|il est decide|decision\s?:) ?(?:de |d'|que )?{X}", sure=False),
    en("decision {X}", r"(?:we(?:'ve| have)? decided|i(?:'ve| have)? decided|decision\s?:) ?(?:to |that )?{X}", sure=False),
    fr("rumeur {X}", r"(?:il parait que|il semblerait que|apparemment,?|on (?:dit|raconte) que|le bruit court que|rumeur\s?:|d'apres une rumeur,?) ?{X}", sure=False),
    en("rumour {X}", r"(?:rumou?r has it that|apparently,?|people say that|there's a rumou?r that|rumou?r\s?:) ?{X}", sure=False),
    fr("point", r"(?:fais|faites|prepare|preparez|lance|redige|on fait)(?:[- ](?:moi|nous))? (?:le|un) point(?: de situation)?|(?:le )?point de situation", sure=False),
    en("sitrep", r"(?:do|make|draft|prepare|write)(?: me)? (?:a|the) (?:sitrep|situation (?:report|point))", sure=False),
    fr("passation {P}", r"je passe la main a {P}|{P} (?:me remplace|me releve|prend ma releve|prend la suite)|je suis releve(?:e)? par {P}", sure=False),
    en("handover {P}", r"i(?:'m| am) handing over to {P}|{P} (?:takes over(?: from me)?|is taking over(?: from me)?|is relieving me|relieves me)", sure=False),
    fr("reconnu {P}", r"je (?:reconnais|confirme l'identite de) {P}|j'ai (?:vu|entendu|reconnu) {P}|c'est bien {P}", sure=False),
    en("vouch {P}", r"i(?:'ve| have)? (?:vouch for|seen|heard|recognised|recognized) {P}|i vouch for {P}", sure=False),
    fr("service {X} degrade", rf"{NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont|passent?|fonctionnent?) (?:en )?(?:mode )?degradee?s?", sure=False),
    fr("service {X} arrete", rf"{NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont) (?:arretee?s?|a l'arret)", sure=False),
    fr("service {X} normal", rf"{NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont) (?:de nouveau |revenue?s? )?(?:a la normale|normale?s?)", sure=False),
    en("service {X} degraded", rf"{NO_TASK}(?:the )?{{X}} (?:is|are) (?:running )?degraded", sure=False),
    en("service {X} stopped", rf"{NO_TASK}(?:the )?{{X}} (?:is|are|has|have) stopped", sure=False),
    en("service {X} normal", rf"{NO_TASK}(?:the )?{{X}} (?:is|are) back to normal", sure=False),
    fr("presents", r"(?:fais|faites|lance) l'appel", sure=False),
    en("rollcall", r"(?:do|make|call|take) (?:a |the )?roll(?: ?call)?", sure=False),
    fr("alerte {X}", r"alerte[ ,:!]+{X}", sure=False),
    en("alert {X}", r"alert[ ,:!]+{X}", sure=False),
    fr("cloture", r"(?:on (?:peut )?)?(?:clo[st]urer?|clos|ferme|leve|lever)(?: la)? crise|(?:c'est )?la fin de (?:la )?crise", sure=False),
    en("close", r"(?:close|lift|end|stand down)(?: the)? (?:crisis|incident)", sure=False),
)  # fmt: skip
