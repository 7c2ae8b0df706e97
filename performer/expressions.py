"""Expressions: small sums over sources and parameters, read without ever running a text as code."""

import ast
import math
import operator
from collections.abc import Callable, Mapping

LENGTH_MAXIMUM = 200

Lookup = Mapping[str, float]
Part = Callable[[Lookup], float]


def clamp(x: float, low: float, high: float) -> float:
    """x, but no less than `low` and no more than `high`."""
    return min(max(x, low), high)


def mix(a: float, b: float, share: float) -> float:
    """From a (0) to b (1)."""
    return a + (b - a) * share


def smooth(x: float) -> float:
    """From 0 to 1 with soft ends."""
    x = clamp(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def turn(x: float) -> float:
    """A sine that comes round once for each 1 of x."""
    return math.sin(2.0 * math.pi * x)


FUNCTIONS: dict[str, tuple[Callable[..., float], int]] = {
    "abs": (abs, 1),
    "clamp": (clamp, 3),
    "floor": (lambda x: float(math.floor(x)), 1),
    "max": (max, 2),
    "min": (min, 2),
    "mix": (mix, 3),
    "smooth": (smooth, 1),
    "sqrt": (lambda x: math.sqrt(max(x, 0.0)), 1),
    "turn": (turn, 1),
}
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else 0.0,
    ast.Mod: lambda a, b: a % b if b else 0.0,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = "numbers, names, + - * / %, < <= > >=, and " + ", ".join(
    f"{name}({', '.join('abc'[:count])})" for name, (_, count) in sorted(FUNCTIONS.items())
)


class ExpressionError(ValueError):
    """A text that is no expression; the message says what is allowed."""


class Expression:
    """A text that was read: `names` are what it asks for; calling it gives a finite number."""

    def __init__(self, text: str) -> None:
        """Raises `ExpressionError`."""
        if len(text) > LENGTH_MAXIMUM:
            raise ExpressionError(f"an expression has at most {LENGTH_MAXIMUM} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise ExpressionError(f'"{text}" cannot be read; allowed are {ALLOWED}') from None
        names: set[str] = set()
        self._value = _part(tree.body, names)
        self.names = frozenset(names)

    def __call__(self, values: Lookup) -> float:
        """The value for those of its `names`; a comparison is 1 or 0, what is no number is 0."""
        try:
            value = self._value(values)
        except (ArithmeticError, ValueError):
            return 0.0
        return value if math.isfinite(value) else 0.0


def _part(node: ast.expr, names: set[str]) -> Part:
    """What a part of the text computes; notes the names in it."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _constant(number)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            name = _name(node)
            names.add(name)
            return lambda values: values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _part(inner, names)
            return lambda values: -value(values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _both(OPERATORS[type(op)], _part(left, names), _part(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            compare = _both(COMPARISONS[type(op)], _part(left, names), _part(right, names))
            return lambda values: float(compare(values))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return _call(name, [_part(arg, names) for arg in args])
    raise ExpressionError(f'"{ast.unparse(node)}" is not allowed; allowed are {ALLOWED}')


def _constant(number: float) -> Part:
    value = float(number)
    if not math.isfinite(value):
        raise ExpressionError(f"a number is too large; allowed are {ALLOWED}")
    return lambda values: value


def _both(operate: Callable[[float, float], float], left: Part, right: Part) -> Part:
    return lambda values: operate(left(values), right(values))


def _call(name: str, parts: list[Part]) -> Part:
    function, count = FUNCTIONS[name]
    if len(parts) != count:
        raise ExpressionError(f"{name} takes {count}, not {len(parts)}; allowed are {ALLOWED}")
    return lambda values: function(*(part(values) for part in parts))


def _name(node: ast.expr) -> str:
    """A name with dots, such as sound.bass, where a part may be a number: direction[3]."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            return f"{_name(inner)}.{name}"
        case ast.Subscript(value=inner, slice=ast.Constant(value=int() as number)):
            return f"{_name(inner)}.{number}"
    raise ExpressionError(f'"{ast.unparse(node)}" is not a name; allowed are {ALLOWED}')
