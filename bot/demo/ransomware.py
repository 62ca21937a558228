"""The first story: a hospital finds its screens locked in the middle of the night.

Read it as a script. Each line is typed by somebody; where the bot must answer, the answer that it must give
stands beside it. The roles are those of `bot.demo.stage.PEOPLE`.
"""

from __future__ import annotations

import re

from bot.demo import night
from bot.demo.play import Play

CHECKLISTS_FR = ("Informatique", "Juridique", "Communication", "Direction", "Soins")
CHECKLISTS_EN = ("IT", "Legal", "Communication", "Management", "Care")


async def play(scene: Play) -> None:
    """Play it from the alarm to the closing. Raises Unseen where an answer is not what it must be."""
    await alarm(scene)
    await arrivals(scene)
    await night.questions(scene)
    await night.set_reminder(scene)
    await _tasks(scene)
    await night.reminder_rings(scene)
    await night.registers(scene)
    await night.texts(scene)
    await _slips(scene)
    await _outage(scene)
    await night.complaint(scene)
    await _closing(scene)


async def alarm(scene: Play) -> None:
    """The first sign, one line typed, everybody called."""
    scene.act("1. L’alarme", "1. The alarm")
    await scene.say(
        "karim",
        "Écrans noirs aux urgences et aux admissions, demande de rançon sur deux postes. J’ouvre la cellule.",
        "Black screens in emergency and admissions, a ransom note on two computers. I am opening the cell.",
        room=scene.alert,
    )
    opened = await scene.ask(
        "karim",
        "!incident rancongiciel Urgences et admissions bloquées --gravite 4 --constat il y a 40 min",
        "!open ransomware Emergency and admissions locked --severity 4 --observed 40 min ago",
        r"Incident INC-\d{4}-001 ouvert.*Premier signe.*4 sur 4.*Appelés \(5\)",
        r"Incident INC-\d{4}-001 opened.*First sign.*4 of 4.*Called \(5\)",
        room=scene.alert,
    )
    found = re.search(r"INC-(\d{4}-001)", opened.text)
    assert found is not None
    scene.incident = found[0]
    scene.proved(
        "une ligne a suffi : l’incident a son numéro, l’heure du premier signe et ses appelés",
        "one line was enough: the incident has its id, the time of the first sign, and its people",
    )
    for local in ("claire", "sophie", "paul", "nadia"):
        direct = await scene.person(local).dm(scene.stage.bot_id)
        await scene.hears(local, rf"{scene.incident}.*Votre rôle", rf"{scene.incident}.*Your role", room=direct)
    scene.proved(
        "les quatre autres sont appelés en message direct, chacun avec son rôle",
        "the four others are called by direct message, each with their role",
    )
    room = scene.t_room(found[1])
    scene.cell = await scene.person("karim").joined(room)


async def arrivals(scene: Play) -> None:
    """The cell gathers around its card and its checklists."""
    scene.act("2. La cellule se réunit", "2. The cell gathers")
    for local in ("claire", "sophie", "paul", "nadia"):
        await scene.person(local).joined(scene.t_room(scene.incident.removeprefix("INC-")))
    karim = scene.person("karim")
    await scene.hears("karim", r"En cours — INC.*4 sur 4", r"Under way — INC.*4 of 4")
    for name in scene.pick(CHECKLISTS_FR, CHECKLISTS_EN):
        await scene.hears("karim", rf"^{name} — ", rf"^{name} — ")
    await karim.until(lambda: karim.pins(scene.cell), what="the pinned card")
    scene.proved(
        "la carte est épinglée et les cinq listes de tâches sont lisibles",
        "the card is pinned and the five checklists are readable",
    )
    await scene.say(
        "claire",
        "Je suis en ligne. Je prends la direction de crise depuis chez moi, j’arrive dans vingt minutes.",
        "I am online. I take charge from home and will be there in twenty minutes.",
    )
    await scene.say(
        "nadia",
        "Bien reçu. Je coordonne et je tiens la main courante. Rien ne sort sans passer par ici.",
        "Understood. I coordinate and keep the log. Nothing goes out without coming through here.",
    )
    await scene.ask(
        "claire",
        "!equipe",
        "!team",
        r"Présents \(5\).*Karim Benali.*Nadia Roche",
        r"Here \(5\).*Karim Benali.*Nadia Roche",
    )
    scene.proved("les cinq sont là, avec leurs rôles", "all five are here, with their roles")


