"""Which precision and how many threads: bounded, gated by the picture, and kept between shows."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny import generator

from models import contest, kept
from models.canvas import canvas_of
from models.contest import PSNR_MINIMUM_DB, psnr_db, samples_of
from models.graph import choice as choosing
from models.graph.choice import Choice, choice_for, choose, choose_threads
from models.graph.compiled import Compiled, has_bfloat16
from models.graph.network import network_of
from models.networks import Generator

FOUND = Choice("graph", "float32", 1, 12.5)
needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="a processor without bfloat16")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; the folder of its entries. Nothing is timed for long."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(contest, "ROUNDS_S", 0.0)
    monkeypatch.setattr(contest, "REST_S", 0.0)
    return tmp_path / "cache" / "performer" / "engines"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each network that was tried."""
    calls: list[str] = []

    def counting(made: Generator, network: object) -> Choice:
        calls.append("tried")
        return FOUND

    monkeypatch.setattr(choosing, "choose", counting)
    return calls


def prepare(made: Generator) -> Choice:
    """What preparing a generator comes to."""
    return choice_for(made, "tides", lambda: choosing.choose(made, network_of(made)))


def test_a_choice_is_within_what_the_machine_has() -> None:
    made = generator(canvas_of(32, 16))
    found = choose(made, network_of(made))
    assert found.suits and 1 <= found.threads <= choosing.threads_available()
    assert (found.psnr_db is not None) == has_bfloat16()


@pytest.mark.parametrize(
    ("most", "counts"),
    [(1, []), (2, [2]), (3, [2, 3]), (6, [2, 3, 4, 6]), (8, [2, 4, 8]), (12, [2, 4, 6, 8, 12])],
)
def test_it_tries_doubled_threads_and_the_likely_number_of_cores(
    most: int, counts: list[int]
) -> None:
    assert choosing._thread_counts(most) == counts


@pytest.mark.parametrize(
    ("times", "threads"),
    [([(9.0, 5.0), (5.0, 3.0), (3.0, 2.9)], 4), ([(5.0, 5.0)], 1), ([(9.0, 5.0), (5.0, 9.0)], 2)],
)
def test_threads_are_added_while_they_make_it_faster(
    times: list[tuple[float, float]], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, measured = generator(), iter(times)
    monkeypatch.setattr(choosing, "threads_available", lambda: 8)
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: next(measured))
    found = choose_threads(network_of(made), "float32", samples_of(made)[0])
    assert found == threads and next(measured, None) is None


@needs_bfloat16
def test_bfloat16_is_refused_where_the_picture_does_not_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: (2.0, 1.0))
    made = generator(canvas_of(32, 16))
    soft = choosing._choose_precision(network_of(made), samples_of(made))
    assert soft[0] == "bfloat16" and soft[1] is not None and soft[1] >= PSNR_MINIMUM_DB
    for name, weights in made.named_parameters():
        if name.endswith("torgb.weight"):
            weights *= 30.0  # harsh colours: an error of a thousandth shows
    harsh = choosing._choose_precision(network_of(made), samples_of(made))
    assert harsh[0] == "float32" and harsh[1] is not None and harsh[1] < PSNR_MINIMUM_DB


@needs_bfloat16
def test_bfloat16_is_refused_where_it_is_not_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: (1.0, 1.0))
    made = generator()
    assert choosing._choose_precision(network_of(made), samples_of(made))[0] == "float32"


def test_without_bfloat16_nothing_but_float32_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    made = generator()
    monkeypatch.setattr(choosing, "has_bfloat16", lambda: False)
    assert choosing._choose_precision(network_of(made), samples_of(made)) == ("float32", None)
    assert not Choice("graph", "bfloat16", 1).suits and Choice("graph", "float32", 1).suits


@pytest.mark.parametrize(
    ("times", "engine"),
    [((1.0, 0.9), "torch"), ((1.0, 0.97), "graph"), ((1.0, 2.0), "graph")],
)
def test_torch_plays_where_it_is_faster(
    times: tuple[float, float], engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, before = generator(), torch.get_num_threads()
    monkeypatch.setattr(choosing, "has_bfloat16", lambda: False)
    monkeypatch.setattr(choosing, "threads_available", lambda: 1)
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: times)
    assert choose(made, network_of(made)) == Choice(engine, "float32", 1)
    assert torch.get_num_threads() == before


