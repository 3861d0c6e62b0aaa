"""Starting a service: what it says, whom it finds on its port, and that nothing is taken for what it is not."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import httpx


def test_it_greets_and_adds_the_samples_that_an_interrupted_start_left_out(running: Any) -> None:
    log = running.log.read_text("utf-8")
    assert (
        "Some samples were missing: added 23 sample articles (your first own article removes them).\n" in log
    )
    assert f"Citewell is ready: {running.address}/   (27 articles)\n" in log
    assert "Try:          How many soldiers entered via Ishkashim?\n" in log


def test_it_announces_itself_with_a_token_that_its_health_repeats(
    running: Any, ask_running: httpx.Client
) -> None:
    said = json.loads((running.archive / "service.json").read_text("utf-8"))
    assert said["address"] == running.address
    health = ask_running.get("/healthz").json()
    assert health == {"status": "ok", "service": "citewell", "token": said["token"]}


def test_a_second_one_says_where_the_first_is(cli: Any, running: Any) -> None:
    result = cli("serve", archive=running.archive, PORT="0")
    assert result.exit_code == 0
    assert result.stdout == f"Citewell is running already: {running.address}/   (archive {running.archive})\n"


def test_another_archive_on_the_same_port_is_told_whose_it_is(cli: Any, running: Any, tmp_path: Path) -> None:
    result = cli("serve", PORT=running.port)
    assert result.exit_code == 0
    assert result.stdout == (
        f"Citewell is running already: {running.address}/   (archive {running.archive}); "
        f"to serve {tmp_path / 'archive'} as well, set CITEWELL_PORT to a free port\n"
    )


def test_reindex_asks_to_stop_the_service_first(cli: Any, running: Any) -> None:
    result = cli("reindex", archive=running.archive)
    assert result.exit_code == 1
    assert result.stderr == (
        f"citewell: stop the service first: {running.address} holds the archive {running.archive}\n"
    )


def test_a_copied_archive_is_not_served_by_the_service_of_the_first(
    cli: Any, running: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy2(running.archive / "service.json", copy)
    result = cli("status", "--json", archive=copy)
    assert json.loads(result.stdout)["archive"] == str(copy)


def test_another_program_on_the_port_is_an_error_that_names_the_setting(cli: Any, breaking: Any) -> None:
    result = cli("serve", PORT=str(breaking.port))
    assert result.exit_code == 1
    assert result.stderr == (
        f"citewell: cannot listen on 127.0.0.1:{breaking.port} (Address already in use); "
        "another program has it: stop that, or set CITEWELL_PORT to a free port\n"
    )


def test_a_port_that_is_silent_may_be_a_citewell_that_starts(cli: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = cli("serve", PORT=str(silent.getsockname()[1]))
    assert result.exit_code == 1
    assert "does not answer (a Citewell that is still starting?): try again soon, or set CITEWELL_PORT" in (
        result.stderr
    )


def test_an_address_of_another_machine_is_told_with_its_reason(cli: Any) -> None:
    result = cli("serve", HOST="192.0.2.1", API_KEYS="key", PORT="0")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "citewell: cannot listen on 192.0.2.1:0 (Cannot assign requested address);"
    )
    assert "another program" not in result.stderr and "CITEWELL_HOST" in result.stderr


def test_without_keys_only_loopback_is_served(cli: Any) -> None:
    result = cli("serve", HOST="0.0.0.0")
    assert result.exit_code == 1
    assert "set CITEWELL_API_KEYS, or listen on 127.0.0.1" in result.stderr
    assert not Path("archive").exists()
