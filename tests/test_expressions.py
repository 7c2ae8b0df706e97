"""Expressions: what they mean, and that no text does anything else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.expressions import LENGTH_MAXIMUM, Expression, ExpressionError

VALUES = {"psi": 0.5, "sound.bass": 0.25, "direction.3": -2.0, "hue": 90.0, "a": 1.0, "b": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("2 + 3 * psi", 3.5),
        ("-sound.bass * 4", -1.0),
        ("direction[3] + 2", 0.0),
        ("clamp(hue, -1, 1)", 1.0),
        ("mix(2, 4, psi)", 3.0),
        ("smooth(0.5)", 0.5),
        ("turn(0.25)", 1.0),
        ("floor(hue / 40)", 2.0),
        ("hue % 40", 10.0),
        ("max(psi, sound.bass) - min(psi, sound.bass)", 0.25),
        ("(sound.bass > 0.2) * psi", 0.5),
        ("(sound.bass <= 0.2) * psi", 0.0),
        ("sqrt(abs(-4))", 2.0),
        ("sqrt(-4)", 0.0),
        ("psi / b", 0.0),
        ("psi % b", 0.0),
        ("1e308 * 1e308", 0.0),
    ],
)
def test_what_it_means(text: str, value: float) -> None:
    assert Expression(text)(VALUES) == pytest.approx(value)


def test_it_names_what_it_asks_for() -> None:
    assert Expression("psi + direction[3] * max(sound.bass, 1)").names == {
        "psi", "direction.3", "sound.bass",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "1 +", "__import__('os')", "psi.__class__()", "psi ** 9", "[1]", "'a'", "True",
        "lambda: 1", "a if b else 1", "a < b < 1", "max(1)", "abs(1, 2)", "eval(1)", "a or b",
        "direction['x']", "direction[psi]", "(a := 1)", "f'{a}'", "1j", "a\0", "9" * 180 + "e999",
        "(" * 150, "-" * 190 + "1" * 20, "1" * 400, "a @ b", "a // b", "max(*a)", "max(a=1, b=2)",
    ],
)  # fmt: skip
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as error:
        Expression(text)
    assert "\n" not in str(error.value) or "\n" in text


@given(st.text(max_size=LENGTH_MAXIMUM))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = Expression(text)
    except ExpressionError:
        return
    assert math.isfinite(expression(dict.fromkeys(expression.names, 0.7)))


ATOMS = st.sampled_from(["psi", "sound.bass", "0.5", "hue", "3", "b", "1e300"])
TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda text: f"turn({text})"),
        inner.map(lambda text: f"floor({text})"),
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_any_sum_gives_a_finite_number(text: str) -> None:
    assert math.isfinite(Expression(text)(VALUES))
