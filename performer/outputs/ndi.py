"""The picture over the network by NDI, through the library cyndilib."""

from fractions import Fraction

from performer.outputs.base import Image
from performer.outputs.rgbx import Rgbx


class NdiSender:
    """An NDI source of full frames; it keeps no clock, so the show's rate is its own."""

    def __init__(self, name: str, size: tuple[int, int], hz: float) -> None:
        from cyndilib.sender import Sender
        from cyndilib.video_frame import VideoSendFrame
        from cyndilib.wrapper import FourCC

        frame = VideoSendFrame()
        frame.set_resolution(*size)
        frame.set_frame_rate(Fraction(hz).limit_denominator(1001))
        frame.set_fourcc(FourCC.RGBX)
        self._sender = Sender(name, clock_video=False, clock_audio=False)
        self._sender.set_video_frame(frame)
        self._sender.open()
        self._pixels = Rgbx(size)

    def send(self, image: Image) -> None:
        self._sender.write_video(self._pixels.of(image).reshape(-1))

    def close(self) -> None:
        self._sender.close()
