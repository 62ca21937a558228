"""`tocsin check`: a line each, the right exit code, and nothing written anywhere."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.app import Bot
from bot.check.files import check_places
from bot.config import load
from bot.demo.synapse import Synapse
from bot.init import prepare
from bot.matrix.client import Account, Client
from bot.matrix.identity import ensure_signed

Run = Callable[..., Any]
Write = Callable[..., Path]

ROSTER = 'people:\n  - {{name: Claire, matrix_id: "{claire}", roles: [{roles}]}}\n'
ROLES = "director, coordinator, scribe, ciso, legal, dpo, communication, care_director"
PASSWORD = "mot de passe du bot"


def line(out: str, subject: str) -> str:
    """Return the one line about a subject, with plain spaces."""
    (found,) = [each for each in out.replace("\u00a0", " ").splitlines() if f"  {subject}" in each]
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_offline_without_a_configuration_checks_what_is_shipped(tocsin: Run, tmp_path: Path) -> None:
    ran = tocsin("check", "--offline")
    assert (ran.code, ran.err) == (0, "")
    assert line(ran.out, "scénarios").startswith("ok")
    assert "rancongiciel" in ran.out
    assert line(ran.out, "modèles").startswith("ok")
    assert "personnes" not in ran.out
    assert "aucune n’a été lue (tocsin.toml n’existe pas)" in line(ran.out, "configuration")
    assert "tocsin init" in line(ran.out, "configuration")
    assert not list(tmp_path.iterdir())
    english = tocsin("check", "--offline", LANG="en_GB.UTF-8")
    assert line(english.out, "playbooks").startswith("ok")


def test_offline_with_what_init_wrote(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", ".")
    before = tree(tmp_path)
    ran = tocsin("check", "--offline")
    assert (ran.code, ran.err) == (0, "")
    assert line(ran.out, "configuration : tocsin.toml est lue").startswith("ok")
    assert line(ran.out, "personnes : 8 personnes").startswith("ok")
    assert "à compléter" in ran.out
    assert line(ran.out, "annuaire : jamais vérifié").startswith("attention")
    assert "depuis plus d’un an" not in ran.out
    assert line(ran.out, "base de données").startswith("ok")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sample_that_init_wrote_is_not_taken_for_real(tocsin: Run, tmp_path: Path, language: str) -> None:
    tocsin("init", ".", LANG=f"{language}_XX.UTF-8")
    ran = tocsin("check", "--offline")
    ours, people = (
        ("configuration : encore celle de l’exemple", "personnes : encore celles de l’exemple")
        if language == "fr"
        else ("configuration: still the example's", "roster: still the example's")
    )
    config, roster = ((tmp_path / name).read_text().splitlines() for name in ("tocsin.toml", "roster.yaml"))

    def number(lines: list[str], start: str) -> int:
        return next(n for n, each in enumerate(lines, 1) if each.strip().startswith(start))

    said = line(ran.out, ours)
    assert said.startswith("attention" if language == "fr" else "warning")
    for key in ("name", "homeserver", "user_id", "alert_room"):
        assert f"{key} (l. {number(config, key + ' =')})" in said
    ids = [n for n, each in enumerate(roster, 1) if each.strip().startswith("matrix_id:")]
    assert f"8 {'personnes' if language == 'fr' else 'people'}" in line(ran.out, people)
    assert ", ".join(map(str, ids)) in line(ran.out, people)

    real = (tmp_path / "tocsin.toml").read_text().replace(".example", ".fr")
    (tmp_path / "tocsin.toml").write_text(re.sub("(CH de )?Val-Fleuri( Hospital)?", "CH du Lac", real))
    mended = (tmp_path / "roster.yaml").read_text().replace(".example", ".fr").replace("+33 6 00 00 00 01", "3000")
    (tmp_path / "roster.yaml").write_text(mended.replace("@marc:secours.fr", "@marc:x.example"))
    again = tocsin("check", "--offline")
    assert ours not in again.out
    if language == "fr":
        assert f"1 personne (ligne {number(roster, 'matrix_id: ' + chr(34) + '@marc')})" in line(again.out, people)


def test_what_must_be_mended_is_exit_1(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", ".")
    roster = tmp_path / "roster.yaml"
    roster.write_text(roster.read_text().replace("roles: [director]", "roles: [directeure]"))
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/mien.yaml").write_text("id: mien\n")
    ran = tocsin("check", "--offline")
    assert ran.code == 1
    wrong = line(ran.out, "personnes : roster.yaml, Claire Morel")
    assert wrong.startswith("à corriger")
    assert "director" in wrong
    assert "→" in wrong
    assert any("mien.yaml" in each for each in ran.out.splitlines() if each.startswith("à corriger"))


@pytest.mark.parametrize(("language", "said"), [("fr", "le dossier {} n'existe pas"), ("en", "there is no folder {}")])
def test_a_folder_that_is_named_and_not_there_only_warns(tocsin: Run, tmp_path: Path, language: str, said: str) -> None:
    tocsin("init", ".", LANG=f"{language}_XX.UTF-8")
    subject = {"fr": "dossiers", "en": "folders"}[language]
    settings = tmp_path / "tocsin.toml"
    quiet = tocsin("check", "--offline")
    assert subject not in quiet.out
    text = settings.read_text()
    settings.write_text(text.replace("# playbooks =", "playbooks =").replace("# templates =", "templates ="))
    assert settings.read_text() != text
    (tmp_path / "templates").mkdir()
    ran = tocsin("check", "--offline")
    assert ran.code == quiet.code == 0
    named = line(ran.out, f"{subject} :" if language == "fr" else f"{subject}:")
    assert named.startswith("attention" if language == "fr" else "warning")
    assert said.format(tmp_path / "playbooks") in named.replace("’", "'")
    assert "playbooks" in named.partition("→")[2]


def test_where_a_file_stands_nothing_will_be_made_at_the_first_start(tmp_path: Path) -> None:
    prepare(tmp_path, "fr")
    (tmp_path / "plein").write_text("x")
    path = tmp_path / "tocsin.toml"
    assert not list(check_places(load(path, {})))
    env = {"TOCSIN_MATRIX__STORE": "plein", "TOCSIN_DATABASE__URL": "sqlite:///plein/data/tocsin.db"}
    store, database = (each.text("fr").replace("\u00a0", " ") for each in check_places(load(path, env)))
    said = f"à corriger  dossiers : {tmp_path / 'plein'} est un fichier, où il faut un dossier → corrigez "
    assert store.startswith(f"{said}[matrix] store")
    assert database.startswith(f"{said}[database] url")


def test_a_start_tells_the_log_and_health_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    prepare(tmp_path, "fr")
    config = load(tmp_path / "tocsin.toml", {"TOCSIN_PATHS__TEMPLATES": "modeles"})
    with capture_logs() as logged:
        bot = Bot(config)
    (said,) = [each for each in logged if each["event"] == "folder_missing"]
    assert (said["key"], said["path"]) == ("paths.templates", str(tmp_path / "modeles"))
    assert list(bot._health.warnings) == ["paths.templates"]


def test_a_vital_role_that_nobody_holds_only_warns(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", ".")
    roster = tmp_path / "roster.yaml"
    roster.write_text(roster.read_text().replace("[dpo]", "[hr]").replace("[care_director]", "[hr]"))
    ran = tocsin("check", "--offline")
    assert ran.code == 0
    assert "Délégué à la protection des données" in ran.out
    assert "Direction des soins" in ran.out
    company = tocsin("check", "--offline", TOCSIN_ORGANISATION__KIND="company")
    assert "Direction des soins" not in company.out


def test_a_secret_that_others_can_read_warns(tocsin: Run, tmp_path: Path) -> None:
    tocsin("init", ".")
    (tmp_path / "secrets/store").chmod(0o644)
    ran = tocsin("check", "--offline")
    assert ran.code == 0
    assert line(ran.out, "secrets").startswith("attention")
    assert "chmod 600" in ran.out


def test_a_database_that_is_none_must_be_mended(tocsin: Run, write: Write, tmp_path: Path) -> None:
    write(more="[database]\nurl = 'sqlite:///broken.db'")
    (tmp_path / "roster.yaml").write_text(ROSTER.format(claire="@claire:secours.example", roles=ROLES))
    (tmp_path / "broken.db").write_bytes(b"this is not a database" * 500)
    ran = tocsin("check", "--offline")
    assert ran.code == 1
    assert line(ran.out, "base de données").startswith("à corriger")


class Site:
    """A configuration for an account of the test's own on the shared homeserver."""

    def __init__(self, folder: Path, server: Synapse) -> None:
        self.folder, self.server, self.mark = folder, server, secrets.token_hex(3)
        self.bot = asyncio.run(server.register(f"tocsin-{self.mark}", PASSWORD))
        self.claire = asyncio.run(server.register(f"claire-{self.mark}", "x" * 12))
        self.alias = f"#alerte-{self.mark}:{self.bot.partition(':')[2]}"
        (folder / "tocsin.toml").write_text(
            f'[organisation]\nname = "CH"\nlanguage = "fr"\n[matrix]\nhomeserver = "{server.url}"\n'
            f'user_id = "{self.bot}"\npassword = "{PASSWORD}"\nalert_room = "{self.alias}"\n'
            'store = "store"\nstore_passphrase = "coffre"\n'
        )
        self.people(self.claire)

    def people(self, matrix_id: str) -> None:
        (self.folder / "roster.yaml").write_text(ROSTER.format(claire=matrix_id, roles=ROLES))

    def client(self) -> Client:
        return Client(Account(self.server.url, self.bot, self.folder / "store", "coffre", PASSWORD))

    async def signed(self) -> str:
        """Start the bot's device as the bot itself does, and return its fingerprint."""
        client = self.client()
        try:
            await client.connect()
            return (await ensure_signed(client, self.folder / "store", "coffre", PASSWORD)).fingerprint
        finally:
            await client.close()

    def devices(self) -> list[str]:
        answer = asyncio.run(self.server.admin("GET", f"/_synapse/admin/v2/users/{self.bot}/devices"))
        return sorted(device["device_id"] for device in answer["devices"])


