"""A broken playbook is refused with one sentence that names the file and the task."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.library import templates
from bot.library.playbook_faults import SENTENCES
from bot.library.playbook_style import begins_with_imperative, begins_with_infinitive
from bot.library.playbooks import PlaybookFault, lint, load
from bot.resources import data

SHIPPED = data("playbooks")
NBSP = "\u00a0"

OVER = "id: rancongiciel\nextends: rancongiciel\ntasks:\n"

BROKEN = [
    # (what the organisation's file holds, the task named or None, words of the sentence in French, in English)
    ("id: [", None, "pas du YAML valide (ligne", "not valid YAML (line"),
    ("a: *nowhere", None, "pas du YAML valide", "not valid YAML"),
    ("", None, "doit décrire un scénario", "must describe a scenario"),
    ("- une liste", None, "doit décrire un scénario", "must describe a scenario"),
    ("code: ABC", None, f"il manque «{NBSP}id{NBSP}»", "“id” is missing"),
    ("id: core\nid: core", None, "la clé «\u00a0id\u00a0» est donnée deux fois (ligne 2)", "given twice (line 2)"),
    ("id: Mon Scénario", None, "n’accepte pas la valeur \"Mon Scénario\"", "does not accept the value"),
    ("id: nouveau\ntitre: x", None, f"clé inconnue{NBSP}: titre", "unknown key: titre"),
    ("id: nouveau\ntitle: x", None, f"il manque «{NBSP}code{NBSP}»", "“code” is missing"),
    ("id: nouveau\nextends: inconnu", None, "le scénario inconnu n’existe pas", "there is no scenario inconnu"),
    ("id: nouveau\nextends: nouveau", None, "le scénario nouveau n’existe pas", "there is no scenario nouveau"),
    (
        "id: core\nextends: rancongiciel",
        None,
        "finit par s’étendre lui-même",
        "ends up extending itself",
    ),
    (
        "id: rancongiciel\nextends: rancongiciel\nwithout: [RAN-IT-77]",
        None,
        "la tâche RAN-IT-77 n’existe pas",
        "has no task RAN-IT-77",
    ),
    (OVER + "  - {id: RAN-IT-1, title: x}", "RAN-IT-1", "n’accepte pas la valeur \"RAN-IT-1\"", "does not accept"),
    (OVER + "  - {id: RAN-IT-01, role: sorcier}", "RAN-IT-01", "«\u00a0role\u00a0» n’accepte pas", "“role” does not accept"),
    (OVER + "  - {id: RAN-IT-01, track: magie}", "RAN-IT-01", "«\u00a0track\u00a0» n’accepte pas", "“track” does not"),
    (OVER + "  - {id: RAN-IT-01, phase: midi}", "RAN-IT-01", "«\u00a0phase\u00a0» n’accepte pas", "“phase” does not"),
    (OVER + "  - {id: RAN-IT-01, delay: bientôt}", "RAN-IT-01", "«\u00a0delay\u00a0» n’accepte pas", "“delay” does not"),
    (OVER + "  - {id: RAN-IT-01, delay: 0h}", "RAN-IT-01", "«\u00a0delay\u00a0» n’accepte pas", "“delay” does not"),
    (OVER + "  - {id: RAN-IT-01, anchor: noël}", "RAN-IT-01", "«\u00a0anchor\u00a0» n’accepte pas", "“anchor” does not"),
    (OVER + "  - {id: RAN-IT-01, title: {fr: Voir}}", "RAN-IT-01", "title.en", "title.en"),
    (OVER + "  - {id: RAN-IT-01, title: ''}", "RAN-IT-01", "«\u00a0title\u00a0» n’accepte pas", "“title” does not"),
    (OVER + "  - {id: RAN-IT-01, couleur: vert}", "RAN-IT-01", f"clé inconnue{NBSP}: couleur", "unknown key: couleur"),
    (
        OVER + "  - {id: RAN-IT-01, triggers: {deadlines: [cnile]}}",
        "RAN-IT-01",
        "aucune échéance ne s’appelle «\u00a0cnile\u00a0»",
        "no clock is called “cnile”",
    ),
    (
        OVER + "  - {id: RAN-IT-01, condition: {question: insurance, unless: maybe}}",
        "RAN-IT-01",
        "«\u00a0condition.unless\u00a0» n’accepte pas",
        "“condition.unless” does not accept",
    ),
    (OVER + "  - {id: RAN-IT-99, title: Voir venir}", "RAN-IT-99", f"il manque «{NBSP}track{NBSP}»", "“track” is missing"),
    (
        OVER + "  - {id: RAN-IT-01, critical: true}\n  - {id: RAN-IT-01, critical: true}",
        "RAN-IT-01",
        "l’identifiant RAN-IT-01 est donné deux fois",
        "the id RAN-IT-01 is given twice",
    ),
    (
        OVER + "  - {id: RAN-IT-02, depends_on: [RAN-IT-98]}",
        "RAN-IT-02",
        "dépend de RAN-IT-98, qui n’existe pas",
        "depends on RAN-IT-98, which does not exist",
    ),
    (
        OVER + "  - {id: RAN-IT-01, depends_on: [RAN-IT-03]}",
        "RAN-IT-0",
        "les dépendances tournent en rond",
        "go round in circles",
    ),
    (
        OVER + "  - {id: RAN-IT-01, blocked_by: [SOC-IT-01]}",
        "RAN-IT-01",
        "SOC-IT-01 est dans blocked_by sans être dans depends_on",
        "SOC-IT-01 is in blocked_by but not in depends_on",
    ),
    (
        "id: autre\ncode: RAN\nname: autre\ntitle: Autre\ndescription: Autre.",
        None,
        f"le nom «{NBSP}ran{NBSP}» désigne déjà",
        "the name “ran” already means",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "task", "french", "english"), BROKEN)
def test_an_organisations_broken_file_is_refused_in_one_sentence(
    tmp_path: Path, text: str, task: str | None, french: str, english: str
) -> None:
    (tmp_path / "notre.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlaybookFault) as refused:
        load(SHIPPED, tmp_path)
    fault = refused.value.fault
    said = str(refused.value)
    assert french in said
    assert english in fault.both().en
    assert said == fault.both().fr
    assert "\n" not in said
    if task is not None:
        assert task in said
    assert str(lint(SHIPPED, tmp_path)[0]) == said


def test_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "notre.yaml").write_text("id: [", encoding="utf-8")
    with pytest.raises(PlaybookFault, match=r"^notre\.yaml\u00a0: "):
        load(SHIPPED, tmp_path)


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notre.yaml").write_bytes(b"id: \xff\xfe")
    with pytest.raises(PlaybookFault, match="n’est pas écrit en UTF-8"):
        load(SHIPPED, tmp_path)


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("id: core\nextends: core", encoding="utf-8")
    with pytest.raises(PlaybookFault, match=r"^b\.yaml.*core est donné deux fois"):
        load(SHIPPED, tmp_path)


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    (tmp_path / "notre.yaml").write_text(
        OVER
        + "  - id: RAN-IT-01\n    condition: {question: ransom, unless: no}\n"
        + "    source: {ref: Plan, kind: practice, checked: 2026-11-21}\n",
        encoding="utf-8",
    )
    task = load(SHIPPED, tmp_path).playbooks["rancongiciel"].task("RAN-IT-01")
    assert task is not None
    assert task.condition is not None
    assert task.condition.unless == "no"
    assert task.source.checked == "2026-11-21"


# -- house style -------------------------------------------------------------------------------------------------------

STYLE = [
    # (file, what stands there, what is put instead, (the fault, the task))
    ("core", 'en: "Hold the hot debrief: one hour', 'en: "Hot debrief: one hour', ("no_verb_en", "SOC-DIR-19")),
    ("core", 'fr: "Tenir le débriefing à chaud', 'fr: "Débriefing à chaud', ("no_verb_fr", "SOC-DIR-19")),
    ("core", 'fr: "Rédiger la chronologie', 'fr: "Rediger la chronologie', ("no_accent", "SOC-IT-08")),
    ("core", f"Point de situation n°{NBSP}1", "Point de situation a la suite", ("no_accent", "SOC-DIR-06")),
    ("core", f"dans Tocsin{NBSP}:", "dans Tocsin :", ("no_nbsp", "SOC-DIR-01")),
    ("core", "Tableau daté", "Tableau «daté»", ("no_nbsp", "SOC-IT-05")),
    ("core", "Dated table", "Dated table ; map", ("spacing", "SOC-IT-05")),
    ("core", "Tableau daté", "Tableau  daté", ("spacing", "SOC-IT-05")),
    ("core", "Une crise ne doit pas finir par oubli.", "Une crise ne doit pas finir par oubli",
     ("no_full_stop", "SOC-DIR-18")),
    ("core", "fr: \"Annoncer la fin de crise", "fr: \"Annoncer " + "très " * 20 + "tard la fin de crise", ("too_long", "SOC-COM-11")),
    ("core", "      deadlines: [retex-chaud]\n", "      deadlines: none\n", ("no_reason", "SOC-DIR-19")),
    ("core", "    triggers:\n      deadlines: [personnes]\n      templates: [personnes]\n", "", ("no_deadline", "SOC-JUR-08")),
    ("core", "      templates: [suivi]\n", "      deadlines: [interne]\n", ("no_template", "SOC-COM-09")),
    ("core", "    delay: 6h\n    depends_on: [SOC-IT-05, SOC-JUR-01]", "    delay: 1h\n    depends_on: [SOC-IT-05, SOC-JUR-01]",
     ("too_early", "SOC-COM-07")),
    ("core", "  - id: SOC-DIR-14\n    track: management", "  - id: SOC-DIR-14\n    track: it", ("wrong_track", "SOC-DIR-14")),
    ("rancongiciel", "id: RAN-DIR-02", "id: XXX-DIR-02", ("wrong_code", "XXX-DIR-02")),
    ("rancongiciel", 'fr: "Confirmer par une décision', 'fr: "Payer par une décision', ("pays", "RAN-DIR-01")),
    ("core", "      deadlines: [retex-chaud]\n", "      deadlines: [retex-chaud, eidas]\n", None),
    ("core", "    delay: 3d\n", "    delay: 3d\n    awaits: {filed: EU-GDPR-33-SA}\n", None),
    ("core", "    delay: 3d\n", "    delay: 3d\n    awaits: {filed: EU-GDPR-33-XX}\n", ("clock_unknown", "SOC-JUR-08")),
    ("core", "    delay: 3d\n", '    delay: 3d\n    anchor: "filed:EU-GDPR-99"\n', ("clock_unknown", "SOC-JUR-08")),
    ("dispositif", "  - id: SOC-SOI-01\n    how:", "  - id: SOC-SOI-01\n    delay: 15m\n    how:",
     ("figure_unmarked", "SOC-SOI-01")),
    ("core", "    wording:\n      company:\n        title:\n          fr: \"Demander l’appui du CSIRT",
     "    wording:\n      medical_practice:\n        title:\n          fr: \"Demander l’appui du CSIRT",
     ("wording_unused", "SOC-IT-03")),
    ("ddos", "La plainte elle-même a sa propre tâche.", "La plainte est la tâche SOC-JUR-06.", ("names_an_id", "DDO-JUR-01")),
    ("cabinet", "    blocked_by: [CAB-JUR-03]", "    blocked_by: [CAB-IT-04]", None),
    ("rancongiciel", 'title:\n  fr: "Rançongiciel"\n  en: Ransomware', "title: Rançongiciel", ("one_language", None)),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), STYLE)
def test_the_linter_sees(
    tmp_path: Path, file: str, old: str, new: str, expected: tuple[str, str | None] | None
) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(SHIPPED, folder)
    path = folder / "scenarios" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text, "the shipped text has changed: mend this row"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = lint(folder)
    if expected is None:
        assert faults == []
        return
    assert expected in [(fault.code, fault.task) for fault in faults]
    assert all(str(fault).startswith(f"{file}.yaml") for fault in faults)


def test_the_linter_wants_a_critical_task_early_in_each_track(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(SHIPPED, folder)
    for path in folder.joinpath("scenarios").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("role: care_director\n    critical: true", "role: care_director"), encoding="utf-8"
        )
    found = [fault.sentence("en") for fault in lint(folder) if fault.code == "no_early_task"]
    wanting = "{}: no critical task within two hours in the track care ({})"
    for file in ("ddos.yaml", "fuite.yaml", "prestataire.yaml"):
        assert {wanting.format(file, kind) for kind in ("hospital", "medical_practice")} <= set(found)
    assert [said for said in found if said.startswith("rancongiciel")] == [
        wanting.format("rancongiciel.yaml", "medical_practice")
    ], "where machines are locked, a hospital still has pharmacy and laboratory"
    assert all("in the track care" in said for said in found)


@pytest.mark.parametrize(
    ("title", "ok"),
    [
        ("Couper le lien", True),
        ("Ne pas éteindre les machines", True),
        ("Ne jamais citer le groupe", True),
        ("Se réunir à huit heures", True),
        ("S’assurer de la sauvegarde", True),
        ("Établir les relèves", True),
        ("Prévoir les repas", True),
        ("Transmettre le numéro", True),
        ("Réduire au strict nécessaire", True),
        ("Écrire au registre", True),
        ("Clore le dossier", True),
        ("Couper", False),
        ("Registre des violations", False),
        ("Dossier de plainte", False),
        ("Papier et imprimantes", False),
        ("Lettre aux patients", False),
        ("Message interne immédiat", False),
        ("Procédure dégradée", False),
        ("Coupez le lien", False),
        ("", False),
    ],
)
def test_a_french_title_begins_with_an_infinitive(title: str, ok: bool) -> None:
    assert begins_with_infinitive(title) is ok


@pytest.mark.parametrize(
    ("title", "ok"),
    [
        ("Cut the link", True),
        ("Do not switch on", True),
        ("Link cut", False),
        ("Cutting the link", False),
        ("Cut", False),
    ],
)
def test_an_english_title_begins_with_an_imperative(title: str, ok: bool) -> None:
    assert begins_with_imperative(title) is ok


def test_every_kind_of_fault_has_its_sentence_in_both_languages() -> None:
    for code, sentence in SENTENCES.items():
        assert sentence.fr != sentence.en, code
        assert " :" not in sentence.fr, f"{code}: a no-break space stands before a colon"


@pytest.mark.parametrize("what", ["clock", "template"])
def test_the_linter_sees_what_is_named_and_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(SHIPPED, folder)
    if what == "clock":
        rules = folder / "deadlines" / "house.yaml"
        text = rules.read_text(encoding="utf-8")
        rules.write_text(text.replace("fr: attente,", "fr: patience,"), encoding="utf-8")
    else:
        shipped = templates.load_shipped()
        kept = {key: each for key, each in shipped.by_id.items() if key[0] != "TPL-05"}
        monkeypatch.setattr(templates, "load_shipped", lambda: replace(shipped, by_id=kept))
    found = [(fault.code, fault.task) for fault in lint(folder)]
    assert (f"{what}_unknown", "SOC-COM-05") in found
    assert {code for code, _ in found} == {f"{what}_unknown"}


def test_a_stop_that_nobody_can_show_to_be_lifted_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(SHIPPED, folder)
    path = folder / "scenarios" / "core.yaml"
    text = path.read_text(encoding="utf-8")
    note = '    evidence:\n      fr: "Note d’éviction"\n      en: "Eviction note"\n'
    assert note in text
    path.write_text(text.replace(note, ""), encoding="utf-8")
    assert ("stop_not_critical", "SOC-IT-11") in [(fault.code, fault.task) for fault in lint(folder)]