async def _tasks(scene: Play) -> None:
    scene.act("4. Les tâches", "4. The tasks")
    photos = scene.task("Photographier la note", "Photograph the ransom note")
    unplug = scene.task("Débrancher du réseau", "Unplug the affected")
    word = scene.task("Faire passer la consigne", "Pass the word")
    internet = scene.task("Couper Internet", "Cut the internet")
    dating = scene.task("Dater la connaissance", "Date when the attack")
    triage = scene.task("Qualifier en quinze minutes", "Triage in fifteen minutes")
    await scene.ticked("karim", f"!prendre {photos}", f"!take {photos}")
    await scene.ticked(
        "karim",
        f"!fait {photos} : deux écrans photographiés, l’heure est sur les photos",
        f"!done {photos}: two screens photographed, the time is on the pictures",
    )
    await scene.board_shows("claire", rf"✅ T{photos} ", rf"✅ T{photos} ")
    scene.proved(
        "une tâche à soi : un ✅ suffit, et le tableau change sous les yeux des autres",
        "a task of one's own: a ✅ is enough, and the board changes before the others' eyes",
    )
    await scene.ask(
        "karim",
        f"!prendre {unplug}, {word} et {internet}",
        f"!take {unplug}, {word} and {internet}",
        rf"Karim Benali prend.*T{unplug}.*T{word}.*T{internet}",
        rf"Karim Benali takes.*T{unplug}.*T{word}.*T{internet}",
    )
    await scene.ask(
        "karim",
        f"!fait {unplug}, {word} : commutateurs coupés aux urgences, consigne passée par téléphone",
        f"!done {unplug}, {word}: switches cut in emergency, word passed by telephone",
        rf"Fait par Karim Benali.*T{unplug}.*T{word}",
        rf"Done by Karim Benali.*T{unplug}.*T{word}",
    )
    scene.proved(
        "plusieurs tâches en une ligne, nommées dans la réponse",
        "several tasks in one line, named in the answer",
    )
    await scene.ask(
        "nadia",
        f"!fait @karim {triage} c’est réel : chiffrement en cours, deux services, pas de vol constaté",
        f"!done @karim {triage} it is real: encryption under way, two wards, no theft seen",
        rf"Fait par Karim Benali.*T{triage}",
        rf"Done by Karim Benali.*T{triage}",
    )
    scene.proved(
        "qui tape n’est pas confondu avec qui a fait : Nadia écrit pour Karim",
        "who types is not taken for who did it: Nadia writes for Karim",
    )
    given = await scene.ask_for_message(
        "nadia",
        f"!donner {dating} @sophie",
        f"!assign {dating} @sophie",
        rf"Sophie Laurent, la T{dating} est pour vous",
        rf"Sophie Laurent, T{dating} is yours",
        reader="sophie",
    )
    scene.must_ring(given, "sophie")
    await scene.react("sophie", given.event_id, "✋")
    await scene.board_shows("nadia", rf"✋ T{dating} pris par Sophie Laurent", rf"✋ T{dating} taken by Sophie Laurent")
    await scene.say(
        "sophie",
        "Connaissance de l’attaque : l’appel des urgences, quarante minutes avant l’ouverture.",
        "Knowledge of the attack: the call from emergency, forty minutes before the opening.",
    )
    await scene.react("sophie", given.event_id, "✅")
    await scene.board_shows("nadia", rf"✅ T{dating} ", rf"✅ T{dating} ")
    scene.proved(
        "une tâche donnée fait sonner une seule personne, qui la prend (✋) et la termine (✅) du pouce",
        "a task that is given rings one person only, who takes it (✋) and finishes it (✅) with a thumb",
    )
    await scene.ask("paul", "!moi", "!mine", r"Attend mon rôle.*T\d+", r"Waiting for my role.*T\d+")


