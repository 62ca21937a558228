"""A second verifier of an exported folder, written from the format alone: it imports nothing of Tocsin's.

`python independent.py FOLDER` prints `intact` or the first fault, and exits 0 or 1. It is here so that the
product's own verifier has somebody to agree with, and to show how little a stranger needs.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def demand(held, what):
    if not held:
        raise ValueError(what)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def unpadded(text):
    raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    demand(base64.b64encode(raw).decode().rstrip("=") == text, "base64: spelling")
    return raw


def read(raw):
    def once(pairs):
        demand(len(dict(pairs)) == len(pairs), "a key twice")
        return dict(pairs)

    return json.loads(raw.decode(), object_pairs_hook=once)


def journal(raw, withheld):
    hashes, events, empty, named = [], set(), set(), {}
    demand(raw.endswith(b"\n"), "the last line is cut")
    for number, line in enumerate(raw.removesuffix(b"\n").split(b"\n"), 1):
        entry = read(line)
        demand(entry["seq"] == number, f"line {number}: seq")
        demand(entry["prev_hash"] == (hashes[-1] if hashes else "0" * 64), f"line {number}: prev_hash")
        head = {name: entry[name] for name in entry if name not in ("content", "nonce", "entry_hash")}
        demand(sha256(rfc8785.dumps(head)) == entry["entry_hash"], f"line {number}: entry_hash")
        content = entry["content"]
        if content is None:
            demand(entry["nonce"] is None, f"line {number}: nonce")
            empty.add(number)
        else:
            hashed = sha256(bytes.fromhex(entry["nonce"]) + rfc8785.dumps(content))
            demand(hashed == entry["content_hash"], f"line {number}: content_hash")
            if entry["kind"] == "purge":
                named.update(dict.fromkeys(content["target"], number))
            if entry["kind"] == "anchor":
                demand(hashes[content["seq"] - 1] == content["entry_hash"], f"line {number}: anchor")
        demand(entry["event_id"] is None or entry["event_id"] not in events, f"line {number}: event_id")
        events.add(entry["event_id"])
        hashes.append(entry["entry_hash"])
    demand(all(named.get(seq, 0) > seq or seq in withheld for seq in empty), "a content is gone")
    return entry, hashes, empty


def verify(folder):
    raw = (folder / "manifest.json").read_bytes()
    manifest = read(raw)
    demand(rfc8785.dumps(manifest) == raw, "manifest: not canonical")
    demand(manifest["format"] == "tocsin/1", "manifest: format")
    signature = unpadded((folder / "manifest.sig").read_text())
    Ed25519PublicKey.from_public_bytes(unpadded(manifest["key"])).verify(signature, raw)
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    listed = {file["path"]: file for file in manifest["files"]}
    demand(there == set(listed) | {"manifest.json", "manifest.sig"}, "a file more or less")
    for path, file in listed.items():
        data = (folder / path).read_bytes()
        demand((len(data), sha256(data)) == (file["size"], file["sha256"]), f"{path}: changed")
    last, hashes, empty = journal((folder / "journal.jsonl").read_bytes(), manifest["withheld"])
    demand(manifest["head"] == {name: last[name] for name in manifest["head"]}, "manifest: head")
    demand(manifest["entries"] == len(hashes), "manifest: entries")
    demand(all(hashes[a["seq"] - 1] == a["entry_hash"] for a in manifest["anchors"]), "manifest: anchors")
    demand(set(manifest["purged"]) | set(manifest["withheld"]) <= empty, "manifest: purged")


def main(folder):
    try:
        verify(Path(folder))
    except (InvalidSignature, ValueError, KeyError, TypeError, IndexError, OSError) as fault:
        print(f"not intact: {fault!r}")
        return 1
    print("intact")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
