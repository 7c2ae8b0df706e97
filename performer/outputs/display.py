"""The picture on a screen, in a window or fullscreen, through SDL's renderer."""

import os
from collections.abc import Callable

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame
from pygame._sdl2 import video

from performer.clock import Clock
from performer.events import KeyEvent
from performer.outputs import window as windows
from performer.outputs.base import Image, Switches
from performer.outputs.fit import Fit, fitted
from performer.outputs.overlay import Overlay, hint_alpha, hint_surface
from performer.outputs.pace import Pace, measure_period, nominal_hz
from performer.status import Status

BLEND = 1
CAME_BACK = (pygame.WINDOWRESTORED, pygame.WINDOWSHOWN, pygame.WINDOWDISPLAYCHANGED)


class PygameDisplay:
    """A `Display` in a window of its own.

    The image goes to the renderer at its own size, which scales it with a linear filter; the
    overlays are drawn at the window's own resolution. `size` is the window's (width, height)
    when it is not fullscreen, `backdrop` what it shows before the first frame. Raises
    `DisplayError`, one sentence, when it cannot open.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        fullscreen: bool,
        size: tuple[int, int] | None = None,
        display_index: int = 0,
        title: str = "Performer",
        fit: Fit = "contain",
        hint: bool = True,
        backdrop: Image | None = None,
    ) -> None:
        self._clock = clock
        self._fit = fit
        count = windows.start_video()
        try:
            windows.check_display(display_index, count)
            size = size or windows.default_size(display_index)
            self._window = windows.open_window(title, size, display_index, fullscreen)
            self._renderer, self._renderer_name = windows.open_renderer(self._window)
        except Exception:
            pygame.display.quit()
            raise
        self.switches = Switches(fullscreen=fullscreen)
        self._fullscreen = fullscreen
        self._size_to_shrink_to = size if fullscreen else None
        self._open = True
        pygame.mouse.set_visible(not fullscreen)
        self._frame: video.Texture | None = None
        self._sheet: video.Texture | None = None
        self._hint: video.Texture | None = None
        self._overlay = Overlay(self._pixels())
        self._backdrop = backdrop
        if hint:
            surface = hint_surface(self._pixels())
            self._hint = video.Texture.from_surface(self._renderer, surface)
            self._hint.blend_mode = BLEND
        period_s = measure_period(clock, self._present_backdrop)
        self._pace = Pace(period_s)
        self.refresh_hz = nominal_hz(period_s, windows.told_hz(display_index))
        self._opened_s = clock.now()

    @property
    def closed(self) -> bool:
        return self.switches.closed

    @property
    def paced(self) -> bool:
        return self._pace.paced

    def present(self, image: Image, status: Callable[[], Status]) -> None:
        if not self._open:
            return
        self._clear()
        self._draw_image(image)
        self._draw_overlay(status)
        self._draw_hint()
        self._renderer.present()
        self._pace.presented(self._clock.now())

    def poll(self) -> list[KeyEvent]:
        if not self._open:
            return []
        now_s = self._clock.now()
        events = []
        for event in pygame.event.get():
            if event.type in (pygame.KEYDOWN, pygame.KEYUP):
                pressed = event.type == pygame.KEYDOWN
                key = "?" if getattr(event, "unicode", "") == "?" else pygame.key.name(event.key)
                if key and not self.switches.take(key, pressed):
                    events.append(KeyEvent(now_s, key, pressed))
            elif event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
                self.switches.closed = True
            elif event.type in CAME_BACK:
                self._pace.trust_again()
        self._follow_fullscreen()
        if self.switches.front:
            self.switches.front = False
            self._window.focus()
        return events

    def describe(self) -> str:
        if not self._open:
            return "closed"
        width, height = self._pixels()
        kind = "fullscreen" if self._fullscreen else "window"
        wait = "waits for the screen" if self.paced else "does not wait for the screen"
        return (
            f"{kind} {width}x{height} on display {self._window.display_index}, "
            f"{self.refresh_hz:.0f} Hz, {self._renderer_name}, {wait}"
        )

    def close(self) -> None:
        self.switches.closed = True
        if not self._open:
            return
        self._open = False
        # In this order: a texture that outlives its renderer takes the process with it.
        self._frame = self._sheet = self._hint = None
        del self._renderer
        self._window.destroy()
        pygame.display.quit()

    def _pixels(self) -> tuple[int, int]:
        """The window's (width, height) in real pixels, which a dense screen has more of."""
        width, height = self._renderer.get_viewport().size
        return max(1, width), max(1, height)

    def _clear(self) -> None:
        self._renderer.draw_color = (0, 0, 0, 255)
        self._renderer.clear()

    def _present_backdrop(self) -> None:
        self._clear()
        if self._backdrop is not None:
            self._draw_image(self._backdrop)
        self._renderer.present()
        pygame.event.pump()

    def _texture(self, old: video.Texture | None, size: tuple[int, int]) -> video.Texture:
        if old is not None and (old.width, old.height) == size:
            return old
        return video.Texture(self._renderer, size, streaming=True)

    def _draw_image(self, image: Image) -> None:
        height, width = image.shape[:2]
        self._frame = self._texture(self._frame, (width, height))
        self._frame.update(pygame.image.frombuffer(image.data, (width, height), "RGB"))
        self._frame.draw(dstrect=fitted((width, height), self._pixels(), self._fit))

    def _draw_overlay(self, status: Callable[[], Status]) -> None:
        if not self.switches.overlay:
            return
        if self._overlay.window != self._pixels():
            self._overlay = Overlay(self._pixels())
        if self._overlay.redraw(self.switches, self._clock.now(), status):
            self._sheet = self._texture(self._sheet, self._overlay.window)
            self._sheet.blend_mode = BLEND
            for area in self._overlay.areas:
                self._sheet.update(self._overlay.surface.subsurface(area), area)
        if self._sheet is not None:
            for area in self._overlay.areas:
                self._sheet.draw(area, area)

    def _draw_hint(self) -> None:
        if self._hint is None:
            return
        alpha = hint_alpha(self._clock.now() - self._opened_s)
        if alpha == 0 or self.switches.overlay:
            self._hint = None
            return
        size = (self._hint.width, self._hint.height)
        width, height = self._pixels()
        self._hint.alpha = alpha
        self._hint.draw(dstrect=((width - size[0]) // 2, height - 2 * size[1], *size))

    def _follow_fullscreen(self) -> None:
        """Do as the key said; in poll, so that present never waits for a window manager."""
        if self.switches.fullscreen == self._fullscreen:
            return
        self._fullscreen = self.switches.fullscreen
        if self._fullscreen:
            self._window.set_fullscreen(True)
        else:
            self._window.set_windowed()
            if self._size_to_shrink_to is not None:
                windows.shrink(self._window, self._size_to_shrink_to)
                self._size_to_shrink_to = None
        pygame.mouse.set_visible(not self._fullscreen)
