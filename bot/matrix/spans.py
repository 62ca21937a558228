"""A reader of JSON that gives exact bytes. Guarantee: one value that cannot be read costs no other, and no
nesting is too deep to be stepped over.

`json.loads` reads all or nothing: an event nested a thousand levels deep would cost the whole sync response,
again at each attempt, for ever. And what is logged as evidence must be the bytes that came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_STRUCTURE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*")
_SCALAR = re.compile(rb"[^,:\[\]{}\" \t\r\n]+")


class BrokenJson(ValueError):  # noqa: N818 - says what it is
    """The text ends early or is not JSON."""


class Cursor:
    """A place in a JSON text, always before a value."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def members(self) -> Iterator[str]:
        """Yield the keys of the object here, the cursor before each value; a value that is not taken is
        skipped.

        Anything but an object is stepped over and yields nothing. Raises BrokenJson.
        """
        if self._peek() != b"{":
            self.skip()
            return
        self._take()
        while self._peek() != b"}":
            key = self._key()
            if self._take() != b":":
                raise BrokenJson("no colon after a key")
            yield from self._visit(key)
            if self._peek() == b",":
                self._take()
            elif self._peek() != b"}":
                raise BrokenJson("an object does not end")
        self._take()

    def items(self) -> Iterator[None]:
        """Stand before each item of the array here; like `members`."""
        if self._peek() != b"[":
            self.skip()
            return
        self._take()
        while self._peek() != b"]":
            for _ in self._visit(""):
                yield
            if self._peek() == b",":
                self._take()
            elif self._peek() != b"]":
                raise BrokenJson("an array does not end")
        self._take()

    def skip(self) -> bytes:
        """Step over the value here and return its exact bytes. Raises BrokenJson."""
        self._space()
        start = self.at
        opening = self.data[start : start + 1]
        if opening in (b"{", b"["):
            self._skip_nested()
        else:
            found = (_STRING if opening == b'"' else _SCALAR).match(self.data, start)
            if not found:
                raise BrokenJson(f"no value at byte {start}")
            self.at = found.end()
        return self.data[start : self.at]

    def _visit(self, key: str) -> Iterator[str]:
        self._space()
        before = self.at
        yield key
        if self.at == before:
            self.skip()

    def _skip_nested(self) -> None:
        depth = 0
        for token in _STRUCTURE.finditer(self.data, self.at):
            mark = token[0]
            if mark in (b"{", b"["):
                depth += 1
            elif mark in (b"}", b"]"):
                depth -= 1
                if depth == 0:
                    self.at = token.end()
                    return
        raise BrokenJson("the text ends within a value")

    def _key(self) -> str:
        found = _STRING.match(self.data, self._space())
        if not found:
            raise BrokenJson(f"no key at byte {self.at}")
        self.at = found.end()
        try:
            return str(json.loads(found[0]))
        except ValueError:
            return ""  # not a key that we look for

    def _space(self) -> int:
        found = _SPACE.match(self.data, self.at)
        assert found is not None
        self.at = found.end()
        return self.at

    def _peek(self) -> bytes:
        start = self._space()
        return self.data[start : start + 1]

    def _take(self) -> bytes:
        start = self._space()
        self.at += 1
        return self.data[start : self.at]
