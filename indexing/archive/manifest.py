"""`archive.json`: which format, encoder and terms an archive was written with; replaced in one step."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from indexing.errors import ArchiveIncompatible

FORMAT = 1
FILE = "archive.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a reader must share with the writer; `data` is the folder of the points, beside the manifest."""

    encoder: str
    encoder_fingerprint: str
    dimension: int
    terms: str
    data: str = "points-1"
    format: int = FORMAT

    def require(self, wanted: "Manifest", place: str) -> None:
        """Raise ArchiveIncompatible unless this archive was written with the wanted encoder and terms."""
        if self.encoder_fingerprint == wanted.encoder_fingerprint and self.terms == wanted.terms:
            return
        raise ArchiveIncompatible(
            f"the archive {place} was encoded with {self.encoder} ({self.encoder_fingerprint[:8]}), now set is "
            f"{wanted.encoder} ({wanted.encoder_fingerprint[:8]}); run `citewell reindex`, or set "
            "CITEWELL_EMBEDDING_MODEL back"
        )


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an archive folder, None when there is none; ArchiveIncompatible when it cannot be used."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        fields = json.loads(path.read_text("utf-8"))
        written = int(fields["format"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ArchiveIncompatible(f"{path} cannot be read ({error}); restore it from a backup") from error
    if written > FORMAT:
        raise ArchiveIncompatible(
            f"the archive {folder} has format {written}, this version reads up to {FORMAT}; update Citewell"
        )
    return Manifest(**{name: fields[name] for name in Manifest.__dataclass_fields__ if name in fields})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write beside, sync, then rename: a reader sees the old file or the new one, never a part."""
    path = folder / FILE
    temporary = folder / (FILE + ".new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(asdict(manifest), stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
