"""The words that screening looks for, as pieces of patterns. Guarantee: each list is read here, and nowhere else."""

from __future__ import annotations

import re


def any_of(*pieces: str) -> str:
    """A pattern that is one of these."""
    return f"(?:{'|'.join(pieces)})"


def words(*pieces: str) -> re.Pattern[str]:
    """Whole words that are one of these, whatever their case."""
    return re.compile(rf"(?<!\w){any_of(*pieces)}(?!\w)", re.IGNORECASE)


_S = "[ \u00a0\u202f]?"

# Groups whose name is no ordinary word; the others only with what they are.
ATTACKER = words(
    *(r"lock ?bit", r"black ?cat", "alphv", "cl0p", "clop", "conti", "ryuk", r"black ?basta", "akira"),
    *(r"medusa(?: ?locker)?", "rhysida", "qilin", "8base", "revil", "sodinokibi", "babuk", r"ragnar ?locker"),
    *(r"vice ?society", r"bian ?lian", "hunters international", r"ransom ?hub", r"dragon ?force", "inc ransom"),
    *("safepay", "avaddon", r"dark ?side", r"net ?walker", "egregor", "phobos", r"lapsus\$?", "scattered spider"),
    *("killnet", r"noname057(?:\(16\))?", r"apt ?-?\d{1,2}", r"fin\d{1,2}", "lazarus", r"fancy ?bear", r"cozy ?bear"),
    *("(?:hive|play|royal|cuba|maze) ransomware", "ransomware (?:hive|play|royal|cuba|maze)"),
)

_CURRENCY = any_of(
    *(
        "€",
        "euros?",
        "eur",
        r"\$",
        "dollars?",
        "usd",
        "£",
        "pounds?",
        "gbp",
        "chf",
        "francs?",
        "bitcoins?",
        "btc",
        "xmr",
    )
)
_SCALE = any_of("mille", "millions?", "milliards?", "thousand", "billion", "k", "m")
_FIGURE = rf"\d[\d \u00a0\u202f.,]{{0,18}}{_SCALE}?"

# « deux cent mille », « quelques dizaines de milliers », "half a million".
_CARDINAL = any_of(
    *("une?", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize"),
    *("quatorze", "quinze", "seize", "vingts?", "trente", "quarante", "cinquante", "soixante", "cents?", "mille"),
    *("demi", "dizaines?", "douzaines?", "vingtaines?", "trentaines?", "cinquantaines?", "centaines?", "milliers?"),
    *("quelques", "plusieurs", "millions?", "milliards?", "billions?", "trillions?"),
    *("half", "an?", "one", "two", "three", "four", "five", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty"),
    *("fifty", "sixty", "seventy", "eighty", "ninety", "hundreds?", "thousands?", "dozens?", "tens", "few", "several"),
)
_BETWEEN = any_of("[ \u00a0\u202f-]", " (?:et|and|de|of|à|to|ou|or) ", " ?d[’']")
_DIGITS = r"(?<!\d[.,])\d[\d \u00a0\u202f.,]{0,18}+"
_SPELT = rf"{_CARDINAL}(?!\w)(?:{_BETWEEN}{_CARDINAL}(?!\w))"
_NUMBER = any_of(rf"{_DIGITS}(?:{_BETWEEN}?{_CARDINAL}(?!\w)){{1,8}}", rf"{_SPELT}{{0,8}}")
# « un franc succès » is no sum.
_COIN = any_of(
    *("€", "euros?", "eur", r"\$", "dollars?", "usd", "£", "pounds?", "gbp", "chf", "francs", "bitcoins?", "btc", "xmr")
)
AMOUNT = re.compile(
    rf"(?<!\w){_FIGURE}{_S}(?:d[e’'] ?)?{_CURRENCY}(?!\w)|[€$£]{_S}{_FIGURE}"
    rf"|(?<![\w-]){_NUMBER}(?:[ \u00a0\u202f-]|[ \u00a0]?d[’']| (?:de|of|in) ){_COIN}(?!\w)",
    re.IGNORECASE,
)
_MILLIONS = any_of("millions?", "milliards?", "billions?", "trillions?")
_THEN = any_of(
    *("en", "in", "pour", "for", "avant", "before", "by", "sous", "within", "ou", "or", "à", "to", "au", "contre"),
    *("against", "plus", "more", "(?:et|and)(?! (?:a )?(?:demi|half))"),
)
_NAMED = "[ \u00a0](?:et demi|and a half|of |d(?:e |[’']))"
_STOPS = rf"[ \u00a0\u202f]?(?:[.,;:!?…)»”\"\]]|\Z|\n)|[ \u00a0]{_THEN}(?!\w)|(?<=s)(?!{_NAMED})"
SUM = re.compile(
    rf"(?<![\w€$£-])(?:{_DIGITS}|{_SPELT}{{0,8}}?{_BETWEEN}){_MILLIONS}(?: et demi| and a half)?(?!\w)(?={_STOPS})",
    re.IGNORECASE,
)
"""Millions of nothing that is named: a sum, unless what goes before counts people or things."""
COUNTED = words(
    *(r"patient\w*", "personnes?", r"individu\w*", "people", "persons?", "dossiers?", "records?", r"donnée\w*", "data"),
    *(
        "fichiers?",
        "files?",
        "lignes?",
        "comptes?",
        "accounts?",
        r"(?:in)?habitant\w*",
        "messages?",
        "mails?",
        "e-mails?",
    ),
    *("courriels?", "images?", r"utilisat\w+", "users?", r"enregistrement\w*", "visites?", "visits?"),
)
MONEY = words(
    *(r"rançon\w*", r"ransom\w*", r"pa[iy]\w*", r"demand\w*", r"exig\w*", r"réclam\w*", "montants?", "somme", "sums?"),
    *("amounts?", "coûts?", r"coûte\w*", "costs?", "pertes?", "loss(?:es)?", "préjudices?", "damages?", "budgets?"),
    *(r"dépens\w*", "spent", r"spend\w*", r"ask\w*", r"want\w*", "veulent", r"indemn\w*", "worth", "valeur"),
)

MACHINE = re.compile(
    any_of(
        *(
            r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])",
            r"(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}(?!\w)",
            r"(?<!\w)(?:srv|vm|dc|sql|exch)[-_]?\w*\d\w*(?!\w)",
            r"(?<![\w.-])(?:[\w-]{1,63}\.){1,6}(?:local|lan|intra|corp|internal)(?!\w)",
            r"(?<![\w.])v\d+(?:\.\d+)+",
            r"(?<![\w.])\d+\.\d+\.\d+(?![\w.])",
        )
    ),
    re.IGNORECASE,
)

