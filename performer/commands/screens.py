"""Where a show is seen: the windows that are asked for, and the card that sets them up."""

import logging
from collections.abc import Callable, Sequence

from performer.clock import SystemClock
from performer.commands.instrument import Instrument
from performer.commands.options import Options
from performer.commands.served import Served
from performer.outputs import Display, DisplayError
from performer.outputs.base import Image
from performer.outputs.layout import Output, load_outputs
from performer.outputs.memory import MemoryDisplay


def open_display(
    options: Options,
    outputs: Sequence[Output],
    clock: SystemClock,
    instrument: Instrument,
    watch: Served | None,
    backdrop: Image | None,
) -> Display:
    """The windows, the first of which shows the `backdrop` until the first frame."""
    if options.headless:
        return MemoryDisplay(clock)
    from performer.outputs.display import PygameDisplay

    return PygameDisplay(
        clock,
        outputs,
        title=f"Performer: {instrument.patch.name}",
        hint=watch is None,
        backdrop=backdrop,
    )


def show_test_card(options: Options, stopped: Callable[[], bool]) -> None:
    """Set up the outputs: a card in place of the show, and the file of outputs followed."""
    from performer.outputs.display import PygameDisplay
    from performer.outputs.test_card import CardShow

    clock = SystemClock()
    display = PygameDisplay(
        clock, outputs_of(options), title="Performer", hint=False, captions=True
    )
    try:
        logging.getLogger(__name__).info("Test card; display: %s", display.describe())
        card = CardShow(display, options.outputs)
        card.show(clock, stopped, options.frames, options.seconds)
    finally:
        display.close()


def outputs_of(options: Options) -> tuple[Output, ...]:
    """Those of the file that is named, else the one; raises PatchError and DisplayError."""
    windowed = options.windowed or options.size is not None
    one = Output(display=options.display, windowed=windowed, size=options.size, fit=options.fit)
    if options.outputs is None:
        return (one,)
    if one != Output():
        raise DisplayError(
            f"{options.outputs} says where and how; leave out --windowed, --size, --display, --fit."
        )
    return load_outputs(options.outputs)
