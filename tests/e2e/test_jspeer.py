"""The peer itself: two clients with Element's cryptography, on a real homeserver, that trust only signed devices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from .jspeer import JsPeer, PeerError

Peers = Callable[..., Awaitable[JsPeer]]


async def test_two_signed_clients_talk_both_ways(peer: Peers) -> None:
    alice = await peer("alice")
    bruno = await peer("bruno", join=True)
    room = await alice.dm(bruno.user)
    await bruno.wait(lambda e: e["event"] == "membership" and e["state_key"] == bruno.user)

    asked = await alice.send(room, "Réunion à 14 h 05 ?")
    heard = await bruno.message(room, sender=alice.user)
    assert (heard["id"], heard["body"]) == (asked, "Réunion à 14 h 05 ?")
    assert (heard["encrypted"], heard["decrypted"], heard["shield"]) == (True, True, None)

    answered = await bruno.do("reply", room=room, event=asked, body="Oui.")
    back = await alice.message(room, sender=bruno.user)
    assert (back["id"], back["decrypted"]) == (answered["id"], True)
    assert back["relates"] == {"m.in_reply_to": {"event_id": asked}}

    assert await alice.trust(bruno.user) == {bruno.device: True}
    assert await bruno.trust(alice.user) == {alice.device: True}


async def test_an_unsigned_client_is_neither_read_nor_given_keys(peer: Peers) -> None:
    alice = await peer("alice")
    rogue = await peer("rogue", sign=False, isolation="all", join=True)
    room = await alice.dm(rogue.user)
    await rogue.wait(lambda e: e["event"] == "membership" and e["state_key"] == rogue.user)
    assert await alice.trust(rogue.user) == {rogue.device: False}

    await rogue.send(room, "Lisez-moi")
    unread = await alice.wait(lambda e: e["event"] == "message" and e["sender"] == rogue.user)
    assert (unread["decrypted"], unread["body"], unread["why"]) == (False, None, "UNSIGNED_SENDER_DEVICE")

    await alice.send(room, "Secret")
    withheld = await rogue.wait(lambda e: e["event"] == "message" and e["sender"] == alice.user)
    assert (withheld["decrypted"], withheld["body"]) == (False, None)
    assert withheld["why"] == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"


async def test_edits_reactions_and_withdrawals_are_seen(peer: Peers) -> None:
    alice = await peer("alice")
    bruno = await peer("bruno", join=True)
    room = await alice.create("Cellule", bruno.user)
    await bruno.wait(lambda e: e["event"] == "membership" and e["state_key"] == bruno.user)
    first = await alice.send(room, "Le serveur X est tombé")
    await bruno.message(room, contains="serveur X")

    await alice.do("edit", room=room, event=first, body="Le serveur Y est tombé")
    edit = await bruno.message(room, contains="serveur Y")
    assert edit["relates"] == {"rel_type": "m.replace", "event_id": first}
    await alice.do("react", room=room, event=first, key="✅")
    reaction = await bruno.wait(lambda e: e["event"] == "reaction")
    assert (reaction["relates"]["key"], reaction["encrypted"]) == ("✅", False)
    await alice.do("redact", room=room, event=first, reason="erreur")
    withdrawn = await bruno.wait(lambda e: e["event"] == "redaction")
    assert withdrawn["redacts"] == first


async def test_a_request_that_fails_says_why_and_the_client_goes_on(peer: Peers) -> None:
    alice = await peer("alice")
    with pytest.raises(PeerError, match=r"403|404|not"):
        await alice.join("!nowhere:elsewhere.test")
    with pytest.raises(PeerError, match="unknown request"):
        await alice.do("fly")
    assert await alice.trust(alice.user) == {alice.device: True}
