"""The picture to other programs of a Windows machine by Spout, through the library SpoutGL."""

from performer.outputs.base import Image
from performer.outputs.rgbx import Rgbx

GL_RGBA = 0x1908


class SpoutSender:
    """A Spout sender with an OpenGL context of its own. Not yet tried on Windows."""

    def __init__(self, name: str, size: tuple[int, int], hz: float) -> None:
        import SpoutGL

        self._name, self._size = name, size
        self._pixels = Rgbx(size)
        self._sender = SpoutGL.SpoutSender()
        if not self._sender.createOpenGL():
            raise RuntimeError("OpenGL cannot be opened beside the window")
        self._sender.setSenderName(name)

    def send(self, image: Image) -> None:
        pixels = self._pixels.of(image)
        if not self._sender.sendImage(pixels, *self._size, GL_RGBA, False, 0):
            raise RuntimeError("the picture cannot be sent")
        self._sender.setFrameSync(self._name)

    def close(self) -> None:
        self._sender.releaseSender()
        self._sender.closeOpenGL()
