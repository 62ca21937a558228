"""The first story: a hospital finds its screens locked in the middle of the night.

Read it as a script. Each line is typed by somebody; where the bot must answer, the answer that it must give
stands beside it. The roles are those of `bot.demo.stage.PEOPLE`.
"""

from __future__ import annotations

import re

from bot.demo import mishaps, night
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
    await mishaps.slips(scene)
    await mishaps.outage(scene)
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
    await fingerprint(scene)
    scene.proved(
        "la carte est épinglée et les cinq listes de tâches sont lisibles",
        "the card is pinned and the five checklists are readable",
    )
    await scene.say(
        "claire",
        "Je suis en ligne. Je prends la direction de crise depuis chez moi, j’arrive dans vingt minutes.",
        "I am online. I take charge from home and will be there in twenty minutes.",
    )
    notice = await scene.hears("claire", r"^Tout est conservé", r"^Everything is kept")
    await scene.react("claire", notice.event_id, "✅")
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


async def fingerprint(scene: Play) -> None:
    """The board of deadlines, then the first fingerprint of the log, which every phone keeps."""
    await scene.hears("karim", r"^Échéances", r"^Deadlines")
    await scene.hears("karim", r"^Empreinte n°", r"^Fingerprint")
    scene.note(
        "(Cette empreinte résume toute la main courante : chaque téléphone la garde, et la preuve, à la fin, s’y "
        "compare.)",
        "(That fingerprint sums up the whole log: every phone keeps it, and the proof at the end is held against it.)",
    )


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
    await scene.board_shows(
        "nadia", rf"✋ T{dating} prise par Sophie Laurent", rf"✋ T{dating} taken by Sophie Laurent"
    )
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
    await scene.ask("paul", "!moi", "!mine", r"En attente de mon rôle.*T\d+", r"Waiting for my role.*T\d+")


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
        rf"{scene.incident}.*\b5 \w+ (?:\w+ )?5\b.*faites",
        rf"{scene.incident}.*\b5 \w+ (?:\w+ )?5\b.*done",
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
