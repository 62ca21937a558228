"""Every sentence that `tocsin verify` says, by name, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping

Sentences = Mapping[str, tuple[str, str]]

FAULTS: Sentences = {
    "line": (
        "la ligne {line} ne se lit pas : {reason}",
        "line {line} cannot be read: {reason}",
    ),
    "field": (
        "le champ « {name} » manque ou n’a pas la forme prévue",
        "the field “{name}” is missing or not in its form",
    ),
    "missing": (
        "l’entrée n° {expected} n’est pas à sa place : la ligne {line} porte le n° {found}",
        "entry no. {expected} is not in its place: line {line} bears no. {found}",
    ),
    "repeated": (
        "la ligne {line} porte le n° {found}, déjà passé : le n° {expected} était attendu",
        "line {line} bears no. {found}, which is past: no. {expected} was expected",
    ),
    "incident": (
        "cette entrée est d’un autre incident : {found} au lieu de {expected}",
        "this entry is of another incident: {found} instead of {expected}",
    ),
    "event_id": (
        "le même événement Matrix figure déjà à l’entrée n° {first}",
        "the same Matrix event already stands in entry no. {first}",
    ),
    "content_hash": (
        "le contenu ne correspond pas à son empreinte",
        "the content does not match its hash",
    ),
    "entry_hash": (
        "l’entrée ne correspond pas à son empreinte",
        "the entry does not match its hash",
    ),
    "prev_hash": (
        "l’entrée ne suit pas la précédente : l’empreinte reprise n’est pas la sienne",
        "the entry does not follow the one before: the hash it repeats is another",
    ),
    "content": (
        "le contenu manque, et rien ne dit pourquoi : ni purge ultérieure, ni retenue au manifeste",
        "the content is gone and nothing says why: no later purge, nothing withheld in the manifest",
    ),
    "purge": (
        "le manifeste donne cette entrée pour effacée ou retenue, or elle ne l’est pas",
        "the manifest says that this entry is purged or withheld, but it is not",
    ),
    "unlisted": (
        "le journal dit cette entrée effacée, ou publiée comme empreinte, et le manifeste n’en dit rien",
        "the log says that this entry is purged, or was posted as an anchor, and the manifest does not",
    ),
    "anchor_entry": (
        "l’empreinte publiée dans le salon pour l’entrée n° {anchored} n’est pas celle de cette chaîne",
        "the hash posted in the room for entry no. {anchored} is not that of this chain",
    ),
    "anchor": (
        (
            "l’empreinte donnée pour l’entrée n° {anchored} n’est pas celle de cette chaîne : le journal a "
            "été réécrit, ou l’empreinte est celle d’un autre"
        ),
        (
            "the hash given for entry no. {anchored} is not that of this chain: the log was rewritten, or "
            "the hash is another log’s"
        ),
    ),
    "stamp_unreadable": (
        "l’horodatage de l’empreinte n° {anchored} ne se lit pas",
        "the time-stamp of hash no. {anchored} cannot be read",
    ),
    "stamp_other": (
        "cet horodatage n’est pas celui de l’empreinte n° {anchored} : il porte sur autre chose",
        "this time-stamp is not that of hash no. {anchored}: it is of something else",
    ),
    "stamp_unproved": (
        "l’horodatage de l’empreinte n° {anchored} ne tient pas : sa signature, ou le certificat dans l’export",
        "the time-stamp of hash no. {anchored} does not hold: its signature, or the certificate in the export",
    ),
    "authority": (
        "aucun horodatage n’est signé par le certificat donné",
        "no time-stamp is signed by the certificate given",
    ),
    "recorded": (
        "ce fichier n’est pas celui que le journal a enregistré : sa taille ou son empreinte diffère",
        "this file is not the one that the log recorded: its size or its hash differs",
    ),
    "unkept": (
        "le fichier que cette entrée a enregistré manque : {path}",
        "the file that this entry recorded is missing: {path}",
    ),
    "empty": (
        "le journal est vide",
        "the log is empty",
    ),
    "absent": (
        "ce fichier manque",
        "this file is missing",
    ),
    "extra": (
        "ce fichier n’est pas au manifeste",
        "this file is not in the manifest",
    ),
    "irregular": (
        "ceci n’est pas un fichier ordinaire, son nom figure deux fois, ou l’archive cache autre chose",
        "this is not a regular file, its name stands twice, or the archive hides something else",
    ),
    "damaged": (
        "ce fichier ne se lit pas en entier",
        "this file cannot be read whole",
    ),
    "size": (
        "ce fichier n’a pas la taille que donne le manifeste",
        "this file does not have the size that the manifest gives",
    ),
    "sha256": (
        "ce fichier a changé : son empreinte n’est pas celle du manifeste",
        "this file has changed: its hash is not the manifest’s",
    ),
    "manifest": (
        "le manifeste n’est pas le JSON canonique (RFC 8785) attendu : {reason}",
        "the manifest is not the canonical JSON (RFC 8785) that it must be: {reason}",
    ),
    "format": (
        "le manifeste est d’un format inconnu : {found}",
        "the manifest is of an unknown format: {found}",
    ),
    "head": (
        (
            "le journal s’arrête à l’entrée n° {found}, le manifeste va jusqu’au n° {expected}, ou "
            "leurs empreintes de tête diffèrent"
        ),
        "the log ends at entry no. {found}, the manifest goes to no. {expected}, or their heads differ",
    ),
    "signature": (
        "la signature n’est pas celle de ce manifeste par la clé qu’il nomme",
        "the signature is not that of this manifest by the key that it names",
    ),
    "key": (
        "ce journal n’est pas signé par la clé donnée",
        "this log is not signed by the key given",
    ),
    "unsigned": (
        "une clé est donnée, or un journal seul ne porte aucune signature",
        "a key is given, but a bare log bears no signature",
    ),
}

WARNINGS: Sentences = {
    "no_newline": (
        "la dernière ligne du journal n’a pas de fin de ligne : le fichier a pu être coupé là",
        "the last line of the log has no end of line: the file may have been cut there",
    ),
}

VERDICT: Sentences = {
    "altered": (
        "NON INTACT",
        "NOT INTACT",
    ),
    "more": (
        "… et {more} de plus",
        "… and {more} more",
    ),
    "names_key": (
        "Le manifeste nomme la clé {key}.",
        "The manifest names the key {key}.",
    ),
    "place_entry": (
        "entrée n° {seq}",
        "entry no. {seq}",
    ),
    "place": (
        "{place} : {why}",
        "{place}: {why}",
    ),
    "intact": (
        "INTACT — {entries} entrées",
        "INTACT — {entries} entries",
    ),
    "head": (
        "Empreinte n° {seq} : {head}",
        "Head no. {seq}: {head}",
    ),
    "level_chain": (
        "Niveau de preuve : la chaîne seule.",
        "Level of proof: the chain alone.",
    ),
    "level_signed": (
        "Niveau de preuve : la chaîne, signée, sans témoin.",
        "Level of proof: the chain, signed, without a witness.",
    ),
    "level_witnessed": (
        "Niveau de preuve : la chaîne, confirmée par des témoins.",
        "Level of proof: the chain, confirmed by witnesses.",
    ),
    "level_timestamp": (
        "Niveau de preuve : la chaîne, horodatée par une autorité.",
        "Level of proof: the chain, time-stamped by an authority.",
    ),
    "level_to_compare": (
        "  Sous réserve de son certificat, à comparer : voyez plus bas.",
        "  Provided that its certificate is compared: see below.",
    ),
    "level_qualified_timestamp": (
        "Niveau de preuve : la chaîne, horodatée ; l’autorité dit cet horodatage qualifié.",
        "Level of proof: the chain, time-stamped; the authority calls this time-stamp qualified.",
    ),
    "consistent": (
        (
            "✓ Cohérent : rien n’a changé dans cet export depuis qu’il a été écrit (chaîne, "
            "empreintes, numéros, manifeste, fichiers)."
        ),
        (
            "✓ Consistent: nothing has changed in this export since it was written (chain, hashes, "
            "numbering, manifest, files)."
        ),
    ),
    "consistent_bare": (
        (
            "✓ Cohérent : de la première ligne à la dernière, la chaîne tient. Un journal seul ne "
            "prouve pas que sa fin n’a pas été coupée."
        ),
        (
            "✓ Consistent: from its first line to its last, the chain holds. A bare log does not prove "
            "that its end was not cut off."
        ),
    ),
    "signed": (
        (
            "✓ Signé par la clé {key}. Qui n’a pas cette clé ne peut rien y changer ; mais n’importe "
            "qui peut réécrire le journal et le signer d’une autre. Comparez-la à celle qui a été "
            "publiée dans le salon à l’ouverture, ou donnez celle-ci avec --key."
        ),
        (
            "✓ Signed by the key {key}. Without that key nobody can change anything in it; but anybody "
            "can rewrite the log and sign it with another. Compare it with the one posted in the room "
            "at opening, or give that one with --key."
        ),
    ),
    "signed_given": (
        ("✓ Signé par la clé {key}, celle que vous avez donnée. Il faudrait la détenir pour contrefaire ce journal."),
        "✓ Signed by the key {key}, the one you gave. A forger of this log would need it.",
    ),
    "unsigned": (
        (
            "– Non signé : un journal seul ne porte pas de signature. N’importe qui a pu l’écrire ; "
            "vérifiez le dossier complet, ou donnez une empreinte avec --anchor."
        ),
        (
            "– Not signed: a bare log bears no signature. Anybody may have written it; verify the "
            "whole folder, or give a hash with --anchor."
        ),
    ),
    "anchored": (
        (
            "✓ Ancré : la chaîne passe par l’empreinte que d’autres détiennent (n° {anchors}). "
            "Jusque-là, même qui détient la clé du journal n’a rien pu y changer."
        ),
        (
            "✓ Anchored: the chain passes through the hash that others hold (no. {anchors}). Up to "
            "there, not even somebody who holds the log’s key can have changed anything."
        ),
    ),
    "stamped": (
        (
            "✓ Horodaté : « {authority} » atteste que l’empreinte n° {seq} existait le {at}. Jusque-là, "
            "rien n’a pu être changé depuis, même par qui détient la clé du journal."
        ),
        (
            "✓ Time-stamped: “{authority}” attests that hash no. {seq} was there at {at}. Up to there, "
            "nothing can have been changed since, not even by somebody who holds the log’s key."
        ),
    ),
    "stamped_qualified": (
        (
            "  Le jeton se dit horodatage électronique qualifié (règlement eIDAS, art. 42) : à contrôler "
            "sur la liste de confiance européenne."
        ),
        (
            "  The token calls itself a qualified electronic time-stamp (eIDAS Regulation, art. 42): to be "
            "checked in the European trusted list."
        ),
    ),
    "stamped_given": (
        "  Son certificat est celui que vous avez donné.",
        "  Its certificate is the one that you gave.",
    ),
    "stamped_how": (
        (
            "  SHA-256 de son certificat, joint à l’export : {fingerprint}\n"
            "  Qui détient la clé du journal aurait pu se faire un certificat à ce nom : comparez avec le SHA-256 "
            "que l’autorité publie, ou donnez celui-là avec --authority."
        ),
        (
            "  SHA-256 of its certificate, which comes with the export: {fingerprint}\n"
            "  Somebody who holds the log’s key could have made a certificate of this name: compare with the SHA-256 "
            "that the authority publishes, or give that one with --authority."
        ),
    ),
    "unanchored": (
        (
            "– Non ancré : rien d’extérieur n’a été comparé. Qui détient la clé du journal a pu tout "
            "réécrire et signer ; seule une empreinte conservée par d’autres peut l’exclure."
        ),
        (
            "– Not anchored: nothing from outside was compared. Somebody who holds the log’s key may "
            "have rewritten and signed all of it; only a hash that others kept can rule that out."
        ),
    ),
    "unanchored_bare": (
        (
            "– Non ancré : rien d’extérieur n’a été comparé. Seule une empreinte conservée par "
            "d’autres peut exclure que ce journal ait été réécrit, ou coupé."
        ),
        (
            "– Not anchored: nothing from outside was compared. Only a hash that others kept can rule "
            "out that this log was rewritten, or cut short."
        ),
    ),
    "posted": (
        (
            "  Pour l’ancrer : relevez dans le salon, sur le téléphone d’un membre, l’empreinte d’une "
            "de ces entrées (n° {posted}) et donnez-la avec --anchor N:EMPREINTE."
        ),
        (
            "  To anchor it: on a member’s phone, read in the room the hash of one of these entries "
            "(no. {posted}) and give it with --anchor SEQ:HASH."
        ),
    ),
    "how": (
        "  Pour l’ancrer : donnez avec --anchor N:EMPREINTE une empreinte que d’autres ont gardée.",
        "  To anchor it: give with --anchor SEQ:HASH a hash that others have kept.",
    ),
}


def say(sentences: Sentences, name: str, lang: str, facts: Mapping[str, object] | None = None) -> str:
    """The sentence in `lang` (English if `en`, else French), with its blanks filled in."""
    return sentences[name][1 if lang == "en" else 0].format(**(facts or {}))
