"""`tocsin demo`: a crisis from alarm to closing, on a real homeserver, with real encrypted clients.

Guarantee: 0 is returned only if every answer was the one that it must be, every word written in the cell's
room is in the exported log once, and the export verifies; whatever happens, the processes end, and nothing is
replaced but what an earlier demo left.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.demo import evidence, leak, ransomware
from bot.demo.evidence import NotProved
from bot.demo.ownership import OwnershipError
from bot.demo.play import Play
from bot.demo.process import BotError
from bot.demo.screen import PlayerError, Unseen
from bot.demo.show import Show
from bot.demo.stage import ORGANISATION, Stage
from bot.demo.synapse import SynapseError
from bot.domain.language import Both, Language
from bot.system_words import why

OK, WRONG, USAGE = 0, 1, 2
TERMINATED: Final = 128 + signal.SIGTERM

MARKER: Final = ".tocsin-demo"
TRANSCRIPT: Final = "conversation.txt"
BOT_LOG: Final = "tocsin.log"
ZONE: Final = ZoneInfo("Europe/Paris")

STORIES: Final[dict[str, Callable[[Play], Awaitable[None]]]] = {
    "rancongiciel": ransomware.play,
    "fuite": leak.play,
}
_ALIASES: Final = {
    "ransomware": "rancongiciel",
    "ran": "rancongiciel",
    "breach": "fuite",
    "leak": "fuite",
    "fui": "fuite",
}

_UNKNOWN = Both(
    "Aucune histoire n’est écrite pour le scénario « {name} ». À jouer : {known}.",
    "No story is written for the scenario “{name}”. To play: {known}.",
)
_NO_SYNAPSE = Both(
    "La démonstration a besoin de Synapse, qui manque ici : pip install 'tocsin[demo]', ou make demo.",
    "The demonstration needs Synapse, which is missing here: pip install 'tocsin[demo]', or make demo.",
)
_NOT_OURS = Both(
    "{out} existe et n’a pas été fait par une démonstration : choisissez un autre dossier avec --out.",
    "{out} exists and was not made by a demonstration: choose another folder with --out.",
)
_CANNOT_WRITE = Both("Impossible d’écrire dans {out} : {why}.", "Cannot write in {out}: {why}.")
_FAILED = Both("La démonstration n’a pas pu se dérouler : {why}", "The demonstration could not be played: {why}")


def play(scenario: str, lang: str, stay: bool, out: Path) -> int:
    """Play a scenario's story, leave its files in `out`, and return the exit code.

    0 all as it must be, 1 not (what was expected and what came is shown), 2 an unknown scenario or a folder
    that is not ours. `stay` keeps everything up afterwards, until Ctrl-C.
    """
    language: Language = "en" if lang == "en" else "fr"
    name = scenario.strip().casefold()
    story = STORIES.get(_ALIASES.get(name, name))
    if story is None:
        return _say(_UNKNOWN.get(language).format(name=scenario, known=", ".join(STORIES)), USAGE)
    if importlib.util.find_spec("synapse") is None:
        return _say(_NO_SYNAPSE.get(language), WRONG)
    try:
        if not _prepare(out):
            return _say(_NOT_OURS.get(language).format(out=out), USAGE)
    except OSError as error:
        return _say(_CANNOT_WRITE.get(language).format(out=out, why=why(error).get(language)), USAGE)
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # what a player cannot read, it says itself
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-", ignore_cleanup_errors=True) as folder:
        try:
            return asyncio.run(perform(story, language, stay, out, Path(folder)))
        except asyncio.CancelledError:
            return TERMINATED


def _prepare(out: Path) -> bool:
    """Make the folder, or empty it of what an earlier demo left; False if it is somebody else's."""
    if out.exists():
        if not out.is_dir() or (any(out.iterdir()) and not (out / MARKER).is_file()):
            return False
        for left in [*out.glob("INC-*"), *out.glob("EXE-*"), out / TRANSCRIPT, out / BOT_LOG]:
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).write_text("tocsin demo\n", encoding="utf-8")
    return True


