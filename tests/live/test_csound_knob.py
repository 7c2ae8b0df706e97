"""A composer's program as the hand: csound turns two knobs over JACK, and parameters follow."""

from collections.abc import Callable
from operator import eq
from pathlib import Path

import numpy as np
import pytest
from parts import JackServer, require, running, wait_until

from performer.clock import SystemClock
from performer.engine import Engine
from performer.events import Inbox
from performer.inputs.midi import Midi
from performer.outputs.memory import MemoryDisplay
from performer.parameters import INDEX
from performer.schema import Binding
from performer.stage import Labels, Stage

pytestmark = pytest.mark.live

LONGEST_S = 10.0
# One knob tells how far the score is, the other goes up and down once; the last value stays.
ORCHESTRA = """\
<CsoundSynthesizer>
<CsInstruments>
sr = 48000
ksmps = 64
nchnls = 1
0dbfs = 1
instr 1
  kway linseg 0, 1.5, 1, 0.3, 1
  outkc 1, 16, kway, 0, 1
  outkc 1, 17, abs(sin(kway * $M_PI)), 0, 1
endin
</CsInstruments>
<CsScore>
i1 0 1.8
</CsScore>
</CsoundSynthesizer>
"""
WAY, ARCH = "trails", "brightness"
KNOBS = tuple(
    Binding(source, name, range=(0.0, 1.0), curve="linear", takeover="none", slew_s=0.0)
    for source, name in (("cc 16", WAY), ("cc 17", ARCH))
)


def test_a_parameter_follows_the_curve_that_csound_plays(
    steady_jack_server: JackServer, make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    score = tmp_path / "arch.csd"
    score.write_text(ORCHESTRA)
    csound = require("csound", "csound")
    play = (csound, "-d", "-+rtaudio=jack", "-odac", "-+rtmidi=jack", "-Qperformer:in", str(score))
    clock, inbox, engine = SystemClock(), Inbox(), make_engine(bindings=KNOBS)
    stage = Stage(engine, MemoryDisplay(clock), inbox, clock, Labels("", "", "", tuple, ""))
    midi = Midi(inbox, clock, "no such controller", eq)
    seen = []
    try:
        wait_until(lambda: midi.status.startswith("MIDI (jack)"), what="JACK")
        begin_s = clock.now()
        with running(*play) as composer:
            while composer.poll() is None and clock.now() - begin_s < LONGEST_S:
                stage.play(frames=stage.meter.frames + 1)
                seen.append(engine.values[[INDEX[WAY], INDEX[ARCH]]])
            said = composer.communicate(timeout=5.0)[0]
    finally:
        midi.close()
    assert composer.returncode == 0, said
    assert engine.controls.refused.total() == 0
    way, arch = np.array(seen).T
    assert way[0] == arch[0] == 0.0 and way[-1] == 1.0 and arch.max() > 0.98
    assert (np.diff(way) >= 0.0).all() and len(np.unique(way)) > 30
    assert arch == pytest.approx(np.sin(way * np.pi), abs=0.06)
