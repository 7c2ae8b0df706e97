"""One window or display, and the part of the picture that its output shows there."""

import msgspec
import numpy as np
import pygame
from numpy.typing import NDArray
from pygame._sdl2 import video

from performer.outputs import window as windows
from performer.outputs.base import Image
from performer.outputs.blending import blend_mask
from performer.outputs.fit import fitted, mirrored, whole_of
from performer.outputs.layout import STRAIGHT, Blend, Output
from performer.outputs.lettering import INK, Lettering
from performer.outputs.mesh_painter import MeshPainter
from performer.outputs.sdl import display_of
from performer.outputs.warp import mesh

BLEND_MODE = 1


class Screen:
    """A window of its own with a renderer of its own; `vsync` only for the one that leads.

    With corners the picture is drawn on a sheet, and the sheet through a mesh into the window.
    """

    def __init__(self, output: Output, title: str, vsync: bool, caption: str = "") -> None:
        """`caption` is written into the middle. Raises `DisplayError`."""
        self.output = output
        self.fullscreen = not output.windowed
        self.window = windows.open_window(output, title)
        self.renderer, self.renderer_name = windows.open_renderer(self.window, vsync)
        self._caption_text = caption
        self._image: video.Texture | None = None
        self._make(self.pixels())

    def _forget(self) -> None:
        """What belongs to a size and an output is made anew."""
        self._made_for: tuple[tuple[int, int], Output] | None = None
        self._sheet: video.Texture | None = None
        self._painter: MeshPainter | None = None
        self._mask: video.Texture | None = None
        self._caption: video.Texture | None = None

    def pixels(self) -> tuple[int, int]:
        """The window's (width, height) in real pixels, which a dense screen has more of."""
        width, height = self.renderer.get_viewport().size
        return max(1, width), max(1, height)

    def clear(self) -> None:
        self.renderer.draw_color = (0, 0, 0, 255)
        self.renderer.clear()

    def draw(self, image: Image) -> None:
        """The window's content, which `renderer.present` shows."""
        size = self.pixels()
        if self._made_for != (size, self.output):
            self._make(size)
        self._upload(image)
        if self._sheet is None or self._painter is None:
            self._draw_flat(size)
            return
        self.renderer.target = self._sheet
        self._draw_flat(size)
        self.renderer.target = None
        self.clear()
        self._painter.draw()

    def describe(self) -> str:
        width, height = self.pixels()
        name = f"{self.output.name}: " if self.output.name else ""
        kind = "fullscreen" if self.fullscreen else "window"
        where = f"on display {display_of(self.window)}"
        return f"{name}{kind} {width}x{height} {where}, {self.renderer_name}"

    def adjust(self, output: Output) -> None:
        """Show what an output says of the picture; its window stays where and how it is."""
        self.output = msgspec.structs.replace(
            self.output,
            fit=output.fit,
            crop=output.crop,
            mirror=output.mirror,
            corners=output.corners,
            blend=output.blend,
        )

    def close(self) -> None:
        # In this order: a texture that outlives its renderer takes the process with it.
        self._forget()
        self._image = None
        del self.renderer
        self.window.destroy()

    def _make(self, size: tuple[int, int]) -> None:
        self._forget()
        self._made_for = (size, self.output)
        if self.output.corners != STRAIGHT:
            self._sheet = video.Texture(self.renderer, size, target=True)
            bent = mesh(self.output.corners, size)
            self._painter = MeshPainter(self.window, self.renderer, self._sheet, bent)
        if self.output.blend != Blend(gamma=self.output.blend.gamma):
            self._mask = self._overlay(_black(blend_mask(self.output.blend, size)))
        if self._caption_text:
            self._caption = self._overlay(_written(self._caption_text, size))

    def _overlay(self, surface: pygame.Surface) -> video.Texture:
        texture = video.Texture.from_surface(self.renderer, surface)
        texture.blend_mode = BLEND_MODE
        return texture

    def _upload(self, image: Image) -> None:
        height, width = image.shape[:2]
        if self._image is None or (self._image.width, self._image.height) != (width, height):
            self._image = video.Texture(self.renderer, (width, height), streaming=True)
        self._image.update(pygame.image.frombuffer(image.data, (width, height), "RGB"))

    def _draw_flat(self, size: tuple[int, int]) -> None:
        """Crop, mirror, fit, blend."""
        output, texture = self.output, self._image
        if texture is None:
            return
        self.clear()
        sideways = output.mirror in ("left-right", "both")
        upside_down = output.mirror in ("top-bottom", "both")
        left, top, right, bottom = crop = mirrored(output.crop, sideways, upside_down)
        part = (texture.width * (right - left), texture.height * (bottom - top))
        area = fitted(part, size, output.fit)
        # Scaled as a whole and cut by the window, a crop is exact to a pixel of the screen.
        self.renderer.set_viewport(area)
        texture.draw(dstrect=whole_of(area, crop), flip_x=sideways, flip_y=upside_down)
        self.renderer.set_viewport(None)
        if self._caption is not None:
            width, height = self._caption.width, self._caption.height
            place = ((size[0] - width) // 2, (size[1] - height) // 2, width, height)
            self._caption.draw(dstrect=place)
        if self._mask is not None:
            self._mask.draw()


def _black(alpha: NDArray[np.uint8]) -> pygame.Surface:
    """Black of a transparency (H, W)."""
    height, width = alpha.shape
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, :, 3] = alpha
    return pygame.image.frombytes(pixels.tobytes(), (width, height), "RGBA")


def _written(text: str, size: tuple[int, int]) -> pygame.Surface:
    """A line of text on black, in letters that fit a window of (width, height)."""
    line = Lettering(size).render(text, 44, INK)
    surface = pygame.Surface((line.get_width() + 40, line.get_height() + 20), pygame.SRCALPHA)
    surface.fill((0, 0, 0, 255))
    surface.blit(line, (20, 10))
    return surface
