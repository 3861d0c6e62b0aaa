"""Between widget and service, for what a network does: silence, a cut, and nothing else changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import httpx

PATIENCE_S = 60


@dataclass
class Faults:
    """What happens to answers on their way; everything else is passed on as it is."""

    address: str
    hold_before: str | None = None
    """Keep back everything from this event on until `go` is set."""
    cut_before: str | None = None
    """End the connection in mid-air before this event."""
    go: Event = field(default_factory=Event)
    asked: Event = field(default_factory=Event)
    """Set when a question has come."""
    left: Event = field(default_factory=Event)
    """Set when the reader left before the end."""


@contextmanager
def fault_proxy(service: str) -> Iterator[Faults]:
    """Pass requests on to `service`; faults only where the test sets them."""
    with httpx.Client(base_url=service, timeout=PATIENCE_S, trust_env=False) as client:
        handler = type("Handler", (_Handler,), {"client": client})
        with _Server(("127.0.0.1", 0), handler) as server:
            faults = Faults(f"http://127.0.0.1:{server.server_port}")
            handler.faults = faults  # type: ignore[attr-defined]
            thread = Thread(target=server.serve_forever, args=[0.05], daemon=True)
            thread.start()
            try:
                yield faults
            finally:
                faults.go.set()
                server.shutdown()
                thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that none outlives the client that it uses


class _Handler(BaseHTTPRequestHandler):
    client: httpx.Client
    faults: Faults
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on()

    do_POST = do_OPTIONS = do_GET

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if self.command == "POST" and self.path == "/v1/answers":
            self.faults.asked.set()
        own = {"host", "connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
        with self.client.stream(self.command, self.path, content=body, headers=headers) as reply:
            streams = reply.headers.get("content-type", "").startswith("text/event-stream")
            if streams and self.faults.hold_before == "head" and not self._held():
                return
            self.send_response(reply.status_code)
            for name, value in reply.headers.items():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            if streams:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self._pass_events(reply)
                return
            whole = reply.read()
            if reply.status_code != httpx.codes.NO_CONTENT:
                self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)

    def _pass_events(self, reply: httpx.Response) -> None:
        rest = b""
        for piece in reply.iter_raw():
            rest += piece
            while b"\n\n" in rest:
                event, _, rest = rest.partition(b"\n\n")
                if self._named(event, self.faults.cut_before):
                    return
                if self._named(event, self.faults.hold_before) and not self._held():
                    return
                try:
                    self._chunk(event + b"\n\n")
                except OSError:
                    self.faults.left.set()
                    return
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        """A chunk of the body; an empty one ends it, and without that one the browser knows of the cut."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    @staticmethod
    def _named(event: bytes, name: str | None) -> bool:
        """Whether this is the event, by its name or, of a status, by its step."""
        if name is None:
            return False
        return f"event: {name}\n".encode() in event + b"\n" or f'"step":"{name}"'.encode() in event

    def _held(self) -> bool:
        """Wait until the test lets go; False when the reader left meanwhile."""
        self.connection.settimeout(0.05)
        for _ in range(PATIENCE_S * 20):
            if self.faults.go.is_set():
                self.connection.settimeout(None)
                return True
            try:
                if not self.connection.recv(1):
                    self.faults.left.set()
                    return False
            except TimeoutError:
                continue
            except OSError:
                self.faults.left.set()
                return False
        return False

    def log_message(self, *_: object) -> None:
        pass
