"""When a run is told to stop: each flag at its threshold, alone, and in words."""

from dataclasses import replace

import pytest

from models.metrics import Measures
from models.watch import SENTENCES, Moment, Watch

WELL = Measures(
    kid=0.1, coverage=0.5, fake_to_train=1.0, fake_to_fake=1.0, swd=0.05, spectrum_db=0.5
)


def watch(*kids: float) -> Watch:
    """A run that is well but for its rconv-KIDs, every 5 kimg."""
    moments = (Moment(5.0 * i, replace(WELL, kid=kid)) for i, kid in enumerate(kids))
    return Watch(tuple(moments))


def sure(*kimgs: float, p_at_cap: bool = True, sign: float | None = 0.95) -> Watch:
    return Watch(tuple(Moment(kimg, WELL, p_at_cap, sign) for kimg in kimgs))


def test_nothing_is_said_of_nothing_and_of_what_is_well() -> None:
    assert Watch(()).flags == {} and Watch(()).best is None
    assert watch(0.5, 0.3, 0.1).flags == {}


@pytest.mark.parametrize(
    "field, well, bad, flag",
    [
        ("coverage", 0.15, 0.149, "coverage"),
        ("fake_to_fake", 0.3, 0.299, "collapse"),
        ("fake_to_train", 0.5, 0.499, "memorising"),
        ("kid", 9.0, float("nan"), "nan"),
        ("swd", 9.0, float("inf"), "nan"),
    ],
)
def test_a_flag_stands_below_its_threshold_alone(
    field: str, well: float, bad: float, flag: str
) -> None:
    assert Watch((Moment(1.0, replace(WELL, **{field: well})),)).flags == {}
    raised = Watch((Moment(1.0, replace(WELL, **{field: bad})),)).flags
    assert raised == {flag: SENTENCES[flag]}


def test_it_is_the_latest_that_counts() -> None:
    poor, well = Moment(1.0, replace(WELL, coverage=0.05)), Moment(2.0, WELL)
    assert list(Watch((well, poor)).flags) == ["coverage"]
    assert Watch((poor, well)).flags == {}


@pytest.mark.parametrize(
    "kids, worse",
    [
        ((0.2, 0.31, 0.31, 0.31), True),
        ((0.2, 0.31, 0.31), False),
        ((0.2, 0.31, 0.29, 0.31), False),
        ((0.2, 0.3, 0.3, 0.3), False),
        ((0.9, 0.2, 0.31, 0.31, 0.31), True),
        ((0.31, 0.31, 0.31, 0.2), False),
        ((0.2, 0.31, float("nan"), 0.31, 0.31), True),
        # A best at or below 0 is chance: the next values of the same chance are not worse.
        ((-0.02, 0.01, 0.02, 0.03), False),
        ((-0.02, 0.1, 0.1, 0.1), True),
    ],
)
def test_worse_is_three_times_in_a_row_beyond_the_best(
    kids: tuple[float, ...], worse: bool
) -> None:
    assert ("worse" in watch(*kids).flags) == worse


def test_the_best_is_the_lowest_number() -> None:
    assert watch(0.4, 0.1, float("nan"), 0.2).best == 1
    assert watch(float("nan")).best is None
    assert watch(0.4, -0.1).best == 1


@pytest.mark.parametrize(
    "run, overfit",
    [
        (sure(0, 10, 20), True),
        (sure(0, 10, 19.9), False),
        (sure(50), False),
        (sure(0, 10, 20, sign=0.9), False),
        (sure(0, 10, 20, sign=None), False),
        (sure(0, 10, 20, p_at_cap=False), False),
        (Watch((*sure(0).history, Moment(10, WELL, False, 0.95), *sure(20).history)), False),
        (Watch((Moment(0, WELL), *sure(5, 25).history)), True),
    ],
)
def test_overfit_is_sure_at_the_cap_for_twenty_kimg(run: Watch, overfit: bool) -> None:
    assert (list(run.flags) == ["overfit"]) == overfit


def test_a_sign_that_is_no_number_is_flagged() -> None:
    assert list(sure(1.0, sign=float("nan")).flags) == ["nan"]


def test_every_sentence_says_what_to_do() -> None:
    for sentence in SENTENCES.values():
        assert sentence.endswith(".") and ": " in sentence and sentence.isascii()
