"""`archive.json`: which format, encoder and terms an archive was written with; replaced in one step."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexing.errors import ArchiveIncompatible

FORMAT = 1
FILE = "archive.json"
DATA = re.compile(r"points-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a reader must share with the writer; `data` is the folder of the points, beside the manifest."""

    encoder: str
    encoder_fingerprint: str
    dimension: int
    terms: str
    data: str = "points-1"
    format: int = FORMAT

    @property
    def generation(self) -> int:
        """The number in the name of the data folder; every `reindex` makes the next one."""
        return int(self.data.rpartition("-")[2])

    def require(self, wanted: "Manifest", place: str, remedy: str = "run `citewell reindex`") -> None:
        """Raise ArchiveIncompatible unless this archive was written with the wanted encoder and terms.

        `remedy` says what encodes it anew.
        """
        if self.encoder_fingerprint != wanted.encoder_fingerprint:
            raise ArchiveIncompatible(
                f"the archive {place} was encoded with {self.encoder} ({self.encoder_fingerprint}), "
                f"now set is {wanted.encoder} ({wanted.encoder_fingerprint}); {remedy}, "
                f"or set CITEWELL_EMBEDDING_MODEL back to {self.encoder}"
            )
        if self.terms != wanted.terms:
            raise ArchiveIncompatible(
                f"the archive {place} was written with the terms {self.terms!r}, "
                f"this version has {wanted.terms!r}; {remedy}"
            )


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an archive folder, None when there is none; raises ArchiveIncompatible."""
    path = folder / FILE
    try:
        fields = json.loads(path.read_bytes())
        written = int(fields["format"])
        if written > FORMAT:
            raise ArchiveIncompatible(
                f"the archive {folder} has format {written}, this version reads up to {FORMAT}; "
                "update Citewell"
            )
        return manifest_of(fields)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ArchiveIncompatible(
            f"{path} cannot be read ({type(error).__name__}: {error}); restore it from a backup"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write beside, sync, then rename: a reader sees the old file or the new one, never a part."""
    temporary = folder / (FILE + ".new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(asdict(manifest), stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / FILE)


def manifest_of(fields: dict[str, Any]) -> Manifest:
    """The manifest with these fields; raises ValueError, KeyError or TypeError."""
    kinds = {"dimension": int, "format": int}
    checked = {name: fields[name] for name in Manifest.__dataclass_fields__}
    for name, value in checked.items():
        if type(value) is not kinds.get(name, str):  # True is an int, too
            raise ValueError(f"{name} is {value!r}")
    if not DATA.fullmatch(checked["data"]):
        raise ValueError(f"data is {checked['data']!r}")
    return Manifest(**checked)
