"""What can be wrong in an organisation's files. Guarantee: one clear sentence, in French and in English.

No sentence repeats a value that may be a secret.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path

from pydantic import ValidationError

from bot.domain.language import Both, Language, fold

Fault = Both


class ConfigurationError(Exception):
    """The configuration, or a file that it names, cannot be used: exit code 2.

    Without a language (the file could not be read) the sentence is said in both.
    """

    def __init__(self, fault: Fault, language: Language | None = None) -> None:
        super().__init__(fault.get(language) if language else f"{fault.fr} / {fault.en}")
        self.fault = fault


class RefusedError(ValueError):
    """A value that a rule of ours refuses, met while a model is validated."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


def nearest(word: str, known: Iterable[str]) -> str:
    """Return which of the known words looks most like this one."""
    wanted = fold(word)
    return max(known, key=lambda candidate: SequenceMatcher(None, wanted, fold(candidate)).ratio())


def _reason(error: Exception) -> Fault:
    match error:
        case FileNotFoundError():
            return Fault("il n’existe pas", "it does not exist")
        case PermissionError():
            return Fault("la lecture en est interdite", "reading it is not permitted")
        case IsADirectoryError():
            return Fault("c’est un dossier", "it is a folder")
        case UnicodeDecodeError():
            return Fault("il n’est pas écrit en UTF-8", "it is not written in UTF-8")
        case _:
            return Fault("la lecture échoue", "reading it fails")


def no_file(path: Path, error: Exception) -> Fault:
    """The configuration file cannot be read."""
    why = _reason(error)
    return Fault(
        f"Configuration illisible : {path} ({why.fr}) ; voyez --config, ou « tocsin init DOSSIER ».",
        f"Configuration unreadable: {path} ({why.en}); see --config, or “tocsin init FOLDER”.",
    )


def not_toml(path: Path, error: Exception) -> Fault:
    """The file is not TOML; says where."""
    if isinstance(error, tomllib.TOMLDecodeError):
        where = str(error).rpartition("(")[2].rstrip(")")
        where_fr = (
            where.replace("at line", "ligne").replace("column", "colonne").replace("at end of document", "à la fin")
        )
        return Fault(
            f"{path.name} n’est pas du TOML valide ({where_fr}) : corrigez cet endroit.",
            f"{path.name} is not valid TOML ({where}): mend that place.",
        )
    return unreadable(path, error)


def unreadable(path: Path, error: Exception) -> Fault:
    """A file of the organisation cannot be read."""
    why = _reason(error)
    return Fault(f"{path} est illisible : {why.fr}.", f"{path} cannot be read: {why.en}.")


def unknown_section(file: str, section: str, known: Iterable[str]) -> Fault:
    """A table that does not exist."""
    near = nearest(section, known)
    return Fault(
        f"{file} : la section [{section}] n’existe pas ; la plus proche est [{near}].",
        f"{file}: there is no section [{section}]; the nearest is [{near}].",
    )


def outside(file: str, key: str, sections: Mapping[str, Iterable[str]]) -> Fault:
    """A key that stands in no section: where it belongs, or with what it is confused."""
    homes = [section for section, known in sections.items() if key in known]
    if homes:
        return Fault(
            f"{file} : la clé « {key} » est écrite au-dessus de la première section ; placez-la sous [{homes[0]}].",
            f"{file}: the key “{key}” stands above the first section; put it under [{homes[0]}].",
        )
    every = {name: section for section, known in sections.items() for name in known}
    near = nearest(key, every)
    return Fault(
        f"{file} : la clé « {key} » est écrite au-dessus de la première section, et n’existe dans aucune ; "
        f"la plus proche est « {near} », sous [{every[near]}].",
        f"{file}: the key “{key}” stands above the first section, and exists in none; the nearest is “{near}”, "
        f"under [{every[near]}].",
    )


def unknown_key(file: str, section: str, key: str, known: Iterable[str]) -> Fault:
    """A key that does not exist in its table."""
    near = nearest(key, known)
    return Fault(
        f"{file} : la clé « {key} » n’existe pas dans [{section}] ; la plus proche est « {near} ».",
        f"{file}: there is no key “{key}” in [{section}]; the nearest is “{near}”.",
    )


def unknown_variable(name: str, word: str, known: Iterable[str], section: str | None = None) -> Fault:
    """An environment variable that names no key."""
    near = nearest(word, known).upper()
    right = f"TOCSIN_{section.upper()}__{near}" if section else f"TOCSIN_{near}__…"
    return Fault(
        f"La variable d’environnement {name} ne désigne aucune clé ; la plus proche est {right}.",
        f"The environment variable {name} names no key; the nearest is {right}.",
    )


def unknown_role(word: str) -> Fault:
    """A role that does not exist."""
    from bot.domain.roles import Role

    near = nearest(word, [role.value for role in Role])
    return Fault(
        f"le rôle « {word} » n’existe pas ; le plus proche est « {near} »",
        f"there is no role “{word}”; the nearest is “{near}”",
    )


