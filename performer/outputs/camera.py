"""The picture as a virtual camera, through the library pyvirtualcam (GPL-2: never required)."""

from performer.outputs.base import Image


class CameraSender:
    """A virtual camera: v4l2loopback on Linux, OBS's on Windows and macOS."""

    def __init__(self, name: str, size: tuple[int, int], hz: float) -> None:
        """`name` is the device's, such as /dev/video2; "" takes the first that is free."""
        import pyvirtualcam

        self._camera = pyvirtualcam.Camera(*size, hz, device=name or None)

    def send(self, image: Image) -> None:
        self._camera.send(image)

    def close(self) -> None:
        self._camera.close()
