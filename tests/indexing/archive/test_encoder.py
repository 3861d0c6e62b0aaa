"""Tests of the encoder: as the float32 model, the same alone and among others, and any model of one's own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from indexing.archive.bundled_model import NAME
from indexing.archive.encoder import Encoder, open_encoder
from indexing.errors import ModelsMissing, ModelUnavailable

ROOT = Path(__file__).resolve().parents[3]

TEXTS = [
    "",
    "Vrai.",
    "Le ministère a compté 102 personnes au poste d'Ichkachim et 312 à Khorog, selon un bilan publié lundi.",
    "The council voted on Tuesday to close two bridges for repairs; traffic will be led over the old one.",
    "Der Stadtrat beschloss am Dienstag, zwei Brücken für Reparaturen zu sperren.",
    "El gobierno anunció que los precios del combustible subirán un diez por ciento el próximo mes.",
    "Министр сообщил, что границу перешли 1 037 человек; все они вернулись домой.",
    "أعلنت الحكومة يوم الثلاثاء أن أسعار الوقود سترتفع ابتداء من الشهر المقبل.",
    "政府周二宣布，从下个月起燃料价格将上涨百分之十，市民对此反应不一。",
    "รัฐบาลประกาศเมื่อวันอังคารว่าราคาน้ำมันจะเพิ่มขึ้นตั้งแต่เดือนหน้า",
    "政府は火曜日、来月から燃料価格が10パーセント上昇すると発表した。",
    "सरकार ने मंगलवार को घोषणा की कि अगले महीने से ईंधन की कीमतें बढ़ेंगी।",
    "🤷🏽‍♀️ 😀😀😀 — !!! 3.5 % ½ ①",
    "A\u0300 la fin,\u00a0tout\tcompte\n\nfait. " * 20,
    "word " * 700,
]


def test_passages_are_close_to_the_float32_model(
    encoder: Encoder, float32_vectors: Callable[[Sequence[str]], NDArray[np.float32]]
) -> None:
    expected = float32_vectors([f"passage: {text}" for text in TEXTS])
    cosines = (encoder.encode_passages(TEXTS) * expected).sum(axis=1)
    assert cosines.min() >= 0.996, dict(zip(TEXTS, cosines, strict=True))
    assert cosines.mean() >= 0.998


def test_passages_have_unit_length_and_the_right_shape(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_passage_has_the_same_vector_alone_and_among_others(encoder: Encoder) -> None:
    together = encoder.encode_passages(TEXTS * 3)
    for place, text in enumerate(TEXTS):
        np.testing.assert_allclose(encoder.encode_passages([text])[0], together[place], atol=1e-6)


def test_passages_from_many_threads_are_the_same(encoder: Encoder) -> None:
    expected = encoder.encode_passages(TEXTS)
    with ThreadPoolExecutor(6) as workers:
        results = list(workers.map(encoder.encode_passages, [TEXTS] * 6))
    for vectors in results:
        np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_no_passages_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_passages([]).shape == (0, 384)
    assert encoder.encode_questions([]).shape == (0, 384)


def test_long_passage_is_cut_at_what_the_encoder_sees(encoder: Encoder) -> None:
    text = "Les habitants attendent une décision du tribunal. " * 100
    assert len(text) == 5000
    assert len(encoder.tokenizer.encode(text).ids) > encoder.max_tokens == 512
    vectors = encoder.encode_passages([text, f"{text} Une autre fin.", text[:4000], text[:1000]])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    assert np.abs(vectors[0] - vectors[3]).max() > 1e-3


def test_progress_hears_of_every_batch(encoder: Encoder) -> None:
    heard: list[tuple[int, int]] = []
    encoder.encode_passages(["un", "deux", "trois"] * 25, lambda done, total: heard.append((done, total)))
    assert [total for _, total in heard] == [75] * len(heard)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert heard[-1] == (75, 75)


def test_question_finds_the_passage_that_answers_in_another_language(encoder: Encoder) -> None:
    questions = encoder.encode_questions(
        ["How many people came through Ishkashim?", "When do fuel prices rise?", "Which bridges are closed?"]
    )
    passages = encoder.encode_passages([TEXTS[2], TEXTS[8], TEXTS[4], TEXTS[1]])
    assert (questions @ passages.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_marks_of_the_model_written_in_a_text_are_only_text(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(["Un texte.</s>", "Un texte.", "Un texte. < / s >"])
    assert vectors[0] @ vectors[1] < 0.9999


def test_given_prefixes_win_and_only_the_passage_one_changes_the_fingerprint(
    encoder: Encoder, models: Path
) -> None:
    turned = open_encoder(NAME, models, question_prefix="passage: ", passage_prefix="query: ")
    np.testing.assert_allclose(
        turned.encode_questions(TEXTS[:3]), encoder.encode_passages(TEXTS[:3]), atol=1e-6
    )
    np.testing.assert_allclose(
        turned.encode_passages(TEXTS[:3]), encoder.encode_questions(TEXTS[:3]), atol=1e-6
    )
    assert turned.fingerprint != encoder.fingerprint
    same = open_encoder(NAME, models, question_prefix="ask: ", passage_prefix="passage: ")
    assert (
        same.fingerprint
        == encoder.fingerprint
        == json.loads((models / NAME / "model.json").read_text())["fingerprint"]
    )


def test_open_without_prepared_models_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match=r"run `make setup`, or `python -m indexing\.prepare_models"):
        open_encoder(NAME, tmp_path)


# A model of one's own


def make_model(folder: Path, prompts: dict[str, str] | None = None) -> Path:
    """Save a tiny random sentence-transformers model."""
    characters = [chr(code) for code in range(33, 127)]
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *characters,
        *(f"##{character}" for character in characters),
    ]
    tokenizer = Tokenizer(WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(5)
    model = BertModel(
        BertConfig(
            vocab_size=len(pieces),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
        )
    )
    part = folder.with_name(f"{folder.name}-transformer")
    model.save_pretrained(part)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=64,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    wrapped.save_pretrained(part)
    modules = [Transformer(str(part)), Pooling(16, pooling_mode="mean")]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save_pretrained(str(folder))
    shutil.rmtree(part)
    return folder


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "own-model")


def test_own_folder_is_encoded_like_sentence_transformers_does(own_model: Path, models: Path) -> None:
    encoder = open_encoder(str(own_model), models, question_prefix="Q ", passage_prefix="")
    texts = ["one story", "another, much longer story about a bridge", ""]
    plain = SentenceTransformer(str(own_model), device="cpu")
    expected = plain.encode([f"Q {text}" for text in texts], normalize_embeddings=True)
    assert (encoder.dimension, encoder.max_tokens, encoder.name) == (16, 64, str(own_model))
    np.testing.assert_allclose(encoder.encode_questions(texts), expected, atol=1e-5)
    np.testing.assert_allclose(
        encoder.encode_passages(texts), plain.encode(texts, normalize_embeddings=True), atol=1e-5
    )


def test_own_folder_keeps_the_bundled_tokenizer_and_table(
    own_model: Path, models: Path, encoder: Encoder
) -> None:
    own = open_encoder(str(own_model), models)
    assert own.tokenizer.encode("Hello world!").ids == encoder.tokenizer.encode("Hello world!").ids
    ids = np.array([5, 6])
    np.testing.assert_array_equal(own.table.rows(ids), encoder.table.rows(ids))


def test_own_folder_from_many_threads_gives_the_same(own_model: Path, models: Path) -> None:
    encoder = open_encoder(str(own_model), models)
    texts = [f"story {number} " * (number + 1) for number in range(20)]
    expected = encoder.encode_passages(texts)
    with ThreadPoolExecutor(8) as workers:
        for vectors in workers.map(encoder.encode_passages, [texts] * 16):
            np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_own_folder_without_prompts_says_so(
    own_model: Path, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_encoder(str(own_model), models)
    assert "CITEWELL_QUESTION_PREFIX" in caplog.text
    caplog.clear()
    open_encoder(str(own_model), models, question_prefix="")
    assert "CITEWELL_QUESTION_PREFIX" not in caplog.text


def test_own_prompts_of_a_model_win_over_its_name(tmp_path: Path, models: Path) -> None:
    folder = make_model(tmp_path / "e5-own", {"query": "ask ", "document": "tell "})
    encoder = open_encoder(str(folder), models)
    plain = SentenceTransformer(str(folder), device="cpu")
    expected = plain.encode(["ask x", "tell x"], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_questions(["x"])[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(["x"])[0], expected[1], atol=1e-5)


def test_known_name_gives_a_folder_its_prompts(own_model: Path, tmp_path: Path, models: Path) -> None:
    folder = Path(shutil.copytree(own_model, tmp_path / "e5-tiny"))
    encoder = open_encoder(str(folder), models)
    plain = SentenceTransformer(str(folder), device="cpu")
    expected = plain.encode(["query: x", "passage: x"], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_questions(["x"])[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(["x"])[0], expected[1], atol=1e-5)


def test_fingerprint_of_a_folder_follows_what_changes_vectors(
    own_model: Path, tmp_path: Path, models: Path
) -> None:
    folder = Path(shutil.copytree(own_model, tmp_path / "copy" / own_model.name))
    first = open_encoder(str(folder), models, passage_prefix="").fingerprint
    assert first == open_encoder(str(own_model), models, question_prefix="Q ", passage_prefix="").fingerprint
    (folder / "README.md").write_text("A note.")
    assert first == open_encoder(str(folder), models, passage_prefix="").fingerprint
    assert first != open_encoder(str(folder), models, passage_prefix="P ").fingerprint
    configuration = folder / "sentence_bert_config.json"
    configuration.write_text(json.dumps(json.loads(configuration.read_text()) | {"max_seq_length": 32}))
    assert first != open_encoder(str(folder), models, passage_prefix="").fingerprint


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "some/deeper/folder", ""])
def test_unknown_folder_is_named_with_what_is_allowed(name: str, models: Path) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"loaded: there is no such folder\. CITEWELL_EMBEDDING_MODEL.*bundled"
    ):
        open_encoder(name, models)


def test_folder_without_a_model_is_named(tmp_path: Path, models: Path) -> None:
    with pytest.raises(ModelUnavailable, match=str(tmp_path)):
        open_encoder(str(tmp_path), models)


def run_python(code: str, **environment: str) -> str:
    """Run code in a fresh interpreter, whose libraries read the environment when they are imported."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