def size(value: str) -> Fault:
    """A size that cannot be read."""
    return Fault(
        f"« {value} » n’est pas une taille ; écrivez par exemple 20MB ou 512kB (1GB au plus)",
        f"“{value}” is not a size; write for instance 20MB or 512kB (1GB at most)",
    )


def duration(value: str) -> Fault:
    """A duration that cannot be read."""
    return Fault(
        f"« {value} » n’est pas une durée ; écrivez par exemple 10m, 1h ou 2d",
        f"“{value}” is not a duration; write for instance 10m, 1h or 2d",
    )


def zone(name: str) -> Fault:
    """A time zone that does not exist."""
    from zoneinfo import available_timezones

    near = nearest(name, sorted(available_timezones()))
    return Fault(
        f"le fuseau horaire « {name} » n’existe pas ; le plus proche est « {near} »",
        f"there is no time zone “{name}”; the nearest is “{near}”",
    )


def country(code: str) -> Fault:
    """A country that is not an ISO 3166 code."""
    return Fault(
        f"« {code} » n’est pas un code de pays ; écrivez deux majuscules, par exemple FR",
        f"“{code}” is not a country code; write two capitals, for instance FR",
    )


def calendar(name: str, known: Iterable[str]) -> Fault:
    """A calendar of holidays that does not exist."""
    listed = ", ".join(known)
    return Fault(
        f"le calendrier « {name} » n’existe pas ; écrivez l’un de : {listed}",
        f"there is no calendar “{name}”; write one of: {listed}",
    )


def both_given(one: str, other: str) -> Fault:
    """Two keys that exclude each other."""
    return Fault(
        f"« {one} » et « {other} » sont donnés tous les deux ; n’en gardez qu’un",
        f"“{one}” and “{other}” are both given; keep one",
    )


def path_expected(key: str) -> Fault:
    """A `*_file` key that holds no path."""
    return Fault(f"« {key} » doit être un nom de fichier", f"“{key}” must be the name of a file")


def secret_unreadable(key: str, path: Path, error: Exception) -> Fault:
    """The file of a secret cannot be read."""
    why = _reason(error)
    return Fault(
        f"le fichier {path} que nomme « {key} » est illisible ({why.fr})",
        f"the file {path} that “{key}” names cannot be read ({why.en})",
    )


def secret_empty(key: str, path: Path) -> Fault:
    """The file of a secret holds nothing."""
    return Fault(
        f"le fichier {path} que nomme « {key} » est vide",
        f"the file {path} that “{key}” names is empty",
    )


def no_credentials() -> Fault:
    """Neither password nor token."""
    return Fault(
        "il faut « password_file » ou « access_token_file » (ou leur valeur)",
        "“password_file” or “access_token_file” (or the value itself) is needed",
    )


def user_id(value: str) -> Fault:
    """A Matrix id that is none."""
    return Fault(
        f"« {value} » n’est pas un identifiant Matrix ; écrivez @nom:serveur",
        f"“{value}” is not a Matrix id; write @name:server",
    )


def room_alias(value: str) -> Fault:
    """An alias that is none."""
    return Fault(
        f"« {value} » n’est pas une adresse de salon ; écrivez #nom:serveur, ou rien",
        f"“{value}” is not a room alias; write #name:server, or nothing",
    )


def web_address() -> Fault:
    """An address that is not HTTP; not repeated, since it may hold a password."""
    return Fault(
        "l’adresse doit être de la forme https://serveur, sans mot de passe ni paramètre",
        "the address must look like https://server, without a password or parameters",
    )


def plain_http(value: str) -> Fault:
    """A homeserver in clear beyond the machine."""
    return Fault(
        f"« homeserver » est en http hors de la machine ({value}) ; passez en https, "
        "ou acceptez-le par « allow_http = true »",
        f"“homeserver” is http beyond this machine ({value}); use https, or set “allow_http = true”",
    )


def database_url() -> Fault:
    """A database address of a kind that is not supported; not repeated, since it may hold a password."""
    return Fault(
        "l’adresse de la base doit commencer par sqlite:/// ou postgresql+psycopg://",
        "the database address must begin with sqlite:/// or postgresql+psycopg://",
    )


def pattern(typed: str, at: int | None) -> Fault:
    """A text that should be a regular expression, and is none; `at` is the first sign that makes it none, from 0."""
    fr, en = (f" ; voyez le signe n° {at + 1}", f"; look at sign no. {at + 1}") if at is not None else ("", "")
    return Fault(f"« {typed} » n’est pas une expression régulière{fr}", f"“{typed}” is not a regular expression{en}")


def certificate(path: Path) -> Fault:
    """A file that should hold certificates, and is not there or holds none."""
    return Fault(
        f"« {path} » ne contient aucun certificat lisible ; il faut celui de l’autorité d’horodatage, en PEM",
        f"“{path}” holds no certificate that can be read; the time-stamping authority’s is expected, in PEM",
    )


