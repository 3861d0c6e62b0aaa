"""A service on loopback that says what a test tells it to: events, lies, silence, half an answer."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from service.answering.answer import Answer, Citation, CitedArticle, ConsideredPassage, Refusal

TEXT = (
    "Le pont rouvre.\nSa réparation a coûté 340 000 euros à la commune. Il date de 1911.\nUne autre affaire."
)
QUOTE = "a coûté 340 000 euros"
ARTICLE = CitedArticle("pont", "v1", "Le pont", "Courrier", "https://pont.example/", "fr", "2022-05-02")


class Then(Enum):
    """What happens instead of the next piece."""

    STALL = "nothing more is said until the client leaves"
    HANG_UP = "the connection ends in mid-air"


@dataclass(frozen=True)
class Plain:
    """A reply that is no stream of events."""

    status: int
    body: bytes
    kind: str = "application/json"


Piece = bytes | Then
Reply = Sequence[Piece] | Plain


@dataclass
class Scripted:
    """What the service says to each question in turn, and what it heard; without a script it hangs up."""

    address: str
    replies: list[Reply] = field(default_factory=list)
    articles: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    left: Event = field(default_factory=Event)


def event(name: str, value: Any) -> bytes:
    """One event as the service writes it."""
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def told(answer: dict[str, Any]) -> list[Piece]:
    """A whole stream with this answer."""
    return [
        event("status", {"step": "searching", "articles": 27}),
        event("answer", answer),
        event("done", {}),
    ]


def answered(question: str = "What did it cost?", standalone: str | None = None) -> dict[str, Any]:
    """An answer with one citation."""
    start = TEXT.index(QUOTE)
    citation = Citation(1, QUOTE, start, start + len(QUOTE), "p1", ARTICLE, start + 8, start + len(QUOTE))
    passage = ConsideredPassage("p1", ARTICLE.id, 0, TEXT.index("\nUne"), TEXT.split("\nUne")[0], 0.9)
    return Answer(
        id="ans_1",
        question=question,
        standalone_question=standalone or question,
        language="en",
        answered=True,
        answer="340 000 euros [1]",
        short_answer="340 000 euros",
        confidence=0.9,
        citations=(citation,),
        passages=(passage,),
    ).to_dict()


def refused(question: str) -> dict[str, Any]:
    """A refusal."""
    said = Refusal("nothing_relevant", "Nothing is said about it.")
    return Answer("ans_2", question, question, "en", False, said.detail, refusal=said).to_dict()


class _Handler(BaseHTTPRequestHandler):
    state: Scripted
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.state.paths.append(self.path)
        known: dict[str, Any] = {"/v1/status": {"articles": 27}} | self.state.articles
        found = known.get(self.path)
        status, body = (404, {"detail": "there is none"}) if found is None else (200, found)
        self.plain(Plain(status, json.dumps(body).encode()))

    def do_POST(self) -> None:
        self.state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        reply = self.state.replies.pop(0) if self.state.replies else [Then.HANG_UP]
        if isinstance(reply, Plain):
            self.plain(reply)
        elif reply[0] is Then.HANG_UP:
            self.close_connection = True
        else:
            self.stream(reply)

    def plain(self, reply: Plain) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def stream(self, pieces: Sequence[Piece]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            if piece is Then.STALL:
                if not self.connection.recv(1):
                    self.state.left.set()
                return
            if piece is Then.HANG_UP:
                return
            assert isinstance(piece, bytes)
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that has heard enough leaves in the middle, or before the first piece, which is no error."""
        self.RequestHandlerClass.state.left.set()


@contextmanager
def scripted_service() -> Iterator[Scripted]:
    """Serve on a free port of loopback."""
    handler = type("Handler", (_Handler,), {})
    with _Server(("127.0.0.1", 0), handler) as server:
        state = handler.state = Scripted(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield state
        server.shutdown()
        thread.join()
