"""A board, and who reads it."""

from collections.abc import Iterator

import pytest

from performer.panel.board import Board, Reader


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.close()


@pytest.fixture
def reader(board: Board) -> Iterator[Reader]:
    reader = Reader(board.name)
    yield reader
    reader.close()
