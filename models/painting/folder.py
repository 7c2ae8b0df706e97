"""A folder of paintings, painted by several processes, resumable at any moment."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image

from models.painting.painter import paint

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes started inside use one thread each: theirs would fight over the cores."""
    before = {name: os.environ.get(name) for name in _BLAS_THREADS}
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _paint_file(index: int, *, out: Path, seed: int, height_px: int, width_px: int) -> None:
    picture = paint(index, seed=seed, height_px=height_px, width_px=width_px)
    part = out / f".{index:05d}.{os.getpid()}.part"
    try:
        Image.fromarray(picture).save(part, format="PNG", compress_level=3)
        os.replace(part, out / f"{index:05d}.png")
    finally:
        part.unlink(missing_ok=True)


def paint_folder(
    out: Path,
    *,
    count: int,
    height_px: int,
    width_px: int,
    seed: int,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write 00000.png ... into `out` until `count` are there; files already there are kept.

    Each file appears whole or not at all. `progress` is told, in this process, how many exist.
    """
    out.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(count) if not (out / f"{i:05d}.png").exists()]
    done = count - len(missing)
    job = partial(_paint_file, out=out, seed=seed, height_px=height_px, width_px=width_px)
    if workers <= 1 or len(missing) <= 1:
        for index in missing:
            job(index)
            done += 1
            if progress is not None:
                progress(done)
        return
    context = multiprocessing.get_context("spawn")
    with _one_thread_each(), context.Pool(min(workers, len(missing))) as pool:
        for _ in pool.imap_unordered(job, missing, chunksize=1):
            done += 1
            if progress is not None:
                progress(done)
