"""The words for services and for how they work, in both languages. Guarantee: one place says what each is called.

Keys are what the store keeps; the third part of each is what people type besides the labels.
"""

from __future__ import annotations

from bot.domain.language import Both

CARE: dict[str, tuple[Both, str]] = {
    "emergency": (Both("Urgences", "Emergency department"), "urgence, sau, emergency, er, a&e"),
    "dispatch": (Both("SAMU et SMUR", "Emergency dispatch"), "samu, smur, sas, regulation, 15, dispatch"),
    "intensive": (Both("Réanimation", "Intensive care"), "rea, usc, soins intensifs, icu, usi"),
    "theatre": (Both("Bloc opératoire", "Operating theatre"), "bloc, blocs, theatre, operating room, or"),
    "maternity": (Both("Maternité", "Maternity"), "mater, obstetrique, salle de naissance, neonatologie"),
    "laboratory": (Both("Laboratoire", "Laboratory"), "labo, biologie, lab, lis, sil"),
    "blood": (Both("Dépôt de sang", "Blood bank"), "sang, transfusion, blood"),
    "imaging": (Both("Imagerie", "Imaging"), "radio, radiologie, scanner, irm, pacs, ris, radiology"),
    "pharmacy": (Both("Pharmacie", "Pharmacy"), "pharma, pui, dispensation, medicaments"),
    "radiotherapy": (Both("Radiothérapie", "Radiotherapy"), "rayons"),
    "oncology": (Both("Cancérologie", "Oncology"), "oncologie, chimiotherapie, chimio, onco"),
    "dialysis": (Both("Dialyse", "Dialysis"), ""),
    "sterilisation": (Both("Stérilisation", "Sterilisation"), "ste, sterilization"),
    "wards": (Both("Hospitalisation", "Wards"), "etages, services, medecine, chirurgie, unites de soins"),
    "outpatients": (Both("Consultations", "Outpatients"), "consultation, externes, rendez-vous, clinics"),
    "admissions": (Both("Admissions", "Admissions"), "admission, accueil, bureau des entrees"),
    "psychiatry": (Both("Psychiatrie", "Psychiatry"), "psy"),
    "care_home": (Both("EHPAD", "Care home"), "usld, maison de retraite"),
    "records": (Both("Dossier patient", "Patient records"), "dpi, dossier, ehr, prescription"),
}
"""Where patients are looked after, and what serves them directly."""

BUILDING: dict[str, tuple[Both, str]] = {
    "telephones": (Both("Téléphones", "Telephones"), "telephone, telephonie, standard, tel, phones, phone"),
    "lifts": (Both("Ascenseurs", "Lifts"), "ascenseur, lift, elevators, elevator, monte-charge"),
    "cold_chain": (
        Both("Chaîne du froid", "Cold chain"),
        "froid, frigos, frigo, refrigerateurs, congelateurs, fridges",
    ),
    "badges": (Both("Badges et portes", "Badges and doors"), "badge, portes, controle d'acces, acces, doors"),
    "meals": (Both("Repas", "Meals"), "repas, cuisine, restauration, kitchen, catering"),
    "patient_calls": (Both("Appel malade", "Patient call bells"), "appels malades, sonnettes, call bells, call bell"),
    "ventilation": (
        Both("Ventilation et chauffage", "Ventilation and heating"),
        "ventilation, chauffage, climatisation, gtb, gtc, heating",
    ),
    "gases": (Both("Fluides médicaux", "Medical gases"), "fluides, oxygene, oxygen"),
    "power": (Both("Électricité", "Power"), "courant, electricite, electricity"),
    "transport": (Both("Brancardage et transports", "Portering and transport"), "brancardage, pneumatique, porters"),
}
"""The house itself."""

STATES: dict[str, tuple[Both, Both, str]] = {
    "stopped": (
        Both("à l’arrêt", "stopped"),
        Both("arrete", "stopped"),
        "arret, arretee, arretes, arretees, en arret, hs, hors service, en panne, panne, ferme, fermee, coupe, down",
    ),
    "diverted": (
        Both("patients déroutés", "diverted"),
        Both("deroute", "diverted"),
        "deroutee, deroutes, deroutees, deroutement, delestage, deleste, en delestage, on diversion, diversion",
    ),
    "degraded": (
        Both("en mode dégradé", "degraded"),
        Both("degrade", "degraded"),
        "degradee, degrades, degradees, mode degrade, en degrade, ralenti, partiel, partielle, sur papier, partial",
    ),
    "normal": (
        Both("en marche normale", "working normally"),
        Both("normal", "normal"),
        "normale, normaux, normales, ok, retabli, retablie, retablis, retablies, repris, rouvert, restored, back",
    ),
}
"""What is said of a state, what one types for it, and what people type besides."""
