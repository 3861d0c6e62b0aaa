"""`citewell backup` and `restore`: through the running service, on the archive itself, and not over anything."""

import json
from pathlib import Path

import httpx

from tests.service.conftest import Breaking, Cli, Running


def test_backup_of_a_running_service_restores_to_an_archive_that_answers(
    cli: Cli, running: Running, ask_running: httpx.Client, tmp_path: Path
) -> None:
    held = ask_running.get("/v1/status").json()
    made = cli("backup", "copy", archive=running.archive)
    assert (made.exit_code, made.output) == (
        0,
        f"backed up {held['articles']} articles in {held['passages']} passages to {tmp_path / 'copy'}\n",
    )
    restored = cli("restore", "copy", archive=tmp_path / "restored")
    assert restored.exit_code == 0 and f"restored {held['articles']} articles of 20" in restored.output
    status = json.loads(cli("status", "--json", archive=tmp_path / "restored").stdout)
    for name in ("articles", "copies", "passages", "languages", "sources", "published", "models"):
        assert status[name] == held[name]
    # Without a service, from the archive itself.
    again = cli("backup", "again", archive=tmp_path / "restored")
    assert again.exit_code == 0
    first, second = (json.loads((tmp_path / name / "backup.json").read_text()) for name in ("copy", "again"))
    assert first["contents"] == second["contents"]
    # And nothing is overwritten.
    for command, archive in (("backup", running.archive), ("restore", tmp_path / "restored")):
        refused = cli(command, "copy", archive=archive)
        assert refused.exit_code == 1 and "nothing is overwritten" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_a_service_that_hangs_up_leaves_nothing_behind(cli: Cli, breaking: Breaking, tmp_path: Path) -> None:
    result = cli("backup", "copy", "--service", breaking.address)
    assert result.exit_code == 1 and "does not answer" in result.stderr
    assert not list(tmp_path.iterdir())


def test_restore_wants_a_backup(cli: Cli, tmp_path: Path) -> None:
    result = cli("restore", "nowhere", archive=tmp_path / "new")
    assert result.exit_code == 1 and "is no backup" in result.stderr
    assert not list(tmp_path.iterdir())
