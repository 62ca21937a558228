"""What the homeserver says: itself, its clock, the alert room, the bot's account, people's devices.

Guarantee: an answer that could not be had is said as not known, never as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

from bot.check.line import Line, mend, ok, warn
from bot.clock import Clock
from bot.config import Config
from bot.domain.language import Both
from bot.domain.roster import Person, Roster
from bot.matrix import inspect
from bot.matrix.errors import Limited, LoggedOut, MatrixError, MatrixRefused, Unreachable
from bot.matrix.identity import grouped, read_seeds
from bot.matrix.inspect import Inspector, Session, stored_session
from bot.matrix.signatures import Chain

DRIFT_TOLD = timedelta(seconds=5)
DRIFT_REFUSED = timedelta(minutes=1)

_REASONS = {
    inspect.SILENT: Both("pas de réponse", "no answer"),
    inspect.BAD_CERTIFICATE: Both("son certificat TLS est refusé", "its TLS certificate is refused"),
    inspect.NO_SUCH_NAME: Both("son nom est inconnu", "its name is not known"),
    inspect.NOBODY: Both("rien ne répond à cette adresse", "nothing answers at this address"),
    inspect.NOT_MATRIX: Both("ce n’est pas un serveur Matrix", "it is not a Matrix homeserver"),
}

_SERVER = Both("serveur", "homeserver")
_CLOCK = Both("horloge", "clock")
_ALERT = Both("salon d’alerte", "alert room")
_STAFF = Both("salon du personnel", "staff room")
_ACCOUNT = Both("compte du bot", "bot's account")
_LIMITS = Both("limites de débit", "rate limits")
_IDENTITY = Both("signature croisée", "cross-signing")


async def check_server(config: Config, roster: Roster, clock: Clock) -> AsyncIterator[Line]:
    """Yield what there is to say of the homeserver; stops at the first line if it cannot be reached."""
    url = config.matrix.homeserver
    async with Inspector(url) as ask:
        try:
            server = await ask.server()
        except MatrixError as error:
            yield mend(
                _SERVER,
                Both(f"{url} : {_why(error).fr}", f"{url}: {_why(error).en}"),
                Both(
                    "vérifiez l’adresse, le réseau et le serveur",
                    "check the address, the network and the server",
                ),
            )
            return
        yield ok(_SERVER, Both(f"{url} répond", f"{url} answers"))
        yield _clock(server.clock, clock.now())
        steps = (
            _account(config, ask),
            _alert_room(config, ask),
            _staff_room(config, ask),
            _limits(config, ask),
            _people(roster, ask),
        )
        for step in steps:
            try:
                async for line in step:
                    yield line
            except (Unreachable, Limited, MatrixRefused) as error:
                yield warn(
                    _SERVER,
                    Both(f"sans réponse : {_why(error).fr}", f"unanswered: {_why(error).en}"),
                    Both("recommencez dans un moment", "try again in a while"),
                )


def _why(error: MatrixError) -> Both:
    """Return why a question went unanswered, in words where it is one of the usual reasons."""
    if isinstance(error, Limited):
        return Both("le serveur fait attendre", "the server makes us wait")
    return _REASONS.get(str(error), Both(str(error), str(error)))


def _clock(theirs: datetime | None, now: datetime) -> Line:
    if theirs is None:
        return warn(
            _CLOCK,
            Both("le serveur ne donne pas la sienne", "the server does not give its own"),
            Both("vérifiez que cette machine est à l’heure (NTP)", "check that this machine keeps time (NTP)"),
        )
    drift = abs(theirs - now)
    seconds = round(drift.total_seconds())
    said = Both(f"{seconds} s d’écart avec le serveur", f"{seconds} s apart from the server")
    action = Both("mettez les deux machines à l’heure (NTP)", "set both machines right (NTP)")
    if drift > DRIFT_REFUSED:
        return mend(_CLOCK, said, action)
    return warn(_CLOCK, said, action) if drift > DRIFT_TOLD else ok(_CLOCK, said)


async def _account(config: Config, ask: Inspector) -> AsyncIterator[Line]:
    """Say whether the bot can be itself there; leaves a token in use where that worked."""
    try:
        session = stored_session(config.matrix.store)
    except LoggedOut as error:
        yield mend(_ACCOUNT, error.said, Both("rétablissez la sauvegarde", "restore the backup"))
        return
    given = config.matrix.access_token
    token = session.token if session and session.token else given.get_secret_value() if given else None
    try:
        if token:
            ask.use(token)
            user, device = await ask.whoami()
            yield _whose(config, user, device)
        elif session is None and config.matrix.password:
            await ask.borrow(config.matrix.user_id, config.matrix.password.get_secret_value())
            yield ok(_ACCOUNT, Both("le mot de passe est bon", "the password is right"))
        else:
            yield warn(
                _ACCOUNT,
                Both("l’appareil existe, sans session", "the device exists, without a session"),
                Both("«\u00a0tocsin run\u00a0» la rouvrira", "“tocsin run” will open it again"),
            )
            return
    except MatrixRefused as refusal:
        ask.forget()
        yield _refused(config, session, refusal)
        return
    async for line in _identity(config, ask, session):
        yield line


def _whose(config: Config, user: str, device: str) -> Line:
    if user != config.matrix.user_id:
        return mend(
            _ACCOUNT,
            Both(f"le jeton est celui de {user}", f"the token is {user}'s"),
            Both("corrigez «\u00a0user_id\u00a0» ou le jeton", "mend “user_id” or the token"),
        )
    return ok(_ACCOUNT, Both(f"{user}, appareil {device}", f"{user}, device {device}"))


def _refused(config: Config, session: Session | None, refusal: MatrixRefused) -> Line:
    if session is not None and config.matrix.password:
        return warn(
            _ACCOUNT,
            Both("la session n’est plus admise", "the session is no longer accepted"),
            Both(
                "«\u00a0tocsin run\u00a0» la rouvrira par le mot de passe",
                "“tocsin run” will open it by the password",
            ),
        )
    return mend(
        _ACCOUNT,
        Both(
            f"{config.matrix.user_id} est refusé ({refusal.errcode})",
            f"{config.matrix.user_id} is refused ({refusal.errcode})",
        ),
        Both(
            "créez le compte, ou corrigez le mot de passe ou le jeton",
            "make the account, or mend the password or the token",
        ),
    )


async def _identity(config: Config, ask: Inspector, session: Session | None) -> AsyncIterator[Line]:
    """Say whether others will trust the bot's device, and show the fingerprint that they compare."""
    user = config.matrix.user_id
    try:
        seeds = read_seeds(config.matrix.store, config.matrix.store_passphrase.get_secret_value())
    except LoggedOut:
        yield mend(
            _IDENTITY,
            Both("les clés gardées ne s’ouvrent pas", "the keys that are kept do not open"),
            Both("vérifiez «\u00a0store_passphrase_file\u00a0»", "check “store_passphrase_file”"),
        )
        return
    chain = (await ask.chains([user]))[user]
    ours = seeds.public("master") if seeds else None
    if chain.master is not None and chain.master != ours:
        yield mend(
            _IDENTITY,
            Both(
                f"le serveur porte une identité qui n’est pas la nôtre : {grouped(chain.master)}",
                f"the server holds an identity that is not ours: {grouped(chain.master)}",
            ),
            Both(
                "rétablissez la sauvegarde du dossier «\u00a0store\u00a0», ou faites réinitialiser le compte",
                "restore the backup of the “store” folder, or have the account reset",
            ),
        )
        return
    if chain.master is None or session is None:
        yield warn(
            _IDENTITY,
            Both("pas encore faite", "not made yet"),
            Both(
                "«\u00a0tocsin run\u00a0» la fera au premier démarrage",
                "“tocsin run” makes it at its first start",
            ),
        )
        return
    device = chain.devices.get(session.device_id)
    if device is None or not device.signed:
        yield warn(
            _IDENTITY,
            Both("l’appareil du bot n’est pas signé", "the bot's device is not signed"),
            Both("«\u00a0tocsin run\u00a0» le signera", "“tocsin run” will sign it"),
        )
        return
    yield ok(_IDENTITY, Both(f"empreinte {grouped(chain.master)}", f"fingerprint {grouped(chain.master)}"))


