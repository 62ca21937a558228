"""What the cell has to decide before morning: what is known and since when, what is owed to whom, what is said.

The acts of the first story that are about clocks, registers and texts. Read them as a script.
"""

from __future__ import annotations

import re

from bot.demo.play import Play
from bot.demo.seen import Message


async def questions(scene: Play) -> None:
    """What the crisis is, asked one question at a time; and since when the breach is known."""
    scene.act("3. Ce que l’on sait, et depuis quand", "3. What is known, and since when")
    await qualified(scene, care=True)
    await breach_dated(
        scene,
        "il y a 20 min les dossiers des urgences sont inaccessibles",
        "20 min ago emergency records cannot be reached",
    )
    await _board(scene)


async def qualified(scene: Play, *, care: bool) -> None:
    """Three of the fifteen questions, answered by whoever may."""
    await scene.ask("nadia", "!qualifier 1", "!qualify 1", r"Question 1 sur 15", r"Question 1 of 15")
    await scene.ask("claire", "!oui", "!yes", r"malveillant.*oui.*Les réponses", r"[Mm]alicious.*yes.*The answers")
    await scene.ask("paul", "!qualifier 2", "!qualify 2", r"Question 2 sur 15", r"Question 2 of 15")
    await scene.ask("paul", "!oui", "!yes", r"personnelles.*oui.*Les réponses", r"[Pp]ersonal.*yes.*The answers")
    await scene.ask("claire", "!qualifier 9", "!qualify 9", r"Question 9 sur 15", r"Question 9 of 15")
    if care:
        await scene.ask("claire", "!oui", "!yes", r"[Ss]oins.*oui", r"[Cc]are.*yes")
    else:
        await scene.ask("claire", "!non", "!no", r"[Ss]oins[^\n]*non", r"[Cc]are[^\n]*: no")
    scene.proved(
        "trois des quinze questions, une à la fois, chacune à qui peut y répondre",
        "three of the fifteen questions, one at a time, each to whoever can answer it",
    )


async def breach_dated(scene: Play, fr: str, en: str) -> None:
    """The DPO says since when the breach is known (a `WHEN` and the reason), and confirms what was understood."""
    await scene.ask(
        "paul",
        f"!violation {fr}",
        f"!breach {en}",
        r"Paul Girard, je note.*cnil.*C’est bien cela",
        r"Paul Girard, I note.*cnil.*Is that right",
    )
    await scene.ask_for_message(
        "paul", "!oui", "!yes", r"Repère violation.*cnil.*il reste 2\sj", r"Moment breach.*cnil.*2\sd", reader="paul"
    )
    scene.proved(
        "le DPO date la violation et le confirme : les 72 heures de la CNIL partent de là",
        "the DPO dates the breach and confirms it: the CNIL's 72 hours run from there",
    )


async def _board(scene: Play) -> None:
    await scene.ask(
        "claire",
        "!echeances",
        "!deadlines",
        r"Échéances.*cnil \(loi\)",
        r"Deadlines.*cnil \(law\)",
    )
    await scene.ask(
        "claire", "!prendre cnil", "!take cnil", r"Claire Morel se charge de cnil", r"Claire Morel takes cnil"
    )
    scene.proved(
        "le tableau des échéances : la loi, le temps qui reste, qui s’en charge",
        "the board of deadlines: the law, the time left, who has it",
    )


async def set_reminder(scene: Play) -> None:
    """A clock of the cell's own, of twenty seconds; it rings before it ends, later in the story."""
    await scene.ask(
        "nadia",
        "!echeance Rappeler l’ARS au sujet des transferts --dans 20s",
        "!deadline Call the health agency back about transfers --in 20s",
        r"E1.*ARS",
        r"E1.*health agency",
    )
    scene.note(
        "(Vingt secondes pour la démonstration ; d’ordinaire ce sont des heures. Le rappel sonnera avant la fin.)",
        "(Twenty seconds for the demonstration; usually it is hours. The reminder will ring before they are over.)",
    )


async def reminder_rings(scene: Play) -> None:
    """The clock rings its owner; somebody else takes it with a thumb."""
    scene.act("5. Un rappel sonne", "5. A reminder rings")
    nadia = scene.person("nadia")
    ours = scene.stage.bot_id

    def rings(message: Message) -> bool:
        return (
            message.room == scene.cell
            and message.sender == ours
            and "E1" in message.text
            and message.text.startswith("⏰")
            and scene.stage.user_id("nadia") in message.rings
        )

    rung = await nadia.wait(rings, what="the reminder that rings")
    scene.must_ring(rung, "nadia")
    scene.proved(
        "l’échéance de vingt secondes approche : le téléphone de Nadia sonne, et lui seul",
        "the end of the twenty seconds is near: Nadia's phone rings, and no other",
    )
    await scene.react("claire", rung.event_id, "🙋")
    await scene.hears("nadia", r"Claire Morel se charge d’E1", r"Claire Morel takes E1")
    await scene.ask(
        "claire",
        "!fait E1 : deux lits au CHU",
        "!done E1: two beds at the university hospital",
        r"E1.*fait",
        r"E1.*done",
    )
    scene.proved(
        "Claire s’en charge du pouce (🙋), puis c’est fait", "Claire takes it with a thumb (🙋), then it is done"
    )


