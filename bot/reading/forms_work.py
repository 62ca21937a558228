# ruff: noqa: E501 - a table reads better with one form a line
"""What people say of their tasks and of clocks: taken, done, given, stuck, later. They are carried out."""

from __future__ import annotations

from bot.reading.form import DONE, FAIRE, FAIT, FAIT_PAR, SEP, SUR, Form, en, fr

WORK: tuple[Form, ...] = (
    fr("oui", r"oui(?:,? merci| oui)?|ouais"),
    en("yes", r"yes(?:,? please)?|yep|yeah"),
    fr("non", r"non(?:,? merci| non)?"),
    en("no", r"no(?:,? thanks| thank you)?|nope"),
    fr("nsp", r"(?:je |on |nous )?(?:ne |n'en )?(?:sais|sait|savons) (?:pas|rien)|aucune idee"),
    en("unsure", r"(?:i |we )?(?:don'?t|do not) know|no idea|not sure"),
    # -- a task's life
    fr(
        "fait {N}",
        rf"(?:c'est |ca y est,? (?:c'est )?|voila,? (?:c'est )?|j'ai |on a |nous avons |je l'ai |on l'a )?{FAIT}(?:,? (?:pour |avec |de )?{{N}})?",
        rf"{{N}},? ?:? ?(?:c'est |est |sont |a ete |ont ete )?{FAIT}",
        r"{N},? ?:? ?(?:c'est |est |sont )?(?:ok|bon|bonne|good)",
        r"(?:c'est )?(?:ok|bon),? (?:pour )?{N}",
        rf"(?:je viens|on vient|nous venons) de {FAIRE} {{N}}",
        rf"(?:tu peux |vous pouvez |peux-tu |pouvez-vous |merci de |il faut )?(?:cocher?|cochez|marquer?|marquez|clo[st]urer?|solder?) {{N}}(?: comme {FAIT})?",
    ),
    en(
        "done {N}",
        rf"(?:it's |it is |that's |that is |all |just |i'm |i am |we're |i |i've |i have |we |we've |we have |i've just |we've just |i just )?{DONE}(?:,? (?:with |for |off )?{{N}})?",
        rf"{{N}}(?:'s| is| are| has been| have been|:|,)? {DONE}",
        rf"(?:that's|that is) {{N}},? {DONE}",
        r"(?:mark|tick|check|cross|ticked|checked|crossed)(?: off)? {N}(?: off)?(?: as)?(?: done| complete| finished)?",
    ),
    fr(
        "fait {N} {X}",
        rf"(?:c'est |j'ai |on a )?{FAIT}(?: (?:pour )?{{N}})?{SEP}{{X}}",
        rf"{{N}},? ?(?:c'est |est |sont )?{FAIT}{SEP}{{X}}",
        sure=False,
    ),
    en("done {N} {X}", rf"(?:it's |i've )?{DONE}(?: {{N}})?{SEP}{{X}}", rf"{{N}} (?:is |are )?{DONE}{SEP}{{X}}", sure=False),
    fr(
        "prendre {N}",
        r"(?:moi,? )?(?:je )?m'en (?:occupe|charge)",
        r"(?:moi,? )?(?:je )?(?:m'en occupe de|m'occupe de|m'occuperai de|me charge de|m'occupe) {N}",
        r"(?:moi,? )?je (?:vais m'occuper de|prends?|prendrai|vais prendre|fais|vais faire|gere|vais gerer|reprends|prends en charge|reprends en main) {N}",
        r"(?:prends|laisse[- ]moi|laissez[- ]moi|donne[- ]moi) {N}",
        r"(?:moi,? )?je (?:la |le |les )?(?:prends|fais|gere)(?: ca)?",
        r"j'y vais(?: pour {N})?|c'est pour moi|je suis dessus|je m'y mets",
        r"je suis sur {N}",
        r"c'est moi qui (?:prends?|fais|gere|m'occupe de) {N}",
        r"{N},? ?:? ?(?:c'est )?(?:pour|a) moi",
        r"{N},? je (?:prends|m'en occupe|m'en charge|gere)",
    ),
    en(
        "take {N}",
        r"(?:i'll |i will |i'm going to |i can |let me |i )?(?:take|handle|do|grab|pick up|look after|take care of|deal with) (?:it|this|that|{N})",
        r"(?:i'm |i am )?(?:taking|doing|handling) (?:it|this|{N})",
        r"(?:i'm |i am )?on (?:it|this|{N})",
        r"(?:i've |i have |i )?got (?:it|this|{N})",
        r"(?:leave )?{N} (?:to|with|is for) me|{N} is mine",
    ),
    fr(
        "prendre {C}",
        r"(?:moi,? )?(?:je )?(?:m'occupe de|m'occupe|me charge de|prends|prends en charge|gere|vais prendre|vais m'occuper de) {C}",
        r"c'est moi qui (?:prends?|fais|gere|m'occupe de) {C}",
    ),
    en(
        "take {C}",
        r"(?:i'll |i will |i'm going to |i can |let me |i )?(?:take|handle|look after|take care of|deal with) {C}",
        r"(?:i'm |i am )on {C}|(?:i've |i have |i )?got {C}|leave {C} (?:to|with) me",
    ),
    fr("donner {N} {P}", r"(?:donne[rz]?|passe[rz]?|attribue[rz]?|affecte[rz]?|assigne[rz]?|confie[rz]?|refile[rz]?|mets|mettez|mettre) {N} (?:a|au|pour|sur) {P}"),
    en("assign {N} {P}", r"(?:please )?(?:give|assign|pass|hand) {N} (?:over )?to {P}"),
    fr("donner {N} {P}", r"{N},? ?(?:(?:c'est|est|sera) )?(?:pour|a) {P}", rf"{{P}} {FAIT_PAR} {{N}}", r"c'est {P} qui (?:prend|fait|gere|s'occupe de) {N}", sure=False),
    en("assign {N} {P}", r"{N} (?:is |goes )?(?:to|for) {P}", r"{P} (?:takes|will take|will do|has|is on|is doing|is taking) {N}", sure=False),
    fr(
        "bloque {N} {X}",
        rf"(?:je suis |on est |nous sommes |je )?(?:bloquee?s?|coincee?s?) {SUR} {{N}}(?:(?:{SEP}| (?=car |parce|faute|il |on )){{X}})?",
        rf"{{N}} (?:est |sont |reste )?(?:bloquee?s?|coincee?s?)(?:{SEP}| (?=car |parce|faute|il |on )){{X}}",
        rf"(?:je suis |on est )?(?:bloquee?|coincee?){SEP}{{X}}|{{N}} (?:est |sont |reste )?(?:bloquee?s?|coincee?s?)",
    ),
    en(
        "block {N} {X}",
        rf"(?:i'm |i am |we're |we are )?(?:stuck|blocked) (?:on|with) {{N}}(?:(?:{SEP}| (?=because|no |there)){{X}})?",
        rf"{{N}} is (?:stuck|blocked)(?:{SEP}| (?=because|no |there)){{X}}",
        rf"(?:i'm |we're )?(?:stuck|blocked){SEP}{{X}}|{{N}} (?:is|are) (?:stuck|blocked)",
    ),
    fr(
        "plustard {N} {D}",
        r"(?:rappelle|rappelez)[- ](?:moi|nous)(?: (?:pour )?{N})?,? {D}|rappel,? {N},? {D}",
        r"(?:repousser?|repoussez|reporter?|reportez|decaler?|decalez) {N},? {D}",
        r"{N},? plus tard,? {D}|plus tard,? {N},? {D}|{N} (?:peut attendre|attendra),? {D}",
    ),
    en(
        "snooze {N} {D}",
        r"remind (?:me|us)(?: (?:about|of|for) {N})?,? {D}",
        r"remind (?:me|us) {D} (?:about|of|for) {N}",
        r"(?:snooze|postpone|delay|push(?: back)?) {N}(?: back)?,? {D}",
        r"put {N} off,? {D}|put off {N},? {D}|{N} can wait,? {D}",
    ),
    fr("plustard {C} {D}", r"(?:rappelle|rappelez)[- ](?:moi|nous) {C},? {D}|(?:repousser?|repoussez|reporter?|reportez|decaler?|decalez) {C},? {D}"),
    en("snooze {C} {D}", r"remind (?:me|us)(?: (?:about|of|for))? {C},? {D}|(?:snooze|postpone|delay|push(?: back)?) {C}(?: back)?,? {D}"),
    fr("rouvrir {N}", r"(?:rouvrir|rouvre|rouvrez|reouvrir|reouvre|debloquer?|debloquez) {N}|{N} (?:est |sont )debloquee?s?"),
    en("reopen {N}", r"(?:reopen|unblock) {N}|{N} (?:is|are) unblocked"),
)  # fmt: skip
