"""What is pointed out in a text that goes out, with the words, and what stops it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.screening import Act, Finding, Lists, Watched, anchored, blank, blanks, fill, proved, screen, watched


def found(text: str, acts: frozenset[Act] = frozenset()) -> list[tuple[str, str]]:
    return [(each.what.value, each.words) for each in screen(text, acts)]


@pytest.mark.parametrize(
    ("text", "what", "words"),
    [
        ("Le groupe LockBit revendique l’attaque.", "attacker", "LockBit"),
        ("The Black Basta group.", "attacker", "Black Basta"),
        ("Un rançon de 2 M€ est demandée.", "amount", "2 M€"),
        ("They ask for $500,000.", "amount", "$500,000"),
        ("Une perte de 3,5 millions d’euros.", "amount", "3,5 millions d’euros"),
        ("Une rançon de deux millions d’euros.", "amount", "deux millions d’euros"),
        ("Ils veulent cinq cent mille euros.", "amount", "cinq cent mille euros"),
        ("Quelques dizaines de milliers d'euros.", "amount", "Quelques dizaines de milliers d'euros"),
        ("Trois millions et demi d’euros.", "amount", "Trois millions et demi d’euros"),
        ("Une demande de dix bitcoins.", "amount", "dix bitcoins"),
        ("They ask for two million.", "amount", "two million"),
        ("They want $2 million.", "amount", "$2 million"),
        ("We will not pay half a million pounds.", "amount", "half a million pounds"),
        ("A two-million-dollar ransom.", "amount", "A two-million-dollar"),
        ("Hundreds of thousands of pounds.", "amount", "Hundreds of thousands of pounds"),
        ("Deux millions en bitcoin.", "amount", "Deux millions"),
        ("Pertes : 2 millions avant lundi.", "amount", "2 millions"),
        ("Le budget de deux millions est voté.", "amount", "deux millions"),
        ("They demanded 1.5 million in bitcoin.", "amount", "1.5 million in bitcoin"),
        ("Vous ne courez aucun risque.", "absolute", "aucun"),
        ("All records are safe.", "absolute", "All records are safe"),
        ("Your data is safe.", "absolute", "Your data is safe"),
        ("Nothing was stolen.", "absolute", "Nothing was stolen"),
        ("Toutes vos données sont protégées.", "absolute", "Toutes vos données sont protégées"),
        ("Rien n’a été volé.", "absolute", "Rien n’a été volé"),
        ("Service will be back tomorrow.", "recovery", "be back tomorrow"),
        ("Tout reviendra à la normale lundi.", "recovery", "reviendra à la normale lundi"),
        ("Vous n’ouvrez aucun risque.", "absolute", "aucun"),
        ("N’ayez aucune inquiétude.", "absolute", "aucune"),
        ("N’allumez aucun poste, aucune donnée n’est partie.", "absolute", "aucune"),
        ("N’ouvrez pas ce message, car aucune donnée n’est partie.", "absolute", "aucune"),
        ("Nous ne donnons aucune donnée.", "absolute", "aucune"),
        ("Notre engagement : ne communiquer aucune donnée.", "absolute", "aucune"),
        ("We never share your data.", "absolute", "never"),
        ("No patient data was stolen.", "absolute", "No patient data"),
        ("Never again.", "absolute", "Never"),
        ("None of your data left.", "absolute", "None"),
        ("Le serveur SRV-AD01 est arrêté.", "machine", "SRV-AD01"),
        ("L’adresse 10.0.12.3 est bloquée.", "machine", "10.0.12.3"),
        ("L’adresse fe80:0:0:1:2:3:4:5 est bloquée.", "machine", "fe80:0:0:1:2:3:4:5"),
        ("Le poste pc-12.hopital.local est coupé.", "machine", "pc-12.hopital.local"),
        ("Une faille de la version v7.2.1.", "machine", "v7.2.1"),
        ("Aucune donnée n’est partie.", "absolute", "Aucune"),
        ("Nous n’avons jamais été touchés.", "absolute", "jamais"),
        ("Le service est 100 % sûr.", "absolute", "100 %"),
        ("We are absolutely sure.", "absolute", "absolutely"),
        ("Le service sera rétabli demain.", "recovery", "rétabli demain"),
        ("Retour à la normale lundi.", "recovery", "Retour à la normale lundi"),
        ("D’ici deux jours, tout sera opérationnel.", "recovery", "D’ici deux jours, tout sera opérationnel"),
        ("Services will be restored by Monday.", "recovery", "restored by Monday"),
        ("Everything resumes at 14:00.", "recovery", "resumes at 14:00"),
        ("Nous présentons nos excuses.", "costly", "excuses"),
        ("C’est une faute du prestataire.", "costly", "faute"),
        ("We take full responsibility.", "costly", "responsibility"),
        ("Nous nous engageons à tout rembourser.", "costly", "Nous nous engageons"),
        ("Dossier 2026 1234 5678 90.", "long_number", "2026 1234 5678 90"),
        ("Carte 12345678901234.", "long_number", "12345678901234"),
        ("Patient 1 85 05 78 006 084 36.", "national_number", "1 85 05 78 006 084 36"),
        ("Patient 285057800608436.", "national_number", "285057800608436"),
        ("Patient 1850578006084.", "national_number", "1850578006084"),
        ("Née à Bastia : 2 85 05 2B 006 084.", "national_number", "2 85 05 2B 006 084"),
        ("Contact : [À COMPLÉTER : contact presse].", "blank", "contact presse"),
        ("Contact: [TO BE COMPLETED: press contact].", "blank", "press contact"),
        ("Pour vos rendez-vous : 01 00 00 00 02.", "phone", "01 00 00 00 02"),
        ("Rappelez le 06.12.34.56.78.", "phone", "06.12.34.56.78"),
        ("Call +33 (0)6 12 34 56 78.", "phone", "+33 (0)6 12 34 56 78"),
        ("Call 020 7946 0000.", "phone", "020 7946 0000"),
        ("Voir https://secours.exemple.fr/point.", "link", "https://secours.exemple.fr/point"),
        ("Voir www.exemple.fr.", "link", "www.exemple.fr"),
        ("Écrivez à accueil@exemple.fr.", "link", "accueil@exemple.fr"),
    ],
)
def test_pointed_out_with_the_words(text: str, what: str, words: str) -> None:
    assert found(text) == [(what, words)]


@pytest.mark.parametrize(
    "text",
    [
        "En cas d’urgence médicale : appelez le 15.",
        "Un SMS suspect : transférez-le au 33700. Le 114 si vous entendez mal.",
        "Vous pouvez vous adresser à la CNIL, sur cnil.fr ou par courrier.",
        "Les services touchés sont le laboratoire et l’imagerie.",
        "À ce stade, nous n’avons pas identifié de fuite ; les vérifications continuent.",
        "L’incident a commencé le 21 novembre 2026 à 14 h 05.",
        "Prochain message : à 18 h.",
        "Nos équipes assurent la continuité des soins.",
        "Care goes on. Next message at 18:00.",
        "Le continent, l’hiver, un conte : des mots ordinaires.",
        "Vous pouvez continuer à venir aux urgences.",
        "N’allumez aucun poste. N'allumez plus aucun poste ni aucune imprimante.",
        "Ne cliquez sur aucun lien, ne donnez à personne aucun code.",
        "Ne donnez jamais votre mot de passe.",
        "Consignes\n- Ne brancher aucune clé",
        "Il ne faut allumer aucun poste. Vous ne devez cliquer sur aucun lien.",
        "Merci de n’ouvrir aucun message. Aucun poste ne doit être allumé.",
        "Never open an attachment. Please never share a code.",
        "Switch on none of the machines.",
        "Deux millions de patients. Personnes concernées : environ deux millions.",
        "A loss of two million and a half records. The breach concerns two million people.",
        "Un franc succès. Deux ou trois personnes attendent depuis une heure.",
    ],
)
def test_ordinary_words_pass(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("Une plainte a été déposée.", Act.COMPLAINT),
        ("Nous avons porté plainte.", Act.COMPLAINT),
        ("L’hôpital a déposé une plainte.", Act.COMPLAINT),
        ("A complaint has been filed.", Act.COMPLAINT),
        ("We have filed a complaint.", Act.COMPLAINT),
        ("La CNIL a été notifiée.", Act.DATA_AUTHORITY),
        ("We have notified the CNIL.", Act.DATA_AUTHORITY),
        ("Les autorités compétentes ont été informées.", Act.AUTHORITIES),
        ("Les autorités sont informées.", Act.AUTHORITIES),
        ("The competent authorities have been informed.", Act.AUTHORITIES),
    ],
)
def test_an_act_is_stated_only_when_it_is_proved(text: str, act: Act) -> None:
    assert [what for what, _ in found(text)] == ["act"]
    assert found(text, frozenset({act})) == []


@pytest.mark.parametrize(
    "text", ["Une plainte va être déposée.", "Nous allons prévenir la CNIL.", "A complaint will follow."]
)
def test_what_is_to_come_is_no_act(text: str) -> None:
    assert found(text) == []


def test_what_proves_what() -> None:
    assert proved([]) == frozenset()
    assert proved(["FR-LOPMI-PLAINTE"]) == {Act.COMPLAINT, Act.AUTHORITIES}
    assert proved(["EU-GDPR-33-SA"]) == {Act.DATA_AUTHORITY, Act.AUTHORITIES}
    assert proved(["FR-ASSUR-5JO"]) == frozenset()


def test_only_blanks_and_patients_numbers_stop() -> None:
    assert {each for each in Finding if each.blocks} == {Finding.BLANK, Finding.NATIONAL_NUMBER}


def test_what_stops_comes_first_and_each_words_once() -> None:
    text = "Jamais. LockBit. Jamais. [À COMPLÉTER : x] 1850578006084"
    assert found(text) == [
        ("blank", "x"), ("national_number", "1850578006084"), ("absolute", "Jamais"), ("attacker", "LockBit"),
    ]  # fmt: skip


def test_blanks_are_filled_by_name() -> None:
    text = f"A {blank('un', 'fr')} B {blank('deux', 'fr')} C {blank('un', 'fr')}"
    assert blanks(text) == ("un", "deux")
    assert fill(text, "un", r"\1 x") == rf"A \1 x B {blank('deux', 'fr')} C \1 x"
    assert fill(text, "trois", "x") == text


@pytest.mark.parametrize(
    ("value", "said"),
    [("reportés", "reportés."), ("Venez.", "Venez."), ("On ne sait pas !", "On ne sait pas !"), ("à voir…", "à voir…")],
)
def test_what_ends_a_sentence_ends_it_once(value: str, said: str) -> None:
    text = f"Rendez-vous : {blank('un', 'fr')}. Après : {blank('un', 'fr')}, puis rien."
    assert fill(text, "un", value) == f"Rendez-vous : {said} Après : {value}, puis rien."


def test_what_begins_a_line_begins_with_a_capital() -> None:
    text = f"{blank('un', 'fr')}.\nEt {blank('un', 'fr')}\n- {blank('un', 'fr')}"
    assert fill(text, "un", "école fermée") == "École fermée.\nEt école fermée\n- école fermée"
    for address in ("dpo@val-fleuri.example, 01 00 00 00 02", "www.secours.example", "secours.example/infos"):
        assert fill(text, "un", address).startswith(address)


LISTS = Lists(("Dr Knock",), ("Medisys", "Medisys Plus", "X"), ("+33 6 12 34 56 78",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Medisys travaille.", [("supplier", "Medisys")]),
        ("MEDISYS  plus travaille.", [("supplier", "MEDISYS  plus")]),
        ("Medisystème et X travaillent.", []),
        ("Le Dr\u00a0Knock vous répond.", [("name", "Dr\u00a0Knock")]),
        ("Appelez le 06.12.34.56.78.", [("own_phone", "06.12.34.56.78")]),
        ("Appelez le 06 12 34 56 79.", []),
    ],
)
def test_what_stands_on_a_list_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.what.value, text[each.start : each.end]) for each in watched(text, LISTS)] == expected


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=4))
def test_no_list_breaks_the_search(text: str, names: list[str]) -> None:
    for each in watched(text, Lists(tuple(names), tuple(names), tuple(names))):
        assert 0 <= each.start < each.end <= len(text)


@pytest.mark.timeout(60)
def test_a_hostile_text_is_read_in_time() -> None:
    began = time.process_time()  # whatever else the machine does
    for text in (
        "plainte " * 4000,
        "1 " * 10_000,
        "a:" * 10_000,
        "[À COMPLÉTER :" * 2000,
        "reprise " * 4000,
        "9." * 10_000,
        "0 " * 10_000,
        "00 0" * 5000,
        "a.b@" * 5000,
        "2 millions et " * 700,
        "dix d’" * 1500,
        "n’ouvrez aucun x ni " * 500,
        "ne donnez à a a " * 700,
    ):
        screen(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Priorités : {}.", "Priorités : 1. CNIL."),
        ("{}.", "1\\. CNIL."),
        ("Liste\n- {}", "Liste\n- 1\\. CNIL"),
    ],
)
def test_a_mark_is_guarded_only_where_it_would_be_one(text: str, said: str) -> None:
    assert fill(text.format(blank("un", "fr")), "un", "1\\. CNIL") == said


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("Mme K. au lit 3 et Medisys SAS", "[donnée patient] et Medisys SAS", ["Medisys SAS"]),
        ("Medisys SAS, puis Mme K.", "Medisys SAS, puis [donnée patient]", ["Medisys SAS"]),
        ("Medisys SAS soigne Mme K.", "[donnée patient]", []),
        ("Medisys soigne Mme K., Medisysteme aussi", "[donnée patient], Medisysteme aussi", []),
    ],
)
def test_what_stands_on_a_list_is_found_again_in_a_text_that_was_shortened(
    before: str, after: str, left: list[str]
) -> None:
    name = "Medisys SAS" if "Medisys SAS" in before else "Medisys"
    spans = [Watched(Finding.SUPPLIER, before.index(name), before.index(name) + len(name))]
    assert [after[each.start : each.end] for each in anchored(spans, before, after)] == left


@pytest.mark.parametrize(
    "text",
    [
        "We do not know whether your data is safe.",
        "Your data is not safe.",
        "Nous vérifions si les données sont intactes.",
        "Vos données ne sont pas en sécurité.",
        "Gardez vos dossiers à l’abri.",
        "We will be back with news at 20:00.",
    ],
)
def test_what_is_asked_or_denied_promises_nothing(text: str) -> None:
    assert not [each for each in screen(text) if each.what in (Finding.ABSOLUTE, Finding.RECOVERY)]
