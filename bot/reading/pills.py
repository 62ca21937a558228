"""Pills in a message's HTML. Guarantee: a pill means the Matrix id in its link, whatever its label says.

The plain body says what was typed; of the HTML only the links count. A link whose label or id is not found in
the body changes nothing, so that HTML which differs from the body cannot give a command.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote

_LINK = re.compile(r"\Ahttps://matrix\.to/#/(?=@|%40)(?P<id>[^/?]+)|\Amatrix:u/(?P<bare>[^/?]+)", re.IGNORECASE)
_ID = re.compile(r"\A@[^\s:@]{1,200}:[^\s@/?]{1,200}\Z")
_MOST_PILLS = 50


class Pill(NamedTuple):
    """A mention: the Matrix id that it links to and the label that people see."""

    matrix_id: str
    label: str


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pills: list[Pill] = []
        self._open: str | None = None
        self._label: list[str] = []
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("mx-reply", "blockquote"):
            self._quoted += 1
        elif tag == "a" and not self._quoted:
            self._open = matrix_id_of(dict(attrs).get("href") or "")
            self._label = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("mx-reply", "blockquote"):
            self._quoted = max(0, self._quoted - 1)
        elif tag == "a" and self._open:
            self.pills.append(Pill(self._open, "".join(self._label).strip()))
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self._label.append(data)


def matrix_id_of(href: str) -> str | None:
    """Return the user id that a `matrix.to` link or a `matrix:` URI leads to; None for any other link."""
    found = _LINK.match(href.strip())
    if not found:
        return None
    matrix_id = unquote(found["id"]) if found["id"] else "@" + unquote(found["bare"])
    return matrix_id if _ID.match(matrix_id) else None


def pills(html: str | None) -> tuple[Pill, ...]:
    """Return the mentions of people in the HTML, in order, but for those in a quotation."""
    if not html or "<a" not in html.lower():
        return ()
    links = _Links()
    try:
        links.feed(html[:200_000])
        links.close()
    except (AssertionError, ValueError):
        # The parser refuses some malformed declarations; such HTML holds no mention that we would trust.
        return ()
    return tuple(links.pills[:_MOST_PILLS])


def mentioned(html: str | None) -> frozenset[str]:
    """Return the Matrix ids that the HTML has pills of."""
    return frozenset(pill.matrix_id for pill in pills(html))


def with_ids(body: str, found: tuple[Pill, ...]) -> str:
    """Return the body with each pill's label replaced by the Matrix id that the pill links to."""
    start = 0
    for pill in found:
        for written in (_markdown(pill), _labelled(pill), re.escape(pill.matrix_id)):
            hit = re.compile(written).search(body, start) if written else None
            if hit:
                body = f"{body[: hit.start()]}{pill.matrix_id}{body[hit.end() :]}"
                start = hit.start() + len(pill.matrix_id)
                break
    return body


def _markdown(pill: Pill) -> str:
    """Some clients leave `[label](https://matrix.to/#/@id)` in the body."""
    return rf"\[{re.escape(pill.label)}\]\(https://matrix\.to/#/[^)\s]{{1,400}}\)"


def _labelled(pill: Pill) -> str:
    return rf"(?<![\w@])@?{re.escape(pill.label)}(?!\w|:\w)" if pill.label else ""
