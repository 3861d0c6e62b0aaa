"""A conversation line by line: what goes along to the service, what is printed, and that no error ends it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.answering.question import Question
from service.connection import ServiceConnection
from service.errors import ServiceUnreachable
from tests.service.scripted_service import (
    QUOTE,
    TEXT,
    Plain,
    Reply,
    Scripted,
    Then,
    answered,
    event,
    refused,
    told,
)

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PONT = "/v1/articles/pont?v=v1"
ANSWERED = (
    "340 000 euros [1]\n"
    "Confidence: 90 %\n"
    "\n"
    "[1] “a coûté 340 000 euros”\n"
    "    Le pont · Courrier · 2022-05-02 · fr · pont 30-51\n"
    "\n"
)
OPENED = (
    "[1] Le pont · Courrier · 2022-05-02 · fr · pont 30-51\n"
    "\n"
    f"Le pont rouvre.\nSa réparation »{QUOTE}« à la commune. Il date de 1911. …\n"
    "\n"
)
FOREIGN = "is not Citewell; check --service"


@pytest.fixture
def talk(cli: Any, scripted: Scripted) -> Any:
    """Talk with the scripted service: lines in, the result of the command out."""

    def run(lines: str | bytes, *options: str) -> Any:
        return cli("chat", "--service", scripted.address, *options, stdin=lines)

    return run


def turns(*contents: str) -> list[dict[str, str]]:
    roles = ["user", "assistant"] * len(contents)
    return [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]


def test_each_line_is_answered_and_what_was_said_goes_along(talk: Any, scripted: Scripted) -> None:
    scripted.articles[PONT] = {"id": "pont", "text": TEXT, "current_version": "v1"}
    scripted.replies = [
        told(answered("What did it cost?")),
        told(answered("and then?", standalone="What did it cost then?")),
        told(refused("Why?")),
        told(answered("Who?")),
    ]
    result = talk("What did it cost?\nand then?\n:open 1\nWhy?\nWho?\n:sources\n")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        ANSWERED
        + f"understood as: What did it cost then?\n{ANSWERED}"
        + OPENED
        + "Nothing is said about it.\n\n"
        + ANSWERED
        + "[1] Le pont · Courrier · 2022-05-02 · fr · pont 30-51\n    https://pont.example/\n\n"
    )
    assert result.stderr == ""
    said = ["What did it cost?", "340 000 euros [1]", "and then?", "340 000 euros [1]"]
    said += ["Why?", "Nothing is said about it."]
    assert [asked["history"] for asked in scripted.asked] == [turns(*said[:n]) for n in (0, 2, 4, 6)]
    assert all(asked["stream"] is True for asked in scripted.asked)


def test_the_last_forty_turns_go_along_and_none_is_longer_than_allowed(talk: Any, scripted: Scripted) -> None:
    long = answered() | {"answer": "é" * 9_000}
    scripted.replies = [told(long) for _ in range(23)]
    result = talk("".join(f"question {number}\n" for number in range(23)))
    assert result.exit_code == 0, result.output
    history = scripted.asked[-1]["history"]
    assert (len(history), history[0]["content"], history[-1]["content"]) == (40, "question 2", "é" * 8_000)


def test_filters_go_along_with_every_question(talk: Any, scripted: Scripted) -> None:
    scripted.replies = [told(answered()), told(answered())]
    talk("one\ntwo\n", "--language", "FR", "--tag", "x", "--to", "2022-01-01", "--top-k", "3")
    for asked in scripted.asked:
        assert asked["filters"] == {"language": ["fr"], "tags": ["x"], "published_to": "2022-01-01"}
        assert asked["top_k"] == 3


def test_wrong_options_are_told_as_for_ask(cli: Any) -> None:
    result = cli("chat", "--from", "2022-01-02", "--to", "2022-01-01")
    assert result.exit_code == 2
    assert "--from 2022-01-02 is after --to 2022-01-01" in result.stderr


def test_new_forgets_and_quit_ends(talk: Any, scripted: Scripted) -> None:
    scripted.replies = [told(answered()), told(answered())]
    result = talk("one\n:new\n:open\ntwo\n:quit\nthree\n")
    assert result.exit_code == 0
    assert [asked["question"] for asked in scripted.asked] == ["one", "two"]
    assert scripted.asked[1]["history"] == []
    assert result.stderr == "citewell: nothing was answered yet; ask a question first\n"


@pytest.mark.parametrize("command", [":open 1", ":sources"])
def test_after_a_refusal_there_is_nothing_to_open(talk: Any, scripted: Scripted, command: str) -> None:
    scripted.replies = [told(answered()), told(refused("Why?"))]
    result = talk(f"one\nWhy?\n{command}\n")
    assert result.stdout == ANSWERED + "Nothing is said about it.\n\n"
    assert result.stderr == "citewell: the last answer cites nothing; ask another question\n"


@pytest.mark.parametrize("command", [":open 1", ":open", ":OPEN [1]", " :o 1", "：open ١", ":open 01"])
def test_a_quote_opens_however_it_is_asked_for(talk: Any, scripted: Scripted, command: str) -> None:
    scripted.articles[PONT] = {"id": "pont", "text": TEXT, "current_version": "v1"}
    scripted.replies = [told(answered())]
    assert talk(f"one\n{command}\n").stdout == ANSWERED + OPENED


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ":opne 1",
            "there is no command :opne; there are :open 1, :sources, :new, :help, :quit",
        ),
        (":", "there is no command :; there are :open 1, :sources, :new, :help, :quit"),
        (":open 2", "there is no quote 2; the last answer has 1: type :open 1"),
        (":open " + "9" * 5_000, f"there is no quote {'9' * 40}; the last answer has 1: type :open 1"),
        (":open one", "there is no quote one; the last answer has 1: type :open 1"),
        (":open 1", "article pont was removed since; ask the question again"),
    ],
)
def test_a_command_that_cannot_be_followed_is_one_line(
    talk: Any, scripted: Scripted, command: str, said: str
) -> None:
    scripted.replies = [told(answered()), told(answered())]
    result = talk(f"one\n{command}\ntwo\n")
    assert (result.exit_code, result.stdout) == (0, ANSWERED * 2)
    assert result.stderr == f"citewell: {said}\n"


def test_a_text_that_lacks_the_quote_is_not_shown(talk: Any, scripted: Scripted) -> None:
    scripted.articles[PONT] = {"id": "pont", "text": "Something else.", "current_version": "v1"}
    scripted.replies = [told(answered())]
    result = talk("one\n:open 1\n")
    assert result.stdout == ANSWERED
    assert result.stderr.startswith("citewell: quote 1 is not at 30-51 in the text of article pont")


def test_help_names_every_command(talk: Any) -> None:
    result = talk(":help\n")
    for name in (":open 1", ":sources", ":new", ":help", ":quit"):
        assert re.search(f"^{name} +[a-z]", result.stdout, re.MULTILINE), name


BUSY = Plain(503, b'{"detail": "the queue of questions is full; try again in 3 s"}')
STATUS = event("status", {"step": "reading", "passages": 8})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (BUSY, "the queue of questions is full; try again in 3 s"),
        (Plain(500, b"<html>"), "the service answered 500"),
        (Plain(200, b'{"answered": true}'), FOREIGN),
        (Plain(200, b"data: {}\n\n", "text/html"), FOREIGN),
        ([STATUS, event("error", {"detail": "the disk\nis full"})], "the disk is full"),
        ([event("error", "?")], "the service could not finish the answer; ask again"),
        ([b"event: answer\ndata: {broken\n\n"], FOREIGN),
        ([event("answer", {"answered": True})], FOREIGN),
        ([event("answer", answered() | {"citations": [{"number": 1}]})], FOREIGN),
        ([event("answer", answered() | {"answered": False})], FOREIGN),
        ([event("status", ["reading"])], FOREIGN),
        ([STATUS, event("done", {})], "stopped in the middle of an answer; ask again"),
        ([STATUS, event("answer", answered())[:-1]], "stopped in the middle of an answer; ask again"),
        ([STATUS, event("answer", answered())[:90], Then.HANG_UP], "does not answer (RemoteProtocolError)"),
        ([Then.HANG_UP], "does not answer (RemoteProtocolError)"),
    ],
)
def test_an_error_of_one_question_is_one_line_and_the_chat_goes_on(
    talk: Any, scripted: Scripted, reply: Reply, said: str
) -> None:
    scripted.replies = [reply, told(answered())]
    result = talk("one\ntwo\n")
    assert (result.exit_code, result.stdout) == (0, ANSWERED)
    assert said in result.stderr
    assert result.stderr.startswith("citewell: ") and result.stderr.count("\n") == 1
    assert scripted.asked[1]["history"] == []


def test_events_that_nobody_knows_are_passed_over(talk: Any, scripted: Scripted) -> None:
    pieces = [b": ping\r\n\r\n", event("later", 5), event("status", {"step": "dreaming"}), *told(answered())]
    scripted.replies = [[bytes([byte]) for piece in pieces if isinstance(piece, bytes) for byte in piece]]
    assert talk("one\n").stdout == ANSWERED


async def test_a_service_that_falls_silent_is_given_up(scripted: Scripted) -> None:
    scripted.replies = [[STATUS, Then.STALL]]
    async with httpx.AsyncClient(base_url=scripted.address, trust_env=False) as client:
        with pytest.raises(ServiceUnreachable, match=r"does not answer \(ReadTimeout\)"):
            async for _ in ServiceConnection(client, silence_seconds=0.1).stream(Question("one")):
                pass
    assert scripted.left.wait(60)


def test_a_service_that_is_gone_at_the_last_question_is_exit_code_1(talk: Any, scripted: Scripted) -> None:
    scripted.replies = [told(answered())]
    result = talk("one\ntwo\nthree\n:foo\n")
    assert (result.exit_code, result.stdout) == (1, ANSWERED)
    told_lines = result.stderr.splitlines()
    assert [line.split(" ")[1] for line in told_lines] == ["the", "the", "there"]
    assert "start it with `citewell serve`" in told_lines[0]


def test_a_service_that_is_not_there_is_told_before_anything_is_asked(cli: Any) -> None:
    result = cli("chat", "--service", "http://127.0.0.1:1", stdin="one\n")
    assert result.exit_code == 1
    assert result.stderr.startswith("citewell: the service at http://127.0.0.1:1 does not answer")
    assert result.stderr.count("\n") == 1


def test_another_program_is_not_talked_to(talk: Any, scripted: Scripted) -> None:
    scripted.articles["/v1/status"] = {"articles": "many"}
    result = talk("one\n")
    assert (result.exit_code, scripted.asked) == (1, [])
    assert result.stderr == f"citewell: what answers at {scripted.address} {FOREIGN}\n"


def test_bad_bytes_empty_and_endless_lines_do_no_harm(talk: Any, scripted: Scripted) -> None:
    scripted.replies = [told(answered()) for _ in range(3)]
    lines = [b"\xef\xbb\xbf", b" \r", b"\x00", b"co\xffst?\r", b"x" * 2_001, b"y" * 200_000, b"x" * 2_000]
    result = talk(b"\n".join([*lines, b"\x1b[2Jlast"]))
    assert [asked["question"] for asked in scripted.asked] == ["co\ufffdst?", "x" * 2_000, "[2Jlast"]
    assert result.stderr == "citewell: the question is longer than 2,000 characters; shorten it\n" * 2
    assert result.exit_code == 0


def test_nothing_on_standard_input_is_a_short_conversation(talk: Any) -> None:
    result = talk(b"")
    assert (result.exit_code, result.output) == (0, "")


QUESTIONS = "\n".join(
    (
        "How many soldiers entered via Ishkashim?",
        ":open 1",
        ":sources",
        "What is the recipe for apple pie?",
        "Wer hat 20.000 Soldaten an die Grenze geschickt?",
        "¿Cuánto costará la planta solar?",
        "How many soldiers entered via Ishkashim?",
        "and via Khorog?",
        ":open 1",
    )
)


def test_on_the_archive_itself_and_through_the_service_it_is_the_same(cli: Any, running: Any) -> None:
    """One story, since opening an archive costs seconds: answers, a quote in its passage, a refusal."""
    # In the same batches as those of the service: with what a text is encoded moves its vector a little.
    everything = sorted(SAMPLES.glob("*.jsonl"))
    for batch in ([SAMPLES / "fr.jsonl"], [path for path in everything if path.stem != "fr"]):
        assert cli("add", *map(str, batch)).exit_code == 0
    near = cli("chat", stdin=QUESTIONS)
    assert near.exit_code == 0, near.output
    blocks = near.stdout.split("\n\n")
    assert re.match(r"102( personnes)? \[1\]\nConfidence: \d+ %", blocks[0])
    opened = blocks[3]
    assert "»Ishkashim (102 personnes)«" in opened
    article = next(
        article
        for article in map(json.loads, (SAMPLES / "fr.jsonl").read_text("utf-8").splitlines())
        if article["id"] == "sample-fr-border-crossing"
    )
    shown = opened.replace("»", "").replace("«", "").strip("… ")
    assert shown in article["text"]

    far = cli("chat", archive=running.archive, stdin=QUESTIONS)
    assert (far.exit_code, far.stderr) == (0, near.stderr)
    assert far.stdout.splitlines() == near.stdout.splitlines()
