"""What a run measured of itself: kept, taken up again, and not upset by a spoilt file."""

from pathlib import Path

import pytest

from models.history import History, forget_after
from models.metrics import Measures
from models.watch import Moment


def moment(kimg: float, kid: float) -> Moment:
    return Moment(kimg, Measures(kid, 0.5, 1.0, 0.9, 0.1, 2.0), p_at_cap=True, sign_real=0.25)


def test_moments_are_taken_up_again_canvas_by_canvas(tmp_path: Path) -> None:
    table = tmp_path / "measures.csv"
    small = History(table, "8x8")
    small.add(moment(1.0, 0.4), p=0.1)
    small.add(moment(2.5, 0.3), p=0.2)
    large = History(table, "16x16")
    assert large.moments == [] and large.best is None
    large.add(moment(3.0, 0.9), p=0.0)
    assert History(table, "8x8").moments == [moment(1.0, 0.4), moment(2.5, 0.3)]
    assert History(table, "8x8").best == moment(2.5, 0.3)
    assert History(table, "16x16").best == moment(3.0, 0.9)
    assert table.read_text().splitlines()[0].startswith("kimg,canvas,kid,coverage")


def test_what_was_measured_beyond_a_save_is_forgotten(tmp_path: Path) -> None:
    table = tmp_path / "measures.csv"
    forget_after(table, 1.0)
    assert not table.exists()
    history = History(table, "8x8")
    for kimg in (1.0, 2.0, 3.0):
        history.add(moment(kimg, kimg), p=0.0)
    forget_after(table, 2.0)
    assert [each.kimg for each in History(table, "8x8").moments] == [1.0, 2.0]


@pytest.mark.parametrize(
    "spoilt", ["", "nonsense\n\x00,,\n", "kimg,canvas\n1.0,8x8\n", "x" * 200_000]
)
def test_a_table_that_was_spoilt_is_begun_anew(tmp_path: Path, spoilt: str) -> None:
    table = tmp_path / "measures.csv"
    table.write_text(spoilt)
    history = History(table, "8x8")
    assert history.moments == []
    history.add(moment(1.0, 0.4), p=0.1)
    assert History(table, "8x8").moments == [moment(1.0, 0.4)]


def test_a_line_that_was_spoilt_is_left_out(tmp_path: Path) -> None:
    table = tmp_path / "measures.csv"
    history = History(table, "8x8")
    history.add(moment(1.0, 0.4), p=0.1)
    history.add(moment(2.0, 0.4), p=0.1)
    table.write_text(table.read_text().replace("\n2.0,", "\ntwo,"))
    assert [each.kimg for each in History(table, "8x8").moments] == [1.0]
