"""MIDI clock through real JACK ports: the beat that is found, against the sender's true one."""

import sys
import time
from operator import eq
from pathlib import Path

import numpy as np
import pytest
from parts import JackServer, running, wait_until

from performer.clock import SystemClock
from performer.events import ClockEvent, Inbox
from performer.inputs.midi import Midi
from performer.tempo import Tempo

pytestmark = pytest.mark.live
SENDER = str(Path(__file__).with_name("clock_sender.py"))
BEATS, LEARNING_BEATS = 12, 8


def follow(inbox: Inbox, tempo: Tempo, begin_s: float, bpm: float) -> np.ndarray:
    """The errors of the beat in ms, frame by frame, once it had time to learn."""
    clock, errors_ms = SystemClock(), []
    before_s = clock.now()
    while (now_s := clock.now()) < begin_s + (BEATS - 1) * 60 / bpm:
        for event in inbox.drain():
            if isinstance(event, ClockEvent):
                tempo.take(event)
        tempo.advance(now_s, now_s - before_s, bpm=tempo.told_bpm)
        before_s = now_s
        true_beat = (now_s - begin_s) * bpm / 60
        if true_beat > LEARNING_BEATS:
            errors_ms.append((tempo.beat - true_beat) * 60_000 / bpm)
        time.sleep(1 / 120)
    return np.array(errors_ms)


@pytest.mark.parametrize("bpm", [60.0, 128.0, 180.0])
def test_the_beat_is_found(quick_jack_server: JackServer, bpm: float) -> None:
    inbox = Inbox()
    midi = Midi(inbox, SystemClock(), None, eq)
    try:
        with running(sys.executable, SENDER, "sequencer") as sender:
            assert sender.stdin and sender.stdout
            assert sender.stdout.readline().strip() == "ready"
            wait_until(lambda: midi.ports == ("sequencer:out",), 5.0, "the sequencer")
            print(f"{bpm} {BEATS}", file=sender.stdin, flush=True)
            tempo = Tempo()
            errors_ms = follow(inbox, tempo, float(sender.stdout.readline()), bpm)
            print("end", file=sender.stdin, flush=True)
            sender.wait(5)
    finally:
        midi.close()
    rms_ms = float(np.sqrt((errors_ms**2).mean()))
    print(f"{bpm:g} bpm: rms {rms_ms:.2f} ms, mean {errors_ms.mean():+.2f}, told {tempo.bpm:.2f}")
    assert tempo.source == "MIDI clock" and tempo.bpm == pytest.approx(bpm, rel=0.01)
    # 2 ms is what it is built for; other programs on this machine may take their share.
    assert rms_ms < 10.0