@needs_bfloat16
def test_torch_in_bfloat16_is_held_to_the_picture_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: (1.0, 0.5))
    made = generator(canvas_of(32, 16))

    def engine() -> str:
        return choosing._choose_engine(made, network_of(made), "bfloat16", 1, samples_of(made))

    assert engine() == "torch"
    for name, weights in made.named_parameters():
        if name.endswith("torgb.weight"):
            weights *= 30.0
    assert engine() == "graph"


@needs_bfloat16
def test_bfloat16_draws_nearly_the_same() -> None:
    made = generator(canvas_of(32, 16))
    network, ws = network_of(made), samples_of(made)[0]
    plain, half = Compiled(network, "float32", 1), Compiled(network, "bfloat16", 1)
    assert 38.0 < psnr_db(half.draw(ws, 1.0), plain.draw(ws, 1.0)) < 90.0


def test_psnr_is_of_pictures_as_they_are_shown() -> None:
    picture = torch.full((1, 3, 4, 4), 0.5)
    assert psnr_db(picture + 0.02, picture) == pytest.approx(40.0, abs=1e-3)
    assert psnr_db(picture + 7.0, picture + 5.0) > 150.0
    assert psnr_db(picture * float("nan"), picture) < 0.0


def test_samples_are_the_first_seeds_of_each_class() -> None:
    made = generator()
    samples = samples_of(made)
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(2))
    assert samples[2].shape == (made.num_ws, 16)
    assert torch.equal(samples[2][0], made.mapping(z)[0])


def test_the_second_time_nothing_is_tried(tried: list[str], home: Path) -> None:
    first, second = prepare(generator()), prepare(generator())
    assert len(tried) == 1 and len(list(home.iterdir())) == 1
    assert first == second == FOUND


def test_other_weights_or_another_processor_are_tried(
    tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(generator())
    prepare(generator(seed=1))
    prepare(generator(canvas_of(16, 8)))
    monkeypatch.setattr(choosing, "processor", lambda: "another")
    prepare(generator())
    monkeypatch.setattr(choosing, "version", "another")
    prepare(generator())
    assert len(tried) == 5


def retell(**changes: object) -> Callable[[Path], object]:
    return lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | changes))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(b"\xff\x00\x80"),
    "a list": lambda path: path.write_text("[]"),
    "deep": lambda path: path.write_text("[" * 4096),
    "huge": lambda path: path.write_bytes(path.read_bytes() + b" " * 10_000 + b"x"),
    "told more": retell(more=1),
    "no threads": retell(threads=0),
    "a million threads": retell(threads=10**6),
    "another precision": retell(precision="float64"),
    "another engine": retell(engine="tvm"),
    "of an earlier version": lambda path: path.write_text('{"precision":"float32","threads":1}'),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_entry_is_made_anew(
    damage: Callable[[Path], object], tried: list[str], home: Path
) -> None:
    prepare(generator())
    entry = next(home.iterdir())
    damage(entry)
    if entry.is_dir() or entry.stat().st_size < 5000:
        assert kept.load(entry.stem, Choice) is None
        assert prepare(generator()) == FOUND and len(tried) == 2
    if entry.is_file():
        assert kept.load(entry.stem, Choice) == FOUND, "mended"


def test_without_a_place_to_write_it_is_tried_each_time(
    tried: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    prepare(generator())
    prepare(generator())
    assert len(tried) == 2


def test_only_the_entries_used_last_are_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEEP_ENTRIES", 3)
    for number in range(3):
        kept.store(f"entry{number}", FOUND)
        os.utime(home / f"entry{number}.json", (number, number))
    assert kept.load("entry0", Choice), "used again: now the newest"
    kept.store("entry3", FOUND)
    assert {path.stem for path in home.iterdir()} == {"entry0", "entry2", "entry3"}
