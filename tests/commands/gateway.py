"""An outside channel's gateway, played on loopback: apprise speaks to it over HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Gateway:
    """A gateway on loopback. `said` is what it was asked to send, and to whom; `answer` its status, or 0: it hangs."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.answer = 200
        self.go_on = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.said.append((self.path, json.loads(body)))
                if not owner.answer:
                    owner.go_on.wait(30)
                self.send_response(owner.answer or 200)
                self.end_headers()

            def log_message(self, *_about: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"json://user:s3cret@127.0.0.1:{self.server.server_address[1]}/{{to}}?retry=3"

    def stop(self) -> None:
        """Let go whoever hangs, and be gone."""
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()
