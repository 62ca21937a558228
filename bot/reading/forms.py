"""All the plain forms, in the order in which they are tried: what a word means comes last."""

from __future__ import annotations

from bot.reading.form import Form
from bot.reading.forms_asked import ASKED, WORDS
from bot.reading.forms_proposed import TOLD_IT
from bot.reading.forms_work import WORK

SAID: tuple[Form, ...] = (*WORK, *ASKED, *TOLD_IT, *WORDS)
