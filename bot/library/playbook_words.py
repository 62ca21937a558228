"""The words by which the style of playbooks is judged.

Owns one guarantee: an English title begins with a verb that somebody has read here, and none of these French
words has lost its accent.
"""

from __future__ import annotations

# What an English title may begin with. An unknown verb is added once somebody has read it.
VERBS_EN = frozenset(
    """
    agree alert announce answer appoint approve arrange ask assess back block brief bring build call
    cancel capture change check choose clean close collect complete confirm contact cut date decide
    declare delay demonstrate deny describe disable disconnect divert do draft draw end equip establish
    estimate explain export file fill find fix forbid forward freeze gather get give go hand have
    heighten hold identify inform install interview isolate keep label lift limit list log look make map
    mark measure meet monitor move name never notify obtain open order pass photograph plan postpone
    prepare preserve print prioritise protect prove provide publish put quarantine raise rank rate read
    reassess rebuild record reduce register remind remove renew reopen replace report request reset
    restore restrict review revoke rewrite run say search send set share show sort spread start stop suspend
    switch take tell test track treat triage trigger turn unplug update use verify walk warn watch
    withdraw write
    """.split()  # noqa: SIM905 - a list of words is read best as words
)

# Some French nouns end in -er, -ir or -oir, as infinitives do. They begin no title.
NOUNS_LIKE_VERBS = frozenset(
    """
    atelier avenir cahier calendrier chantier couloir courrier danger dernier devoir dossier escalier
    espoir fichier hier leader loisir metier miroir papier plaisir planning pouvoir premier quartier
    savoir serveur soir souvenir tiroir
    """.split()  # noqa: SIM905 - a list of words is read best as words
)

# Words that do not exist in French without their accent.
UNACCENTED = frozenset(
    """
    acces activite activites aout apres arret arreter autorite autorites cle cles coeur confidentialite
    continuite controle controler critere debrancher decembre decider decision decisions declarer
    declencher decrire degrade degradee deja delai delais demontrer deposer derniere desactiver designer
    donnees echeance ecrire ecrit element elements enquete enqueteurs epingle equipe equipes etablir
    etape etat etats ete etre evaluer evenement evenements eviter fevrier gravite hopital hopitaux
    identite indisponibilite integrite interet medical medicale medicaux meme modele numero oeuvre
    perimetre piece pieces prealable prelever premiere preparer presence present presents priorite
    probleme procedure procedures proces proprietaire qualite rediger reduire regle regles reinitialiser
    reinstaller releve releves reouverture reponse representants reseau reseaux responsabilite resume
    reunion role roles sante securite succes systeme systemes tache taches telephone telephonie tres
    unite verifier
    """.split()  # noqa: SIM905 - a list of words is read best as words
)
