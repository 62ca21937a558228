"""The words of a crisis cell: every one of them is found, in both languages, and says something."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.library.lexicon import LexiconFault, Word, load, load_shipped

WORDS = load_shipped().words


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.fr[0])
def test_each_name_finds_its_word_and_the_meaning_is_short(word: Word) -> None:
    for name in (*word.fr, *word.en):
        assert load_shipped().find(name) is word
        assert load_shipped().find(name.upper()) is word
    for language in ("fr", "en"):
        means = word.means.get(language)
        assert means[0].isupper()
        assert means.endswith(".")
        assert len(means) <= 160
        assert means.count(". ") <= 3


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("c’est quoi PRA ?", "PRA"),
        ("C'est quoi un DPO", "DPO"),
        ("what is a DPO?", "DPO"),
        ("les rumeurs", "rumeur"),
        ("mains courantes", "main courante"),
        ("Rancongiciels", "rançongiciel"),
        ("l’ARS", "ARS"),
        ("  evenement indesirable grave ", "événement indésirable grave"),
        ("double extortion", "double extorsion"),
        ("15", "SAMU"),
    ],
)
def test_it_is_asked_for_as_people_ask(typed: str, found: str) -> None:
    word = load_shipped().find(typed)
    assert word is not None
    assert word.fr[0] == found


def test_what_is_nearly_a_word_is_proposed_and_nothing_else() -> None:
    lexicon = load_shipped()
    assert lexicon.find("praa") is None
    assert lexicon.near("praa", "fr")[0] == "PRA"
    assert "déroutement" in lexicon.near("déroutment", "fr")
    assert lexicon.near("xylophone", "fr") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\n", "a list"),
        ("- {fr: [x], en: [y]}\n", "missing"),
        ("- {fr: [], en: [y], means: {fr: A., en: B.}}\n", "empty"),
        ("- {fr: [x], en: [y], means: {fr: A., en: B.}}\n- {fr: [X], en: [z], means: {fr: A., en: B.}}\n", "two words"),
    ],
)
def test_a_lexicon_that_is_wrong_says_where(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "words.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconFault, match=why):
        load(tmp_path)