async def _slips(scene: Play) -> None:
    scene.act("8. Erreurs de frappe, refus, repentirs", "8. Slips, refusals, second thoughts")
    on_call = scene.task("Mobiliser les astreintes", "Call in on-call")
    await scene.ask(
        "karim",
        f"!fiat {on_call}",
        f"!dnoe {on_call}",
        rf"Vouliez-vous dire !?`?!fait {on_call}",
        rf"Did you mean !?`?!done {on_call}",
    )
    await scene.say("karim", "!oui", "!yes")
    await scene.board_shows("karim", rf"✅ T{on_call} ", rf"✅ T{on_call} ")
    scene.proved("une faute de frappe : proposée, confirmée, faite", "a slip: suggested, confirmed, done")
    await scene.ask(
        "paul",
        "!cloture fausse alerte",
        "!close false alarm",
        r"réservée.*Claire Morel",
        r"reserved.*Claire Morel",
    )
    await scene.ask("claire", "!prendre 999", "!take 999", r"pas de tâche 999.*!taches", r"no task 999.*!tasks")
    scene.proved(
        "sans le rôle, ou sans la tâche : un refus qui dit à qui demander et quoi taper",
        "without the role, or without the task: a refusal that says whom to ask and what to type",
    )
    meeting = await scene.say(
        "claire",
        "Prochain point dans trente minutes, salle du conseil.",
        "Next situation point in thirty minutes, board room.",
    )
    await scene.edit(
        "claire",
        meeting,
        "Prochain point dans trente minutes, salle de garde : la salle du conseil est sans courant.",
        "Next situation point in thirty minutes, duty room: the board room has no power.",
    )
    wrong = await scene.say(
        "nadia",
        "La direction de la clinique voisine demande si nous acceptons encore des patients.",
        "The clinic next door asks whether we still take patients.",
    )
    await scene.withdraw("nadia", wrong, "mauvais salon", "wrong room")
    late = await scene.say("karim", f"fait {on_call}", f"done {on_call}")
    await scene.edit("karim", late, f"!fait {on_call}", f"!done {on_call}")
    await scene.hears("karim", r"modification n’est jamais exécutée", r"edit is never run")
    scene.proved(
        "une modification n’est jamais exécutée ; l’original, la modification et le retrait sont gardés",
        "an edit is never run; the original, the edit and the withdrawal are all kept",
    )


async def _outage(scene: Play) -> None:
    scene.act(
        "9. Une tâche bloquée ; le bot est tué, la cellule continue",
        "9. A task is stuck; the bot is killed, the cell goes on",
    )
    internet = scene.task("Couper Internet", "Cut the internet")
    told = await scene.ask_for_message(
        "karim",
        f"!bloque {internet} la console du pare-feu ne répond plus, le prestataire non plus",
        f"!block {internet} the firewall console no longer answers, nor does the supplier",
        rf"T{internet} bloquée par Karim Benali.*pare-feu",
        rf"T{internet} is stuck, says Karim Benali.*firewall",
        reader="nadia",
    )
    scene.must_ring(told, "nadia")
    scene.proved("la coordinatrice est appelée, avec le motif", "the coordinator is called, with the reason")
    await scene.say(
        "nadia",
        "Je réveille l’astreinte de l’opérateur, ils peuvent couper la liaison de leur côté.",
        "I am waking the carrier's on-call engineer, they can cut the link on their side.",
    )
    arming = scene.task("Armer la cellule de communication", "Set up the communication|Arm the communication|Staff the")
    await scene.stage.bot.kill()
    scene.outage = True
    scene.note(
        "(SIGKILL : le bot n’existe plus. Personne ne le sait dans le salon.)",
        "(SIGKILL: the bot is gone. Nobody in the room knows.)",
    )
    note = await scene.say(
        "nadia",
        "!note l’opérateur confirme la coupure de la liaison principale",
        "!note the carrier confirms that the main link is cut",
    )
    await scene.say(
        "claire",
        "Je décide de passer les urgences en mode dégradé, dossiers papier, jusqu’à nouvel ordre.",
        "I decide that emergency goes to degraded mode, paper records, until further notice.",
    )
    done = await scene.say(
        "karim",
        f"!fait {internet} : liaison coupée par l’opérateur, vérifié sur place",
        f"!done {internet}: link cut by the carrier, checked on site",
    )
    await scene.say(
        "paul",
        "Les dossiers des urgences sont inaccessibles : c’est déjà une violation à qualifier, même sans vol.",
        "Emergency records cannot be reached: that is already a breach to be assessed, even without theft.",
    )
    typing = await scene.say("sophie", "Je dépose plainte à 8 h.", "I file the complaint at 8.")
    await scene.edit("sophie", typing, "Je dépose plainte à 8 h 30.", "I file the complaint at 8:30.")
    taken = await scene.say("nadia", f"!prendre {arming}", f"!take {arming}")
    await scene.stage.bot.start()
    scene.outage = False
    scene.note("(Le bot est relancé.)", "(The bot is started again.)")
    await scene.board_shows("claire", rf"✅ T{internet} ", rf"✅ T{internet} ")
    for local, event_id in (("nadia", note), ("karim", done), ("nadia", taken)):
        await scene.answered_once(local, event_id)
    scene.proved(
        "à son retour, il retrouve tout : la note est prise, les deux commandes sont exécutées, une fois",
        "when it is back it finds everything: the note is taken, both commands are run, once",
    )
    await scene.ask(
        "nadia",
        "!journal dégradé",
        "!log degraded",
        r"Claire Morel.*mode dégradé",
        r"Claire Morel.*degraded mode",
    )
    scene.proved(
        "ce que la cellule a écrit pendant la panne est dans la main courante",
        "what the cell wrote during the outage is in the log",
    )


