"""What can be checked without a network: the organisation's files, what is shipped, and the database.

Guarantee: nothing is written, and what the shipped files and the organisation's own contain is read by the
same code as when the bot runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from bot.check.line import Line, mend, ok, warn
from bot.clock import SystemClock
from bot.config import Config
from bot.domain.language import Both
from bot.domain.roles import VITAL, Role, holders
from bot.domain.roster import Roster
from bot.resources import data

_ROSTER = Both("personnes", "roster")
_DIRECTORY = Both("annuaire", "directory")
_PLAYBOOKS = Both("scénarios", "playbooks")
_TEMPLATES = Both("modèles", "templates")
_SECRETS = Both("secrets", "secrets")
_DATABASE = Both("base de données", "database")


def check_configuration(config: Config, path: Path) -> Iterator[Line]:
    """Say that the configuration was read, and whether its secrets are its owner's alone."""
    yield ok(Both("configuration", "configuration"), Both(f"{path} est lue", f"{path} reads well"))
    for file in _secret_files(path):
        if file.stat().st_mode & 0o077:
            yield warn(
                _SECRETS,
                Both(f"{file} peut être lu par d’autres", f"{file} can be read by others"),
                Both(f"chmod 600 {file}", f"chmod 600 {file}"),
            )
    if config.matrix.store.exists() and config.matrix.store.stat().st_mode & 0o077:
        store = config.matrix.store
        yield warn(
            _SECRETS,
            Both(f"{store} est ouvert à d’autres", f"{store} is open to others"),
            Both(f"chmod 700 {store}", f"chmod 700 {store}"),
        )


def check_folders(config: Config) -> Iterator[Line]:
    """Say which folders the configuration names in vain: of what should be there nothing is used."""
    for key, path in config.paths.missing.items():
        yield warn(
            Both("dossiers", "folders"),
            Both(
                f"le dossier {path} n’existe pas\u00a0: seul ce qui est livré sert",
                f"there is no folder {path}: only what is shipped is used",
            ),
            Both(f"créez-le, ou corrigez «\u00a0{key}\u00a0» dans [paths]", f"make it, or mend “{key}” in [paths]"),
        )


def check_places(config: Config) -> Iterator[Line]:
    """Say where the bot could make neither its database nor its device's keys: a file stands where a folder must."""
    database = config.database.path
    wanted = [("[matrix] store", config.matrix.store), *([("[database] url", database.parent)] if database else [])]
    for key, folder in wanted:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        if not nearest.is_dir():
            yield mend(
                Both("dossiers", "folders"),
                Both(
                    f"{nearest} est un fichier, où il faut un dossier", f"{nearest} is a file, where a folder must be"
                ),
                Both(f"corrigez {key}, ou déplacez ce fichier", f"mend {key}, or move that file"),
            )


def _secret_files(path: Path) -> Iterator[Path]:
    for section in tomllib.loads(path.read_text(encoding="utf-8-sig")).values():
        for key, value in section.items() if isinstance(section, dict) else ():
            if key.endswith("_file") and isinstance(value, str) and (path.parent / value).is_file():
                yield path.parent / value


def check_roster(config: Config) -> tuple[Roster, list[Line]]:
    """Return the people that can be read, and what is to be said of them."""
    from bot.library.roster import roster_faults

    roster, found = roster_faults(config.paths.roster)
    action = Both("corrigez ce fichier", "mend that file")
    lines = [mend(_ROSTER, fault, action) for fault in found]
    if not found:
        lines.append(
            ok(
                _ROSTER,
                Both(
                    "une personne" if len(roster) == 1 else f"{len(roster)} personnes",
                    f"{len(roster)} in all",
                ),
            )
        )
    for role in _missing(config, roster) if roster.people else ():
        lines.append(
            warn(
                _ROSTER,
                Both(
                    f"personne ne tient le rôle «\u00a0{role.label('fr')}\u00a0»",
                    f"nobody is “{role.label('en')}”",
                ),
                Both(
                    f"donnez «\u00a0{role.value}\u00a0» à quelqu’un dans {config.paths.roster.name}",
                    f"give “{role.value}” to somebody in {config.paths.roster.name}",
                ),
            )
        )
    lines += _fragile(config, roster)
    return roster, lines


def _fragile(config: Config, roster: Roster) -> Iterator[Line]:
    """Complain of vital roles that nobody could take over at night, and of numbers whose owner was not asked."""
    alone = [role for role in VITAL if len(held := roster.holders(role)) == 1 and not roster.deputies_of(held[0])]
    if alone and len(roster) > 1 and config.organisation.kind != "medical_practice":
        yield warn(
            _ROSTER,
            Both(
                f"sans suppléant\u00a0: {', '.join(role.label('fr') for role in alone)}",
                f"without a deputy: {', '.join(role.label('en') for role in alone)}",
            ),
            Both(
                "ajoutez «\u00a0deputy\u00a0», ou donnez le rôle à une autre personne",
                "add “deputy”, or give the role to one more",
            ),
        )
    unasked = [person.name for person in roster if person.phone and person.agreed is None]
    if unasked:
        yield warn(
            _ROSTER,
            Both(
                f"numéros sans accord noté\u00a0: {', '.join(unasked)}",
                f"numbers without a noted agreement: {', '.join(unasked)}",
            ),
            Both("demandez, puis datez «\u00a0phone_agreed\u00a0»", "ask, then date “phone_agreed”"),
        )


