"""The commands as people type them: exit codes, the counts line, one line for each failure, nothing lost."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import interrupt

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED = range(4)
CITEWELL = Path(sys.executable).parent / "citewell"

ANSWER = {
    *(
        "id",
        "question",
        "standalone_question",
        "language",
        "answered",
        "answer",
        "short_answer",
        "confidence",
    ),
    *("mode", "statements", "citations", "passages", "refusal", "timings_ms"),
}
CITATION = {
    *("number", "quote", "start", "end", "answer_start", "answer_end", "passage_id", "article", "also_in"),
    *("translation", "stance", "newer_version", "link"),
}
ARTICLE = {"id", "version", "title", "source", "url", "language", "published", "tags"}
FRENCH = {
    "id": "pont",
    "title": "Le pont de Saint-Aubin rouvre",
    "text": "Le pont de Saint-Aubin a rouvert lundi. Sa réparation a coûté 340 000 euros à la commune.",
    "language": "fr",
    "published": "2022-05-02",
}


def lines(*articles: dict[str, Any] | str) -> str:
    return "".join(
        (article if isinstance(article, str) else json.dumps(article)) + "\n" for article in articles
    )


def test_an_unknown_setting_names_the_nearest(cli: Any) -> None:
    result = cli("status", PROT="1")
    assert result.exit_code == EXIT_FAILED
    assert result.stderr == (
        "citewell: unknown setting CITEWELL_PROT; the nearest known one is CITEWELL_PORT "
        "(docs/settings.md lists all)\n"
    )


def test_an_env_file_that_is_not_utf_8_is_one_line(cli: Any, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CITEWELL_PORT=80 # caf\xe9\n")
    result = cli("status")
    assert (result.exit_code, result.stderr.count("\n")) == (EXIT_FAILED, 1)
    assert "is not UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", ""], "0 characters; allowed are 1 to 2000"),
        (["ask", " \n "], "0 characters; allowed are 1 to 2000"),
        (["ask", "x" * 2_001], "2001 characters; allowed are 1 to 2000"),
        (
            ["ask", "x", "--from", "2022-01-02", "--to", "2022-01-01"],
            "--from 2022-01-02 is after --to 2022-01-01",
        ),
        (["ask", "x", "--from", "yesterday"], "'yesterday' does not match the format"),
        (["ask", "x", "--language", "no tag!"], "--language 'no tag!' is no language tag"),
        (["ask", "x", "--tag", ""], "--tag is empty"),
        (["ask", "x", "--article", ""], "--article is empty"),
        (["ask", "x", "--top-k", "51"], "51 is not in the range 1<=x<=50"),
        (["ask"], "Missing argument 'QUESTION'"),
        (["add"], "Missing argument 'PATHS...'"),
        (["add", "x", "--processes", "-1"], "-1 is not in the range 0<=x<=256"),
        (
            ["add", "x", "--processes", "2", "--ray", "local"],
            "got --processes and --ray, allowed: one of them",
        ),
        (["export", "."], "'.' is a directory"),
        (["translate"], "No such command 'translate'"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_opened(cli: Any, arguments: list[str], said: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == EXIT_USAGE
    assert said in " ".join(result.stderr.split())
    assert not Path("archive").exists()


@pytest.mark.parametrize(
    "command",
    ["add", "ask", "chat", "serve", "status", "remove", "export", "feedback", "evaluate", "reindex"],
)
def test_every_command_has_help_with_an_example(cli: Any, command: str) -> None:
    result = cli(command, "--help")
    assert result.exit_code == EXIT_OK
    assert "Example: " in result.stdout and f"citewell {command}" in result.stdout


@pytest.mark.parametrize("asked", [{"arguments": ["--workers", "2"]}, {"environment": "2"}])
def test_two_workers_are_refused(cli: Any, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", asked.get("environment", ""))
    result = cli("serve", *asked.get("arguments", []))
    assert result.exit_code == EXIT_FAILED
    assert "2 workers were asked for, but one process holds an embedded archive" in result.stderr


def test_a_server_that_is_not_there_is_named(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CITEWELL_QDRANT_ATTEMPTS", "1")
    result = cli("status")
    assert result.exit_code == EXIT_FAILED
    assert "the Qdrant server at http://127.0.0.1:9 cannot be reached" in result.stderr
    result = cli("reindex")
    assert result.exit_code == EXIT_FAILED
    assert "this is done to an embedded archive only" in result.stderr


def test_an_archive_from_the_first_article_to_the_last(cli: Any) -> None:
    """One story, since every opening of an archive costs a second."""
    result = cli("ask", "What did the bridge cost?", "--json")
    assert result.exit_code == EXIT_REFUSED
    answer = json.loads(result.stdout)
    assert set(answer) == ANSWER
    assert (answer["refusal"]["reason"], answer["citations"]) == ("archive_empty", [])

    own = lines(FRENCH, "{nonsense", {"id": "empty", "text": " "}, FRENCH, FRENCH | {"id": "copy"})
    result = cli("add", "-", "missing.txt", stdin=own)
    assert result.exit_code == EXIT_FAILED
    assert result.stdout == "added 1 updated 0 unchanged 1 duplicate 1 failed 3\n"
    failures = [line for line in result.stderr.splitlines() if line]
    assert [line.split(": ")[1] for line in failures] == ["stdin:2", "stdin:3", "missing.txt"]
    assert all(line.startswith("failed: ") for line in failures)

    result = cli("ask", "What did the repair of the bridge cost?", "--json", "--language", "FR")
    assert result.exit_code == EXIT_OK, result.output
    answer = json.loads(result.stdout)
    assert set(answer) == ANSWER and set(answer["citations"][0]) == CITATION
    assert set(answer["citations"][0]["article"]) == ARTICLE
    cited = answer["citations"][0]
    assert FRENCH["text"][cited["start"] : cited["end"]] == cited["quote"]

    result = cli("ask", "What did the repair of the bridge cost?", "--to", "2022-05-01")
    assert result.exit_code == EXIT_REFUSED

    Path("out.jsonl").write_text("old")
    result = cli("export", "out.jsonl")
    assert (result.exit_code, result.stderr) == (EXIT_OK, "exported 2 articles\n")
    exported = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert sorted(article["id"] for article in exported) == ["copy", "pont"]

    result = cli("reindex")
    assert result.exit_code == EXIT_OK, result.output
    assert result.stdout == "reindexed 1 articles with multilingual-e5-small\n"

    result = cli("remove", "pont", "nobody", "copy")
    assert (result.exit_code, result.stdout) == (EXIT_FAILED, "removed 2\n")
    assert result.stderr == "no article has the id 'nobody'; `citewell export -` lists all\n"

    result = cli("add", "out.jsonl")
    assert (result.exit_code, result.stdout) == (
        EXIT_OK,
        "added 1 updated 0 unchanged 0 duplicate 1 failed 0\n",
    )
    result = cli("export", "-")
    again = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted(again, key=str) == sorted(exported, key=str)


def test_a_failed_export_keeps_the_old_file(cli: Any, breaking: Any) -> None:
    Path("out.jsonl").write_text("old")
    result = cli("export", "out.jsonl", "--service", breaking.address)
    assert result.exit_code == EXIT_FAILED
    assert result.stderr.startswith(f"citewell: the service at {breaking.address} does not answer")
    assert result.stderr.count("\n") == 1
    assert Path("out.jsonl").read_text() == "old"
    assert [path.name for path in Path().iterdir()] == ["out.jsonl"]


def test_what_was_added_before_a_failure_is_counted(cli: Any, breaking: Any) -> None:
    result = cli("add", "-", "--service", breaking.address, stdin=lines(*[{"text": "Rain."}] * 200))
    assert result.exit_code == EXIT_FAILED
    assert result.stdout == "added 64 updated 0 unchanged 0 duplicate 0 failed 0\n"
    assert result.stderr.startswith(f"citewell: the service at {breaking.address} does not answer")
    assert breaking.lines == [64, 64]


@pytest.mark.parametrize("option", [["--processes", "2"], ["--ray", "local"]])
def test_a_running_service_encodes_what_it_is_sent_by_itself(
    cli: Any, breaking: Any, option: list[str]
) -> None:
    result = cli("add", "-", *option, "--service", breaking.address, stdin=lines({"text": "Rain."}))
    assert (result.exit_code, result.stdout, breaking.lines) == (EXIT_USAGE, "", [])
    said = " ".join(result.stderr.split())
    assert f"{option[0]} needs the archive itself, but a running service holds it" in said


def test_several_processes_add_the_same_as_one(cli: Any) -> None:
    own = lines(FRENCH, "{nonsense", {"id": "rain", "text": "It rained."}, FRENCH | {"id": "copy"})
    result = cli("add", "-", "--processes", "2", stdin=own)
    assert result.stdout == "added 2 updated 0 unchanged 0 duplicate 1 failed 1\n", result.stderr
    assert result.exit_code == EXIT_FAILED
    result = cli("add", "-", stdin=own)
    assert result.stdout == "added 0 updated 0 unchanged 3 duplicate 0 failed 1\n", result.stderr
    answer = json.loads(cli("ask", "What did the repair of the bridge cost?", "--json").stdout)
    assert answer["answered"]


def test_a_ray_that_is_not_there_is_one_line(cli: Any) -> None:
    result = cli("add", "x.txt", "--ray", "127.0.0.1:9")
    assert result.exit_code == EXIT_FAILED
    assert result.stdout == "added 0 updated 0 unchanged 0 duplicate 0 failed 0\n"
    assert (
        result.stderr.startswith("citewell: no Ray answers at 127.0.0.1:9") and result.stderr.count("\n") == 1
    )


def test_a_service_that_is_none_is_one_line(cli: Any, breaking: Any) -> None:
    for address in ("http://127.0.0.1:1", "127.0.0.1:8000", "http://[::", f"{breaking.address}/healthz"):
        result = cli("status", "--service", address)
        assert result.exit_code == EXIT_FAILED
        assert result.stderr.startswith("citewell: ") and result.stderr.count("\n") == 1
        assert "--service" in result.stderr


def test_interrupting_tells_what_is_in_though_input_goes_on(breaking: Any, tmp_path: Path) -> None:
    command = [CITEWELL, "add", "-", "--service", breaking.address]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write(lines(*[{"text": "Rain."}] * 65).encode())
        child.stdin.flush()
        while not breaking.taken.wait(1):  # however slowly it starts
            assert child.poll() is None, child.stderr.read()
        interrupt(child)
        counted, said = child.stdout.read().decode(), child.stderr.read().decode()
    assert child.returncode == 130
    assert counted.startswith("added ") and counted.endswith(" updated 0 unchanged 0 duplicate 0 failed 0\n")
    assert said.splitlines()[-1] == "citewell: interrupted; what was counted above is stored"
    assert "Traceback" not in said


def test_output_that_nobody_reads_or_that_has_no_room(breaking: Any, tmp_path: Path) -> None:
    command = [CITEWELL, "status", "--json", "--service", breaking.address]
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed, open("/dev/full", "wb") as full:
        gone = subprocess.Popen(command, cwd=tmp_path, stdout=closed, stderr=subprocess.PIPE)
        nowhere = subprocess.Popen(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE)
        assert gone.communicate()[1] == b""
        assert nowhere.communicate()[1] == b"citewell: No space left on device\n"
    assert nowhere.returncode == EXIT_FAILED