async def _closing(scene: Play) -> None:
    scene.act("11. La levée de la crise, à deux", "11. Lifting the crisis takes two")
    for local in scene.stage.people:
        await scene.reads_boards(local, scene.pick(CHECKLISTS_FR, CHECKLISTS_EN))
    scene.proved(
        "chacun des cinq téléphones lit la carte et les cinq listes, telles qu’elles sont maintenant",
        "each of the five phones reads the card and the five checklists as they are now",
    )
    await scene.say(
        "karim",
        "Contrôle terminé avec le prestataire : deux postes touchés, aucun serveur, sauvegardes saines.",
        "Check finished with the supplier: two computers hit, no server, backups healthy.",
    )
    await scene.say(
        "claire",
        "Alors nous levons la cellule de nuit. Les postes restent scellés, la suite se traite de jour.",
        "Then we stand the night cell down. The computers stay sealed, the rest is for the day.",
    )
    await scene.ask(
        "claire",
        "!statut",
        "!status",
        rf"{scene.incident}.*5 sur 5.*faites",
        rf"{scene.incident}.*5 of 5.*done",
    )
    asked = await scene.ask_for_message(
        "claire",
        "!cloture deux postes isolés, serveurs sains ; la suite de jour",
        "!close two computers isolated, servers healthy; the rest by day",
        r"Claire Morel demande de lever la crise.*⏱.*!oui \d{4}",
        r"Claire Morel asks to lift the crisis.*⏱.*!yes \d{4}",
        reader="sophie",
    )
    found = re.search(r"!(?:oui|yes) (\d{4})", asked.text)
    assert found is not None
    await scene.ask(
        "claire",
        f"!oui {found[1]}",
        f"!yes {found[1]}",
        r"Ce n’est pas à vous.*Sophie Laurent",
        r"not for you.*Sophie Laurent",
    )
    await scene.say("sophie", f"!oui {found[1]}", f"!yes {found[1]}")
    await scene.hears(
        "claire",
        rf"Crise {scene.incident} levée.*Claire Morel, confirmée par Sophie Laurent.*cnil",
        rf"Crisis {scene.incident} lifted.*Claire Morel, confirmed by Sophie Laurent.*cnil",
    )
    await scene.board_shows("claire", rf"Levée — {scene.incident}", rf"Lifted — {scene.incident}")
    scene.proved(
        "personne ne lève la crise seul : le code a été tapé par une seconde personne",
        "nobody lifts the crisis alone: the code was typed by a second person",
    )
    await scene.ask("claire", "!exporter", "!export", r"message direct", r"direct message")
    direct = await scene.person("claire").dm(scene.stage.bot_id)
    await scene.person("claire").wait(
        lambda message: message.room == direct and message.kind == "m.file", what="the incident file"
    )
    scene.proved(
        "la directrice reçoit le dossier, chiffré, en message direct",
        "the director receives the file, encrypted, by direct message",
    )
