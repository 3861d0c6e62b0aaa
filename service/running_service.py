"""Finds the service that holds an archive: `service.json` in its folder says where, unless it is stale."""

import json
import os
from pathlib import Path

import httpx

FILE = "service.json"
TIMEOUT_S = 5.0


def announce(archive: Path, address: str) -> None:
    """Write the address and process id of the service that holds this archive."""
    path = archive / FILE
    temporary = archive / (FILE + ".new")
    temporary.write_text(json.dumps({"address": address, "pid": os.getpid()}), "utf-8")
    temporary.chmod(0o600)
    temporary.replace(path)


def withdraw(archive: Path) -> None:
    """Remove our own announcement."""
    found = _read(archive)
    if found is not None and found[1] == os.getpid():
        (archive / FILE).unlink(missing_ok=True)


def find_running(archive: Path) -> str | None:
    """Address of the living service that announced itself for this archive, else None."""
    found = _read(archive)
    if found is None:
        return None
    address, process = found
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # alive, under another user
    return address if is_citewell(address) else None


def is_citewell(address: str) -> bool:
    """Whether a Citewell service answers at this address."""
    try:
        reply = httpx.get(f"{address}/healthz", timeout=TIMEOUT_S, trust_env=False)
        return reply.status_code == httpx.codes.OK and reply.json().get("service") == "citewell"
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


def _read(archive: Path) -> tuple[str, int] | None:
    try:
        fields = json.loads((archive / FILE).read_text("utf-8"))
        return str(fields["address"]), int(fields["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
