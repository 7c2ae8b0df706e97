"""`performer serve`: plays a patch for months, and brings it back whatever befalls it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from performer.commands.taking import plain
from performer.paths import STARTER_MODEL, STARTER_PATCH, state_folder
from performer.serving.journal import open_journal
from performer.serving.supervisor import Commands, Supervisor

PROGRAM = (sys.executable, "-m", "performer", "play")
CURTAIN = (sys.executable, "-m", "performer.serving.curtain")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `play` are the arguments of `performer play`.

    `curtain` are the display, the fit and the file of outputs, or nothing for no curtain.
    """

    play: tuple[str, ...]
    patch: str
    display: int
    curtain: tuple[str, ...]
    understudy: bool
    fallback: Path | None
    fresh: bool
    log: Path | None


def serve(options: Options, stopped: Callable[[], bool]) -> int:
    """Play until it is closed by hand or `stopped`; the exit status."""
    name = f"{plain(Path(options.patch).stem)}-{options.display}"
    open_journal(options.log or state_folder() / f"{name}.log")
    commands = Commands(
        play=(*PROGRAM, *options.play),
        fallback=(*PROGRAM, *fallback_arguments(options)),
        curtain=(*CURTAIN, *options.curtain) if options.curtain else (),
        understudy=options.understudy,
    )
    supervisor = Supervisor(commands, state_folder() / f"{name}.state", fresh=options.fresh)
    try:
        return supervisor.run(stopped)
    finally:
        supervisor.close()


def fallback_arguments(options: Options) -> tuple[str, ...]:
    """The same on the processor, with the model that is sure to play."""
    is_model = options.patch.endswith(".safetensors") or Path(options.patch).is_dir()
    arguments = [
        STARTER_PATCH if is_model and argument == options.patch else argument
        for argument in options.play
    ]
    return (*arguments, "--model", str(options.fallback or STARTER_MODEL), "--device", "cpu")
