"""An address in, a connection to Ray out: a local one that nobody else can reach, or a cluster's."""

import importlib
import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from indexing.errors import RayUnavailable

LOCAL = "local"
REACH_SECONDS = 10.0
# How HTTP/2 begins, which Ray speaks: each side sends a frame of this kind first.
_SETTINGS = b"\x04"
_HTTP_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + _SETTINGS + b"\0" * 5
OBJECT_STORE_BYTES = 512 << 20  # of a local Ray: some hundred batches on their way; more goes to disk

# Read by Ray when it is imported and by the processes it starts. It reports its use to its makers unless told not to.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_DEDUP_LOGS": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what its processes say would be printed among our own lines
    "RAY_DATA_LOG_LEVEL": "CRITICAL",  # what goes wrong is raised as well
}
# Ray listens on every address of the machine, even when it is told to be 127.0.0.1, as it takes that for another
# address of the same machine; only where it knows of no clusters does it keep to the loopback one.
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@contextmanager
def connected_ray(address: str) -> Iterator[Any]:
    """The module `ray`, connected: `local` starts one for this block, HOST:PORT is a cluster's head node.

    Raises RayUnavailable when Ray is not installed, does not answer, or is of another version. Call it on the main
    thread. A local Ray listens on 127.0.0.1 only, keeps its files in a folder of its own, and is gone afterwards.
    """
    local = address == LOCAL
    if not local:
        _require_reachable(address)
    os.environ.update(_QUIET | (_LOCAL if local else {}))
    ray = _imported()
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        try:
            options: dict[str, Any] = {
                "num_cpus": len(os.sched_getaffinity(0)),
                "object_store_memory": OBJECT_STORE_BYTES,
            }
            options |= {"include_dashboard": False, "_temp_dir": folder}
            with _without_first_line():
                ray.init(
                    address, log_to_driver=False, logging_level=logging.ERROR, **(options if local else {})
                )
        except Exception as error:  # Ray has many kinds, of which some are plain Exceptions
            raise RayUnavailable(_why(address, error)) from error
        try:
            yield ray
        finally:
            with suppress(Exception):  # it may have gone away by itself
                ray.shutdown()


@contextmanager
def _without_first_line() -> Iterator[None]:
    """Ray's core says on standard error how much it will say there, and no setting keeps it from that."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _imported() -> Any:
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise RayUnavailable(
            f"--ray needs the Python package ray, which is not installed here ({error}); "
            "install it with `pip install 'citewell[ray]'` (in a checkout `pip install -e '.[ray]'`), "
            "or add without --ray"
        ) from error
    return ray


def _require_reachable(address: str) -> None:
    """Ask before Ray does, which tries for minutes and then prints much."""
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise RayUnavailable(
            f"--ray {address!r} is no address of a cluster, allowed: {LOCAL} (a Ray on this machine alone), or "
            "HOST:PORT of the head node, usually port 6379, with this command on a machine of the cluster"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS) as connection:
            connection.sendall(_HTTP_2)
            said = connection.recv(9)
    except OSError as error:
        raise RayUnavailable(
            f"no Ray answers at {address} ({error.strerror or error}); start it with `ray start`, "
            f"or check --ray (`--ray {LOCAL}` starts one on this machine)"
        ) from error
    if said[3:4] != _SETTINGS:
        raise RayUnavailable(
            f"what answers at {address} is no Ray; name the port of `ray start --head`, usually 6379"
        )


def _why(address: str, error: Exception) -> str:
    said = " ".join(str(error).split())
    if "ersion mismatch" in said:
        return f"the Ray at {address} is of another version: {said}; install the same Ray and Python on all machines"
    return (
        f"the Ray at {address} cannot be used ({said[:300]}); check it with `ray status`. If it asks for a token, as "
        "`ray start` arranges by itself, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH here"
    )
