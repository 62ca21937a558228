# ruff: noqa: E501 - a table reads better with one form a line
"""The plain forms: what people say to the bot, and the command that it means. Read it as a table.

A form is a pattern over the text in lower case without accents. `{N}` stands for the numbers of tasks, `{C}` for a
clock, `{P}` for a person, `{D}` for a length of time, `{W}` for an instant, `{K}` for a track, `{L}` for a language, `{X}` for free words; each
must be wholly readable as what it is, or the form does not fit. In the command, `{--W}` adds the time where one was said.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.language import Language


@dataclass(frozen=True)
class Form:
    """`command` is the line that is meant. One that is not `sure` is only proposed. `asking` forms fit questions too,
    all others never do; `only_asking` ones are statements without a question mark: « la 3 est faite »."""

    language: Language
    command: str
    patterns: tuple[str, ...]
    sure: bool = True
    asking: bool = False
    only_asking: bool = False


_FAIT = r"(?:fait|fini|termine|regle|boucle|acheve|effectue|realise|traite|coche)(?:e?s?)"
_FAIRE = r"(?:faire|finir|terminer|regler|boucler|achever|traiter|cocher)"
_DONE = r"(?:all )?(?:done|finished|completed?|sorted(?: out)?|dealt with)"
_ON_A = r"(?:on a|j'ai|nous avons|on vient de|ils ont|elle a|il a|elles ont)"
_WE_HAVE = r"(?:we|i|they)(?:'ve| have)?(?: just)?"
_PREVENU = r"(?:prevenue?|notifiee?|avertie?|informee?|declaree?|saisie?|signalee?|deposee?|envoyee?)s?"
_TOLD = r"(?:notified|told|informed|alerted|filed|lodged|submitted|reported(?: it)? to|sent)"
_FAIT_PAR = r"(?:prend|fait|s'occupe de|se charge de|gere|suit|a pris)"
_SEP = r"(?:\s?[,:;]|\s[–—-])\s(?![t#]?\d)"
_NO_TASK = r"(?!(?:la |le |les |the |t|task |tache )?\d|c'est |ce |tout|ca |it |this |that )"
_SUR = r"(?:sur|pour|a|avec|dans)"


def _fr(command: str, *patterns: str, sure: bool = True, asking: bool = False, only_asking: bool = False) -> Form:
    return Form("fr", command, patterns, sure, asking or only_asking, only_asking)


def _en(command: str, *patterns: str, sure: bool = True, asking: bool = False, only_asking: bool = False) -> Form:
    return Form("en", command, patterns, sure, asking or only_asking, only_asking)


SAID: tuple[Form, ...] = (
    _fr("oui", r"oui(?:,? merci| oui)?|ouais"),
    _en("yes", r"yes(?:,? please)?|yep|yeah"),
    _fr("non", r"non(?:,? merci| non)?"),
    _en("no", r"no(?:,? thanks| thank you)?|nope"),
    _fr("nsp", r"(?:je |on |nous )?(?:ne |n'en )?(?:sais|sait|savons) (?:pas|rien)|aucune idee"),
    _en("unsure", r"(?:i |we )?(?:don'?t|do not) know|no idea|not sure"),
    # -- a task's life
    _fr(
        "fait {N}",
        rf"(?:c'est |ca y est,? (?:c'est )?|voila,? (?:c'est )?|j'ai |on a |nous avons |je l'ai |on l'a )?{_FAIT}(?:,? (?:pour |avec |de )?{{N}})?",
        rf"{{N}},? ?:? ?(?:c'est |est |sont |a ete |ont ete )?{_FAIT}",
        r"{N},? ?:? ?(?:c'est |est |sont )?(?:ok|bon|bonne|good)",
        r"(?:c'est )?(?:ok|bon),? (?:pour )?{N}",
        rf"(?:je viens|on vient|nous venons) de {_FAIRE} {{N}}",
        rf"(?:tu peux |vous pouvez |peux-tu |pouvez-vous |merci de |il faut )?(?:cocher?|cochez|marquer?|marquez|clo[st]urer?|solder?) {{N}}(?: comme {_FAIT})?",
    ),
    _en(
        "done {N}",
        rf"(?:it's |it is |that's |that is |all |just |i'm |i am |we're |i |i've |i have |we |we've |we have |i've just |we've just |i just )?{_DONE}(?:,? (?:with |for |off )?{{N}})?",
        rf"{{N}}(?:'s| is| are| has been| have been|:|,)? {_DONE}",
        rf"(?:that's|that is) {{N}},? {_DONE}",
        r"(?:mark|tick|check|cross)(?: off)? {N}(?: off)?(?: as)?(?: done| complete| finished)?",
    ),
    _fr(
        "fait {N} {X}",
        rf"(?:c'est |j'ai |on a )?{_FAIT}(?: (?:pour )?{{N}})?{_SEP}{{X}}",
        rf"{{N}},? ?(?:c'est |est |sont )?{_FAIT}{_SEP}{{X}}",
        sure=False,
    ),
    _en("done {N} {X}", rf"(?:it's |i've )?{_DONE}(?: {{N}})?{_SEP}{{X}}", rf"{{N}} (?:is |are )?{_DONE}{_SEP}{{X}}", sure=False),
    _fr(
        "prendre {N}",
        r"(?:moi,? )?(?:je )?m'en (?:occupe|charge)",
        r"(?:moi,? )?(?:je )?(?:m'en occupe de|m'occupe de|m'occuperai de|me charge de|m'occupe) {N}",
        r"(?:moi,? )?je (?:vais m'occuper de|prends?|prendrai|vais prendre|fais|vais faire|gere|vais gerer|reprends|prends en charge|reprends en main) {N}",
        r"(?:prends|laisse[- ]moi|laissez[- ]moi|donne[- ]moi) {N}",
        r"(?:moi,? )?je (?:la |le |les )?(?:prends|fais|gere)(?: ca)?",
        r"j'y vais|c'est pour moi|je suis dessus|je m'y mets",
        r"je suis sur {N}",
        r"c'est moi qui (?:prends?|fais|gere|m'occupe de) {N}",
        r"{N},? ?:? ?(?:c'est )?(?:pour|a) moi",
        r"{N},? je (?:prends|m'en occupe|m'en charge|gere)",
    ),
    _en(
        "take {N}",
        r"(?:i'll |i will |i'm going to |i can |let me |i )?(?:take|handle|do|grab|pick up|look after|take care of|deal with) (?:it|this|that|{N})",
        r"(?:i'm |i am )?(?:taking|doing|handling) (?:it|this|{N})",
        r"(?:i'm |i am )?on (?:it|this|{N})",
        r"(?:i've |i have |i )?got (?:it|this|{N})",
        r"(?:leave )?{N} (?:to|with|is for) me|{N} is mine",
    ),
    _fr(
        "prendre {C}",
        r"(?:moi,? )?(?:je )?(?:m'occupe de|m'occupe|me charge de|prends|prends en charge|gere|vais prendre|vais m'occuper de) {C}",
        r"c'est moi qui (?:prends?|fais|gere|m'occupe de) {C}",
    ),
    _en(
        "take {C}",
        r"(?:i'll |i will |i'm going to |i can |let me |i )?(?:take|handle|look after|take care of|deal with) {C}",
        r"(?:i'm |i am )on {C}|(?:i've |i have |i )?got {C}|leave {C} (?:to|with) me",
    ),
    _fr("donner {N} {P}", r"(?:donne[rz]?|passe[rz]?|attribue[rz]?|affecte[rz]?|confie[rz]?|refile[rz]?|mets|mettez|mettre) {N} (?:a|au|pour|sur) {P}"),
    _en("assign {N} {P}", r"(?:please )?(?:give|assign|pass|hand) {N} (?:over )?to {P}"),
    _fr("donner {N} {P}", r"{N},? ?(?:c'est )?(?:pour|a) {P}", rf"{{P}} {_FAIT_PAR} {{N}}", r"c'est {P} qui (?:prend|fait|gere|s'occupe de) {N}", sure=False),
    _en("assign {N} {P}", r"{N} (?:is |goes )?(?:to|for) {P}", r"{P} (?:takes|will take|will do|has|is on|is doing|is taking) {N}", sure=False),
    _fr(
        "bloque {N} {X}",
        rf"(?:je suis |on est |nous sommes |je )?(?:bloquee?s?|coincee?s?) {_SUR} {{N}}(?:(?:{_SEP}| (?=car |parce|faute|il |on )){{X}})?",
        rf"{{N}} (?:est |sont |reste )?(?:bloquee?s?|coincee?s?)(?:{_SEP}| (?=car |parce|faute|il |on )){{X}}",
        rf"(?:je suis |on est )?(?:bloquee?|coincee?){_SEP}{{X}}",
    ),
    _en(
        "block {N} {X}",
        rf"(?:i'm |i am |we're |we are )?(?:stuck|blocked) (?:on|with) {{N}}(?:(?:{_SEP}| (?=because|no |there)){{X}})?",
        rf"{{N}} is (?:stuck|blocked)(?:{_SEP}| (?=because|no |there)){{X}}",
        rf"(?:i'm |we're )?(?:stuck|blocked){_SEP}{{X}}",
    ),
    _fr(
        "plustard {N} {D}",
        r"(?:rappelle|rappelez)[- ](?:moi|nous)(?: (?:pour )?{N})?,? {D}",
        r"(?:repousser?|repoussez|reporter?|reportez|decaler?|decalez) {N},? {D}",
        r"{N},? plus tard,? {D}|plus tard,? {N},? {D}",
    ),
    _en(
        "snooze {N} {D}",
        r"remind (?:me|us)(?: (?:about|of|for) {N})?,? {D}",
        r"remind (?:me|us) {D} (?:about|of|for) {N}",
        r"(?:snooze|postpone|delay|push(?: back)?) {N}(?: back)?,? {D}",
    ),
    # -- where things stand
    _fr(
        "tache {N}",
        rf"(?:est-ce que )?{{N}},? ?(?:c'est |est |sont |a ete |ont ete )?(?:{_FAIT}|ok|bon|bonne|pris|prise|prises)",
        rf"(?:est-ce que )?c'est {_FAIT},? (?:pour )?{{N}}",
        r"qui (?:a fait|a pris|fait|prend|s'occupe de|se charge de|gere|est sur) {N}",
        r"(?:c'est quoi|qu'est-ce que c'est|quelle est|montre[- ]moi|montre|affiche|ou en est|ou en sont|et|on en est ou (?:de|avec|pour|sur)) {N}",
        only_asking=True,
    ),
    _en(
        "task {N}",
        rf"(?:is|are|has|have) {{N}} (?:been )?{_DONE}|{{N}} {_DONE}",
        r"who (?:did|does|took|has|is doing|is on|'s doing|'s on) {N}|who's (?:doing|on|got) {N}",
        r"(?:what is|what's|what about|show(?: me)?|how is|how's) {N}",
        only_asking=True,
    ),
    _fr(
        "pourquoi {N}",
        r"(?:explique|expliquez|detaille)(?:[- ]moi)? {N}|pourquoi(?: (?:faire |on fait |faut-il faire )?{N})?|a quoi sert {N}|comment (?:faire|on fait|fait-on|je fais) {N}",
        asking=True,
    ),
    _en("why {N}", r"(?:tell me (?:more )?about|explain) {N}|why(?: (?:do |is )?{N})?|what is {N} for|how (?:do (?:i|we)|to) do {N}", asking=True),
    _fr(
        "echeances {C}",
        r"(?:il )?(?:(?:nous |me )?reste )?combien de temps(?: (?:il )?(?:nous |me )?reste(?:[ -]t[ -]il)?)?(?: (?:pour|avant|a)(?: prevenir| notifier| declarer)?(?: a)? {C})?",
        r"(?:il )?(?:nous |me )?reste combien(?: de temps)?(?: (?:pour|avant)(?: prevenir| notifier| declarer)?(?: a)? {C})?",
        r"combien (?:il |nous )?(?:nous )?reste(?:[ -]t[ -]il)?(?: de temps)?(?: (?:pour|avant) {C})?",
        r"(?:pour|avant) {C},? (?:il (?:nous )?(?:en )?reste|on a) (?:encore )?combien(?: de temps)?|(?:pour|avant) {C},? combien (?:de temps|il reste)",
        r"on a (?:encore )?combien de temps(?: (?:pour|avant) {C})?|on a jusqu'a quand(?: pour {C})?",
        r"(?:c'est |c'est pour |pour )quand,? (?:pour )?{C}|{C},? (?:c'est )?(?:pour )?quand",
        r"quand (?:est-ce qu'on doit|doit-on|faut-il|on doit) (?:prevenir|notifier|declarer|deposer|saisir|envoyer)(?: a)? {C}",
        r"(?:quelles sont |quels sont |c'est quoi |ou en sont |donne[- ]moi |montre[- ]moi |affiche )?(?:les |nos |mes )?(?:prochaines? )?(?:echeances|delais|comptes a rebours)(?: depassee?s| en retard| a venir)?",
        r"(?:quelle est |c'est quoi )?(?:la |notre )?prochaine (?:echeance|date limite)",
        r"(?:y a-t-il|est-ce qu'il y a|il y a) des (?:echeances|delais)(?: depassee?s| en retard)?|qu'est-ce qui est en retard",
        r"(?:quel est )?(?:le )?delai (?:pour|de|d'|avant) ?{C}",
        rf"qui {_FAIT_PAR} {{C}}|ou en est {{C}}|(?:et|qu'en est-il de) {{C}}|on en est ou (?:avec|pour|de) {{C}}",
        asking=True,
    ),
    _fr(
        "echeances {C}",
        rf"(?:est-ce qu'on a|a-t-on|on a|avons-nous|avez-vous|quelqu'un a) (?:bien )?{_PREVENU}(?: a| aupres de)? {{C}}",
        rf"(?:est-ce que )?{{C}} (?:est|a ete|est-elle|a-t-elle ete) (?:bien )?(?:{_PREVENU}|{_FAIT})",
        only_asking=True,
    ),
    _en(
        "deadlines {C}",
        r"how (?:long|much time|much longer)(?: do (?:we|i) have| have (?:we|i) got| is there| is| have we)?(?: left| remaining)?(?: (?:for|until|till|before|to (?:notify|file|tell)) {C})?",
        r"for {C},? how (?:long|much time)(?: (?:do we have|have we got|is there|is))?(?: left)?",
        r"when(?: is|'s) {C} due|when do (?:we|i) (?:have to|need to|must) (?:notify|file|tell|report to) {C}",
        r"(?:what(?:'s| is| are) |show(?: me)? )?(?:the |our |my )?(?:next )?(?:deadlines?|clocks)|time left|what's the time left",
        r"(?:what's|what is) the deadline (?:for|on) {C}|what(?:'s| is) left (?:on|for) {C}",
        r"who(?:'s| is| has)? ?(?:doing|handling|on|got|taking|taken|dealing with|in charge of|does) {C}",
        asking=True,
    ),
    _en(
        "deadlines {C}",
        rf"(?:has anyone|have we|has somebody|did (?:we|anyone)) (?:{_TOLD}|notify|tell|file|inform) {{C}}",
        rf"(?:is|has) {{C}} (?:been )?(?:{_TOLD}|{_DONE})",
        only_asking=True,
    ),
    _fr(
        "statut",
        r"(?:quelle est |quel est |c'est quoi )?(?:la situation|le statut|l'etat)(?: actuelle?| de la crise| des lieux)?|statut|situation",
        r"(?:on )?(?:en )?ou (?:en )?(?:est[- ]on|sommes[- ]nous|on en est|en sommes[- ]nous)|on en est ou|ou en est[- ]on",
        r"(?:fais|faites|donne)[- ]moi un resume|resume(?: la situation)?|quoi de neuf",
        asking=True,
    ),
    _en(
        "status",
        r"status(?: update)?|(?:what's|what is) (?:the )?(?:status|situation|latest)|where are we(?: now| at)?|where do we stand",
        r"what's going on|how are we doing|give me (?:the|a) (?:status|summary)|any news|what's happening",
        asking=True,
    ),
    _fr(
        "equipe",
        r"(?:on est |il y a )?qui (?:est |sont )?(?:la|presente?s?|connectee?s?|en ligne|dans la cellule|dans la salle|arrivee?s?|disponibles?|de garde)",
        r"qui fait quoi|qui avons-nous|on est (?:combien|qui)|combien sommes-nous|l'equipe|equipe",
        asking=True,
    ),
    _en(
        "team",
        r"who(?:'s| is) (?:here|there|around|present|in|online|on duty|available|on the team)|who does what|who do we have|who(?:'ve| have) we got|the team|team",
        asking=True,
    ),
    _fr(
        "moi",
        r"(?:quelles sont |montre[- ]moi |affiche |donne[- ]moi |liste )?mes taches|ma liste|mes actions|(?:qu'est-ce que|que|ce que) (?:j'ai|je dois|dois[- ]je|ai[- ]je)(?: a)? faire",
        r"(?:il )?(?:me )?reste quoi (?:a faire|pour moi)|qu'est-ce qu'il me reste(?: a faire)?|j'ai quoi (?:a faire|comme taches)|a faire",
        asking=True,
    ),
    _en(
        "mine",
        r"(?:what are |show(?: me)? |list )?my (?:tasks|list|to-?dos?|actions)|what (?:should|do|must) (?:i|we)(?: have to| need to)? do|what have i got to do|what's on my (?:list|plate)",
        asking=True,
    ),
    _fr(
        "suite",
        r"(?:et )?(?:maintenant|la suite|ensuite|apres)|(?:c'est quoi|quelle est)?,? ?(?:la |ma )?(?:suite|prochaine(?: etape| tache| action| chose)?|etape suivante)",
        r"(?:je fais quoi|on fait quoi|qu'est-ce que je fais|qu'est-ce qu'on fait|que fait-on|que fais-je|je dois faire quoi)(?: (?:maintenant|ensuite|apres|la))?",
        r"(?:je fais|on fait) (?:maintenant|ensuite|apres)",
        asking=True,
    ),
    _en(
        "next",
        r"(?:and )?what(?:'s| is)? (?:next|now)|next(?: step| task| one| action)?|(?:now what)|what (?:do|should) (?:i|we) do (?:now|next)",
        asking=True,
    ),
    _fr(
        "taches {K}",
        r"(?:donne[- ]moi |montre[- ]moi |affiche |quelles sont |voir )?(?:(?:la |toute la )?liste(?: des taches)?|(?:les |toutes les |nos )?taches(?: (?:de la|de l'|du|des|de|d'|en|pour la|pour le|cote)? ?{K})?)",
        r"(?:que reste-t-il|qu'est-ce qu'il reste|il reste quoi|reste quoi) a faire",
        asking=True,
    ),
    _en("tasks {K}", r"(?:show(?: me)? |what are |list )?(?:the |all |our )?(?:task list|tasks|to-?do list|to-?dos)(?: (?:for|of|in) (?:the )?{K})?|{K} tasks|what(?:'s| is) left(?: to do)?", asking=True),
    _fr("fiche", r"(?:donne[- ]moi |montre[- ]moi )?(?:ma|la) fiche(?: reflexe)?|c'est quoi mon role|quel est mon role", asking=True),
    _en("card", r"(?:show(?: me)? )?my (?:action )?card|what(?:'s| is) my role", asking=True),
    _fr("annuaire {X}", r"(?:c'est quoi |quel est |donne[- ]moi |je cherche )?(?:le )?(?:numero|telephone|tel) (?:de l'|de la |du |des |de |d'){X}|comment (?:joindre|appeler|contacter) (?:l'|la |le |les )?{X}", asking=True),
    _en("directory {X}", r"(?:what(?:'s| is) )?the (?:phone )?number (?:of|for) (?:the )?{X}|how (?:do (?:i|we)|to|can i) (?:reach|call|contact) (?:the )?{X}", asking=True),
    _fr("brouillons", r"(?:ou en sont |montre[- ]moi |affiche )?(?:les |nos )(?:brouillons|communiques|textes)", asking=True),
    _fr("decisions", r"(?:quelles sont |montre[- ]moi |affiche )?(?:les |nos )decisions|qu'est-ce qu'on a decide|qu'a-t-on decide", asking=True),
    _en("decisions", r"(?:what are |show(?: me)? )?(?:the |our )decisions|what (?:did we decide|has been decided|have we decided)", asking=True),
    _fr("journal", r"(?:montre[- ]moi |affiche )?(?:le journal|la main courante)|qu'est-ce qui s'est passe", asking=True),
    _en("log", r"(?:show(?: me)? )?the log|what (?:happened|has happened)", asking=True),
    _fr("services", r"(?:comment vont|ou en sont|quel est l'etat de[s ]+|etat des|montre[- ]moi|quels) ?(?:les |nos )?services(?: sont (?:touches|arretes|degrades|a l'arret))?", asking=True),
    _en("services", r"(?:how are|which|what|show(?: me)?) ?(?:the |our )?services(?: (?:are )?(?:down|degraded|stopped|affected|hit|doing))?", asking=True),
    # -- the bot itself
    _fr(
        "aide",
        r"aide|aide[- ]moi|aidez[- ]moi|au secours|a l'aide|sos|menu|commandes|je suis (?:perdue?|paumee?)|j'y comprends rien|je n'y comprends rien",
        r"que (?:puis|peux)[- ](?:je|tu) faire|qu'est-ce que (?:tu sais|tu peux|je peux) faire|tu (?:sais|peux) faire quoi|comment (?:ca marche|tu marches|ca fonctionne)",
        asking=True,
    ),
    _en("help", r"help(?: me)?|i'm lost|i am lost|menu|commands|what can (?:you|i) do|how does (?:this|it) work|how do you work", asking=True),
    _fr("langue {L}", r"(?:peux-tu |tu peux )?(?:parler?|parle[- ]moi|parlez|passer?|repond(?:s|re)|mets[- ]toi)(?: moi)?,? ?(?:en )?{L}|en {L}"),
    _en("lang {L}", r"(?:(?:can you |please )?(?:speak|talk|switch to|answer in|reply in|use)(?: in)? )?(?:in )?{L}"),
    _fr("ici", r"je suis (?:la|ici|presente?|arrivee?|de retour|revenue?)|me (?:voila|voici)|presente?|j'arrive|de retour|je viens d'arriver"),
    _en("here", r"i(?:'m| am) (?:here|in|back|present)|here|present|reporting in|i've arrived"),
    _fr("repos", r"je (?:vais )?(?:me (?:repose|reposer|coucher|couche)|dormir|rentre(?: chez moi| dormir)?|fais une pause|prends ma pause|debauche)|je vais me (?:coucher|reposer)|j'ai fini mon quart", sure=False),
    _en("rest", r"i(?:'m| am) (?:going to (?:bed|sleep|rest|take a break)|off(?: duty| to bed)?|signing off|going home)|i(?:'ll| will) (?:rest|sleep|take a break)", sure=False),
    _fr("vu", r"(?:c'est |j'ai |bien )?vue?|(?:c'est |bien )?(?:recu|lu)|(?:c'est|bien) note"),
    _en("ack", r"(?:i've )?seen(?: it)?|noted|ack(?:nowledged)?|copy that|roger(?: that)?|received|read"),
    _fr("annuler", r"annule[rz]?(?: (?:ca|tout ca|tout|la derniere|ma derniere action))?|oups|defais(?: ca)?|je me suis trompee?|c'etait une erreur", sure=False),
    _en("undo", r"undo(?: (?:that|it|this))?|oops|cancel (?:that|it)|my mistake|that was a mistake", sure=False),
    # -- what is proposed, and never done on its own
    _fr(
        "depose {C} {--W}",
        rf"{_ON_A} (?:bien )?{_PREVENU}(?: a| aupres de| chez)? {{C}}(?:,? (?:a|vers)? ?{{W}})?",
        r"(?:je viens|on vient|nous venons) (?:juste )?de (?:prevenir|notifier|avertir|informer|declarer|saisir|deposer)(?: a| aupres de)? {C}(?:,? (?:a|vers)? ?{W})?",
        rf"{_ON_A} (?:fait|depose|porte|envoye|rempli) (?:la |le |notre |une )?(?:declaration |notification |dossier )?(?:a la |a l'|a |pour )?{{C}}(?:,? (?:a|vers)? ?{{W}})?",
        rf"(?:c'est )?{_FAIT} (?:pour|avec|aupres de) {{C}}|{{C}},? ?(?:c'est|est|a ete|sont|ont ete) (?:bien )?(?:{_PREVENU}|{_FAIT})(?:,? (?:a|vers)? ?{{W}})?",
        rf"{{C}} (?:bien )?{_PREVENU}(?:,? (?:a|vers)? ?{{W}})?",
        sure=False,
    ),
    _en(
        "filed {C} {--W}",
        rf"{_WE_HAVE} {_TOLD}(?: with| to)? {{C}}(?:,? (?:at)? ?{{W}})?",
        rf"{{C}} (?:is|has been|was|have been) (?:{_TOLD}|{_DONE})(?:,? (?:at)? ?{{W}})?",
        rf"{{C}} (?:just )?{_TOLD}(?:,? (?:at)? ?{{W}})?",
        rf"{_DONE} (?:with|for) {{C}}",
        sure=False,
    ),
    _fr("note {X}", r"(?:peux-tu |tu peux |merci de |veuillez )?(?:noter?|notez|a noter|inscri[st]|consigner?|consignez)(?: bien)?(?: que |\s?: ?|, ){X}"),
    _en("note {X}", r"(?:please )?(?:note|log|record)(?: that |\s?: ?|, ){X}"),
    _fr("note {X} --a {W}", rf"(?={_ON_A} ){{X}},? (?:a|vers) {{W}}", sure=False),
    _en("note {X} --at {W}", rf"(?={_WE_HAVE} ){{X}},? (?:at|around) {{W}}", sure=False),
    _fr("decision {X}", r"(?:on a decide|nous avons decide|je decide|on decide|il est decide|decision\s?:) ?(?:de |d'|que )?{X}", sure=False),
    _en("decision {X}", r"(?:we(?:'ve| have)? decided|i(?:'ve| have)? decided|decision\s?:) ?(?:to |that )?{X}", sure=False),
    _fr("rumeur {X}", r"(?:il parait que|on (?:dit|raconte) que|le bruit court que|rumeur\s?:|d'apres une rumeur,?) ?{X}", sure=False),
    _en("rumour {X}", r"(?:rumou?r has it that|people say that|there's a rumou?r that|rumou?r\s?:) ?{X}", sure=False),
    _fr("point", r"(?:fais|faites|prepare|preparez|lance|redige|on fait)(?:[- ](?:moi|nous))? (?:le|un) point(?: de situation)?|(?:le )?point de situation", sure=False),
    _en("sitrep", r"(?:do|make|draft|prepare|write)(?: me)? (?:a|the) (?:sitrep|situation (?:report|point))", sure=False),
    _fr("passation {P}", r"je passe la main a {P}|{P} (?:me remplace|me releve|prend ma releve|prend la suite)|je suis releve(?:e)? par {P}", sure=False),
    _en("handover {P}", r"i(?:'m| am) handing over to {P}|{P} (?:takes over(?: from me)?|is relieving me|relieves me)", sure=False),
    _fr("reconnu {P}", r"je (?:reconnais|confirme l'identite de) {P}|j'ai (?:vu|entendu|reconnu) {P}|c'est bien {P}", sure=False),
    _en("vouch {P}", r"i(?:'ve| have)? (?:vouch for|seen|heard|recognised|recognized) {P}|i vouch for {P}", sure=False),
    _fr("service {X} degrade", rf"{_NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont|passent?|fonctionnent?) (?:en )?(?:mode )?degradee?s?", sure=False),
    _fr("service {X} arrete", rf"{_NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont) (?:arretee?s?|a l'arret)", sure=False),
    _fr("service {X} normal", rf"{_NO_TASK}(?:le |la |les |l')?{{X}} (?:est|sont) (?:de nouveau |revenue?s? )?(?:a la normale|normale?s?)", sure=False),
    _en("service {X} degraded", rf"{_NO_TASK}(?:the )?{{X}} (?:is|are) (?:running )?degraded", sure=False),
    _en("service {X} stopped", rf"{_NO_TASK}(?:the )?{{X}} (?:is|are|has|have) stopped", sure=False),
    _en("service {X} normal", rf"{_NO_TASK}(?:the )?{{X}} (?:is|are) back to normal", sure=False),
    _fr("presents", r"(?:fais|faites|lance) l'appel", sure=False),
    _en("rollcall", r"(?:do|make|call|take) (?:a |the )?roll ?call", sure=False),
    _fr("alerte {X}", r"alerte[ ,:!]+{X}", sure=False),
    _en("alert {X}", r"alert[ ,:!]+{X}", sure=False),
    _fr("cloture", r"(?:on (?:peut )?)?(?:clo[st]urer?|clos|ferme|leve|lever)(?: la)? crise|(?:c'est )?la fin de (?:la )?crise", sure=False),
    _en("close", r"(?:close|lift|end|stand down)(?: the)? (?:crisis|incident)", sure=False),
    # -- words
    _fr("lexique {X}", r"(?:c'est quoi|qu'est-ce que(?: c'est)?(?: que)?|que veut dire|que signifie|(?:ca|cela) veut dire quoi|definition de|definis)(?: (?:deja|donc|exactement|au juste))?(?: (?:un |une |le |la |les |l'|des |du )| ){X}", r"{X},? (?:c'est quoi|ca veut dire quoi)", asking=True),
    _en("glossary {X}", r"(?:what is|what's|what are|what does|define|meaning of)(?: (?:a |an |the )| ){X}(?: mean| stand for)?", asking=True),
)  # fmt: skip
