"""The picture to other programs of a Mac by Syphon, through the library syphon-python."""

from performer.outputs.base import Image
from performer.outputs.rgbx import Rgbx


class SyphonSender:
    """A Syphon server on Metal. Not yet tried on a Mac."""

    def __init__(self, name: str, size: tuple[int, int], hz: float) -> None:
        import syphon
        from syphon.utils.raw import create_mtl_texture

        self._pixels = Rgbx(size)
        self._server = syphon.SyphonMetalServer(name)
        self._texture = create_mtl_texture(self._server.device, *size)

    def send(self, image: Image) -> None:
        from syphon.utils.numpy import copy_image_to_mtl_texture

        copy_image_to_mtl_texture(self._pixels.of(image), self._texture)
        self._server.publish_frame_texture(self._texture)

    def close(self) -> None:
        self._server.stop()
