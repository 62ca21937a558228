"""What goes wrong in the first story: slips, refusals, second thoughts, and the bot that is killed in the middle of it.

Read it as a script, like `bot.demo.ransomware`.
"""

from __future__ import annotations

from bot.demo.play import Play


async def slips(scene: Play) -> None:
    """What people mistype, may not do, take back."""
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


async def outage(scene: Play) -> None:
    """A task is stuck; the bot is killed while the cell goes on, and started again."""
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
        "(Le bot est tué net, comme par une coupure de courant. Dans le salon, personne ne le sait.)",
        "(The bot is killed outright, as by a power cut. Nobody in the room knows.)",
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
    typing = await scene.say(
        "sophie", "J’appelle le commissariat dans une heure.", "I call the police station in an hour."
    )
    await scene.edit(
        "sophie", typing, "J’appelle le commissariat tout de suite.", "I call the police station right now."
    )
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