async def _alert_room(config: Config, ask: Inspector) -> AsyncIterator[Line]:
    alias = config.matrix.alert_room
    if not alias:
        yield ok(_ALERT, Both("aucun, messages directs seulement", "none, direct messages only"))
        return
    room = await ask.room(alias)
    if room is None:
        yield ok(_ALERT, Both(f"{alias} sera créé au démarrage", f"{alias} will be made at the start"))
        return
    clear = Both(f"{alias} n’est pas chiffré", f"{alias} is not encrypted")
    yield _there(_ALERT, alias, await ask.is_encrypted(room), clear)


async def _staff_room(config: Config, ask: Inspector) -> AsyncIterator[Line]:
    alias = config.matrix.staff_room
    if not alias:
        return
    room = await ask.room(alias)
    if room is None:
        yield mend(
            _STAFF,
            Both(f"{alias} n’existe pas", f"{alias} does not exist"),
            Both("faites-le, chiffré, et invitez-y le bot", "make it, encrypted, and invite the bot there"),
        )
        return
    clear = Both(f"{alias} n’est pas chiffré : rien n’y sera envoyé", f"{alias} is not encrypted: nothing is sent")
    yield _there(_STAFF, alias, await ask.is_encrypted(room), clear)


def _there(name: Both, alias: str, encrypted: bool | None, clear: Both) -> Line:
    """A room that exists: `encrypted` is None where the bot is not in it; `clear` says what an open one means."""
    if encrypted is None:
        return warn(
            name,
            Both(f"{alias} existe, le bot n’y est pas", f"{alias} exists, the bot is not in it"),
            Both("invitez-y le bot avant de le lancer", "invite the bot there before starting it"),
        )
    if encrypted:
        return ok(name, Both(f"{alias}, chiffré", f"{alias}, encrypted"))
    advice = Both("activez-y le chiffrement, ou nommez un autre salon", "turn encryption on, or name another room")
    return mend(name, clear, advice)