async def perform(story: Callable[[Play], Awaitable[None]], lang: Language, stay: bool, out: Path, folder: Path) -> int:
    """Play one story on a stage below `folder`; return the exit code. Cancelling it while it stays is no error."""
    ours = asyncio.current_task()
    assert ours is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ours.cancel)
    show = Show(lang, ZONE)
    try:
        async with Stage(folder, language=lang, run=False) as stage:
            code = await _told(Play(stage, show, lang), story, out)
            if code != OK and stage.bot.log.exists():
                shutil.copyfile(stage.bot.log, out / BOT_LOG)  # it never holds a message's content
                show.note(
                    Both("Ce que le bot a noté : {log}", "What the bot noted: {log}")
                    .get(lang)
                    .format(log=out / BOT_LOG)
                )
            show.save(out / TRANSCRIPT)
            if stay:
                await _stay(stage, show, lang)
            return code
    except (SynapseError, BotError, PlayerError, OwnershipError) as error:
        return _say(_FAILED.get(lang).format(why=error), WRONG)


async def _told(scene: Play, story: Callable[[Play], Awaitable[None]], out: Path) -> int:
    """Tell the story and prove what it shows; what is not as it must be is shown, and is 1."""
    try:
        await rise(scene)
        await story(scene)
        await _prove(scene, out)
        return OK
    except Unseen as fault:
        got = [_with_names(text, scene.stage) for text in fault.got]
        scene.show.failed(f"{fault.name} · {fault.pattern or fault.expected}", got)
    except NotProved as fault:
        scene.show.failed(fault.expected, (fault.got,))
    except (PlayerError, BotError) as fault:
        scene.show.failed(scene.pick("que cela se fasse", "that to be done"), (str(fault),))
    return WRONG


def _with_names(text: str, stage: Stage) -> str:
    for local in ("tocsin", *stage.people):
        text = text.replace(stage.user_id(local), stage.name_of(stage.user_id(local)))
    return text


async def rise(scene: Play) -> None:
    """Everybody is at home, asleep: the alert room is there, and their phones are on."""
    stage = scene.stage
    scene.show.bot = stage.bot_id
    scene.act("Le décor", "The scene")
    scene.note(
        f"{ORGANISATION}. Un serveur Synapse sur cette machine, le bot, et cinq téléphones chiffrés de bout "
        "en bout ; quatre sont signés par leur propriétaire, celui de Paul Girard ne l’est pas.",
        f"{ORGANISATION}. A Synapse server on this machine, the bot, and five end-to-end encrypted phones; "
        "four are signed by their owner, Paul Girard's is not.",
    )
    scene.note(
        "Des heures sont jouées en deux minutes. Pour chaque message : l’heure, qui parle, dans quel salon ; ce qui "
        "commence par « ! » est une commande. Sur une seule ligne : une réaction (✅ ← le message visé), un tableau "
        "qui change (✎), une épingle (📌), quelqu’un qui entre (→). En vert (✓), ce qui vient d’être vérifié.",
        "Hours are played in two minutes. For each message: the time, who speaks, in which room; what begins with "
        "“!” is a command. On a single line: a reaction (✅ ← the message it is under), a board that changes (✎), "
        "a pin (📌), somebody who enters (→). In green (✓), what has just been checked.",
    )
    for local in stage.people:
        await stage.player(local)
    await stage.bot.start()
    for local in stage.people:
        person = scene.person(local)
        scene.alert = await person.joined(stage.alert_name)
        direct = await person.dm(stage.bot_id)
        await person.hears(direct, person.name)
        scene.watch(person)
    scene.proved(
        "le bot est prêt, sa clé est signée ; chacun a le salon d’alerte et un message direct",
        "the bot is ready, its key is signed; everybody has the alert room and a direct message",
    )


