"""The configuration: what is accepted, what overrides it, and the one sentence that refuses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import ConfigurationError, load, locate
from bot.domain.roles import Role

Write = Callable[..., Path]

WHOLE = """
[organisation]
name = "CH de Val-Fleuri"
kind = "hospital"
country = "FR"
timezone = "Indian/Reunion"
language = "fr"
dpo = "external"
flags = ["public", "hds", "ose"]
[matrix]
homeserver = "https://matrix.secours.example"
user_id = "@tocsin:secours.example"
password_file = "secrets/password"
alert_room = "#alerte:secours.example"
store = "data/crypto"
store_passphrase_file = "secrets/store"
unsigned_devices = "refuse"
[database]
url = "sqlite:///data/tocsin.db"
[journal]
anchor_every = "30m"
timestamp_authority = "https://horodatage.example/tsa"
[nudges]
escalate_after = "15m"
[permissions]
vouching = false
cloture = ["director", "rssi"]
[health]
listen = "127.0.0.1:8787"
[paths]
roster = "roster.yaml"
directory = "directory.yaml"
playbooks = "playbooks"
templates = "templates"
[[parties]]
id = "nord"
name = "CH Nord"
[[parties]]
id = "sud"
name = "CH Sud"
dpo = "none"
"""


def refusal(path: Path, **env: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path, env)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_whole_of_it(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/password").write_text("secret du bot\n")
    (tmp_path / "secrets/store").write_text("secret du coffre\n")
    path = tmp_path / "tocsin.toml"
    path.write_text(WHOLE)
    config = load(path, {})
    assert config.organisation.flags == ("public", "hds", "ose")
    assert config.zone.key == "Indian/Reunion"
    assert config.matrix.password is not None
    assert config.matrix.password.get_secret_value() == "secret du bot"
    assert config.matrix.store_passphrase.get_secret_value() == "secret du coffre"
    assert config.matrix.store == tmp_path / "data/crypto"
    assert config.matrix.server_name == "secours.example"
    assert config.database.url == f"sqlite:///{tmp_path}/data/tocsin.db"
    assert config.database.path == tmp_path / "data/tocsin.db"
    assert config.journal.anchor_every == timedelta(minutes=30)
    assert config.nudges.escalate_after == timedelta(minutes=15)
    assert config.permissions.vouching is False
    assert config.permissions.overrides == {"close": (Role.DIRECTOR, Role.CISO)}
    assert config.health.address == ("127.0.0.1", 8787)
    assert config.paths.roster == tmp_path / "roster.yaml"
    assert config.paths.own("playbooks") is None
    (tmp_path / "playbooks").mkdir()
    assert config.paths.own("playbooks") == tmp_path / "playbooks"
    assert [(party.id, party.dpo, party.country) for party in config.owing] == [
        ("nord", "external", "FR"),
        ("sud", "none", "FR"),
    ]


def test_what_may_be_left_out(write: Write, tmp_path: Path) -> None:
    config = load(write(), {})
    assert config.organisation.kind == "hospital"
    assert config.matrix.alert_room == ""
    assert config.matrix.unsigned_devices == "warn"
    assert config.database.path == tmp_path / "data/tocsin.db"
    assert config.journal.anchor_every == timedelta(hours=1)
    assert config.journal.timestamp_certificate is None
    assert config.nudges.escalate_after == timedelta(minutes=10)
    assert config.permissions.vouching is True
    assert config.health.address is None
    assert [party.name for party in config.owing] == ["CH de Val-Fleuri"]


def test_no_secret_is_in_any_text_of_it(write: Write) -> None:
    path = write(more='[database]\nurl = "postgresql://tocsin:motdepasse@db/tocsin"')
    config = load(path, {"TOCSIN_MATRIX__ACCESS_TOKEN": "syt_jeton"})
    for shown in (repr(config), str(config), config.model_dump_json()):
        assert "mot de passe du bot" not in shown
        assert "phrase du coffre" not in shown
        assert "syt_jeton" not in shown
    assert "motdepasse" not in repr(config)
    assert config.database.url == "postgresql+psycopg://tocsin:motdepasse@db/tocsin"
    assert set(config.secrets()) == {"mot de passe du bot", "syt_jeton", "phrase du coffre", "motdepasse"}


def test_the_environment_overrides_the_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "autre").write_text("autre secret")
    env = {
        "TOCSIN_ORGANISATION__NAME": "Clinique",
        "TOCSIN_ORGANISATION__FLAGS": "public, nis2",
        "TOCSIN_MATRIX__PASSWORD_FILE": "autre",
        "TOCSIN_MATRIX__ALLOW_HTTP": "true",
        "TOCSIN_MATRIX__HOMESERVER": "http://matrix.secours.example",
        "TOCSIN_DATABASE__URL": "sqlite:////var/lib/tocsin.db",
        "TOCSIN_PERMISSIONS__CLOSE": "director,dpo",
        "TOCSIN_CONFIG": "elsewhere.toml",
        "TOCSIN_TEST_POSTGRES": "not one of ours",
        "PATH": "/bin",
    }
    config = load(write(more='[permissions]\nclôture = ["rssi"]'.replace("clôture", '"clôture"')), env)
    assert config.organisation.name == "Clinique"
    assert config.organisation.flags == ("public", "nis2")
    assert config.matrix.password is not None
    assert config.matrix.password.get_secret_value() == "autre secret"
    assert config.database.path == Path("/var/lib/tocsin.db")
    assert config.permissions.overrides == {"close": (Role.DIRECTOR, Role.DPO)}


@pytest.mark.parametrize("typed", ["public, nis2", '["public", "nis2"]', ' ["public","nis2"] '])
def test_a_list_comes_from_the_environment_as_words_or_as_json(write: Write, typed: str) -> None:
    assert load(write(), {"TOCSIN_ORGANISATION__FLAGS": typed}).organisation.flags == ("public", "nis2")


@pytest.mark.parametrize(
    ("typed", "patterns"),
    [
        ("IPP[0-9]{3,8}", ("IPP[0-9]{3,8}",)),
        ("[A-Z]{2}[0-9]{8}", ("[A-Z]{2}[0-9]{8}",)),
        ('["IPP[0-9]{3,8}", "NDA[0-9]+"]', ("IPP[0-9]{3,8}", "NDA[0-9]+")),
    ],
)
def test_a_pattern_from_the_environment_is_one_though_it_holds_a_comma(
    write: Write, typed: str, patterns: tuple[str, ...]
) -> None:
    assert load(write(), {"TOCSIN_JOURNAL__SENSITIVE": typed}).journal.sensitive == patterns


@pytest.mark.parametrize(
    ("matrix", "more", "words"),
    [
        ("alert_rom = '#a:b'", "", ["alert_rom", "[matrix]", "alert_room"]),
        ("", "[nudge]\nx = 1", ["[nudge]", "[nudges]"]),
        ("", "[journal]\nanchor_evry = '1h'", ["anchor_evry", "anchor_every"]),
        ("", "[journal]\ntimestamp_certificate = 'tocsin.toml'", ["timestamp_certificate", "tocsin.toml", "PEM"]),
        ("", "[journal]\ntimestamp_certificate = 'nulle-part.pem'", ["timestamp_certificate", "nulle-part.pem"]),
        ("", "[permissions]\ncloturr = ['director']", ["cloturr", "clotur"]),
        ("", "[[parties]]\nid = 'nord'\nname = 'N'\ntimezon = 'x'", ["timezon", "timezone"]),
        ("", "[permissions]\ncloture = ['directeure']", ["directeure", "director"]),
        ("", "[permissions]\ncloture = 3", ["cloture", "liste"]),
        ("", "[permissions]\ncloture = ['dpo']\nclose = ['dpo']", ["close", "deux fois"]),
        ("", "[nudges]\nescalate_after = '10 fois'", ["escalate_after", "10 fois"]),
        ("", "[nudges]\nescalate_after = '0m'", ["escalate_after", "durée"]),
        ("", "[nudges]\nescalate_after = '99999999999999999d'", ["escalate_after", "durée"]),
        ("", "[nudges]\nescalate_after = 10", ["escalate_after", "durée"]),
        ("", "[database]\nurl = 'mysql://x'", ["[database]", "sqlite"]),
        ("", "[health]\nlisten = '8787'", ["listen", "127.0.0.1:8787"]),
        ("", "[health]\nlisten = '127.0.0.1:99999'", ["listen", "99999"]),
        ("alert_room = 'alerte'", "", ["alert_room", "#nom:serveur"]),
        ("staff_room = 'personnel'", "", ["staff_room", "#nom:serveur"]),
        ("", "[[channel]]\nid = 'sms'\nurl = 'json://x/{to}'\ntexts = ['staff']", ["« sms »", "recipients"]),
        ("", "[[channel]]\nid = 'sms'\nurl = 'json://x'\ntexts = ['staff']\nrecipients = ['1']", ["{to}", "« sms »"]),
        ("", "[[channel]]\nid = 'sms'\nurl = 'json://x/{to}'\ntexts = ['public']", ["texts", "staff ou partners"]),
        ("unsigned_devices = 'maybe'", "", ["unsigned_devices", "warn ou refuse"]),
        ("password_file = 'x'", "", ["password", "password_file"]),
        ("access_token_file = 'absent'", "", ["absent", "access_token_file", "n’existe pas"]),
        ("store = 3", "", ["store", "chemin"]),
        ("", "journal = 3", ["journal"]),
        ("", "[[parties]]\nid = 'A B'\nname = 'x'", ["[[parties]] (1) id"]),
        ("", "[[parties]]\nid = 'a'\nname = 'x'\n[[parties]]\nid = 'b'", ["[[parties]] (2) name"]),
        ("", "[[parties]]\nid = 'a'\nname = 'x'\nflags = ['public', 'nis3']", ["[[parties]] (1) flags", "« nis3 »"]),
        ("", "[[parties]]\nid = 'a'\nname = 'x'\n[[parties]]\nid = 'a'\nname = 'y'", ["« a »", "deux fois"]),
        ("", "[journal]\ntimestamp_authority = 'horodatage'", ["timestamp_authority", "https://"]),
    ],
)
def test_what_is_refused(write: Write, matrix: str, more: str, words: list[str]) -> None:
    sentence = refusal(write(matrix, more)).replace("\u00a0", " ")
    for word in words:
        assert word in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TOCSIN_NUDGE__ESCALATE_AFTER", "1h", ["TOCSIN_NUDGE__ESCALATE_AFTER", "TOCSIN_NUDGES__"]),
        ("TOCSIN_NUDGES__ESCALATE", "1h", ["TOCSIN_NUDGES__ESCALATE_AFTER"]),
        ("TOCSIN_ORGANISATION__TIMEZONE", "Europe/Pariss", ["Europe/Pariss", "Europe/Paris"]),
        ("TOCSIN_ORGANISATION__TIMEZONE", "../../etc/passwd", ["fuseau"]),
        ("TOCSIN_ORGANISATION__LANGUAGE", "de", ["language", "fr ou en"]),
        ("TOCSIN_ORGANISATION__NAME", "", ["name", "vide"]),
        ("TOCSIN_ORGANISATION__COUNTRY", "France", ["France", "FR"]),
        ("TOCSIN_ORGANISATION__FLAGS", "public,nis3", ["flags doit", "nis2", "nis3"]),
        ("TOCSIN_MATRIX__USER_ID", "tocsin", ["tocsin", "@nom:serveur"]),
        ("TOCSIN_MATRIX__STORE_PASSPHRASE", "", ["TOCSIN_MATRIX__STORE_PASSPHRASE", "ne doit pas être vide"]),
        ("TOCSIN_MATRIX__PASSWORD", "", ["TOCSIN_MATRIX__PASSWORD", "ne doit pas être vide"]),
        ("TOCSIN_MATRIX__HOMESERVER", "http://matrix.secours.example", ["http", "allow_http"]),
        ("TOCSIN_MATRIX__HOMESERVER", "matrix.secours.example", ["homeserver", "https://"]),
        ("TOCSIN_MATRIX__HOMESERVER", "https://u:secret@h", ["https://serveur"]),
        ("TOCSIN_PERMISSIONS__VOUCHING", "peut-être", ["vouching", "true"]),
    ],
)
def test_what_the_environment_may_not_say(write: Write, variable: str, value: str, words: list[str]) -> None:
    sentence = refusal(write(), **{variable: value})
    for word in words:
        assert word in sentence
    assert "secret" not in sentence


def test_a_value_of_the_environment_is_not_looked_for_in_the_file(write: Write) -> None:
    path = write(more='[journal]\nanchor_every = "often"')
    assert refusal(path).startswith("tocsin.toml")
    assert refusal(path, TOCSIN_JOURNAL__ANCHOR_EVERY="souvent").startswith("TOCSIN_JOURNAL__ANCHOR_EVERY")
    assert refusal(path, TOCSIN_JOURNAL__ANCHOR_EVERY="1h", TOCSIN_ORGANISATION__FLAGS="nis3").startswith(
        "TOCSIN_ORGANISATION__FLAGS"
    )


@pytest.mark.parametrize("address", ["http://127.0.0.1:8008", "http://localhost", "http://[::1]:8008", "https://h"])
def test_clear_http_stays_on_the_machine(write: Write, address: str) -> None:
    assert load(write(), {"TOCSIN_MATRIX__HOMESERVER": address}).matrix.homeserver == address


def test_missing_keys_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.toml"
    path.write_text("[organisation]\nname = 'x'\nlanguage = 'fr'\n")
    assert "[matrix]" in refusal(path)
    path.write_text("[organisation]\nname = 'x'\nlanguage = 'fr'\n[matrix]\nhomeserver = 'https://h'\n")
    assert "user_id" in refusal(path)
    path.write_text(path.read_text() + "user_id = '@t:h'\nstore_passphrase = 'x'\n")
    assert "password_file" in refusal(path)


def test_the_sentence_is_in_the_language_of_the_file(write: Write) -> None:
    assert "there is no key" in refusal(write("alert_rom = ''", language="en"))
    assert "n’existe pas" in refusal(write("alert_rom = ''", language="fr"))


def test_a_file_that_cannot_be_read_is_said_in_both(tmp_path: Path) -> None:
    sentence = refusal(tmp_path / "absent.toml")
    assert "n’existe pas" in sentence
    assert "does not exist" in sentence
    broken = tmp_path / "tocsin.toml"
    broken.write_text("[organisation\n")
    assert "ligne 1" in refusal(broken)
    broken.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refusal(broken)
    assert "dossier" in refusal(tmp_path)


def test_an_empty_secret_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "vide").write_text("\n")
    assert "vide" in refusal(write("access_token_file = 'vide'"))


def test_which_file_it_is() -> None:
    assert locate(None, {}) == Path("tocsin.toml")
    assert locate(None, {"TOCSIN_CONFIG": "/etc/t.toml"}) == Path("/etc/t.toml")
    assert locate(Path("given.toml"), {"TOCSIN_CONFIG": "/etc/t.toml"}) == Path("given.toml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'homeserver = "https://m.fr"',
            "« homeserver » est écrite au-dessus de la première section ; placez-la sous [matrix]",
        ),
        ('homserver = "https://m.fr"', "n’existe dans aucune ; la plus proche est « homeserver », sous [matrix]"),
        ('flags = ["public"]', "placez-la sous [organisation]"),
        ("[matrx]\nx = 1", "la section [matrx] n’existe pas ; la plus proche est [matrix]"),
        ("[[partie]]\nid = 'x'", "la section [partie] n’existe pas ; la plus proche est [parties]"),
    ],
)
def test_a_key_above_the_sections_is_called_a_key(write: Write, line: str, said: str) -> None:
    path = write()
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(path, {})
    assert said in str(refused.value).replace("\u00a0", " ")


def test_a_file_as_windows_saves_it(write: Write) -> None:
    """With a byte order mark and carriage returns: not one of the user's faults."""
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(path, {}).organisation.name
