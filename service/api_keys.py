"""Settings and the file of keys in, the keys that are valid now out; a changed file counts without a restart."""

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from service.errors import SettingsError
from service.settings import Settings

logger = logging.getLogger("citewell.keys")

FILE_BYTES = 1 << 20
# A name, a colon and a key without spaces. A key that itself begins so needs a name in front of it.
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63}):\s*(?P<secret>\S+)")
_SECRET = re.compile(r"[!-~]{1,1000}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key: its name for logs and limits, and a digest of one length, so that comparing leaks nothing."""

    name: str
    secret: str = field(repr=False)
    digest: bytes = field(repr=False)


class KeyRing(Sequence[str]):
    """The secrets that are valid now, the one that signs first; who keeps it sees every change of the file.

    Keys of the file come before those of `CITEWELL_API_KEYS`, so that both ends of a rotation are in the file.
    """

    def __init__(self, listed: Sequence[str] = (), file: Path | None = None) -> None:
        """Raises SettingsError when the file cannot be used: a service starts with the keys it was told, or not."""
        self._listed = tuple(_key(f"listed-{place}", secret) for place, secret in enumerate(listed, start=1))
        self._file = file
        self._seen: tuple[int, ...] | None = None
        self._keys = self._listed
        self.broken = False
        """Whether the file cannot be used, so that the keys before it broke are still valid."""
        if file is not None:
            self._seen = _state(file)
            self._keys = _read(file) + self._listed

    @classmethod
    def of(cls, settings: Settings) -> "KeyRing":
        """The ring of these settings; raises SettingsError."""
        return cls([key.get_secret_value() for key in settings.api_keys], settings.api_keys_file)

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """The valid keys with their names."""
        return self._keys

    def refresh(self) -> None:
        """Read the file again if it has changed; one that cannot be used changes nothing and is said once."""
        if self._file is None or (state := _state(self._file)) == self._seen:
            return
        self._seen = state
        try:
            found = _read(self._file)
        except SettingsError as error:
            self.broken = True
            logger.warning("%s; the %d keys from before stay valid", error, len(self._keys))
            return
        self.broken = False
        self._keys = found + self._listed
        names = ", ".join(dict.fromkeys(key.name for key in self._keys))
        logger.warning("%s was read again; valid keys: %d (%s)", self._file, len(self._keys), names)

    def __iter__(self) -> Iterator[str]:
        """The secrets, the one that signs first."""
        return iter([key.secret for key in self._keys])

    def __len__(self) -> int:
        """How many keys are valid."""
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        """A secret by its place."""
        return list(self)[place]


def own_key(settings: Settings) -> str | None:
    """The key that a command sends to the service of the same settings; None where none is needed."""
    return next(iter(KeyRing.of(settings)), None)


def _key(name: str, secret: str) -> ApiKey:
    return ApiKey(name, secret, hashlib.sha256(secret.encode("utf-8")).digest())


def _state(file: Path) -> tuple[int, ...] | None:
    """What differs after any change of the file: it may be rewritten, replaced, or a link be turned elsewhere."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev


def _read(file: Path) -> tuple[ApiKey, ...]:
    """The keys of the file; raises SettingsError, which never repeats a line."""
    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"CITEWELL_API_KEYS_FILE is {file}, which cannot be read ({error.strerror}); "
            "check that it is there and that the service may read it"
        ) from None
    if len(content) > FILE_BYTES:
        raise SettingsError(f"CITEWELL_API_KEYS_FILE is {file}, which has more than {FILE_BYTES >> 20} MB")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SettingsError(
            f"CITEWELL_API_KEYS_FILE is {file}, which is not UTF-8; save it as UTF-8"
        ) from None
    keys: list[ApiKey] = []
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        named = _NAMED.fullmatch(line)
        name, secret = (named["name"], named["secret"]) if named else (f"line-{number}", line)
        if not _SECRET.fullmatch(secret):
            raise SettingsError(
                f"CITEWELL_API_KEYS_FILE is {file}, whose line {number} is no key; allowed is `KEY` or `NAME: KEY`: a "
                "name of letters, digits and ._-, and a key of visible ASCII characters without spaces"
            )
        keys.append(_key(name, secret))
    if not keys:
        raise SettingsError(
            f"CITEWELL_API_KEYS_FILE is {file}, which holds no key; write one a line, `KEY` or `NAME: KEY`"
        )
    return tuple(keys)
