"""The board: what is written is read once, whole, and at any size."""

import numpy as np
import pytest

from performer.panel.board import MAX_STATUS_BYTES, VALUES, Board, Reader
from performer.parameters import TABLE


def test_values_are_read_once(board: Board, reader: Reader) -> None:
    assert reader.values() is None
    values = np.arange(len(TABLE), dtype=np.float64)
    board.write_values(values, values + 0.5)
    read = reader.values()
    assert read is not None and (read[0] == values).all() and (read[1] == values + 0.5).all()
    assert reader.values() is None
    board.write_values(values, values)
    assert reader.values() is not None


def test_what_is_being_written_is_not_read(board: Board, reader: Reader) -> None:
    values = np.zeros(len(TABLE))
    board.write_values(values, values)
    board._seq[VALUES] += 1  # as in the middle of a write
    assert reader.values() is None
    board._seq[VALUES] += 1
    assert reader.values() is not None


def test_a_status_keeps_its_length_and_too_long_a_one_is_left(board: Board, reader: Reader) -> None:
    board.write_status(b'{"a": 1}' * 9)
    board.write_status(b"{}")
    assert reader.status() == b"{}"
    board.write_status(bytes(MAX_STATUS_BYTES + 1))
    assert reader.status() is None


@pytest.mark.parametrize("size", [(1, 1), (144, 256), (360, 640), (1080, 1920), (2160, 5120)])
def test_a_picture_of_any_size_keeps_its_shape(
    board: Board, reader: Reader, size: tuple[int, int]
) -> None:
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2] = (10, 20, 30)
    board.write_picture(image)
    read = reader.picture()
    assert read is not None
    rows, shown_height = read
    assert shown_height / rows.shape[1] == pytest.approx(height / width, rel=0.02)
    assert (rows[0] == image[0, 0]).all() and (rows[-1] == image[-1, 0]).all()
