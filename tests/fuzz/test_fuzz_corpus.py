"""Every input that fuzzing has kept, played again: nothing breaks its promise."""

from pathlib import Path

import pytest
from target import Target
from targets import all_targets

pytest.importorskip("torch", reason="the targets are of the whole program")
CORPUS = Path(__file__).parent / "corpus"
TARGETS = all_targets()


def keeps_its_promise(target: Target, data: bytes, name: str) -> None:
    try:
        target.run(data)
    except target.promises:
        return
    except Exception as error:
        raise AssertionError(f"{name} broke its promise") from error


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_known_breaks_no_promise(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert seeds, "it begins from nothing"
    for number, data in enumerate(seeds):
        keeps_its_promise(target, data, f"the seed {name}/{number}")
    for path in sorted((CORPUS / name).glob("*")):
        keeps_its_promise(target, path.read_bytes(), f"{name}/{path.name}")


def test_the_corpus_is_of_targets_and_small() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*")) < 2_000_000
