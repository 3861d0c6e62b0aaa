"""A server on loopback that stands for a service or a Qdrant node, and says what it was asked."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class StandIn:
    """One server: its name is its answer; `asked` holds path and headers of what came in, but for health checks."""

    name: str
    status: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def stand_in() -> Iterator[Callable[..., StandIn]]:
    """Start servers; `stand_in(name, status)` returns one that listens."""
    servers: list[ThreadingHTTPServer] = []

    def start(name: str = "stand-in", status: int = 200) -> StandIn:
        one = StandIn(name, status)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path not in ("/readyz", "/healthz"):
                    one.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                self.send_response(one.status)
                self.send_header("Content-Length", str(len(one.name)))
                self.end_headers()
                self.wfile.write(one.name.encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        one.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return one

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