# Not after a colon: « notre promesse : ne communiquer aucune donnée ».
_BEGINS = r"(?:\A|(?<=[\n.!?;•–-])|(?<=[.!?;•–-][ \u00a0])|(?<=veuillez )|(?<=merci de )|(?<=prière de ))"
# "All records are safe", « Vos données sont en sécurité »: said whole, not « nous vérifions si… ».
_SAFE = any_of(
    *(
        "safe",
        "secure",
        "intact",
        "protected",
        "en sécurité",
        "sécurisée?s",
        "protégée?s",
        "intacte?s",
        "sain[es]* et sau(?:fs|ves)",
    ),
    *("à l[’']abri",),
)
_THEIRS = any_of(r"data", r"records?", r"files?", "information", "données", "dossiers?", "informations")
_ASKED = any_of("if", "whether", "once", "when", "si", "quand", "que", "lorsque")
_ARE = any_of("is", "are", "remains?", "sont", "restent", "demeurent", "est", "reste")
_UNHARMED = rf"{_THEIRS}(?: (?!ne |n[’'])[\w’'-]+){{0,3}} {_ARE} (?:(?!pas |not )\w+ )?{_SAFE}"
ABSOLUTE = words(
    *("jamais", "aucune?", rf"100{_S}%", "totalement", "entièrement", "complètement", "absolument", "définitivement"),
    *("sans (?:le moindre )?risque", "sans (?:aucun )?doute", "never", "none", "100 percent", "totally"),
    *("completely", "entirely", "absolutely", "definitely", "no risk", "no doubt", "certainly"),
    rf"(?:all|every|each|toutes|tous|l[’']ensemble) (?:[\w’'-]+ ){{0,4}}?{_UNHARMED}",
    rf"{_BEGINS}(?:(?!{_ASKED} )[\w’'-]+ ){{0,4}}?{_UNHARMED}",
    r"nothing (?:was|has been|were|is) (?:stolen|copied|taken|lost|leaked|accessed|published|read)",
    r"rien n[’'](?:a|est|avait) (?:été )?(?:volé|copié|pris|perdu|dérobé|exfiltré|publié|consulté|parti|sorti)",
    r"no (?:\w+ ){0,2}(?:data|records?|files?|information)(?= (?:was|were|is|are|has|have|had|will|left)\b)",
)

