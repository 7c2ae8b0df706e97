"""The bench of effects: every one is in it, and does something there."""

import pytest

from models.runtime import Runtime
from performer.commands import bench_effects
from performer.commands.bench_effects import LIMIT, LIMITING, ON, EffectBench
from performer.parameters import BY_NAME


def test_every_effect_is_measured(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_effects, "FRAMES", 2)
    monkeypatch.setattr(bench_effects, "ROUND_S", 0.0)
    measured = EffectBench(runtime)
    measured.run(1)
    costs = measured.costs_ms()
    assert set(costs) == {*ON, LIMIT, LIMITING}
    assert costs[LIMIT] > 0.0 and measured.table().row_count == len(costs)


def test_what_is_on_is_on() -> None:
    for changes in ON.values():
        for name, value in changes.items():
            assert BY_NAME[name].clamp(value) == value != BY_NAME[name].default
