"""Finds the service that holds an archive: `service.json` in its folder says where, unless it is stale."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

FILE = "service.json"
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where a service is, and what proves that it is this one.

    A process id may be given anew, a port may be taken by another Citewell, and a folder may be copied with
    its service.json: hence the random `token`, which `/healthz` repeats, and the folder's `inode`.
    """

    address: str
    pid: int
    token: str
    inode: int


def new_token() -> str:
    """What tells one run of the service from every other."""
    return secrets.token_hex(16)


def announce(archive: Path, address: str, token: str) -> None:
    """Write where the service that holds this archive is; raises OSError."""
    said = Announcement(address, os.getpid(), token, archive.stat().st_ino)
    temporary = archive / (FILE + ".new")
    temporary.write_text(json.dumps(asdict(said)), "utf-8")
    temporary.chmod(0o600)
    temporary.replace(archive / FILE)


def withdraw(archive: Path, token: str) -> None:
    """Remove our own announcement."""
    found = _read(archive)
    if found is not None and found.token == token:
        (archive / FILE).unlink(missing_ok=True)


def find_running(archive: Path) -> str | None:
    """Address of the living service that announced itself for this archive, else None."""
    found = _read(archive)
    if found is None:
        return None
    try:
        if archive.stat().st_ino != found.inode:
            return None
        os.kill(found.pid, 0)
    except PermissionError:
        pass  # alive, under another user
    except (OSError, OverflowError):
        return None
    health = _health(found.address)
    return found.address if health is not None and health.get("token") == found.token else None


def who_answers(address: str) -> Literal["citewell", "nobody yet", "another program"]:
    """Who is behind an open port; `nobody yet`: it takes connections and is silent, as a Citewell that starts."""
    health = _health(address)
    if health is None:
        return "nobody yet"
    return "citewell" if health.get("service") == "citewell" else "another program"


def archive_of(address: str, key: str | None) -> str | None:
    """The archive that the service at this address holds, when it says so to the bearer of `key`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        reply = httpx.get(f"{address}/v1/status", headers=headers, timeout=TIMEOUT_S, trust_env=False)
        return str(reply.json()["archive"]) if reply.is_success else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _health(address: str) -> dict[str, Any] | None:
    """What `/healthz` says; nothing in it when that is not for us, None when no answer came in time."""
    try:
        reply = httpx.get(f"{address}/healthz", timeout=TIMEOUT_S, trust_env=False)
        said = reply.json() if reply.status_code == httpx.codes.OK else {}
    except httpx.ReadTimeout:
        return None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _read(archive: Path) -> Announcement | None:
    try:
        fields = json.loads((archive / FILE).read_text("utf-8"))
        return Announcement(
            str(fields["address"]), int(fields["pid"]), str(fields["token"]), int(fields["inode"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
