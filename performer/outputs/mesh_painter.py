"""Draws a picture bent through a mesh, which SDL can do and pygame cannot."""

import ctypes

import numpy as np
import pygame
from numpy.typing import NDArray
from pygame._sdl2 import video

from performer.outputs import sdl
from performer.outputs.base import DisplayError
from performer.outputs.warp import Mesh

CALLS = {
    "SDL_GetRenderer": ctypes.c_void_p,
    "SDL_GetRenderTarget": ctypes.c_void_p,
    "SDL_RenderGeometryRaw": ctypes.c_int,
}


class MeshPainter:
    """Draws a texture through a mesh into a window (SDL 2.0.18 and later).

    `sheet` is a target texture of the window's renderer. Raises `DisplayError` where that cannot
    be drawn.
    """

    def __init__(
        self, window: pygame.Window, renderer: video.Renderer, sheet: video.Texture, mesh: Mesh
    ) -> None:
        self._sdl = _library()
        pointer = sdl.window_pointer(self._sdl, window)
        self._renderer = ctypes.c_void_p(self._sdl.SDL_GetRenderer(pointer))
        renderer.target = sheet
        self._sheet = ctypes.c_void_p(self._sdl.SDL_GetRenderTarget(self._renderer))
        renderer.target = None
        self._mesh = mesh
        self._white = np.full((len(mesh.places), 4), 255, np.uint8)
        if not (self._renderer and self._sheet and self.draw()):
            raise DisplayError("corners: this screen cannot bend the picture; leave them out.")

    def draw(self) -> bool:
        """Draw the sheet; what lies outside of the mesh stays as it is. Whether it worked."""
        mesh, white = self._mesh, self._white
        failed = self._sdl.SDL_RenderGeometryRaw(
            *(self._renderer, self._sheet),
            *(_pointer(mesh.places), mesh.places.strides[0]),
            *(_pointer(white), white.strides[0]),
            *(_pointer(mesh.texture), mesh.texture.strides[0]),
            len(mesh.places),
            *(_pointer(mesh.indices), len(mesh.indices), mesh.indices.itemsize),
        )
        return not failed


def _library() -> ctypes.CDLL:
    try:
        library = sdl.load()
        for name, result in CALLS.items():
            getattr(library, name).restype = result
    except (OSError, AttributeError, TypeError):
        raise DisplayError("corners: this SDL cannot bend the picture; leave them out.") from None
    return library


def _pointer(
    array: NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.int32],
) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
