"""What an organisation has configured, as the parts take it. Guarantee: it is all read before anything starts, and what
is wrong with a file that the configuration names is one sentence, in its language."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import faults
from bot.clock import Clock
from bot.commands.scene import Organisation
from bot.config import Config, ConfigurationError
from bot.domain.absence import Patience
from bot.domain.directory import Directory
from bot.domain.outlets import STAFF_ROOM, Outlet
from bot.domain.roles import BYSTANDERS, VITAL
from bot.domain.roster import Person, Roster
from bot.library.directory import load_directory
from bot.library.playbook_faults import PlaybookFault
from bot.library.playbooks import Library
from bot.library.playbooks import load as load_playbooks
from bot.library.roster import load as load_roster
from bot.library.rules import Rules, RulesFault
from bot.library.rules import load as load_rules
from bot.library.templates import TemplateFault, Templates, load_shipped
from bot.owing import parties
from bot.render import Catalogue
from bot.resources import data
from bot.speech import Voice
from bot.store.db import Database
from bot.tools import Tools


@dataclass(frozen=True)
class Prepared:
    """What was prepared in peacetime, read from its files."""

    roster: Roster
    directory: Directory
    library: Library
    rules: Rules
    templates: Templates


def prepared(config: Config) -> Prepared:
    """Everything that the configuration names. Raises ConfigurationError, in one sentence."""
    roster, library, rules = people_and_playbooks(config)
    templates = communications(config)
    directory = load_directory(config.paths.own("directory"), config.organisation.language)
    return Prepared(roster, directory, library, rules, templates)


def people(config: Config) -> tuple[Roster, Directory]:
    """The people and the directory as they stand in their files now. Raises ConfigurationError."""
    paths, language = config.paths, config.organisation.language
    return load_roster(paths.roster, language), load_directory(paths.own("directory"), language)


def tools_of(
    config: Config,
    held: Prepared,
    bot_id: str,
    fingerprint: Callable[[], str],
    readers: Callable[[str], int],
    limited: Callable[[], bool],
) -> Tools:
    """What every decision has at hand. `fingerprint`: of the bot's own key; `readers`: how many people read a room;
    `limited`: whether the homeserver makes what is said wait."""
    organisation = _organisation(config)
    voice = Voice(Catalogue(data("templates", "chat"), organisation.timezone))
    voice.catalogue.directory = held.directory
    return Tools(
        organisation=organisation,
        directory=held.directory,
        roster=held.roster,
        library=held.library,
        voice=voice,
        bot_id=bot_id,
        server=config.matrix.server_name,
        passphrase=config.matrix.store_passphrase.get_secret_value(),
        overrides=dict(config.permissions.overrides),
        fingerprint=fingerprint,
        rules=held.rules,
        templates=held.templates,
        escalate_after=config.nudges.escalate_after,
        channels=frozenset(channel.id for channel in config.channel),
        outlets=outlets(config),
        readers=readers,
        limited=limited,
        patience=Patience(
            config.mobilisation.vital_within, config.mobilisation.answer_within, config.mobilisation.empty_after
        ),
        vouching=config.permissions.vouching,
        patterns=tuple(re.compile(pattern) for pattern in config.journal.sensitive),
        anchor_every=config.journal.anchor_every,
        timestamp_authority=config.journal.timestamp_authority,
    )


def _organisation(config: Config) -> Organisation:
    return Organisation(
        config.organisation.name,
        config.organisation.kind,
        config.organisation.timezone,
        config.organisation.language,
        config.organisation.country,
        tuple(config.organisation.flags),
        dpo=config.organisation.dpo,
        parties=max(1, len(config.parties)),
        owing=parties(config),
        doctrine=config.doctrine.decided,
        withheld=config.texts.names,
        calendar=config.organisation.calendar,
        rooms=config.matrix.rooms,
    )


def people_and_playbooks(config: Config) -> tuple[Roster, Library, Rules]:
    """The roster, playbooks and deadline rules that the configuration names. Raises ConfigurationError, in one
    sentence."""
    roster = load_roster(config.paths.roster, config.organisation.language)
    try:
        library = load_playbooks(data("playbooks"), config.paths.own("playbooks"), config.paths.own("templates"))
        rules = load_rules(data("playbooks"), config.paths.own("playbooks"))
    except (PlaybookFault, RulesFault) as fault:
        raise ConfigurationError(fault.fault.both(), config.organisation.language) from fault
    return roster, library, rules


def gateways(config: Config) -> dict[str, str]:
    """The outside channels' addresses, by channel. Raises ConfigurationError for one that means nothing."""
    urls = {channel.id: channel.url.get_secret_value() for channel in config.channel}
    if urls:
        from bot.channels.gateway import readable  # apprise is heavy, and few need it

        unreadable = next((identifier for identifier, url in urls.items() if not readable(url)), None)
        if unreadable is not None:
            raise ConfigurationError(faults.channel_unreadable(unreadable), config.organisation.language)
    return urls


def outlets(config: Config) -> tuple[Outlet, ...]:
    """Where texts may be sent: the channels that are open to them, and the staff's room."""
    channels = tuple(Outlet(each.id, frozenset(each.texts), each.recipients) for each in config.channel if each.texts)
    return (*channels, Outlet(STAFF_ROOM, frozenset({"staff"}))) if config.matrix.staff_room else channels


def time_stamps(config: Config, db: Database, clock: Clock, tools: Tools) -> Callable[[], Awaitable[int]] | None:
    """What asks for the time-stamps of the logs' heads; None where no authority is configured."""
    journal = config.journal
    if not journal.timestamp_authority:
        return None
    from bot.stamping import Stamping, authority  # large, and seldom configured

    return Stamping(db, clock, tools, authority(journal.timestamp_authority, journal.timestamp_certificate)).collect


def communications(config: Config) -> Templates:
    """The templates of communications, the organisation's own over the shipped ones. Raises ConfigurationError."""
    try:
        return load_shipped(config.paths.own("templates"))
    except TemplateFault as fault:
        raise ConfigurationError(fault.both, config.organisation.language) from fault


def vital_first(roster: Roster) -> list[Person]:
    """The people of the roster but those who only watch or play, vital roles first."""
    people = [p for p in roster if not p.roles or set(p.roles) - BYSTANDERS]
    return sorted(people, key=lambda person: not set(person.roles) & set(VITAL))
