"""The show by NDI, received by a real receiver: the picture, its size, and at the show's rate."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from parts import running, wait_until

pytestmark = pytest.mark.live

PERFORMER = (sys.executable, "-c", "from performer.cli import main; main()")
RECEIVER = """
import sys, time
import numpy as np
from cyndilib.finder import Finder
from cyndilib.receiver import Receiver, ReceiveFrameType
from cyndilib.video_frame import VideoRecvFrame
from cyndilib.wrapper import RecvBandwidth, RecvColorFormat

finder, source, give_up_s = Finder(), None, time.monotonic() + 30
finder.open()
while source is None and time.monotonic() < give_up_s:
    finder.wait_for_sources(0.2)
    finder.update_sources()
    source = next((found for found in finder.iter_sources() if sys.argv[1] in found.name), None)
frame = VideoRecvFrame()
receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
receiver.set_video_frame(frame)
receiver.set_source(source)
times, pictures = [], []
while len(times) < 60 and time.monotonic() < give_up_s:
    if receiver.receive(ReceiveFrameType.recv_video, 100) & ReceiveFrameType.recv_video:
        times.append(time.monotonic())
        data = np.empty(frame.get_buffer_size(), np.uint8)
        frame.fill_p_data(data)
        pictures.append(data)
width, height = frame.get_resolution()
rgb = np.stack(pictures).reshape(-1, height, width, 4)[..., :3]
np.savez(sys.argv[2], rgb=rgb[[0, -1]], times=times, rate=float(frame.get_frame_rate()))
"""


@pytest.fixture(autouse=True)
def only_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let senders be found by address, for here may be no service that announces them."""
    pytest.importorskip("cyndilib")
    (tmp_path / "ndi-config.v1.json").write_text('{"ndi": {"networks": {"ips": "127.0.0.1"}}}')
    monkeypatch.setenv("NDI_CONFIG_DIR", str(tmp_path))


def test_the_show_is_received(tmp_path: Path) -> None:
    name = f"show {time.monotonic_ns() % 10**9}"
    received = tmp_path / "received.npz"
    command = [*PERFORMER, "play", "--headless", "--seconds", "60", "--share", f"ndi={name}"]
    with running(*command, "--osc", "none", "--midi", "none"):
        subprocess.run([sys.executable, "-c", RECEIVER, name, str(received)], timeout=60)
        wait_until(received.exists, 1.0, "the received frames")
    with np.load(received) as found:
        rgb, times, rate = found["rgb"], found["times"], float(found["rate"])
    assert rgb.shape[1:] == (144, 256, 3)
    assert rgb.std(axis=(1, 2, 3)).min() > 10, "no empty picture"
    assert (rgb[0] != rgb[1]).any(), "it moves"
    assert len(times) == 60 and rate == 60.0
