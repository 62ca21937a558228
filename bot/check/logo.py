"""The organisation's logo, as `tocsin check` sees it. Guarantee: what passes here was set on a page by the
typesetter that sets the posters."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check.line import Line, mend, ok
from bot.config import Config
from bot.domain.language import Both
from bot.domain.paper import Form
from bot.export.logo import LogoFault, read
from bot.export.pdf.press import PressFault, printed
from bot.export.sheets import TEMPLATE, Sheet, book

_SUBJECT = Both("logo", "logo")
_TRIED = Both("posé sur une page d’essai", "set on a trial page")


def check_logo(config: Config) -> Iterator[Line]:
    """Say whether the logo can stand on a poster; nothing where there is none."""
    path = config.organisation.logo
    if path is None:
        return
    other = Both(
        "donnez un PNG, un JPEG en RVB ou un SVG sans image liée, ou ôtez «\u00a0logo\u00a0» de [organisation]\u00a0: "
        "d’ici là les affiches portent le nom seul",
        "give a PNG, an RGB JPEG or an SVG without linked images, or take “logo” out of [organisation]: "
        "until then posters bear the name alone",
    )
    sheet = Sheet("", "", "", config.organisation.name, config.language, "")
    try:
        logo = read(path)
        printed(book(sheet, Form.POSTER, logo), 0, template=TEMPLATE, beside={logo.name: logo.data})
    except LogoFault as fault:
        yield mend(_SUBJECT, fault.both, other)
    except PressFault as fault:
        why = str(fault).partition(" (")[0]
        said = Both(f"{path} ne peut pas être imprimé ({why})", f"{path} cannot be printed ({why})")
        yield mend(_SUBJECT, said, other)
    else:
        yield ok(_SUBJECT, Both(f"{path.name}, {_TRIED.fr}", f"{path.name}, {_TRIED.en}"))
