"""By which names a supplier is known. Guarantee: the name of the directory, what is left of it without its legal form,
and its aliases are all names of it; a word that only says what it does is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.domain.directory import Directory, Entry, Kind
from bot.domain.language import fold

SUPPLIERS = frozenset({Kind.VENDOR, Kind.RESPONSE, Kind.INSURER})
"""Whom of the directory no text names without legal's leave."""
_FORMS_WORDS = """
sa sas sasu sarl eurl snc scop gie se gmbh ag kg bv nv ltd limited llc llp inc corp plc spa srl oy ab as
groupe group societe ste ets etablissements company
"""
_FORMS = frozenset(_FORMS_WORDS.split())
# What a supplier is or does; what it supplies; whose it is.
_WHAT_THEY_DO_WORDS = """
assureur assurance assurances courtier cyber insurer insurance broker pris cert csirt soc forensique forensics
reponse incident incidents response prestataire fournisseur editeur hebergeur hebergement infogerant
infogerance integrateur operateur telecom telecoms telephonie supplier vendor provider host hosting operator
support hotline astreinte avocat lawyer dpo externe external banque bank dpi ehr pacs ris sil lims sih gap gef
grh erp edr xdr siem antivirus vpn ad dns messagerie mail courriel reseau network wifi internet cloud serveur
serveurs server servers poste postes sauvegarde sauvegardes backup backups stockage storage pare feu firewall
imprimante imprimantes printers logiciel logiciels software materiel hardware laboratoire laboratory biologie
imagerie imaging radiologie radiology pharmacie pharmacy bloc theatre urgences emergency anesthesie dialyse
dialysis biomedical biomed paie payroll rh hr compta comptabilite accounting blanchisserie laundry
restauration catering gaz fluides electricite power ascenseurs lifts dossier patient patients hopital hospital
sante health france informatique it systeme systemes systems maintenance securite security service services
gestion management centre
"""
_WHAT_THEY_DO = frozenset(_WHAT_THEY_DO_WORDS.split())
_SMALL_WORDS = """
de du des la le les l d et the of and a au aux en for pour
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def whole_names(directory: Directory) -> tuple[str, ...]:
    """The names of the directory as they stand in it, whatever their case in a text."""
    return tuple(dict.fromkeys(each.name for each in _suppliers(directory) if _is_name(each.name)))


def short_names(directory: Directory) -> tuple[str, ...]:
    """Their other names: aliases, and what the names are in speech. Each counts where it is written as a name is."""
    found = (name for each in _suppliers(directory) for name in (*_spoken(each.name), *each.aliases))
    return tuple(dict.fromkeys(name for name in found if _is_name(name)))


def _suppliers(directory: Directory) -> Iterator[Entry]:
    return (each for each in directory.entries if each.kind in SUPPLIERS)


def _spoken(name: str) -> Iterable[str]:
    """« Medisys SAS (Hôpital Plus) » is called Medisys, and Hôpital Plus."""
    pieces = re.split(r"[()\[\]/|;,]|\s[–—-]\s", name)
    for piece in pieces:
        left = [word for word in piece.split() if fold(word).replace(".", "").replace(" ", "") not in _FORMS]
        if left:
            yield " ".join(left)


def _is_name(name: str) -> bool:
    """Whether at least one of its words is more than what anybody does."""
    return bool(set(fold(name).split()) - _WHAT_THEY_DO - _SMALL)
