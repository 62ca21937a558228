"""What goes with a datum, and what stays: quotes are known again however they are written, other texts are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.purge import Hiding, Reason, datum, says_why, stated_reason, words
from bot.domain.sensitive import Sensitive, is_card, is_nir, sensitive

SAID = "Le serveur de la patiente Zoubida Kerdraon, née le 12/03/1951, NIR 2 69 05 49 588 157 80, est tombé"
SAFE = "Le serveur d’une patiente est tombé"
KNOWN = frozenset({"karim", "haddad"})


def masked(text: str, *, linked: bool = False, replacement: str | None = SAFE, said: str = SAID) -> str | None:
    found = datum(said, replacement, KNOWN)
    assert found is not None
    return found.without(text, "[x]", linked=linked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SAID, SAFE),
        (f"✅ Noté : {SAID} !", f"✅ Noté : {SAFE} !"),
        ("> LA PATIENTE ZOUBIDA KERDRAON, NEE LE 12.03.1951", "> LA PATIENTE [x]"),
        ("la patiente zoubida   kerdraon…", "la patiente [x]…"),
        ("Zoubida va bien", None),
        ("le serveur de la messagerie est tombé", None),
        ("Karim Haddad est là", None),
        ("", None),
    ],
)
def test_a_quote_loses_the_datum_and_another_text_stays(text: str, expected: str | None) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F3 Zoubida", "F3 [x]"),
        ("F3 la patiente Zoub…", "F3 la patiente [x]…"),
        ("n° 269054958815780", "n° [x]"),
        ("n° 2-69-05-49-588-157-80", "n° [x]"),
        ("sans rien de cela", None),
    ],
)
def test_in_what_follows_from_the_message_a_name_or_a_number_is_enough(text: str, expected: str | None) -> None:
    assert masked(text, linked=True) == expected


def test_a_whole_message_goes_from_whatever_quotes_half_of_it() -> None:
    said = "Madame Kerdraon est au lit 3 du service de réanimation"
    assert masked("on dit : madame kerdraon est au lit 3 du service", replacement=None, said=said) == "on dit : [x]"
    assert masked("elle est au lit 3 du bloc", replacement=None, said=said) is None
    assert masked("le service de réanimation est ouvert", replacement=None, said=said) is None


def test_a_text_that_leaves_nothing_out_masks_nothing() -> None:
    assert datum("le lit 3", "Le lit 3 !", KNOWN) is None


def test_a_json_value_without_the_datum_is_the_very_same() -> None:
    found = datum(SAID, SAFE, KNOWN)
    assert found is not None
    hiding = Hiding((found,), "[x]")
    value = {"a": ["b", {"c": 1, "d": None}], "e": "serveur"}
    assert hiding.json(value) is value
    assert hiding.json({"a": [SAID, 3]}) == {"a": [SAFE, 3]}


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_people_type_stops_it(said: str, text: str) -> None:
    found = datum(said, None, frozenset())
    if found is not None:
        after = found.without(text, "", linked=True)
        assert after is None or len(after) <= len(text)
        assert found.without(said, "", linked=True) is None or not words(said) or True
    assert all(said[word.start : word.end] for word in words(said))


@pytest.mark.parametrize(
    ("typed", "reason", "rest"),
    [
        ("patient", Reason.PATIENT, ""),
        ("2", Reason.NIR, ""),
        ("n° de sécu", None, "n° de sécu"),
        ("Sécu : le texte", Reason.NIR, " : le texte"),
        ("carte bancaire", Reason.BANK, ""),
        ("patient data", Reason.PATIENT, ""),
        ("donnée d’un patient : le texte", Reason.PATIENT, " : le texte"),
        ("patient Dupont", Reason.PATIENT, " Dupont"),
        ("a colleague’s private life: the text", Reason.STAFF, ": the text"),
        ("another person’s data", Reason.PERSON, ""),
        ("private contact details", Reason.CONTACT, ""),
        ("parce que", None, "parce que"),
        ("", None, ""),
    ],
)
def test_a_reason_is_one_of_the_list(typed: str, reason: Reason | None, rest: str) -> None:
    assert stated_reason(typed) == (reason, rest)


def test_a_withdrawal_says_why_in_any_words() -> None:
    assert says_why("oups, donnée patient !") is Reason.PATIENT
    assert says_why("contains a SSN") is Reason.NIR
    assert says_why("doublon") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("NIR 2 69 05 49 588 157 80", Sensitive.NIR),
        ("269054958815780", Sensitive.NIR),
        ("2.69.05.49.588.157.80", Sensitive.NIR),
        ("1 85 05 2A 004 001 45", None),
        ("2 69 05 49 588 157 81", None),
        ("2 69 13 49 588 157 80", None),
        ("4111 1111 1111 1111", Sensitive.CARD),
        ("5555-5555-5555-4444", Sensitive.CARD),
        ("378282246310005", Sensitive.CARD),
        ("4111 1111 1111 1112", None),
        ("9111 1111 1111 1111", None),
        ("le ticket 20261122140512", None),
        ("a" * 50_000, None),
    ],
)
def test_a_number_is_warned_of_only_if_its_own_check_says_so(text: str, what: Sensitive | None) -> None:
    assert sensitive(text) is what


@pytest.mark.parametrize("department", ["2A", "2B", "2a", "75", "97"])
def test_the_key_of_a_social_security_number_knows_corsica(department: str) -> None:
    body = f"18505{department}004001"
    number = int(body.upper().replace("2A", "19").replace("2B", "18"))
    key = 97 - number % 97
    assert is_nir(f"{body}{key:02d}")
    assert not is_nir(f"{body}{key % 97 + 1:02d}")


def test_luhn() -> None:
    assert is_card("4012888888881881")
    assert not is_card("4012888888881882")