# What one is told to do or not to do: « n’allumez aucun poste », "never open it". No subject goes before it, and only
# these verbs count: « n’ayez aucune crainte », « vous ne courez aucun risque » are words that promise.
_ORDERED = any_of(
    *("allum", "rallum", "branch", "rebranch", "débranch", "connect", "reconnect", "déconnect", "démarr", "redémarr"),
    *("activ", "réactiv", "install", "réinstall", "désinstall", "télécharg", "cliqu", "utilis", "touch", "effac"),
    *("supprim", "modifi", "déplac", "communiqu", "donn", "envoy", "partag", "publi", "diffus", "post", "appel"),
    *("rappel", "contact", "accept", "sign", "pay", "vers", "imprim", "copi", "photographi", "film", "emport"),
    *("apport", "tap", "entr", "scann", "charg", "recharg", "restaur", "chang", "lanc", "exécut", "parl", "jet"),
    *("consult", "autoris", "insér", "command", "laiss"),
)
_ORDER = any_of(
    *(rf"{_ORDERED}(?:ez|er)", "r?ouvr(?:ez|ir)", "étei(?:gnez|ndre)", "répond(?:ez|re)", "écri(?:vez|re)"),
    *("(?:trans|re)?mett(?:ez|re)", "prenez", "prendre", "saisi(?:ssez|r)", "détrui(?:sez|re)", "di(?:tes|re)"),
    *("faites", "lisez"),
)
_NOT = r"n(?:e |[e’'] ?)(?:(?:y|en|lui|leur|[nv]ous|me|les?|la) )?"
_NONE = r"aucune?(?!\w)(?:[^.,;:!?\n]{1,40}? ni aucune?(?!\w)){0,3}"
_DONE = any_of(rf"{_ORDERED}ée?s?", "(?:r?ouvert|éteint|écrit)e?s?", "(?:transmis|remis)e?s?", "détruite?s?")
_BARE = any_of(
    *("switch", "turn", "power", "open", "click", "plug", "unplug", "connect", "give", "share", "pay", "reply"),
    *("answer", "use", "restart", "delete", "post", "send", "tell", "enter", "type", "install", "download", "write"),
    *("print", "take", "touch", "move", "call", "sign", "accept", "transfer", "publish", "forward"),
)
INSTRUCTION = re.compile(
    any_of(
        rf"(?<!vous )(?<!vous\u00a0)(?<!qui )(?<!\w)(?<!\w[-’']){_NOT}(?=\w+(?:ez|tes)\b){_ORDER}(?!\w|-)(?: plus)?"
        rf"(?: (?:à|sur|dans|avec|par|chez|de|sous)(?: \w+){{0,3}})? (?:{_NONE}|jamais(?!\w)(?: {_NONE})?)",
        rf"(?<!\w)(?:il ne faut|vous ne devez|on ne doit)(?: plus)? {_ORDER}(?!\w)"
        rf"(?: (?:à|sur|dans|avec))? {_NONE}",
        rf"{_BEGINS}{_NOT}{_ORDER}(?!\w)(?: plus)?(?: (?:à|sur|dans|avec))? {_NONE}",
        rf"{_BEGINS}(?:ne jamais|ne plus jamais) {_ORDER}(?!\w)",
        rf"(?<!\w)aucune? (?:[\w’'-]+ ){{1,4}}ne doi(?:t|vent) être {_DONE}(?!\w)",
        rf"(?:{_BEGINS}|(?<=[“\"«-] )|(?<=[“\"])|(?<=please ))never {_BARE}(?!\w)",
        rf"(?:{_BEGINS}|(?<=please )){_BARE}(?: on| off| up| in| out)? none(?= of)",
    ),
    re.IGNORECASE,
)

COSTLY = words(
    *(r"excus\w+", "désolée?s?", "fautes?", "fautive?s?", r"négligen\w+", "responsables? d[eu’']"),
    *("(?<!sans reconnaissance de )responsabilités?", r"(?<!no admission of )liab\w+"),
    *("promesses?", r"promett\w+", r"promis\w*", "nous nous engageons", r"garanti\w*", "délais? fermes?"),
    *(r"indemnis\w+", r"apolog\w+", "sorry", "faults?", r"negligen\w+", "responsibility"),
    *("responsible for", r"guarantee\w*", "we commit", r"compensat\w+", "firm deadline"),
)

# « 01 00 00 00 02 », "020 7946 0000", "+33 (0)6 12 34 56 78", "0033…": as people in France and Britain write them.
_SPACE = "[ \u00a0\u202f.-]?"
PHONE = re.compile(
    rf"(?<![\w.,/+-])(?:(?:\+|00)\d{{1,3}}{_SPACE}(?:\(0\){_SPACE})?\d(?:{_SPACE}\d){{6,11}}"
    rf"|0\d(?P<gap>{_SPACE})\d{{2}}(?:(?P=gap)\d{{2}}){{3}}|0\d{{2,4}}[ -]\d{{3,4}}[ -]?\d{{3,4}})(?![\w/]|[.,-]\d)"
)
LINK = re.compile(
    r"(?<![\w.@/])(?:https?://\S{1,200}|www\.[\w-]+\.\S{1,200}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})",
    re.IGNORECASE,
)

