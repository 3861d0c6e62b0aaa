"""A request in, the name under which its caller takes turns with others out; it tells nobody the key."""

import hashlib

from fastapi import Request


def caller_of(request: Request) -> str:
    """The same for every request of one caller: a digest of the bearer key, or without one the address.

    A key that is sent was checked before, or none is needed and every caller is on this machine.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return "key " + hashlib.sha256(key.strip().encode("latin-1", "replace")).hexdigest()
    return f"address {request.client.host if request.client else 'unknown'}"
