"""Those who ask from outside: the press, patients, officials. Guarantee: an enquiry is open until its answer is
recorded, and who was to answer it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.language import Both, Language, fold


class Asker(StrEnum):
    """Who asks: it says who should answer."""

    PRESS = "press"
    PATIENT = "patient"
    OFFICIAL = "official"
    OTHER = "other"

    def label(self, language: Language) -> str:
        """What they are, in words."""
        return _LABELS[self].get(language)


_LABELS = {
    Asker.PRESS: Both("presse", "press"),
    Asker.PATIENT: Both("patient, famille", "patient, family"),
    Asker.OFFICIAL: Both("autorité, élu", "authority, elected official"),
    Asker.OTHER: Both("autre", "other"),
}
_PRESS = r"""
presse journalistes? radios? tele television tv journal redaction afp bfm\w* france.(?:info|bleu|3|2|inter) ici
ouest.france press reporters? newspaper broadcaster media bbc reuters
"""
_PATIENT = r"""
patiente?s? famille parents? mere pere fille fils conjointe? usagers? client\w* family relatives? mother father daughter
son customers?
"""
_OFFICIAL = r"""
ars cnil anssi prefete? prefecture maire mairie depute\w* senat\w* ministere ministre police gendarm\w* procureur\w*
cert\w* elue?s? tutelle authority mayor prefect ministry prosecutor officials?
"""
_KINDS: tuple[tuple[Asker, re.Pattern[str]], ...] = tuple(
    (asker, re.compile(rf"(?<!\w)(?:{'|'.join(words.split())})(?!\w)"))
    for asker, words in ((Asker.PRESS, _PRESS), (Asker.PATIENT, _PATIENT), (Asker.OFFICIAL, _OFFICIAL))
)


@dataclass(frozen=True)
class Enquiry:
    """What somebody outside wants to know. `owner` is who is to answer; `answer` what was said, by whom, when."""

    number: int
    who: str
    text: str
    asker: Asker
    by: str
    at: datetime
    owner: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    withdrawn: bool = False

    @property
    def id(self) -> str:
        return f"Q{self.number}"

    @property
    def open(self) -> bool:
        """Whether nobody has answered it."""
        return self.answered_at is None and not self.withdrawn


def asker_of(who: str) -> Asker:
    """What kind of person asks, by the words with which they were named."""
    said = fold(who)
    return next((asker for asker, pattern in _KINDS if pattern.search(said)), Asker.OTHER)