@pytest.fixture
def site(tmp_path: Path, synapse: Synapse) -> Site:
    return Site(tmp_path, synapse)


def test_before_the_first_start(tocsin: Run, site: Site) -> None:
    devices, files = site.devices(), tree(site.folder)
    ran = tocsin("check")
    assert (ran.code, ran.err) == (0, "")
    assert line(ran.out, "serveur").startswith("ok")
    assert line(ran.out, "horloge").startswith("ok")
    assert line(ran.out, "compte du bot").startswith("ok")
    assert "sera créé" in line(ran.out, "salon d’alerte")
    limits = line(ran.out, "limites de débit")
    assert limits.startswith("attention")
    assert f"{site.server.url}/_synapse/admin/v1/users/{site.bot}/override_ratelimit" in limits
    assert "aucun appareil" in line(ran.out, "Claire")
    assert site.devices() == devices
    assert tree(site.folder) == files


def test_lifted_limits_are_seen(tocsin: Run, site: Site) -> None:
    assert line(tocsin("check").out, "limites de débit").startswith("attention")
    asyncio.run(site.server.override_ratelimit(site.bot))
    assert line(tocsin("check").out, "limites de débit").startswith("ok")


def test_after_the_first_start_it_shows_the_fingerprint_and_logs_nobody_in(tocsin: Run, site: Site) -> None:
    fingerprint = asyncio.run(site.signed())
    devices, files = site.devices(), tree(site.folder)
    ran = tocsin("check")
    assert ran.code == 0
    assert line(ran.out, "signature croisée") == f"ok          signature croisée : empreinte {fingerprint}"
    assert site.bot in line(ran.out, "compte du bot")
    assert site.devices() == devices
    assert tree(site.folder) == files