async def registers(scene: Play) -> None:
    """Evidence, a decision that is spoken by one and typed by another, a fact that somebody else verifies."""
    scene.act("6. Preuves, décisions, faits", "6. Evidence, decisions, facts")
    await scene.ask(
        "karim",
        "!preuve photo de la note de rançon, poste 12 des admissions",
        "!evidence photo of the ransom note, computer 12 of admissions",
        r"P1.*Karim Benali",
        r"P1.*Karim Benali",
    )
    asked = await scene.ask_for_message(
        "nadia",
        "!decision @claire couper Internet, car l’attaquant est peut-être encore là",
        "!decision @claire cut the internet, because the attacker may still be inside",
        r"D1.*!oui \d{4}",
        r"D1.*!yes \d{4}",
        reader="claire",
    )
    given = code(asked)
    await scene.ask("claire", f"!oui {given}", f"!yes {given}", r"D1.*confirmée", r"D1.*confirmed")
    scene.proved(
        "Claire décide à voix haute, Nadia tape, Claire confirme : l’auteur et la main sont notés tous les deux",
        "Claire decides aloud, Nadia types, Claire confirms: author and typist are both on record",
    )
    await scene.ask(
        "karim",
        "!info Les sauvegardes de la nuit sont saines",
        "!fact Last night's backups are healthy",
        r"F1.*à vérifier",
        r"F1.*to be verified",
    )
    await scene.ask("karim", "!vrai 1", "!true 1", r"F1.*vous", r"F1.*you")
    await scene.ask(
        "nadia",
        "!vrai 1 contrôle du prestataire",
        "!true 1 checked by the supplier",
        r"F1 vérifié.*contrôle du prestataire",
        r"F1 verified.*checked by the supplier",
    )
    scene.proved(
        "un fait se vérifie par un autre que son auteur, avec sa source",
        "a fact is verified by another than its author, with its source",
    )


async def texts(scene: Play) -> None:
    """A text is drafted, changed, approved as it stands, released by copying."""
    scene.act("7. Ce que l’on dit au personnel", "7. What the staff is told")
    await scene.ask(
        "nadia",
        "!rediger interne",
        "!draft staff",
        r"C1 v1 · [0-9a-f]{8}.*À compléter",
        r"C1 v1 · [0-9a-f]{8}.*To be completed",
    )
    await scene.ask(
        "nadia",
        "!modifier 1 Incident informatique en cours. Laissez éteint ce qui est éteint. "
        "Signalez tout écran anormal au 3000.",
        "!edit 1 IT incident under way. Leave off what is off. Report any odd screen on extension 3000.",
        r"C1 v2 · [0-9a-f]{8}",
        r"C1 v2 · [0-9a-f]{8}",
    )
    second = await scene.hears("karim", r"^C1 v2 · [0-9a-f]{8}\n", r"^C1 v2 · [0-9a-f]{8}\n")
    await scene.ask(
        "karim", "!approuver 1", "!approve 1", r"C1 v2.*approuvé par Karim Benali", r"C1 v2.*approved by Karim Benali"
    )
    await scene.ask(
        "nadia",
        "!modifier 1 Incident informatique en cours. Laissez éteint ce qui est éteint, "
        "débranché ce qui est débranché. Signalez tout écran anormal au 3000. Prochain message dans deux heures.",
        "!edit 1 IT incident under way. Leave off what is off, unplugged what is unplugged. "
        "Report any odd screen on extension 3000. Next message in two hours.",
        r"C1 v3 · [0-9a-f]{8}.*ne comptent plus",
        r"C1 v3 · [0-9a-f]{8}.*no longer counts",
    )
    await scene.react("claire", second.event_id, "✅")
    await scene.hears("claire", r"version 2 de C1.*ne compte pas", r"version 2 of C1.*does not count")
    scene.proved(
        "une approbation vaut pour le texte exact : celle de l’ancienne version est refusée",
        "an approval holds for the exact text: one of the old version is refused",
    )
    await scene.ask("nadia", "!approuver 1", "!approve 1", r"Vous avez écrit C1 v3", r"You wrote C1 v3")
    await scene.ask("karim", "!approuver 1", "!approve 1", r"C1 v3.*approuvé par Karim", r"C1 v3.*approved by Karim")
    await scene.ask("claire", "!approuver 1", "!approve 1", r"C1 v3.*approuvé par tous", r"C1 v3.*approved by all")
    asked = await scene.ask(
        "nadia", "!diffuser 1 affiches et encadrement", "!publish 1 posters and managers", r"!oui \d{4}", r"!yes \d{4}"
    )
    given = code(asked)
    await scene.ask("nadia", f"!oui {given}", f"!yes {given}", r"C1 v3.*diffusé.*copier", r"C1 v3.*released.*cop")
    await scene.hears("nadia", r"^Incident informatique en cours", r"^IT incident under way")
    scene.proved(
        "personne ne publie seul ; le bot donne le texte exact à copier et n’envoie rien lui-même",
        "nobody publishes alone; the bot gives the exact text to copy and sends nothing itself",
    )


async def complaint(scene: Play) -> None:
    """The complaint is filed by telephone; the clock is closed by the receipt."""
    scene.act("10. La plainte", "10. The complaint")
    await scene.ask(
        "sophie",
        "!depose plainte --tel major Petit, commissariat central",
        "!filed complaint --phone Sergeant Petit, central station",
        r"plainte.*déposée.*major Petit.*accusé est attend",
        r"(?:plainte|complaint).*filed.*Petit.*receipt is awaited",
    )
    await scene.ask(
        "sophie",
        "!accuse plainte PV-2026-1187",
        "!receipt complaint PV-2026-1187",
        r"plainte.*PV-2026-1187.*close",
        r"(?:plainte|complaint).*PV-2026-1187.*closed",
    )
    scene.proved(
        "déposée par téléphone, puis close par la référence du récépissé : les deux heures sont gardées",
        "filed by telephone, then closed by the receipt's reference: both times are kept",
    )


def code(message: Message) -> str:
    """The code that the bot asks somebody to type."""
    found = re.search(r"!(?:oui|yes) (\d{4})", message.text)
    assert found is not None
    return found[1]
