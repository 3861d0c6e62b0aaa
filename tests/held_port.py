"""A port of loopback that nobody else is given, and that a service of the test's own may listen on."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """Until something listens there, connections are refused.

    A port that is only looked for may go to another process before the service, which takes seconds to start, binds it.
    """
    with socket.socket() as place:
        # Whoever listens sets the same option, as servers do; a search for a free port passes over it.
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", 0))
        yield place.getsockname()[1]
