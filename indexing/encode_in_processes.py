"""Plans in, their passages with vectors and terms out: encoded by several processes, each with its own encoder."""

import asyncio
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from indexing.archive.versions import Encoded, Plan
from indexing.encode_plans import encode_plans
from indexing.errors import WorkerLost

if TYPE_CHECKING:
    from indexing.archive.encoder import Encoder

T = TypeVar("T")

TRIES = 2
THREADS = 2  # of one worker at most
END_SECONDS = 5.0  # that a worker has to end by itself


class EncodeInProcesses:
    """Encodes with `count` worker processes, which start with their first batch; `async with` ends them.

    A worker that ends of itself is replaced, and its batch tried again once. When this process is killed, the pipes
    close and the workers end.
    """

    def __init__(self, open_encoder: Callable[[int], "Encoder"], count: int) -> None:
        """`open_encoder` takes a number of threads; it is pickled, and called once in each worker."""
        self.side_by_side = count + 1  # one batch is planned while every worker has its own
        self._open = partial(_open, open_encoder, max(1, min(THREADS, cores() // count)))
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._idle.put_nowait(None)
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(count, "encoding")  # each waits for one worker

    async def __aenter__(self) -> "EncodeInProcesses":
        """Nothing is started yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers: after an error or Ctrl-C whatever they are at."""
        await asyncio.to_thread(self._end, kind is not None)

    async def __call__(self, plans: Sequence[Plan]) -> list[Encoded]:
        """Have an idle worker encode; raises WorkerLost when two ended over it, and what the encoder raises."""
        worker = await self._idle.get()
        try:
            for _ in range(TRIES):
                try:
                    if worker is None:
                        worker = await self._in_thread(self._start)
                    return await self._in_thread(worker.encode, plans)
                except _WorkerGone:
                    worker = None
                except asyncio.CancelledError:
                    if worker is not None:
                        worker.kill()  # else its answer would be taken for that to the next batch
                    worker = None
                    raise
            raise WorkerLost(
                f"{TRIES} processes ended while they encoded the same {len(plans)} articles (the first one is "
                f"{plans[0].article.id}); often memory is too small for so many: add with a smaller --processes"
            )
        finally:
            self._idle.put_nowait(worker)

    async def _in_thread(self, work: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _start(self) -> "_Worker":
        worker = _Worker(self._open)
        self._workers.append(worker)
        return worker

    def _end(self, at_once: bool) -> None:
        for worker in list(self._workers) if at_once else ():
            worker.kill()
        self._threads.shutdown()
        for worker in self._workers:
            worker.end()


class _WorkerGone(Exception):
    """The process at the other end of a pipe has ended."""


class _Worker:
    """One process and the pipe to it; blocking, for one thread at a time."""

    def __init__(self, open_encoder: Callable[[], "Encoder"]) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_work, args=(theirs, open_encoder), name="citewell encoder", daemon=True
        )
        _start_without_ctrl_c(self._process)
        theirs.close()

    def encode(self, plans: Sequence[Plan]) -> list[Encoded]:
        """Have the process encode; raises what went wrong there, and _WorkerGone when it ended."""
        try:
            self._pipe.send(plans)
            done: list[Encoded] | Exception = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _WorkerGone from error
        if isinstance(done, Exception):
            raise done
        return done

    def kill(self) -> None:
        """End it by force; whoever waits for its answer hears that it is gone."""
        self._process.kill()

    def end(self) -> None:
        """Close the pipe, which tells the process to end, and wait for that; nobody may be waiting for it."""
        self._pipe.close()
        self._process.join(END_SECONDS)
        self._process.kill()
        self._process.join()
        self._process.close()


def _start_without_ctrl_c(process: SpawnProcess) -> None:
    """Start a process that Ctrl-C on the terminal does not reach: whoever started it ends it."""
    # Starting it while the signal is blocked would unblock it again, so first.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open(open_encoder: Callable[[int], "Encoder"], threads: int) -> "Encoder":
    os.environ["RAYON_NUM_THREADS"] = str(threads)  # of the tokenizer, which else takes all cores
    return open_encoder(threads)


def _work(pipe: Connection, open_encoder: Callable[[], "Encoder"]) -> None:
    """Encode what comes until the pipe closes; what goes wrong is sent back."""
    encoder: Encoder | None = None
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            plans: Sequence[Plan] = pipe.recv()
            done: list[Encoded] | Exception
            try:
                encoder = encoder or open_encoder()
                done = encode_plans(plans, encoder, encoder.terms)
            except Exception as error:
                done = _picklable(error)
            pipe.send(done)


def _picklable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0))
