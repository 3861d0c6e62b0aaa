"""`citewell add` is killed hard at random moments and run again: every article is there once, every offset right."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from qdrant_client import models as qdrant

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from indexing.archive.engine import Point
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.records import read_passage, read_record
from indexing.canonical_text import canonical_text

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", "20261123"))
ARTICLES, COPY_EVERY = 60, 6
ROUND_KILLS = 4  # the command is killed so many times in a row, then left to end
WAIT_S = 120

# Imports what the command needs once, then for each line on standard input becomes, in a fork, the real command with
# these words. The encoder is opened after the fork. Progress is shown at once and for each article, instead of after
# two seconds: it is what the command says is stored.
DRIVER = """
import json, os, sys
import service.command_line as command_line
import service.local_connection

class Progress(command_line.tqdm):
    def __init__(self, *words, **options):
        super().__init__(*words, **(options | {"delay": 0, "mininterval": 0, "miniters": 1}))

command_line.tqdm = Progress
print("ready", flush=True)
for line in sys.stdin:
    output, *words = json.loads(line)
    worker = os.fork()
    if worker == 0:
        to = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(to, 1)
        os.dup2(to, 2)
        try:
            command_line.citewell.main(words)
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            # Not the interpreter's own end: in a fork it is a segmentation fault, after all work is done; in the
            # command by itself it is not.
            os._exit(end.code or 0)
    print(worker, flush=True)
    sys.stdin.readline()  # only now may its process id be given to another
    print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]), flush=True)
"""


class Driver:
    """Runs `citewell` commands one at a time, any of which may be killed."""

    def __init__(self, child: subprocess.Popen[str], output: Path) -> None:
        self._child = child
        self._output = output

    def start(self, *words: str) -> int:
        """Start one command; returns its process id."""
        self._output.unlink(missing_ok=True)
        return self._ask(json.dumps([str(self._output), *words]))

    def exit_code(self) -> int:
        """Wait for the command's end; negative: the signal that killed it."""
        return self._ask("wait")

    @property
    def output(self) -> str:
        """What the command has printed so far."""
        return self._output.read_text("utf-8") if self._output.exists() else ""

    @property
    def reported(self) -> int:
        """How many articles the command has reported as done; -1 before it begins."""
        return max(map(int, re.findall(r"(\d+) articles \[", self.output)), default=-1)

    def _ask(self, line: str) -> int:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        assert answer, f"the driver ended: {self.output}"
        return int(answer)


@contextmanager
def driver(archive: Path, folder: Path) -> Iterator[Driver]:
    environment = os.environ | {"CITEWELL_ARCHIVE": str(archive), "OMP_NUM_THREADS": "2"}
    environment["PYTHONPATH"] = str(ROOT)
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER],
        env=environment,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield Driver(child, folder / "output")


def articles(chance: random.Random, earlier: list[dict[str, str]]) -> list[dict[str, str]]:
    """The articles of one round: all at first, later most as they were and some with other numbers.

    Every COPY_EVERY-th is a copy of the one before it, which also ends a batch: more, smaller writes.
    """
    made: list[dict[str, str]] = []
    for number in range(ARTICLES):
        id = f"story-{number}"
        if number % COPY_EVERY == COPY_EVERY - 1:
            made.append(made[-1] | {"id": id})
        elif earlier and chance.random() < 0.6:
            made.append(earlier[number])
        else:
            sample = SAMPLES[number % len(SAMPLES)]
            text = re.sub(r"\d+", lambda _: str(chance.randrange(1, 9_999)), str(sample["text"])[:600])
            # Every text is one of its own, also where a sample has no number.
            text += f"\n\n{chance.randrange(10**9)}."
            made.append({"id": id, "title": sample["title"], "text": text, "language": sample["language"]})
    return made