NO_CONNECTION = """
import sys
REFUSED = ("socket.connect", "socket.getaddrinfo")
sys.addaudithook(lambda event, _: sys.exit(event) if event in REFUSED else None)
"""


def test_bundled_encoder_needs_neither_a_connection_nor_pytorch(models: Path) -> None:
    code = f"""{NO_CONNECTION}
import pathlib
from indexing.archive.encoder import open_encoder
encoder = open_encoder({NAME!r}, pathlib.Path({str(models)!r}))
print(encoder.encode_questions(["Who?"]).shape, encoder.encode_passages(["They.", "Them."]).shape)
print({{"torch", "transformers", "sentence_transformers"}} & set(sys.modules))
"""
    assert run_python(code).splitlines() == ["(1, 384) (2, 384)", "set()"]


def test_hub_model_out_of_reach_is_named(models: Path, tmp_path: Path) -> None:
    code = f"""
import pathlib
from indexing.archive.encoder import open_encoder
from indexing.errors import ModelUnavailable
try: open_encoder("intfloat/multilingual-e5-base", pathlib.Path({str(models)!r}))
except ModelUnavailable as error: print(error)
"""
    said = run_python(code, HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path))
    assert said.startswith("the embedding model 'intfloat/multilingual-e5-base' could not be loaded: ")
    assert len(said.splitlines()) == 1


def test_hub_model_in_the_cache_is_opened_without_the_hub_and_named_by_its_commit(
    own_model: Path, models: Path, tmp_path: Path
) -> None:
    code = f"""{NO_CONNECTION}
import pathlib
from indexing.archive.encoder import open_encoder
encoder = open_encoder("someone/e5-tiny", pathlib.Path({str(models)!r}))
print(encoder.fingerprint, encoder.dimension)
"""
    said = []
    for commit in ("a" * 40, "b" * 40):
        cache = tmp_path / commit / "hub" / "models--someone--e5-tiny"
        shutil.copytree(own_model, cache / "snapshots" / commit)
        (cache / "refs").mkdir()
        (cache / "refs" / "main").write_text(commit)
        said.append(run_python(code, HF_HOME=str(tmp_path / commit)).split())
    assert said[0][0].startswith("e5-tiny-")
    assert said[0][0] != said[1][0]
    assert said[0][1] == said[1][1] == "16"
