"""What was encoded is remembered exactly, across runs too, and a changed model is noticed."""

from pathlib import Path

import numpy as np

from evaluation.remember_vectors import RememberingEncoder
from indexing.archive.encoder import Encoder

TEXTS = ["Der Zug kam um acht.", "The train came at eight.", "Der Zug kam um acht."]


def test_a_text_is_encoded_once_and_its_vector_is_the_encoders_own(encoder: Encoder, tmp_path: Path) -> None:
    remembering = RememberingEncoder(encoder, tmp_path, "")
    first = remembering.encode_passages(TEXTS)
    assert remembering.encoded == 2
    assert np.array_equal(first, remembering.encode_passages(TEXTS))
    assert remembering.encoded == 2
    assert np.allclose(first, encoder.encode_passages(TEXTS), atol=1e-5)


def test_a_question_is_not_taken_for_a_passage(encoder: Encoder, tmp_path: Path) -> None:
    remembering = RememberingEncoder(encoder, tmp_path, "")
    [passage], [question] = remembering.encode_passages(TEXTS[:1]), remembering.encode_questions(TEXTS[:1])
    assert not np.allclose(passage, question)


def test_a_later_run_takes_what_an_earlier_one_left(encoder: Encoder, tmp_path: Path) -> None:
    earlier = RememberingEncoder(encoder, tmp_path, "")
    vectors = earlier.encode_passages(TEXTS)
    earlier.save()
    later = RememberingEncoder(encoder, tmp_path, "")
    assert np.array_equal(later.encode_passages(TEXTS), vectors)
    assert later.encoded == 0


def test_vectors_of_another_model_are_noticed_and_dropped(encoder: Encoder, tmp_path: Path) -> None:
    earlier = RememberingEncoder(encoder, tmp_path, "")
    right = earlier.encode_passages(TEXTS)
    earlier.save()
    [file] = tmp_path.glob("*.npz")
    with np.load(file) as stored:
        np.savez(file, keys=stored["keys"], vectors=-stored["vectors"])
    later = RememberingEncoder(encoder, tmp_path, "")
    assert np.allclose(later.encode_passages(TEXTS), right, atol=1e-5)


def test_a_damaged_file_is_made_anew(encoder: Encoder, tmp_path: Path) -> None:
    earlier = RememberingEncoder(encoder, tmp_path, "")
    earlier.encode_passages(TEXTS)
    earlier.save()
    [file] = tmp_path.glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    later = RememberingEncoder(encoder, tmp_path, "")
    later.encode_passages(TEXTS)
    later.save()
    assert RememberingEncoder(encoder, tmp_path, "").encode_passages(TEXTS).shape == (3, encoder.dimension)


def test_no_texts_give_no_vectors(encoder: Encoder, tmp_path: Path) -> None:
    assert RememberingEncoder(encoder, tmp_path, "").encode_passages([]).shape == (0, encoder.dimension)
