"""A request in, the name under which its caller takes turns with others out; it tells nobody the key."""

import hashlib
import ipaddress

from fastapi import Request

from service.faces.widget_tokens import is_widget_token

_HOME_BITS = 64  # of an IPv6 address: a home or a telephone has all addresses behind these


def caller_of(request: Request) -> str:
    """The same for every request of one caller: a digest of the bearer key, else the address.

    A key that is sent was checked before, or none is needed and every caller is on this machine. Readers with a
    widget token are told apart by address: a token is new every few minutes.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() == "bearer" and key and not is_widget_token(key):
        return "key " + hashlib.sha256(key.encode("latin-1", "replace")).hexdigest()
    return f"address {address_of(request)}"


def address_of(request: Request) -> str:
    """Where a request comes from, as the server says it (behind a proxy: as that says it); IPv6 by its network."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped:  # how a socket for both families writes IPv4
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, _HOME_BITS), strict=False))