def _missing(config: Config, roster: Roster) -> Iterator[Role]:
    """Yield the vital roles that nobody holds, where the organisation is one that has them."""
    for role in VITAL:
        if role is Role.CARE_DIRECTOR and config.organisation.kind != "hospital":
            continue
        wanted = (role, Role.DATA_LEAD) if role is Role.DPO else (role,)
        if not any(holders(each, roster.people) for each in wanted):
            yield role


def check_directory(config: Config, today: date) -> Iterator[Line]:
    """Say whether the outside numbers can be relied on."""
    from bot.library.directory import complaints, directory_faults

    path = config.paths.own("directory")
    if path is None:
        yield warn(
            _DIRECTORY,
            Both("aucun numéro extérieur n’est préparé", "no outside number is prepared"),
            Both(f"écrivez {config.paths.directory}", f"write {config.paths.directory}"),
        )
        return
    directory, found = directory_faults(path)
    for fault in found:
        yield mend(_DIRECTORY, fault, Both("corrigez ce fichier", "mend that file"))
    rules, tasks = _names(config)
    complained = list(complaints(directory, today, rules, tasks))
    for said, action in complained:
        yield warn(_DIRECTORY, said, action)
    if not found and not complained:
        count = len(directory.entries)
        yield ok(_DIRECTORY, Both(f"{count} entrées", f"{count} entries"))


def _names(config: Config) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return every name of a deadline and every id of a task; none where those files do not load, which is said
    elsewhere."""
    from bot.library.playbooks import PlaybookFault
    from bot.library.playbooks import load as load_playbooks
    from bot.library.rules import RulesFault
    from bot.library.rules import load as load_rules

    try:
        rules = load_rules(data("playbooks"), config.paths.own("playbooks")).names
        library = load_playbooks(data("playbooks"), config.paths.own("playbooks"), config.paths.own("templates"))
    except (PlaybookFault, RulesFault):
        return (), frozenset()
    return rules, frozenset(task.id for book in library.playbooks.values() for task in book.tasks)


def check_playbooks(config: Config | None) -> Iterator[Line]:
    """Say whether the shipped playbooks, with the organisation's own over them, can be played."""
    from bot.library.playbooks import PlaybookFault, lint, load

    overlay = config.paths.own("playbooks") if config else None
    texts = config.paths.own("templates") if config else None
    found = lint(data("playbooks"), overlay, texts)
    try:
        library = None if found else load(data("playbooks"), overlay, texts)
    except PlaybookFault as fault:
        found, library = [fault.fault], None
    for each in found:
        said = Both(each.sentence("fr"), each.sentence("en"))
        yield mend(_PLAYBOOKS, said, Both("corrigez ce fichier", "mend that file"))
    for each in library.warnings if library is not None else ():
        yield warn(_PLAYBOOKS, each.both(), Both("rien, si c’est voulu", "nothing, if it is meant"))
    if library is not None:
        names = f"{len(library.playbooks)} ({', '.join(sorted(library.playbooks))})"
        yield ok(_PLAYBOOKS, Both(names, names))


def check_templates(config: Config | None = None) -> Iterator[Line]:
    """Say whether each of the bot's own words exists in both languages, with the same values; and whether the
    communications, with the organisation's own over them, can be drawn and name who approves them."""
    from bot.library.template_lint import lint_shipped

    overlay = config.paths.own("templates") if config else None
    found = [*_own_words(), *lint_shipped(overlay)]
    for fault in found:
        yield mend(_TEMPLATES, fault, Both("corrigez ce modèle", "mend that template"))
    if not found:
        yield ok(_TEMPLATES, Both("en français et en anglais", "in French and in English"))
    yield from _peacetime(overlay)


@cache
def _own_words() -> tuple[Both, ...]:
    from bot.render import lint

    return tuple(Both(fault, fault) for fault in lint(data("templates", "chat")))


def _peacetime(overlay: Path | None) -> Iterator[Line]:
    """Say which texts approved in peacetime were touched since, or are out of date."""
    from bot.library.frozen import load as load_frozen

    kept, faults = load_frozen(overlay)
    for fault in faults:
        yield mend(
            _TEMPLATES,
            fault,
            Both("figez-le de nouveau (tocsin template freeze)", "freeze it again (tocsin template freeze)"),
        )
    today = SystemClock().now().date()
    for text in kept.values():
        if text.stale(today):
            said = Both(
                f"{text.file} : approuvé le {text.approved_on:%d/%m/%Y}, il y a plus de douze mois",
                f"{text.file}: approved on {text.approved_on:%d/%m/%Y}, more than twelve months ago",
            )
            yield warn(
                _TEMPLATES,
                said,
                Both("faites-le relire et figez-le de nouveau", "have it read again and freeze it again"),
            )


def check_database(config: Config) -> Iterator[Line]:
    """Say whether the database is at this program's revision, with the triggers that protect the log."""
    from bot.store.db import inspect
    from bot.store.faults import StoreFault

    try:
        found = inspect(config.database.url)
    except StoreFault as fault:
        yield mend(
            _DATABASE,
            fault.said,
            Both("vérifiez [database] et que la base répond", "check [database] and that the database answers"),
        )
        return
    for sentence in found:
        yield mend(
            _DATABASE,
            sentence,
            Both(
                "«\u00a0tocsin run\u00a0» s’en charge, après une copie",
                "“tocsin run” sees to it, after a copy",
            ),
        )
    path = config.database.path
    if path is not None and not path.exists():
        yield ok(_DATABASE, Both("elle sera créée au premier démarrage", "it will be made at the first start"))
    elif not found:
        yield ok(_DATABASE, Both("révision et déclencheurs en place", "revision and triggers are in place"))
