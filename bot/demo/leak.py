"""The second story, a short one: patients' records are offered for sale, and nobody knows yet whether they are real.

Read it as a script, like `bot.demo.ransomware`, whose scene and characters it has.
"""

from __future__ import annotations

import re

from bot.demo import night
from bot.demo.play import Play
from bot.demo.ransomware import CHECKLISTS_EN, CHECKLISTS_FR, fingerprint


async def play(scene: Play) -> None:
    """Play it from the alarm to the closing. Raises Unseen where an answer is not what it must be."""
    await _alarm(scene)
    scene.act("2. Ce que l’on sait", "2. What is known")
    await night.qualified(scene, care=False)
    await _clocks(scene)
    await _text(scene)
    await _source(scene)
    await _closing(scene)


async def _alarm(scene: Play) -> None:
    scene.act("1. L’alarme", "1. The alarm")
    await scene.say(
        "paul",
        "Un journaliste me lit au téléphone trois lignes d’un fichier de rendez-vous, mis en vente cette nuit.",
        "A reporter is reading me three lines of an appointments file over the phone, put on sale tonight.",
        room=scene.alert,
    )
    opened = await scene.ask(
        "karim",
        "!incident fuite Fichier de rendez-vous mis en vente --gravite 3 --constat il y a 30 min",
        "!open breach Appointments file put on sale --severity 3 --observed 30 min ago",
        r"Incident INC-\d{4}-001 ouvert.*Premier signe.*3 sur 4.*Appelés \(5\)",
        r"Incident INC-\d{4}-001 opened.*First sign.*3 of 4.*Called \(5\)",
        room=scene.alert,
    )
    found = re.search(r"INC-(\d{4}-001)", opened.text)
    assert found is not None
    scene.incident = found[0]
    for local in scene.stage.people:
        scene.cell = await scene.person(local).joined(scene.t_room(found[1]))
    for name in scene.pick(CHECKLISTS_FR, CHECKLISTS_EN):
        await scene.hears("karim", rf"^{name} — ", rf"^{name} — ")
    await fingerprint(scene)
    scene.proved(
        "une ligne a suffi : la cellule est ouverte, les cinq y sont, les listes de la fuite aussi",
        "one line was enough: the cell is open, all five are in it, and so are the checklists of a breach",
    )


async def _clocks(scene: Play) -> None:
    scene.act("3. Les échéances", "3. The deadlines")
    await night.breach_dated(
        scene,
        "il y a 10 min les trois lignes lues viennent de notre base",
        "10 min ago the three lines come from our database",
    )
    await scene.ask(
        "claire", "!prendre cnil", "!take cnil", r"Claire Morel se charge de cnil", r"Claire Morel takes cnil"
    )
    await scene.ask(
        "nadia",
        "!echeance Rappeler le journaliste --dans 2h",
        "!deadline Call the reporter back --in 2h",
        r"E1.*journaliste.*Nadia Roche s’en charge",
        r"E1.*reporter.*Nadia Roche has it",
    )
    await scene.ask("claire", "!echeances", "!deadlines", r"Échéances.*\(loi\)", r"Deadlines.*\(law\)")
    scene.proved(
        "la loi, ce que la cellule se donne, le temps qui reste, qui s’en charge : sur un seul tableau",
        "the law, what the cell sets itself, the time left, who has it: on one board",
    )


async def _text(scene: Play) -> None:
    scene.act("4. La consigne au personnel", "4. What the staff must know")
    await scene.ask(
        "nadia",
        "!rediger confidentialite",
        "!draft confidentiality",
        r"C1 v1 · [0-9a-f]{8}.*À compléter.*porte-parole",
        r"C1 v1 · [0-9a-f]{8}.*To be completed.*spokesperson",
    )
    await scene.ask(
        "nadia",
        "!modifier 1 nom du porte-parole = Nadia Roche, téléphone du porte-parole = poste 3000, "
        "à qui signaler une rumeur = poste 3001",
        "!edit 1 name of the spokesperson = Nadia Roche, telephone of the spokesperson = extension 3000, "
        "whom to tell of a rumour = extension 3001",
        r"C1 v2 · [0-9a-f]{8}.*À approuver par Sophie Laurent et Claire Morel",
        r"C1 v2 · [0-9a-f]{8}.*To be approved by Sophie Laurent and Claire Morel",
    )
    await scene.ask("sophie", "!approuver 1", "!approve 1", r"C1 v2.*approuvé par Sophie", r"C1 v2.*approved by Sophie")
    await scene.ask("claire", "!approuver 1", "!approve 1", r"C1 v2.*approuvé par tous", r"C1 v2.*approved by all")
    asked = await scene.ask(
        "nadia", "!diffuser 1 affiches et encadrement", "!publish 1 posters and managers", r"!oui \d{4}", r"!yes \d{4}"
    )
    code = night.code(asked)
    await scene.ask("nadia", f"!oui {code}", f"!yes {code}", r"C1 v2.*diffusé.*copier", r"C1 v2.*released.*cop")
    await scene.hears("nadia", r"^Vous êtes tenus", r"^You are bound")
    scene.proved(
        "le modèle est rempli en une ligne ; deux autres que l’auteur approuvent le texte exact, avant qu’il sorte",
        "the template is filled in one line; two others than the author approve the exact text before it goes out",
    )


async def _source(scene: Play) -> None:
    scene.act("5. La source est fermée", "5. The source is shut")
    scene.note("(Ici tout de suite ; en vrai, des heures plus tard.)", "(Here at once; in life, hours later.)")
    sample = scene.task("Vérifier si l’échantillon", "Check whether the sample")
    source = scene.task("Fermer la source", "Close the source")
    await scene.ask(
        "karim",
        f"!fait {sample}, {source} : l’accès d’un prestataire, fermé ; captures et journaux gardés",
        f"!done {sample}, {source}: a supplier's access, shut; captures and logs are kept",
        rf"Fait par Karim Benali.*T{sample}.*T{source}",
        rf"Done by Karim Benali.*T{sample}.*T{source}",
    )
    scene.proved(
        "deux tâches faites en une ligne, avec ce qu’il en est",
        "two tasks done in one line, with what came of them",
    )


async def _closing(scene: Play) -> None:
    scene.act("6. La levée de la crise, à deux", "6. Lifting the crisis takes two")
    asked = await scene.ask_for_message(
        "claire",
        "!cloture l’origine est trouvée et fermée ; la notification suit son cours",
        "!close the origin is found and shut; the notification goes on",
        r"Claire Morel demande de lever la crise.*⏱.*!oui \d{4}",
        r"Claire Morel asks to lift the crisis.*⏱.*!yes \d{4}",
        reader="sophie",
    )
    code = night.code(asked)
    await scene.say("sophie", f"!oui {code}", f"!yes {code}")
    await scene.hears(
        "claire",
        rf"Crise {scene.incident} levée.*Claire Morel, confirmée par Sophie Laurent.*cnil",
        rf"Crisis {scene.incident} lifted.*Claire Morel, confirmed by Sophie Laurent.*cnil",
    )
    await scene.board_shows("claire", rf"Levée — {scene.incident}", rf"Lifted — {scene.incident}")
    scene.proved(
        "la crise est levée par deux personnes, et les échéances de la loi courent encore",
        "the crisis is lifted by two, and the deadlines of the law go on running",
    )