_DAY = any_of(
    *("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_SPAN = (
    r"(?:dans|sous|d[’']ici|in|within) (?:\d+|une?|deux|trois|an?|one|two|three)"
    rf"{_S}(?:heures?|h|jours?|semaines?|hours?|days?|weeks?)"
)
_HOUR = any_of(
    *("demain", "ce soir", "cette nuit", "tomorrow", "tonight", _DAY, rf"\d{{1,2}}{_S}h(?:{_S}\d{{2}})?\b"),
    *(r"\d{1,2}:\d{2}", r"\d{1,2}/\d{1,2}", _SPAN),
)
_BACK = any_of(
    *(r"rétabli\w*", "retour à la normale", "reprise", r"reprendr\w+", r"rouvr\w+", r"remis\w* en service"),
    *(r"redémarr\w+", r"opérationnel\w*", "restored", "back to normal", r"recover\w*", r"resum\w+", r"reopen\w*"),
    *("up and running", "back online", r"be back(?! (?:with|to)\b)"),
    r"(?:work|running|available|open|in service) again",
    *(r"reviendr\w+ à la normale", r"(?:de|à) nouveau (?:disponible|accessible|ouvert|en marche|en service)\w*"),
    r"(?:fonctionn|march)\w+ (?:de|à) nouveau",
)
RECOVERY = re.compile(
    rf"(?<!\w){_BACK}(?!\w)[^.!?\n]{{0,60}}?(?<!\w){_HOUR}|(?<!\w){_HOUR}[^.!?\n]{{0,40}}?(?<!\w){_BACK}(?!\w)",
    re.IGNORECASE,
)

# -- acts --------------------------------------------------------------------------------------------------------------

_AUXILIARY = any_of(
    *("a", "ont", "avons", "sont", "est", "était", "été", "has", "have", "had", "was", "were", "been", "is", "are")
)
_TOLD = any_of(
    *("informée?s?", "prévenue?s?", "saisie?s?", "notifiée?s?", "alertée?s?", "informed", "notified", "alerted", "told")
)
_FILED = any_of("déposée?", "enregistrée", "filed", "lodged", "made")
_BODIES = any_of("autorités?", r"authorit(?:y|ies)", "police", "gendarmerie", "anssi", "ars")


def _passive(subject: str, done: str) -> str:
    """« La plainte a été déposée », "the complaint has been filed"."""
    return rf"(?<!\w){subject}(?!\w)[^.!?\n]{{0,30}}? {_AUXILIARY} [^.!?\n]{{0,20}}?{done}(?!\w)"


def _active(done: str, object_: str) -> str:
    """« Nous avons porté plainte », "we have filed a complaint"."""
    return rf"(?<!\w){_AUXILIARY} (?:\w+ )?{done} [^.!?\n]{{0,25}}?{object_}(?!\w)"


_COMPLAINT = "(?:plainte|complaint)"
COMPLAINT = re.compile(
    any_of(_passive(_COMPLAINT, _FILED), _active(any_of(_FILED, "porté"), _COMPLAINT)), re.IGNORECASE
)
DATA_AUTHORITY = re.compile(any_of(_passive("cnil", _TOLD), _active(_TOLD, "cnil")), re.IGNORECASE)
AUTHORITIES = re.compile(any_of(_passive(_BODIES, _TOLD), _active(_TOLD, _BODIES)), re.IGNORECASE)

# -- numbers -----------------------------------------------------------------------------------------------------------

_GAP = "[ \u00a0\u202f.\\-]?"
_DIGIT = r"\d"
LONG = re.compile(rf"(?<![\d.,]){_GAP.join([_DIGIT] * 13)}(?:{_GAP}\d){{0,2}}(?!\d)")

# Sex, year, month (20 to 42 and 50 to 99: not known), department, municipality, order, key (INSEE, NIR).
NATIONAL = re.compile(r"[12378]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)\d{8}(?:\d{2})?")
CORSICAN = re.compile(
    rf"(?<!\w)[12378](?:{_GAP}\d){{4}}{_GAP}2[AB](?:{_GAP}\d){{6}}(?:(?:{_GAP}\d){{2}})?(?!\w)", re.IGNORECASE
)
