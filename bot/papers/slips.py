"""`tocsin roster invite`: accounts for the people of the roster, and a slip for each. Guarantee: the administrator's
token is used for this run and kept nowhere; an account that exists is left as it is; a password is on its slip before
its account is made, and nowhere else after."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
import typer

from bot.config import Config
from bot.domain.language import Both, Language
from bot.domain.roster import Person
from bot.export.pdf.press import PressFault, printed
from bot.export.pdf.text import one_line
from bot.library.roster import load
from bot.papers.directory import write

TEMPLATE = "slips.typ"
SECONDS = 30
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another on paper."""

_WORDS = {
    "fingerprint": Both(
        "Empreinte du robot, à comparer avec celle qu’il donne quand vous lui demandez une vérification :",
        "The robot’s fingerprint, to be compared with the one that it gives when you ask it for a verification:",
    ),
    "secret": Both(
        "Remis en main propre. Qui tient cette feuille tient ce compte : changez le mot de passe aujourd’hui, puis "
        "déchirez-la. Perdue : appelez l’administrateur.",
        "Handed over in person. Whoever holds this sheet holds the account: change the password today, then tear it "
        "up. Lost: call the administrator.",
    ),
}
_STEPS = (
    Both(
        "Installez Element X (iPhone, Android) ou Element (ordinateur), sur un appareil qui n’est pas dans le système "
        "d’information.",
        "Install Element X (iPhone, Android) or Element (computer), on a device that is not part of the information "
        "system.",
    ),
    Both(
        "Choisissez « autre serveur » et tapez l’adresse ci-dessus ; puis l’identifiant et le mot de passe.",
        "Choose “other server” and type the address above; then the id and the password.",
    ),
    Both(
        "Changez aussitôt ce mot de passe : paramètres, compte. Notez la clé de récupération, chez vous.",
        "Change that password at once: settings, account. Note the recovery key, at home.",
    ),
    Both(
        "Ouvrez la conversation avec le robot {bot} et répondez-lui : !aide.",
        "Open the conversation with the robot {bot} and answer it: !help.",
    ),
)
_COMPARE = Both(" Comparez son empreinte avec celle-ci.", " Compare its fingerprint with this one.")
_ASK = Both(
    " Demandez son empreinte à l’administrateur, et comparez-la.",
    " Ask the administrator for its fingerprint, and compare it.",
)
_FIELDS = (Both("Adresse du serveur", "Server address"), Both("Identifiant", "Id"), Both("Mot de passe", "Password"))
_TITLE = Both("Votre accès à la cellule de crise", "Your access to the crisis cell")
_ASKED = Both(
    "Jeton d’un administrateur du serveur Matrix (il n’est pas gardé) : ",
    "Token of an administrator of the Matrix server (it is not kept): ",
)
_EXISTS = Both(
    "{path} existe déjà : donnez un autre nom avec --out.", "{path} exists already: give another name with --out."
)
_NO_TOKEN = Both("Aucun jeton n’a été donné.", "No token was given.")
_REFUSED = Both("Le serveur refuse : {why}", "The server refuses: {why}")
_THERE = Both("compte déjà là", "account there already")
_MADE = Both("compte créé", "account made")
_FAILED = Both("compte non créé ({why}) : sa fiche ne vaut rien", "account not made ({why}): its slip is worth nothing")
_ELSEWHERE = Both("sur un autre serveur : à créer là-bas", "on another server: to be made there")
_DONE = Both(
    "{path}, lisible par vous seul : à imprimer, à remettre en main propre, puis à effacer. Fiches : {count}.",
    "{path}, readable by you alone: print it, hand it over in person, then delete it. Slips: {count}.",
)
_ASK_IN = Both(
    "Si le bot tourne déjà : systemctl kill -s HUP tocsin, ou « !annuaire recharger », et il invite ces personnes.",
    "If the bot runs already: systemctl kill -s HUP tocsin, or “!directory reload”, and it invites these people.",
)
_NO_FINGERPRINT = Both(
    "L’empreinte du robot n’y est pas : il n’en a qu’après son premier démarrage. Ensuite « tocsin check » la donne.",
    "The robot’s fingerprint is not on them: it has one after its first start only. Then “tocsin check” gives it.",
)
_NOTHING = Both("Tous les comptes sont là : aucune fiche à faire.", "All accounts are there: no slip to make.")


class Refused(Exception):  # noqa: N818 - says what happened
    """The homeserver said no; the text is its own."""


