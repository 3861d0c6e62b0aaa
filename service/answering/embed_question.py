"""An understood question in, its unit vector out."""

import numpy as np
from haystack import component
from numpy.typing import NDArray

from indexing.archive.encoder import Encoder
from service.answering.timings import timed
from service.answering.understand_question import Understood


@component
class EmbedQuestion:
    """Encodes the standalone wording with the encoder of the archive."""

    def __init__(self, encoder: Encoder) -> None:
        """Encode with `encoder`."""
        self._encoder = encoder

    def warm_up(self) -> None:
        """Run the model once, so that the first question does not wait for it."""
        self._encoder.encode_questions(["warm"])

    @component.output_types(vector=NDArray[np.float32])
    def run(self, understood: Understood) -> dict[str, NDArray[np.float32]]:
        """Vector of shape (dimension,)."""
        with timed("embed"):
            return {"vector": self._encoder.encode_questions([understood.standalone])[0]}