def listen(value: str) -> Fault:
    """An address to listen on that is none."""
    return Fault(
        f"« {value} » n’est pas une adresse d’écoute ; écrivez par exemple 127.0.0.1:8787, ou rien",
        f"“{value}” is not an address to listen on; write for instance 127.0.0.1:8787, or nothing",
    )


def roles_expected(command: str) -> Fault:
    """An override that is not a list of roles."""
    return Fault(
        f'« {command} » doit être une liste de rôles, par exemple ["director", "coordinator"]',
        f'“{command}” must be a list of roles, for instance ["director", "coordinator"]',
    )


def party_twice(identifier: str) -> Fault:
    """Two parties of one id."""
    return Fault(
        f"l’identifiant de partie « {identifier} » est donné deux fois",
        f"the party id “{identifier}” is given twice",
    )


def channel_twice(identifier: str) -> Fault:
    """Two outside channels of one id."""
    return Fault(
        f"l’identifiant de canal « {identifier} » est donné deux fois",
        f"the channel id “{identifier}” is given twice",
    )


def channel_texts(identifier: str) -> Fault:
    """An outside channel by which texts may be sent, to nobody in particular."""
    return Fault(
        f"le canal « {identifier} » est ouvert aux textes (texts) : il lui faut « recipients » (ou recipients_file), "
        "et {to} dans son adresse, pour que l’on sache à combien de personnes un texte part",
        f"the channel “{identifier}” is open to texts: it needs “recipients” (or recipients_file), and {{to}} in its "
        "address, so that one knows to how many people a text goes",
    )


def channel_unreadable(identifier: str) -> Fault:
    """An outside channel whose address means nothing. It holds secrets: it is not repeated."""
    return Fault(
        f"l’adresse du canal extérieur « {identifier} » n’est pas de celles qu’apprise connaît ; voyez : tocsin check",
        f"the address of the outside channel “{identifier}” is none that apprise knows; see: tocsin check",
    )


def unknown_command(name: str, known: Iterable[str]) -> Fault:
    """A command that does not exist."""
    near = nearest(name, known)
    return Fault(
        f"la commande « {name} » n’existe pas ; la plus proche est « {near} »",
        f"there is no command “{name}”; the nearest is “{near}”",
    )


def command_twice(command: str) -> Fault:
    """Two names of one command."""
    return Fault(
        f"la commande « {command} » est donnée deux fois, sous deux de ses noms",
        f"the command “{command}” is given twice, by two of its names",
    )


_TYPES = {
    "string_type": Fault("doit être un texte entre guillemets", "must be a text in quotes"),
    "string_too_short": Fault("ne doit pas être vide", "must not be empty"),
    "too_short": Fault("ne doit pas être vide", "must not be empty"),
    "bool_type": Fault("doit être true ou false", "must be true or false"),
    "bool_parsing": Fault("doit être true ou false", "must be true or false"),
    "tuple_type": Fault("doit être une liste entre crochets", "must be a list in square brackets"),
    "model_type": Fault("doit être une section", "must be a section"),
    "model_attributes_type": Fault("doit être une section", "must be a section"),
    "path_type": Fault("doit être un chemin entre guillemets", "must be a path in quotes"),
    "time_delta_type": Fault('doit être une durée comme "10m"', 'must be a duration such as "10m"'),
    "string_pattern_mismatch": Fault(
        "doit être fait de minuscules, de chiffres et de tirets",
        "must be made of small letters, digits and dashes",
    ),
}
_OTHER = Fault("n’a pas la forme voulue", "is not of the right form")


def of_validation(error: ValidationError, file: str) -> Fault:
    """Return the first fault of a validation as one sentence that names the file, the section and the key."""
    first = error.errors(include_url=False)[0]
    where = _where(tuple(str(part) for part in first["loc"]))
    context = first.get("ctx", {})
    refusal = context.get("error")
    if isinstance(refusal, RefusedError):
        start = f"{where} : " if where else ""
        start_en = f"{where}: " if where else ""
        return Fault(f"{file} : {start}{refusal.fault.fr}.", f"{file}: {start_en}{refusal.fault.en}.")
    if first["type"] == "missing":
        return Fault(f"{file} : il manque {where}.", f"{file}: {where} is missing.")
    if first["type"] == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "")
        return Fault(
            f"{file} : {where} doit être l’un de : {choices.replace(' or ', ' ou ')} ; pas « {first['input']} ».",
            f"{file}: {where} must be one of: {choices}; not “{first['input']}”.",
        )
    what = _TYPES.get(first["type"], _OTHER)
    return Fault(f"{file} : {where} {what.fr}.", f"{file}: {where} {what.en}.")


def _where(parts: tuple[str, ...]) -> str:
    """The place of a fault: which section, which of several of that name, which key."""
    if not parts:
        return ""
    section, keys = f"[{parts[0]}]", parts[1:]
    if parts[0] in ("parties", "channel"):
        section = f"[{section}]" + (f" ({int(keys[0]) + 1})" if keys and keys[0].isdecimal() else "")
    return " ".join((section, *(key for key in keys if not key.isdecimal())))