@dataclass(frozen=True)
class Server:
    """A Synapse, as its administrator sees it."""

    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of one request, None for a 404. Raises Refused."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url.rstrip('/')}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise Refused(_said(error)) from error
        except (OSError, ValueError) as error:
            raise Refused(str(getattr(error, "reason", error))) from error

    def has(self, user: str) -> bool:
        """Whether there is such an account."""
        return self.call("GET", f"/_synapse/admin/v2/users/{urllib.parse.quote(user)}") is not None

    def make(self, user: str, name: str, password: str) -> None:
        """Make the account, without rights of administration."""
        body = {"password": password, "displayname": name, "admin": False}
        self.call("PUT", f"/_synapse/admin/v2/users/{urllib.parse.quote(user)}", body)

    def fingerprint(self, bot: str) -> str:
        """The bot's identity as people compare it; empty where it has none yet."""
        answer = self.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {bot: []}}) or {}
        keys = ((answer.get("master_keys") or {}).get(bot) or {}).get("keys") or {}
        key = next(iter(keys.values()), "")
        return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


def _said(error: urllib.error.HTTPError) -> str:
    try:
        answer = json.loads(error.read())
    except (OSError, ValueError):
        answer = {}
    return f"{error.code} {answer.get('errcode', '')} {answer.get('error', '')}".strip()


def password() -> str:
    """A first password: 119 bits, in groups that can be read off paper."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(6))


def invite(config: Config, out: Path, token: Callable[[str], str]) -> int:
    """Make the accounts that are missing and write their slips. `token` asks for the administrator's. Returns the exit
    code: 0 done, 1 an account could not be made, 2 nothing could be done."""
    language = config.organisation.language
    if out.exists():
        typer.echo(_EXISTS.get(language).format(path=out), err=True)
        return 2
    roster = load(config.paths.roster, language)
    given = token(_ASKED.get(language)).strip()
    if not given:
        typer.echo(_NO_TOKEN.get(language), err=True)
        return 2
    server = Server(config.matrix.homeserver, given)
    ours = [p for p in roster if p.matrix_id.endswith(f":{config.matrix.server_name}")]
    try:
        missing = [person for person in ours if not server.has(person.matrix_id)]
        fingerprint = server.fingerprint(config.matrix.user_id)
    except Refused as refused:
        typer.echo(_REFUSED.get(language).format(why=refused), err=True)
        return 2
    for person in roster:
        if person not in missing:
            said = _THERE if person in ours else _ELSEWHERE
            typer.echo(f"{person.matrix_id}  {said.get(language)}")
    if not missing:
        typer.echo(_NOTHING.get(language))
        return 0
    passwords = {person.matrix_id: password() for person in missing}
    try:
        # On paper before it opens anything: an account whose password nobody has would be lost.
        write(out, printed(book(config, missing, passwords, fingerprint), 0, template=TEMPLATE))
    except (PressFault, OSError) as fault:
        typer.echo(_REFUSED.get(language).format(why=fault), err=True)
        return 2
    failed = _make(server, missing, passwords, language)
    typer.echo(_DONE.get(language).format(path=out, count=len(missing)))
    typer.echo((_ASK_IN if fingerprint else _NO_FINGERPRINT).get(language))
    return 1 if failed else 0


def _make(server: Server, missing: list[Person], passwords: dict[str, str], language: Language) -> int:
    failed = 0
    for person in missing:
        try:
            server.make(person.matrix_id, person.name, passwords[person.matrix_id])
            typer.echo(f"{person.matrix_id}  {_MADE.get(language)}")
        except Refused as refused:
            failed += 1
            typer.echo(f"{person.matrix_id}  {_FAILED.get(language).format(why=refused)}", err=True)
    return failed


def book(config: Config, people: list[Person], passwords: dict[str, str], fingerprint: str) -> dict[str, Any]:
    """What stands on the slips, in plain JSON; each in its person's language, else in the organisation's."""
    return {
        "title": _TITLE.get(config.organisation.language),
        "subtitle": one_line(config.organisation.name),
        "slips": [_slip(config, person, passwords[person.matrix_id], fingerprint) for person in people],
    }


def _slip(config: Config, person: Person, secret: str, fingerprint: str) -> dict[str, Any]:
    language = person.language or config.organisation.language
    *steps, last = [step.get(language).format(bot=config.matrix.user_id) for step in _STEPS]
    values = (config.matrix.homeserver, person.matrix_id, secret)
    return {
        "language": language,
        "title": _TITLE.get(language),
        "steps": [*steps, last + (_COMPARE if fingerprint else _ASK).get(language)],
        "words": {name: words.get(language) for name, words in _WORDS.items()},
        "name": one_line(person.name),
        "roles": ", ".join(role.label(language) for role in person.roles),
        "fields": [[label.get(language), value] for label, value in zip(_FIELDS, values, strict=True)],
        "qr": segno.make("\n".join(values), error="m", micro=False).svg_inline(scale=4),
        "fingerprint": fingerprint,
    }
