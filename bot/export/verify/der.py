"""DER (ITU-T X.690) as far as a time-stamp's answer needs it: its parts, one level at a time."""

from __future__ import annotations

from dataclasses import dataclass

SEQUENCE, OCTETS, SET, FIRST, SECOND = 0x30, 0x04, 0x31, 0xA0, 0xA1


@dataclass(frozen=True)
class Part:
    """One value: its tag, its content, and both with the length as they stood."""

    tag: int
    body: bytes
    whole: bytes


def parts(raw: bytes) -> list[Part]:
    """The values that stand one after the other in these bytes. Raises ValueError where they are not DER."""
    found, at = [], 0
    while at < len(raw):
        start, tag = at, raw[at]
        if tag & 0x1F == 0x1F or len(raw) - at < 2:
            raise ValueError("not DER: a long tag, or an end")
        length, at = raw[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 0 < size <= 4:
                raise ValueError("not DER: no length")
            length, at = int.from_bytes(raw[at : at + size]), at + size
        if at + length > len(raw):
            raise ValueError("not DER: cut short")
        found.append(Part(tag, raw[at : at + length], raw[start : at + length]))
        at += length
    return found


def part(raw: bytes, *path: int) -> bytes:
    """The content of the value at this place: at each level, the number of the value to go into."""
    for number in path:
        try:
            raw = parts(raw)[number].body
        except IndexError as error:
            raise ValueError("not DER: a value is missing") from error
    return raw


def made(tag: int, body: bytes) -> bytes:
    """A value of this tag and content."""
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + body
