"""Who takes turns with whom: one key or one address is one caller."""

import pytest
from fastapi import Request

from service.faces.caller import address_of, caller_of

KEY = "k-7f3a"


def caller(authorization: str | None = None, address: str | None = "127.0.0.1") -> str:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    client = None if address is None else (address, 50_000)
    return caller_of(Request({"type": "http", "headers": headers, "client": client}))


def test_key_is_one_caller_from_everywhere_and_however_it_is_written() -> None:
    assert caller(f"Bearer {KEY}") == caller(f"bearer  {KEY} ", "10.0.0.7") == caller(f"BEARER {KEY}", None)
    assert caller(f"Bearer {KEY}") != caller(f"Bearer {KEY}2")
    assert caller("Bearer ключ".encode().decode("latin-1")) != caller(f"Bearer {KEY}")


def test_key_cannot_be_read_from_the_name_of_its_caller() -> None:
    assert KEY not in caller(f"Bearer {KEY}")


def test_address_is_the_caller_where_no_key_is_sent() -> None:
    assert caller() == caller() != caller(address="10.0.0.7")
    assert caller("Basic eDp5") == caller("Bearer ") == caller()
    assert caller(address=None) == caller(address=None)


def test_readers_with_a_widget_token_are_told_apart_by_address() -> None:
    assert caller("Bearer cw1.abc.def") == caller("Bearer cw1.other.one") == caller()
    assert caller("Bearer cw1.abc.def") != caller("Bearer cw1.abc.def", "10.0.0.7")


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_ipv6_address_counts_as_its_network(address: str, counts_as: str) -> None:
    request = Request({"type": "http", "headers": [], "client": (address, 50_000)})
    assert address_of(request) == counts_as
