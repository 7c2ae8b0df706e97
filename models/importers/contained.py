"""A function run in a process of its own, with bounds on its memory and its time."""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from models.importers.refusal import ImporterError

TIME_S = 300.0
GOOD, BAD = b"+", b"-"
_is_contained = False


def contained(work: Callable[..., bytes], *arguments: object, memory_bytes: int) -> bytes:
    """What `work(*arguments)` returns; raises `ImporterError` in its words, or for its end.

    The memory is counted on top of what a fresh process with torch takes; on systems that cannot
    limit it (Windows, macOS) only the reader's own bounds hold. Bytes come back, never objects.
    In a process that is contained already it is just called: that one's bounds hold.
    """
    if _is_contained:
        return work(*arguments)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(theirs, work, arguments, memory_bytes), daemon=True
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(TIME_S):
            raise ImporterError(f"it took longer than {TIME_S:.0f} s to read")
        answer = ours.recv_bytes()
    except EOFError:
        raise ImporterError("its reader ended without an answer") from None
    finally:
        process.kill()
        process.join()
    if answer[:1] == BAD:
        raise ImporterError(answer[1:].decode())
    return answer[1:]


def _work(
    answers: Connection,
    work: Callable[..., bytes],
    arguments: tuple[object, ...],
    memory_bytes: int,
) -> None:
    """In the other process: limit, work, answer."""
    global _is_contained
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for the answer ends us
    torch.set_num_threads(1)
    _limit_memory(memory_bytes)
    _is_contained = True
    try:
        answers.send_bytes(GOOD + work(*arguments))
    except ImporterError as error:
        answers.send_bytes(BAD + str(error).encode())
    except Exception as error:
        # torch reports memory that it does not get as a RuntimeError.
        memory = isinstance(error, MemoryError | RuntimeError)
        reason = "more memory than its size allows" if memory else "what the reader did not expect"
        answers.send_bytes(BAD + f"it needs {reason} ({type(error).__name__})".encode())


def _limit_memory(memory_bytes: int) -> None:
    """Let the process map so much more than it has mapped so far, where that can be said."""
    try:
        import resource

        mapped_pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    limit = mapped_pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
