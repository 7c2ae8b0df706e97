"""Dials: a plugged-in controller's knobs take the model's directions, strongest first."""

from collections.abc import Sequence

from performer.control import Physical, listens
from performer.parameters import DIRECTIONS
from performer.schema import Binding, Controller
from performer.sources import parse_source

RANGE = (-3.0, 3.0)
GROUP = "direction."


def dials(controller: Controller, port: str, bindings: Sequence[Binding]) -> tuple[Binding, ...]:
    """Bindings for those knobs of a controller at `port` that nothing else binds.

    `bindings` are the patch's. A knob that the patch binds is passed over, and the next direction
    goes to the next knob; one that the player bound for this very port keeps its direction from
    the others, so that learning one knob never moves its neighbours.
    """
    taken = _directions_on(controller, port, (*bindings, *controller.bindings))
    free = [n for n in range(1, DIRECTIONS + 1) if f"{GROUP}{n}" not in taken]
    assigned = []
    for name in controller.knobs:
        source = controller.controls[name]
        binders = _binders(source, port, (*bindings, *controller.bindings))
        if not free:
            break
        if not binders:
            assigned.append(Binding(source, f"{GROUP}{free.pop(0)}", range=RANGE))
        elif all(binding.port is not None for binding in binders):
            free.pop(0)
    return tuple(assigned)


def _directions_on(controller: Controller, port: str, bindings: Sequence[Binding]) -> set[str]:
    """The directions that some knob of the controller has by a binding for any port."""
    return {
        binding.parameter
        for name in controller.knobs
        for binding in _binders(controller.controls[name], port, bindings)
        if binding.port is None
    }


def _binders(source: str, port: str, bindings: Sequence[Binding]) -> list[Binding]:
    """The bindings of a control, on whichever channel."""
    read = parse_source(source)
    return [
        binding
        for binding in bindings
        if listens(
            parse_source(binding.source),
            binding,
            Physical(port, read.kind, binding.channel or 1, read.number or 0),
        )
    ]
