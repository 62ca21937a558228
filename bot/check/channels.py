"""Outside channels, as `tocsin check` sees them. Guarantee: nothing is sent, and no address is shown."""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels import gateway
from bot.check.line import Line, mend, ok, warn
from bot.config import Config
from bot.connections import Channel
from bot.domain.language import LANGUAGES, Both
from bot.domain.roster import Roster

_GROUPS = {"staff": Both("personnel", "staff"), "partners": Both("partenaires", "partners")}


def check_channels(config: Config, roster: Roster) -> Iterator[Line]:
    """Say of each channel whether its address can be used and whom it reaches; and who named one that is not there."""
    known = {channel.id for channel in config.channel}
    for channel in config.channel:
        yield _channel(channel, roster)
    for person in roster:
        for way in person.outside:
            subject = Both(f"canal extérieur de {person.name}", f"outside channel of {person.name}")
            if way.channel not in known:
                yield mend(
                    subject,
                    Both(f"le canal « {way.channel} » n’existe pas", f"there is no channel “{way.channel}”"),
                    Both(
                        "ajoutez [[channel]] à tocsin.toml, ou ôtez-le du fichier des personnes",
                        "add [[channel]] to tocsin.toml, or take it out of the roster",
                    ),
                )
            elif not (way.to or person.phone):
                yield mend(
                    subject,
                    Both("aucun numéro à appeler", "no number to call"),
                    Both("donnez « phone », ou « to » sous « outside »", "give “phone”, or “to” under “outside”"),
                )


def _channel(channel: Channel, roster: Roster) -> Line:
    identifier, url, count = channel.id, channel.url.get_secret_value(), len(channel.recipients)
    whom = Both(*(", ".join(_GROUPS[each].get(lang) for each in channel.texts) for lang in LANGUAGES))
    texts = Both(
        f"ouvert aux textes ({whom.fr}), {count} destinataire{'s' * (count > 1)}",
        f"open to texts ({whom.en}), {count} recipient{'s' * (count > 1)}",
    )
    subject = Both(f"canal extérieur « {identifier} »", f"outside channel “{identifier}”")
    chose = [person.name for person in roster if any(way.channel == identifier for way in person.outside)]
    if not gateway.readable(url):
        return mend(
            subject,
            Both("son adresse n’est pas de celles qu’apprise connaît", "its address is none that apprise knows"),
            Both("voyez https://github.com/caronc/apprise/wiki", "see https://github.com/caronc/apprise/wiki"),
        )
    if gateway.TO not in url:
        return warn(
            subject,
            Both(
                "son adresse n’a pas {to}\u00a0: tous les appels vont au même endroit",
                "its address has no {to}: every call goes to the same place",
            ),
            Both(
                "mettez {to} à la place du numéro, si ce n’est pas voulu",
                "put {to} in place of the number, unless meant",
            ),
        )
    if not chose and channel.texts:
        return ok(subject, texts)
    if not chose:
        return warn(
            subject,
            Both("personne n’a demandé à être joint ainsi", "nobody asked to be reached so"),
            Both("«\u00a0outside\u00a0» dans le fichier des personnes", "“outside” in the roster"),
        )
    names = ", ".join(chose)
    said = Both(f"prêt, non essayé\u00a0; joint\u00a0: {names}", f"ready, not tried; reaches: {names}")
    return ok(subject, Both(f"{said.fr}\u00a0; {texts.fr}", f"{said.en}; {texts.en}") if channel.texts else said)
