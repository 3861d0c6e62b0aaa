"""The reader's folder in; the reader with its calibration, or with none that was fitted yet, out."""

from dataclasses import dataclass
from pathlib import Path

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.confidence import FILE, Confidence
from service.answering.pipeline import Answering
from service.answering.reader import Reader

UNFITTED = Confidence((), 0.0, (), 0.0)  # tells 0.5 of everything and refuses nothing


@dataclass(frozen=True, slots=True)
class OpenedReader:
    """What `models/reader` holds."""

    reader: Reader
    confidence: Confidence

    def answering(self, archive: Archive, encoder: Encoder, threshold: float | None = None) -> Answering:
        """The whole service on an archive; `threshold` takes the place of the calibration's own."""
        return Answering(archive, encoder, self.reader, self.confidence, threshold=threshold)


def open_reader(encoder: Encoder, folder: Path) -> OpenedReader:
    """Open what is in `folder`; a reader that was never calibrated is measured as it is, and this is said.

    Raises ModelsMissing, ModelsDamaged or ConfidenceDamaged with the command that repairs.
    """
    reader = Reader.open(encoder.tokenizer, encoder.table, folder)
    if (folder / FILE).exists():
        return OpenedReader(reader, Confidence.open(folder / FILE))
    print(
        f"no {FILE} in {folder}: every answer is given; python -m evaluation.fit_confidence makes it",
        flush=True,
    )
    return OpenedReader(reader, UNFITTED)
