"""Recording as it happens on stage: processes that are killed, and what is left to play."""

import os
import signal
import time
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from parts import children, wait_until
from test_play import DEADLINE_S, Player, perform, play

from performer.takes import Take

pytestmark = pytest.mark.live
HEADLESS = ("--headless", "--midi", "none")
__all__ = ["play"]  # a fixture


def tone(path: Path, seconds: float) -> None:
    samples = np.sin(np.arange(int(44_100 * seconds)) * 0.06) * 20_000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


def frame_times(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        return [float(frame.time) for frame in file.decode(video=0)]


def sound(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.concatenate([block.to_ndarray()[0] for block in file.decode(audio=0)])


def moments(path: Path) -> int:
    return len(list(Take(path).moments())) if path.exists() and path.stat().st_size > 500 else 0


def test_a_show_that_is_killed_is_rendered_with_its_sound(
    tmp_path: Path, play: Callable[..., Player]
) -> None:
    take, video, song = tmp_path / "show.take", tmp_path / "show.mp4", tmp_path / "song.wav"
    player = play(*HEADLESS, "--take", str(take))
    player.wait_for_the_loop()
    player.osc("/hue", "f", "90")
    wait_until(lambda: moments(take) > 100, DEADLINE_S, "a hundred frames")
    player.stop(signal.SIGKILL)
    shown = list(Take(take).moments())
    seconds = shown[-1].now_s - shown[0].now_s
    assert any(event.source == "osc" for moment in shown for event in moment.events)
    tone(song, seconds + 5)

    wide = ("--size", "128x128", "--fps", "30", "--sound", str(song))
    status, output = perform("render", str(take), "--out", str(video), *wide)
    assert status == 0, output
    times = frame_times(video)
    assert len(times) == pytest.approx(seconds * 30 + 1, abs=1)
    assert times == pytest.approx([number / 30 for number in range(len(times))], abs=1e-3)
    heard = sound(video)
    assert len(heard) / 48_000 == pytest.approx(len(times) / 30, abs=0.05)
    assert 0.3 < np.abs(heard[5000:]).max() < 0.7
    with av.open(str(video)) as file:
        picture = next(file.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape == (128, 128, 3)
    assert picture[:30].max() < 20 and picture[40:88].std() > 5  # bars above and below

    as_shown = tmp_path / "as_shown.mkv"
    status, output = perform("render", str(take), "--out", str(as_shown), "--fps", "take")
    assert status == 0, output
    wanted = [moment.now_s - shown[0].now_s for moment in shown]
    assert frame_times(as_shown) == pytest.approx(wanted, abs=2e-3)


def test_an_encoder_that_is_killed_is_one_line_and_the_show_goes_on(
    tmp_path: Path, play: Callable[..., Player]
) -> None:
    video = tmp_path / "show.mp4"
    player = play(*HEADLESS, "--video", str(video))
    player.wait_for_the_loop()
    wait_until(
        lambda: video.exists() and video.stat().st_size > 4_000, DEADLINE_S, "some of the film"
    )
    (encoder,) = children(player.process.pid, "film")
    os.kill(encoder, signal.SIGKILL)
    wait_until(lambda: not children(player.process.pid, "film"), DEADLINE_S, "its end")
    time.sleep(1.0)
    status, output = player.stop()
    assert status == 0 and "Traceback" not in output
    assert output.count("ended unasked") == 1
    statistics = player.statistics()
    assert statistics["errors"] == 0
    times = frame_times(video)
    assert len(times) > 20
    assert statistics["frames"] > len(times) + 40  # type: ignore[operator]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_film_is_whole_however_the_show_ends(
    tmp_path: Path, play: Callable[..., Player], number: int
) -> None:
    video = tmp_path / "show.mp4"
    player = play(*HEADLESS, "--video", str(video))
    player.wait_for_the_loop()
    wait_until(lambda: children(player.process.pid, "film"), DEADLINE_S, "the encoder")
    (encoder,) = children(player.process.pid, "film")
    os.kill(encoder, signal.SIGINT)  # as Ctrl-C in a terminal does, at whatever moment
    wait_until(lambda: video.exists() and video.stat().st_size > 4_000, DEADLINE_S, "the film")
    os.kill(encoder, signal.SIGINT)
    _, output = player.stop(number)
    wait_until(lambda: not Path(f"/proc/{encoder}").exists(), DEADLINE_S, "the encoder's end")
    assert "Traceback" not in output
    times = frame_times(video)
    assert len(times) > 20 and np.diff(times).min() > 0
    assert np.median(np.diff(times)) == pytest.approx(1 / 60, rel=0.3)
