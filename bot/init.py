"""`tocsin init`. Guarantee: what is there is never overwritten.

A secret, and what names people, is readable by its owner alone from its first byte on.
"""

from __future__ import annotations

import base64
import os
import pwd
import secrets
import shlex
import shutil
import sys
from pathlib import Path

import typer

from bot.domain.language import Both, Language
from bot.system_words import why

_SKELETON = Path(__file__).parent / "skeleton"
_SPOKEN = ("tocsin.toml", "roster.yaml", "directory.yaml")
_FOLDERS = ("secrets", "data")

SERVICE = "tocsin"
"""Who runs the bot where root prepares it: never root."""

_MADE = Both("créé", "made")
_KEPT = Both("gardé", "kept")
_NOT_A_FOLDER = Both("{folder} n’est pas un dossier.", "{folder} is not a folder.")
_CANNOT_WRITE = Both("Impossible d’écrire dans {folder} : {why}.", "Cannot write in {folder}: {why}.")

_NEXT = Both(
    """
Ensuite :

1. Adaptez tocsin.toml, roster.yaml et directory.yaml : noms et adresses y sont ceux d’un exemple.
2. Sur la machine du serveur Matrix, créez le compte du bot, sans droit d’administration. Son mot de passe est ici,
   dans {password} : copiez ce fichier là-bas (scp), et effacez la copie ensuite. Pour Synapse :

   register_new_matrix_user -c homeserver.yaml -u tocsin --no-admin \\
       --password-file ./password http://localhost:8008

3. Avec le jeton d’un administrateur du serveur, levez les limites de débit du compte (le bot s’en passe,
   mais l’alerte va plus vite sans elles) :

   curl -X POST -H "Authorization: Bearer $JETON_ADMIN" -H "Content-Type: application/json" \\
       -d '{{"messages_per_second": 0, "burst_count": 0}}' \\
       https://SERVEUR/_synapse/admin/v1/users/@tocsin:SERVEUR/override_ratelimit

4. Vérifiez (les comptes des personnes viennent au 6) :  tocsin --config {config} check
5. Lancez le bot, de l’une de ces façons :
   - systemd : les commandes sont en tête de {unit} ;
   - conteneur : elles sont en tête de {container} ;
   - à la main : {alone}tocsin --config {config} run
6. Les personnes, avec le même jeton : leurs comptes et une fiche pour chacune, puis l’annuaire sur papier ;
   enfin relancez le bot, qui les invite :

   tocsin --config {config} roster invite
   tocsin --config {config} roster print --copies 10

Gardez une copie de {store} hors de cette machine : sans cette phrase, les clés du bot sont perdues.
""",
    """
Next:

1. Adapt tocsin.toml, roster.yaml and directory.yaml: their names and addresses are those of an example.
2. On the Matrix server's machine, make the bot's account, without administration rights. Its password is here, in
   {password}: copy that file there (scp), and delete the copy afterwards. For Synapse:

   register_new_matrix_user -c homeserver.yaml -u tocsin --no-admin \\
       --password-file ./password http://localhost:8008

3. With the token of an administrator of the server, lift the account's rate limits (the bot works without,
   but the alarm is faster):

   curl -X POST -H "Authorization: Bearer $ADMIN_TOKEN" -H "Content-Type: application/json" \\
       -d '{{"messages_per_second": 0, "burst_count": 0}}' \\
       https://SERVER/_synapse/admin/v1/users/@tocsin:SERVER/override_ratelimit

4. Check (the people’s accounts come with 6):  tocsin --config {config} check
5. Run the bot, in one of these ways:
   - systemd: the commands stand at the top of {unit};
   - container: they stand at the top of {container};
   - by hand: {alone}tocsin --config {config} run
6. The people, with the same token: their accounts and a slip for each, then the directory on paper;
   at last start the bot again, which invites them:

   tocsin --config {config} roster invite
   tocsin --config {config} roster print --copies 10

Keep a copy of {store} away from this machine: without that passphrase the bot's keys are lost.
""",
)


def prepare(folder: Path, language: Language) -> int:
    """Write in the folder whatever is not there yet, say what to do next, and return the exit code."""
    folder = folder.absolute()
    try:
        if folder.exists() and not folder.is_dir():
            typer.echo(_NOT_A_FOLDER.get(language).format(folder=folder), err=True)
            return 2
        _prepare_folders(folder)
        for name, text in _files(folder, language).items():
            _write(folder / name, text, 0o600 if name in _SPOKEN else 0o644, language)
        for name in ("store", "password"):
            _write(folder / "secrets" / name, _passphrase(), 0o600, language)
    except OSError as error:
        typer.echo(_CANNOT_WRITE.get(language).format(folder=folder, why=why(error).get(language)), err=True)
        return 2
    typer.echo(
        _NEXT.get(language).format(
            password=shlex.quote(str(folder / "secrets/password")),
            config=shlex.quote(str(folder / "tocsin.toml")),
            store=folder / "secrets/store",
            unit=folder / "tocsin.service",
            container=folder / "Containerfile",
            alone=f"sudo -u {SERVICE} " if os.geteuid() == 0 else "",
        )
    )
    return 0


def _prepare_folders(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FOLDERS:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        (folder / name).chmod(0o700)


def _files(folder: Path, language: Language) -> dict[str, str]:
    unit = (_SKELETON / "tocsin.service").read_text(encoding="utf-8")
    values = {
        "@FOLDER@": str(folder).replace("%", "%%"),
        "@COMMAND@": _command(),
        "@USER@": _user(),
        "@STEPS@": _steps(folder),
    }
    for word, value in values.items():
        unit = unit.replace(word, value)
    return {
        **{name: (_SKELETON / language / name).read_text(encoding="utf-8") for name in _SPOKEN},
        "tocsin.service": unit,
        "Containerfile": (_SKELETON / "Containerfile").read_text(encoding="utf-8"),
        ".gitignore": (_SKELETON / "gitignore").read_text(encoding="utf-8"),
    }


def _user() -> str:
    """Return who is to run the bot: whoever prepares it, but root, whose bot would have the whole machine."""
    user = os.geteuid()
    return pwd.getpwuid(user).pw_name if user else SERVICE


def _steps(folder: Path) -> str:
    """Return the commands that put the unit in its place, as comments."""
    shown = shlex.quote(str(folder))
    steps = [f"cp {shlex.quote(str(folder / 'tocsin.service'))} /etc/systemd/system/", "systemctl enable --now tocsin"]
    if not os.geteuid():
        # The bot's files are its owner's alone: they are given to the user that runs it.
        login = f"useradd --system --home-dir {shown} --shell /usr/sbin/nologin {SERVICE}"
        steps = [login, f"chown -R {SERVICE}: {shown}", *steps]
    return "\n".join(f"#   {step}" for step in steps)


def _command() -> str:
    """Return where the program is, as an absolute path, for a unit that has no PATH of ours."""
    beside = Path(sys.executable).with_name("tocsin")
    found = str(beside) if beside.exists() else shutil.which("tocsin")
    return found or f"{sys.executable} -m bot.cli"


def _passphrase() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode() + "\n"


def _write(path: Path, text: str, mode: int, language: Language) -> None:
    """Write a file that is not there yet, with its mode from the first byte on."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        typer.echo(f"{_KEPT.get(language):8} {path}")
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"{_MADE.get(language):8} {path}")