async def _limits(config: Config, ask: Inspector) -> AsyncIterator[Line]:
    if not ask.admitted:
        return
    user = config.matrix.user_id
    limited = await ask.is_limited()
    call = (
        'curl -X POST -H "Authorization: Bearer $ADMIN_TOKEN" -H "Content-Type: application/json" '
        '-d \'{"messages_per_second": 0, "burst_count": 0}\' '
        f"{config.matrix.homeserver.rstrip('/')}/_synapse/admin/v1/users/{user}/override_ratelimit"
    )
    action = Both(f"un administrateur du serveur les lève par : {call}", f"a server administrator lifts them: {call}")
    if limited is None:
        yield warn(
            _LIMITS,
            Both("impossible de savoir si le compte est limité", "cannot find out whether it is limited"),
            action,
        )
    elif limited:
        yield warn(
            _LIMITS,
            Both(
                "il est limité (souvent dix messages, puis un toutes les 5 s), ce qui ralentit l’alerte",
                "it is limited (commonly ten messages, then one every 5 s), which slows the alarm",
            ),
            action,
        )
    else:
        yield ok(_LIMITS, Both("aucune limite rencontrée", "no limit met"))
    if await ask.is_administrator(user):
        yield warn(
            _ACCOUNT,
            Both("il administre le serveur", "it administers the server"),
            Both(
                "retirez-lui ce droit : le bot n’en a pas besoin",
                "take that right away: the bot does not need it",
            ),
        )


async def _people(roster: Roster, ask: Inspector) -> AsyncIterator[Line]:
    ids = [person.matrix_id for person in roster]
    chains = await ask.chains(ids) if ids and ask.admitted else {}
    for person in roster:
        exists = await ask.exists(person.matrix_id)
        for line in _person(person, exists, chains.get(person.matrix_id)):
            yield line


def _person(person: Person, exists: bool | None, chain: Chain | None) -> Iterator[Line]:
    subject = Both(person.name, person.name)
    if exists is False:
        yield mend(
            subject,
            Both(f"le compte {person.matrix_id} n’existe pas", f"there is no account {person.matrix_id}"),
            Both(
                "créez-le (« tocsin roster invite » le fait sur un Synapse), ou corrigez le fichier des personnes",
                "make it (“tocsin roster invite” does on a Synapse), or mend the roster",
            ),
        )
        return
    if exists is None:
        yield warn(
            subject,
            Both(
                f"son serveur ne dit rien de {person.matrix_id}",
                f"their server says nothing of {person.matrix_id}",
            ),
            Both("vérifiez avec la personne", "check with the person"),
        )
        return
    if chain is None:
        yield warn(
            subject,
            Both("compte en place, appareils inconnus", "account there, devices not known"),
            Both("recommencez quand le bot a son compte", "try again once the bot has its account"),
        )
    elif not chain.devices:
        yield warn(
            subject,
            Both("compte en place, aucun appareil chiffrant", "account there, no encrypting device"),
            Both("la personne doit ouvrir une session", "the person must log in"),
        )
    elif unsigned := [name for name, device in chain.devices.items() if not device.signed]:
        yield warn(
            subject,
            Both(f"appareil non signé : {', '.join(unsigned)}", f"unsigned device: {', '.join(unsigned)}"),
            Both("la personne doit le vérifier depuis un autre", "the person must verify it from another"),
        )
    else:
        count = len(chain.devices)
        signed = Both(
            "un appareil signé" if count == 1 else f"{count} appareils signés",
            "one signed device" if count == 1 else f"{count} signed devices",
        )
        yield ok(subject, Both(f"compte en place, {signed.fr}", f"account there, {signed.en}"))
