"""The test card: a grid by which screens and projectors are set up."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pygame

from performer.clock import Clock
from performer.outputs.base import Image
from performer.outputs.display import PygameDisplay
from performer.outputs.layout import load_outputs
from performer.outputs.overlay import BLANK
from performer.toml_files import PatchError

SIZE = (1920, 1080)
CELLS = (16, 9)
LOOK_S = 0.25
GROUND, LINE, BRIGHT = (24, 26, 30), (150, 156, 164), (255, 255, 255)
BARS = (
    *((255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0)),
    *((255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)),
)


def paint_card() -> Image:
    """A numbered grid with a border, circles, diagonals, colours and greys: uint8 (H, W, 3)."""
    width, height = SIZE
    card = pygame.Surface(SIZE)
    card.fill(GROUND)
    cell = width // CELLS[0]
    for x in range(0, width + 1, cell):
        pygame.draw.line(card, LINE, (min(x, width - 1), 0), (min(x, width - 1), height), 2)
    for y in range(0, height + 1, cell):
        pygame.draw.line(card, LINE, (0, min(y, height - 1)), (width, min(y, height - 1)), 2)
    pygame.draw.line(card, LINE, (0, 0), (width - 1, height - 1), 2)
    pygame.draw.line(card, LINE, (0, height - 1), (width - 1, 0), 2)
    for centre in ((width // 2, height // 2), *_corners(cell)):
        radius = 3 * cell if centre[0] == width // 2 else cell
        pygame.draw.circle(card, BRIGHT, centre, radius, 3)
    _draw_steps(card, cell)
    _number(card, cell)
    pygame.draw.rect(card, BRIGHT, card.get_rect(), 4)
    return np.ascontiguousarray(pygame.surfarray.array3d(card).swapaxes(0, 1))


def _corners(cell: int) -> list[tuple[int, int]]:
    width, height = SIZE
    return [(x, y) for x in (cell, width - cell) for y in (cell, height - cell)]


def _draw_steps(card: pygame.Surface, cell: int) -> None:
    """The colours, and below them the greys, which show a wrong gamma."""
    for i, colour in enumerate(BARS):
        card.fill(colour, ((4 + i) * cell, 6 * cell, cell, cell // 2))
        grey = round(255 * i / (len(BARS) - 1))
        card.fill((grey, grey, grey), ((4 + i) * cell, 6 * cell + cell // 2, cell, cell // 2))


def _number(card: pygame.Surface, cell: int) -> None:
    """Letters down and numbers across, so that one can say which cell is where."""
    font = pygame.font.Font(None, cell // 3)
    for row in range(CELLS[1]):
        for column in range(CELLS[0]):
            name = font.render(f"{chr(ord('A') + row)}{column + 1}", True, LINE)
            card.blit(name, (column * cell + 8, row * cell + 8))


class CardShow:
    """Shows the card, and takes the file of outputs anew when it is saved."""

    def __init__(self, display: PygameDisplay, file: Path | None) -> None:
        self._display, self._file = display, file
        self._image = paint_card()
        self._saved = self._stamp()
        self._look_s = 0.0

    def show(
        self,
        clock: Clock,
        stopped: Callable[[], bool],
        frames: int | None,
        seconds: float | None,
    ) -> None:
        """Until the window closes, `stopped`, or it was shown so often or so long."""
        display, begin_s, shown = self._display, clock.now(), 0
        while not (display.closed or stopped()):
            now_s = clock.now()
            is_long = seconds is not None and now_s - begin_s >= seconds
            if is_long or (frames is not None and shown >= frames):
                return
            self.look(now_s)
            display.poll()
            display.present(self._image, lambda: BLANK)
            shown += 1
            if not display.paced:
                clock.sleep_until(now_s + 1.0 / display.refresh_hz)

    def look(self, now_s: float) -> None:
        """Take the file if it was saved; where it is wrong, say so and go on."""
        if self._file is None or now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_S
        if (saved := self._stamp()) == self._saved:
            return
        self._saved = saved
        try:
            self._display.adjust(load_outputs(self._file))
        except PatchError as error:
            logging.getLogger("performer.outputs").warning("%s", error)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat() if self._file is not None else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found else None
