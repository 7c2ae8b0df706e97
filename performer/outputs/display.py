"""The picture on a screen, in a window or fullscreen, through SDL's renderer."""

from collections.abc import Callable, Sequence

import pygame
from pygame._sdl2 import video

from performer.clock import Clock
from performer.events import KeyEvent
from performer.outputs import window as windows
from performer.outputs.base import Image
from performer.outputs.captions import Captions
from performer.outputs.layout import Output
from performer.outputs.overlay import Overlay
from performer.outputs.pace import Pace, measure_period, nominal_hz
from performer.outputs.screen import Screen
from performer.outputs.window_keys import Switches
from performer.status import Status

BLEND = 1
# With these held down Esc belongs to the system: it changes windows, or opens a menu.
SYSTEM_KEYS = pygame.KMOD_ALT | pygame.KMOD_CTRL | pygame.KMOD_META
CAME_BACK = (pygame.WINDOWRESTORED, pygame.WINDOWSHOWN, pygame.WINDOWDISPLAYCHANGED)


class PygameDisplay:
    """A `Display` in windows of its own, one for each of its outputs.

    The first of them leads: it alone waits for its screen, and has the overlays. The image goes
    to the renderers at its own size, which scale it with a linear filter; the overlays are drawn
    at the window's own resolution. Raises `DisplayError`, one sentence, when it cannot open.
    """

    def __init__(
        self,
        clock: Clock,
        outputs: Sequence[Output],
        *,
        title: str = "Performer",
        hint: bool = True,
        backdrop: Image | None = None,
        captions: bool = False,
    ) -> None:
        """`backdrop` is what it shows before the first frame.

        `captions` writes its name into each of several outputs.
        """
        self._clock = clock
        count = windows.start_video()
        self._screens: list[Screen] = []
        try:
            for output in outputs:
                windows.check_display(output.display, count)
            for output in outputs:
                name = f"{title}: {output.name}" if output.name else title
                caption = output.name if captions else ""
                self._screens.append(Screen(output, name, not self._screens, caption))
        except Exception:
            for screen in self._screens:
                screen.close()
            pygame.display.quit()
            raise
        leader = self._screens[0]
        self._window, self._renderer = leader.window, leader.renderer
        others = any(screen.fullscreen for screen in self._screens[1:])
        self.switches = Switches(fullscreen=leader.fullscreen, others_fullscreen=others)
        self._size_to_shrink_to = windows.window_size(leader.output) if leader.fullscreen else None
        self._open = True
        pygame.mouse.set_visible(not leader.fullscreen)
        self._sheet: video.Texture | None = None
        self._overlay = Overlay(leader.pixels())
        self._backdrop = backdrop
        self._captions: Captions | None = Captions(
            self._renderer, leader.pixels(), hint=hint, on_stage=self.switches.on_stage
        )
        period_s = measure_period(clock, self._present_backdrop)
        self._pace = Pace(period_s)
        self.refresh_hz = nominal_hz(period_s, windows.refresh_hz(leader.output.display))
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
        leader, *others = self._screens
        for screen in others:
            screen.draw(image)
            screen.renderer.present()
        leader.draw(image)
        self._draw_overlay(status)
        self._draw_caption()
        # Last, for it waits.
        leader.renderer.present()
        self._pace.presented(self._clock.now())

    def poll(self) -> list[KeyEvent]:
        if not self._open:
            return []
        now_s = self._clock.now()
        events = []
        for event in pygame.event.get():
            if event.type in (pygame.KEYDOWN, pygame.KEYUP):
                pressed = event.type == pygame.KEYDOWN
                key = key_name(event)
                alt = bool(getattr(event, "mod", 0) & pygame.KMOD_ALT)
                if key and not self.switches.take(key, pressed, now_s, alt=alt):
                    events.append(KeyEvent(now_s, key, pressed))
            elif event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
                self.switches.closed = True
            elif event.type in CAME_BACK:
                self._pace.trust_again()
        self._follow_fullscreen()
        if self.switches.front:
            self.switches.front = False
            for screen in reversed(self._screens):
                screen.window.focus()
        return events

    def describe(self) -> str:
        if not self._open:
            return "closed"
        wait = "waits for the screen" if self.paced else "does not wait for the screen"
        leader, *others = (screen.describe() for screen in self._screens)
        return "; ".join([f"{leader}, {self.refresh_hz:.0f} Hz, {wait}", *others])

    def close(self) -> None:
        self.switches.closed = True
        if not self._open:
            return
        self._open = False
        # In this order: a texture that outlives its renderer takes the process with it.
        self._sheet = self._captions = None
        del self._renderer
        for screen in self._screens:
            screen.close()
        pygame.display.quit()

    def adjust(self, outputs: Sequence[Output]) -> None:
        """Show what other outputs say of the picture; windows stay where and how they are."""
        for screen, output in zip(self._screens, outputs, strict=False):
            screen.adjust(output)

    def _pixels(self) -> tuple[int, int]:
        return self._screens[0].pixels()

    def _present_backdrop(self) -> None:
        for screen in reversed(self._screens):
            screen.clear()
            if self._backdrop is not None:
                screen.draw(self._backdrop)
            screen.renderer.present()
        pygame.event.pump()

    def _texture(self, old: video.Texture | None, size: tuple[int, int]) -> video.Texture:
        if old is not None and (old.width, old.height) == size:
            return old
        return video.Texture(self._renderer, size, streaming=True)

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

    def _draw_caption(self) -> None:
        if self._captions is not None:
            now_s = self._clock.now()
            self._captions.draw(self.switches, self._pixels(), now_s, now_s - self._opened_s)

    def _follow_fullscreen(self) -> None:
        """Do as the key said; in poll, so that present never waits for a window manager."""
        leader = self._screens[0]
        if self.switches.fullscreen == leader.fullscreen:
            return
        leader.fullscreen = self.switches.fullscreen
        if leader.fullscreen:
            self._window.set_fullscreen(True)
        else:
            self._window.set_windowed()
            if self._size_to_shrink_to is not None:
                windows.shrink(self._window, self._size_to_shrink_to)
                self._size_to_shrink_to = None
        pygame.mouse.set_visible(not leader.fullscreen)


def key_name(event: pygame.event.Event) -> str:
    """A key as the switches and the patch call it; "" for one that is the system's."""
    if getattr(event, "unicode", "") == "?":
        return "?"
    if event.key == pygame.K_ESCAPE and event.type == pygame.KEYDOWN:
        return "" if getattr(event, "mod", 0) & SYSTEM_KEYS else "escape"
    return str(pygame.key.name(event.key))
