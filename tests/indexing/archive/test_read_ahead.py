"""Reading a shard's files ahead, beside an index that replaces them."""

import shutil
import threading
from pathlib import Path

from indexing.archive.read_ahead import read_ahead, read_the_rest


def test_segments_that_come_and_go_meanwhile_do_no_harm(tmp_path: Path) -> None:
    done = threading.Event()

    def index() -> None:
        number = 0
        while not done.is_set():
            made = tmp_path / f"segments/{number}/vector_storage/store"
            made.mkdir(parents=True)
            (made / "page_0.dat").write_bytes(b"0" * 100)
            (made.parent / "matrix.dat").write_bytes(b"0" * 100)
            if number > 3:
                shutil.rmtree(tmp_path / f"segments/{number - 4}")
            number += 1

    indexing = threading.Thread(target=index)
    indexing.start()
    try:
        for _ in range(500):
            read_ahead(tmp_path)
            read_the_rest(tmp_path)
    finally:
        done.set()
        indexing.join()


def test_a_folder_that_is_not_there_does_no_harm(tmp_path: Path) -> None:
    read_ahead(tmp_path / "none")
    read_the_rest(tmp_path / "none")