def test_a_person_without_an_account_must_be_mended(tocsin: Run, site: Site) -> None:
    site.people(site.claire.replace("claire", "nobody"))
    ran = tocsin("check")
    assert ran.code == 1
    assert line(ran.out, "Claire").startswith("à corriger")


def test_a_persons_devices_signed_or_not(tocsin: Run, site: Site) -> None:
    site.people(site.bot)
    asyncio.run(site.signed())
    assert "un appareil signé" in line(tocsin("check").out, "Claire")
    second = Client(Account(site.server.url, site.bot, site.folder / "second", "coffre", PASSWORD))

    async def unsigned() -> str:
        from bot.matrix import keys

        try:
            await second.connect()
            await keys.upload(second)
            return second.device_id
        finally:
            await second.close()

    device = asyncio.run(unsigned())
    ran = tocsin("check")
    assert ran.code == 0
    assert device in line(ran.out, "Claire : appareil non signé")


def test_an_identity_that_is_not_ours_must_be_mended(tocsin: Run, site: Site) -> None:
    fingerprint = asyncio.run(site.signed())
    (site.folder / "store/identity").unlink()
    ran = tocsin("check")
    assert ran.code == 1
    assert line(ran.out, "signature croisée").startswith("à corriger")
    assert fingerprint in ran.out


