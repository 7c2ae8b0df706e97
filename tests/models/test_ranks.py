"""Processes that share a batch: whose rows are whose."""

import pytest
import torch

from models.ranks import Ranks, RanksError, join


def test_the_rows_of_all_processes_are_the_batch() -> None:
    rows = [range(12)[Ranks(rank, 3).rows(12)] for rank in range(3)]
    assert [row for part in rows for row in part] == list(range(12))


def test_a_batch_that_cannot_be_shared_is_a_sentence() -> None:
    with pytest.raises(RanksError, match="choose a --batch that 3 divides"):
        Ranks(0, 3).rows(8)


def test_alone_there_is_nobody_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    ranks, device = join(torch.device("cpu"))
    assert (ranks.rank, ranks.count, device.type) == (0, 1, "cpu")
    number = torch.tensor(3.0)
    ranks.add([number])
    ranks.wait()
    ranks.leave()
    assert float(number) == 3 and ranks.any(True, device) and not ranks.any(False, device)
