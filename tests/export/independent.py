"""A second verifier of an exported folder, written from docs/format.md alone: it imports nothing of Tocsin's.

`python independent.py FOLDER` exits 0, or 1 with the first fault: somebody for the product's own verifier to agree with.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import VerifierBuilder, decode_timestamp_response


def demand(held, what):
    if not held:
        raise ValueError(what)


def unpadded(text):
    raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    return raw if base64.b64encode(raw).decode().rstrip("=") == text else demand(False, "base64: spelling")


def read(raw):
    def once(pairs):
        demand(len(dict(pairs)) == len(pairs), "a key twice")
        return dict(pairs)

    return json.loads(raw.decode(), object_pairs_hook=once)


def journal(raw, manifest, listed):
    hashes, events, empty, named, tokens = [], {}, set(), {}, []
    demand(raw.endswith(b"\n") and len(manifest["files"]) == len(listed), "the last line is cut, or a file named twice")
    for number, line in enumerate(raw.removesuffix(b"\n").split(b"\n"), 1):
        entry = read(line)
        content = entry["content"]
        head = {name: entry[name] for name in entry if name not in ("content", "nonce", "entry_hash")}
        demand((entry["seq"], entry["incident"]) == (number, manifest["incident"]), f"line {number}: seq")
        demand(entry["prev_hash"] == (hashes[-1] if hashes else "0" * 64), f"line {number}: prev_hash")
        demand(hashlib.sha256(rfc8785.dumps(head)).hexdigest() == entry["entry_hash"], f"line {number}: entry_hash")
        demand(events.setdefault(entry["event_id"] or number, number) == number, f"line {number}: event_id")
        if content is None:
            empty.add(number)
        else:
            hashed = hashlib.sha256(bytes.fromhex(entry["nonce"]) + rfc8785.dumps(content)).hexdigest()
            demand(hashed == entry["content_hash"], f"line {number}: content_hash")
            if entry["kind"] == "purge":
                named.update({each: number for each in content["target"] if each is not True})
            if entry["kind"] == "anchor":
                demand(hashes[content["seq"] - 1] == content["entry_hash"], f"line {number}: anchor")
                tokens += [(content["token"], content["entry_hash"])] if content["token"] else []
            if "path" in content.get("file", ()):
                kept = listed[content["file"]["path"]]
                demand(all(kept[name] == content["file"][name] for name in ("size", "sha256")), f"line {number}: file")
        hashes.append(entry["entry_hash"])
    demand(all(named.get(seq, 0) > seq or seq in manifest["withheld"] for seq in empty), "a content is gone")
    demand(set(manifest["purged"]) | set(manifest["withheld"]) == empty, "manifest: purged")
    demand(all(hashes[a["seq"] - 1] == a["entry_hash"] for a in manifest["anchors"]), "manifest: anchors")
    demand(manifest["entries"] == len(hashes), "manifest: entries")
    demand(all(manifest["head"][name] == entry[name] for name in ("seq", "entry_hash", "logged_at")), "manifest: head")
    return tokens


def verify(folder):
    raw = (folder / "manifest.json").read_bytes()
    manifest = read(raw)
    demand(rfc8785.dumps(manifest) == raw and manifest["format"] == "tocsin/1", "manifest: not canonical")
    demand(manifest["drill"] is manifest["incident"].startswith("EXE-"), "manifest: drill")
    key = Ed25519PublicKey.from_public_bytes(unpadded(manifest["key"]))
    key.verify(unpadded((folder / "manifest.sig").read_text()), raw)
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    listed = {file["path"]: file for file in manifest["files"]}
    demand(there.keys() == {*listed, "manifest.json", "manifest.sig"}, "a file more or less")
    for path, file in listed.items():
        data = there[path].read_bytes()
        demand((len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"]), f"{path}: changed")
        demand(not there[path].is_symlink(), f"{path}: a link")
    for path, digest in journal(there["journal.jsonl"].read_bytes(), manifest, listed):
        roots = load_pem_x509_certificates(there["anchors/authority.pem"].read_bytes())
        token = decode_timestamp_response(there[path].read_bytes())
        VerifierBuilder(roots=roots).build().verify(token, bytes.fromhex(digest))


def main(folder):
    try:
        verify(Path(folder))
    except Exception as fault:
        print(f"not intact: {fault!r}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