def test_keys_that_do_not_open_must_be_mended(tocsin: Run, site: Site) -> None:
    asyncio.run(site.signed())
    ran = tocsin("check", TOCSIN_MATRIX__STORE_PASSPHRASE="une autre phrase")
    assert (ran.code, ran.err) == (1, "")
    assert "ne s’ouvrent pas" in line(ran.out, "signature croisée")


def test_a_wrong_password_must_be_mended(tocsin: Run, site: Site) -> None:
    ran = tocsin("check", TOCSIN_MATRIX__PASSWORD="not this one")
    assert ran.code == 1
    assert line(ran.out, "compte du bot").startswith("à corriger")
    assert "not this one" not in ran.out + ran.err


def test_an_alert_room_in_clear_must_be_mended(tocsin: Run, site: Site) -> None:
    async def make(state: list[dict[str, Any]]) -> None:
        client = site.client()
        try:
            await client.connect()
            local = site.alias[1:].partition(":")[0]
            await client.raw(
                "POST", "/_matrix/client/v3/createRoom", {"room_alias_name": local, "initial_state": state}
            )
        finally:
            await client.close()

    asyncio.run(make([]))
    ran = tocsin("check")
    assert ran.code == 1
    assert line(ran.out, "salon d’alerte").startswith("à corriger")


def test_a_server_that_is_not_there(tocsin: Run, write: Write, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    write()
    (tmp_path / "roster.yaml").write_text(ROSTER.format(claire="@claire:secours.example", roles=ROLES))
    ran = tocsin("check", TOCSIN_MATRIX__HOMESERVER=f"http://127.0.0.1:{port}")
    assert ran.code == 1
    assert "rien ne répond" in line(ran.out, "serveur")
    assert "compte du bot" not in ran.out


class _OldClock(BaseHTTPRequestHandler):
    """A homeserver at the HTTP seam whose clock stopped last century, and that knows nobody."""

    def do_GET(self) -> None:
        body = b'{"versions": ["v1.11"]}' if self.path.endswith("/versions") else b'{"errcode": "M_FORBIDDEN"}'
        self.send_response(200 if self.path.endswith("/versions") else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Fri, 31 Dec 1999 23:59:59 GMT"

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def old_clock() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _OldClock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_clock_that_is_wrong_must_be_mended(tocsin: Run, write: Write, tmp_path: Path, old_clock: str) -> None:
    write()
    (tmp_path / "roster.yaml").write_text(ROSTER.format(claire="@claire:secours.example", roles=ROLES))
    ran = tocsin("check", TOCSIN_MATRIX__HOMESERVER=old_clock)
    assert ran.code == 1
    assert line(ran.out, "horloge").startswith("à corriger")
    assert line(ran.out, "compte du bot").startswith("à corriger")
    assert "son serveur ne dit rien" in line(ran.out, "Claire")


def test_a_logo_is_tried_on_a_page(tocsin: Run, write: Write, tmp_path: Path) -> None:
    path = write()
    path.write_text(path.read_text().replace("[matrix]", 'logo = "logo.svg"\n[matrix]', 1))
    (tmp_path / "roster.yaml").write_text(ROSTER.format(claire="@claire:secours.example", roles=ROLES))
    said = line(tocsin("check", "--offline").out, "logo")
    assert said.startswith("à corriger")
    assert "n’existe pas" in said
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1">'
    (tmp_path / "logo.svg").write_text(svg)
    assert line(tocsin("check", "--offline").out, "logo").startswith("à corriger")
    (tmp_path / "logo.svg").write_text(f"{svg}</svg>")
    said = line(tocsin("check", "--offline").out, "logo")
    assert said.startswith("ok")
    assert "page d’essai" in said
    assert "  logo" not in tocsin("check", "--offline", TOCSIN_ORGANISATION__LOGO="").out