async def _prove(scene: Play, out: Path) -> None:
    """Export, verify, compare, and stop the bot as a service manager does."""
    scene.act("Le dossier, et la preuve", "The file, and the proof")
    code = await scene.stage.bot.stop()
    if code != OK:
        raise NotProved("SIGTERM → 0", f"{code}\n{scene.stage.bot.last_words()}")
    folder = await evidence.export(scene, out)
    verdict = await evidence.verify(scene, folder)
    count = evidence.compare(scene, folder)
    during = sum(written.outage for written in scene.written)
    scene.proved(
        f"les {scene.answers} vérifications de l’histoire ont passé",
        f"the story's {scene.answers} checks have passed",
    )
    scene.proved(
        f"les {count} messages, modifications, réactions et retraits sont dans la main courante, "
        "une fois chacun" + (f", dont {during} écrits pendant la panne" if during else ""),
        f"the {count} messages, edits, reactions and withdrawals are in the log, once each"
        + (f", {during} of them written during the outage" if during else ""),
    )
    scene.proved(
        f"tocsin verify : {verdict['entries']} entrées intactes, signées par la clé publiée dans le salon, "
        "et qui passent par l’empreinte que les téléphones gardent",
        f"tocsin verify: {verdict['entries']} entries intact, signed by the key that was posted in the room, "
        "and passing through the fingerprint that the phones hold",
    )
    refused = await evidence.altered(scene, folder)
    scene.note(
        "(Contre-épreuve : dans une copie du dossier, un octet est changé exprès. tocsin verify doit la refuser.)",
        "(Counter-check: in a copy of the file one byte is changed on purpose. tocsin verify must refuse it.)",
    )
    said = ", ".join(line.removeprefix("✗ ") for line in refused.splitlines()[:2])
    scene.note(f"  tocsin verify, sur cette copie : {said}", f"  tocsin verify, of that copy: {said}")
    scene.proved(
        "la copie altérée est refusée ; le vrai dossier, lui, est intact",
        "the altered copy is refused; the true file is intact",
    )
    scene.act("Les fichiers", "The files")
    scene.show.table([(str(path), scene.pick(*_what(path))) for path in _left(out, folder)])


_WHAT: Final[dict[str, tuple[str, str]]] = {
    "journal.jsonl": (
        "la main courante, une entrée par ligne, enchaînées",
        "the log, one entry a line, chained",
    ),
    "incident.json": ("ce qu’a été l’incident", "what the incident was"),
    "enquiries.csv": ("ce que l’on demande du dehors, et les réponses", "what is asked from outside, and the answers"),
    "guests.csv": ("qui est venu de l’extérieur, et jusqu’à quand", "who came from outside, and until when"),
    "releases.csv": ("ce qui a été diffusé, où et par qui", "what was released, where and by whom"),
    "calls.csv": ("qui a été appelé, et quand", "who was called, and when"),
    "care.csv": ("comment marchent les services et le bâtiment", "how the departments and the building work"),
    "deadlines.csv": ("les échéances : d’où elles partent, où elles en sont", "the deadlines: from when, and how far"),
    "deadlines.ics": ("les échéances pour un agenda, avec alarmes", "the deadlines for a calendar, with alarms"),
    "exports.csv": ("qui a reçu le dossier, et quand", "who received the file, and when"),
    "decisions.csv": ("les décisions, et qui les a confirmées", "the decisions, and who confirmed them"),
    "drafts.csv": ("les textes, et qui les a approuvés", "the texts, and who approved them"),
    "evidence.csv": ("les preuves versées", "the evidence"),
    "facts.csv": ("les faits, et qui les a vérifiés", "the facts, and who verified them"),
    "moments.csv": ("les repères : depuis quand l’on sait quoi", "the moments: since when what is known"),
    "tasks.csv": ("les tâches, pour un tableur", "the tasks, for a spreadsheet"),
    "manifest.json": ("l’inventaire du dossier", "what is in the folder"),
    "manifest.sig": ("la signature de l’inventaire", "the signature of the inventory"),
    "journal.pdf": ("la main courante à lire", "the log to read"),
    TRANSCRIPT: ("ce que vous venez de lire", "what you have just read"),
}


def _what(path: Path) -> tuple[str, str]:
    if path.suffix == ".zip":
        return (
            "le même dossier, en une pièce : tocsin verify le lit aussi",
            "the same, in one piece: tocsin verify reads it too",
        )
    if path.parent.name == "drafts":
        return ("un texte, tel qu’il a été approuvé ou remplacé", "a text, as it was approved or replaced")
    if path.parent.name == "files":
        return ("un fichier posté dans le salon", "a file posted in the room")
    return _WHAT.get(path.name, ("une pièce du dossier", "a part of the file"))


def _left(out: Path, folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [*files, *sorted(out.glob("*.zip")), out / TRANSCRIPT]


async def _stay(stage: Stage, show: Show, lang: Language) -> None:
    """Keep everything up until Ctrl-C, with what one needs to log in."""
    await stage.bot.start()
    show.act(Both("À vous", "Your turn").get(lang))
    show.table([(stage.server.url, Both("adresse du serveur", "the server's address").get(lang))])
    show.table([(stage.user_id(local), stage.passwords[local]) for local in stage.people])
    show.note(Both("Ctrl-C pour tout arrêter.", "Ctrl-C stops everything.").get(lang))
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