SAMPLES = [
    {"language": path.stem} | json.loads(line)
    for path in sorted((ROOT / "samples").glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]


def wait_until_reported(running: Driver, count: int) -> None:
    """Wait until the command reports `count` articles."""
    until = time.monotonic() + WAIT_S
    while running.reported < count:
        assert time.monotonic() < until, running.output
        time.sleep(0.002)


def wait_until_written(folder: Path, longest: float) -> None:
    """Wait until a file in `folder` changes, at most `longest` seconds."""
    before, until = stamps(folder), time.monotonic() + longest
    while stamps(folder) == before and time.monotonic() < until:
        time.sleep(0.001)


def stamps(folder: Path) -> list[int]:
    found: list[int] = []
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # Edge replaces files while it works
                found.append(os.stat(os.path.join(place, name)).st_mtime_ns)
    return found


async def points(archive: Archive, kind: str) -> list[Point]:
    where = qdrant.Filter(must=[qdrant.FieldCondition(key="meta.kind", match=qdrant.MatchValue(value=kind))])
    found, cursor = await archive._engine.scroll(where, 10_000, vectors=True)
    assert cursor is None
    return found


async def check(archive: Archive, allowed: dict[str, set[str]]) -> dict[str, str]:
    """Assert that what is stored is whole; returns the text of each id. `allowed`: the texts it may have."""
    for kind in ("pending", "removed"):
        assert await points(archive, kind) == []
    records = [read_record(point) for kind in ("article", "copy") for point in await points(archive, kind)]
    assert max(Counter(record.id for record in records).values(), default=1) == 1
    firsts = {record.id: record for record in records if record.kind == "article"}
    assert len({record.version for record in firsts.values()}) == len(firsts), "a text has one article"
    texts = {
        point.payload["meta"]["version"]: point.payload["content"] for point in await points(archive, "text")
    }
    assert set(texts) == {version for record in records for version, _ in record.versions}
    for record in records:
        stored = await archive.article(record.id)
        assert stored is not None
        assert stored.article.text == texts[record.version]
        assert stored.article.version == stored.version == record.version
        assert stored.article.text in allowed[record.id]
        assert (stored.copy_of is None) == (record.id in firsts)

    passages: Counter[str] = Counter()
    for point in await points(archive, "passage"):
        passage = read_passage(point)
        text = texts[passage.version]
        assert passage.id == point.id
        assert passage.version == firsts[passage.article_id].version
        assert text[passage.start : passage.end] == passage.text != ""
        assert all(passage.start <= start < end <= passage.end for start, end in passage.sentences)
        assert np.isclose(np.linalg.norm(np.asarray(point.dense)), 1, atol=1e-3)
        assert point.terms is not None
        assert point.terms.indices
        passages[passage.article_id] += 1
    assert passages == {record.id: record.passages for record in firsts.values()}
    assert set(passages) == set(firsts)
    return {record.id: texts[record.version] for record in records}


def write(path: Path, listed: list[dict[str, str]]) -> None:
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in listed), "utf-8")


async def test_add_killed_at_random_moments_is_completed_by_the_next_run(
    tmp_path: Path, encoder: Encoder
) -> None:
    print(f"SEED={SEED}")
    chance = random.Random(SEED)
    folder, source = tmp_path / "archive", tmp_path / "articles.jsonl"
    allowed: dict[str, set[str]] = {}
    listed: list[dict[str, str]] = []
    kills = 0

    async def look() -> dict[str, str]:
        archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
        try:
            return await check(archive, allowed)
        finally:
            await archive.close()

    with driver(folder, tmp_path) as running:
        while kills < KILLS:
            listed = articles(chance, listed)
            source.write_text("\n".join(json.dumps(one) for one in listed), "utf-8")
            wanted = {one["id"]: canonical_text(one["text"]) for one in listed}
            for id, text in wanted.items():
                allowed.setdefault(id, set()).add(text)
            stored = 0
            for _ in range(min(ROUND_KILLS, KILLS - kills)):
                stored = max(stored, kill_at_random(running, folder, source, chance, stored))
                kills += 1
                print(f"kill {kills}: {stored} articles were reported")
                if chance.random() < 0.5:  # else the next run finds what the killed one left
                    found = await look()
                    assert set(found) >= {id for id, texts in allowed.items() if len(texts) > 1}, "lost"
                    for one in listed[:stored]:
                        assert found[one["id"]] == wanted[one["id"]], f"{one['id']} was reported and is lost"
            running.start("add", str(source))
            assert running.exit_code() == 0, running.output
            assert sum(map(int, re.findall(r"[a-z] (\d+)", running.output.splitlines()[-1]))) == ARTICLES
            assert await look() == wanted


def kill_at_random(running: Driver, folder: Path, source: Path, chance: random.Random, stored: int) -> int:
    """Start the command and kill it; returns how many articles it reported. The first `stored` are there already.

    Encoding takes most of the time; every second kill waits until a file of the archive changes. Even so only 2 of 30
    kills left a write half done: kills at every operation of a write are tests/indexing/archive's part.
    """
    worker = running.start("add", str(source))
    # Not far beyond what is stored, so that the kills to follow find work under way.
    wait_until_reported(running, chance.randint(stored, (2 * stored + ARTICLES) // 3))
    if chance.random() < 0.5:
        wait_until_written(folder, longest=1)
        time.sleep(chance.random() * 0.05)
    else:
        time.sleep(chance.random() * 0.5)
    os.kill(worker, signal.SIGKILL)
    running.exit_code()
    return max(running.reported, 0)
