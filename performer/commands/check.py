"""`performer check`: the preflight sheet."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.device import describe, pick_device
from models.engines import describe_engine
from models.nvidia import unused_card
from models.onnx.design import IDLE, ONNX
from performer.clock import SystemClock
from performer.commands.instrument import load_instrument
from performer.commands.options import parse_host_port
from performer.events import Inbox, SoundEvent
from performer.inputs.midi import list_ports
from performer.inputs.osc import OscInput
from performer.inputs.sound import Sound
from performer.outputs import DisplayError

LISTENS_S = 1.0


class Wrong(Exception):
    """A check that failed, in a sentence."""


def check(
    patch: str, model: Path | None, osc: str, midi: str, sound: str, device: str, console: Console
) -> bool:
    """Print the sheet; whether all of it is green."""
    checks: dict[str, Callable[[], str]] = {
        "device": lambda: ". ".join(filter(None, (describe(pick_device(device)), unused_card()))),
        "patch and model": lambda: _instrument(patch, model, device),
        "displays": _displays,
        "OSC": lambda: _osc(osc),
        "MIDI": lambda: _midi(midi),
        "sound": lambda: _sound(sound),
    }
    table = Table(title="Preflight", show_header=False)
    all_well = True
    for name, run in checks.items():
        try:
            table.add_row("[green]ok[/]", name, run())
        except Exception as error:
            all_well = False
            table.add_row("[red]no[/]", name, f"[red]{error}[/]")
    console.print(table)
    return all_well


def _instrument(patch: str, model: Path | None, device: str) -> str:
    instrument = load_instrument(patch, model, device)
    instrument.engine().frame(0.0, 0.0, ())
    manifest = instrument.manifest
    learnt = f"{manifest.kimg:.0f} kimg on {manifest.images.count} images"
    if manifest.origin:
        learnt = f"imported from {manifest.origin.file}"
    if manifest.teacher:
        learnt = f"distilled from {manifest.teacher.name}"
    plays = (
        f"{instrument.patch.name} plays {instrument.model.name}: {manifest.canvas}, {learnt}; "
        f"engine: {describe_engine(instrument.runtime)}"
    )
    return f"{plays}. {IDLE}" if isinstance(manifest.architecture, ONNX) else plays


def _displays() -> str:
    import pygame

    from performer.outputs.window import start_video

    try:
        count = start_video()
        sizes = pygame.display.get_desktop_sizes()
        driver = pygame.display.get_driver()
    finally:
        pygame.display.quit()
    if driver in ("dummy", "offscreen"):
        raise DisplayError(f"the video driver is {driver}: nothing will be seen")
    return ", ".join(f"{i}: {w}x{h}" for i, (w, h) in enumerate(sizes[:count]))


def _osc(osc: str) -> str:
    if osc == "none":
        return "off"
    receiver = OscInput(Inbox(), SystemClock(), *parse_host_port(osc))
    host, port = receiver.address
    receiver.close()
    return f"{host}:{port} is free"


def _midi(midi: str) -> str:
    if midi == "none":
        return "off"
    ports = list_ports()
    if midi == "all":
        return ", ".join(ports) or "no controller is plugged in; one can come at any time"
    if not any(midi.lower() in port.lower() for port in ports):
        raise Wrong(f'no port contains "{midi}"; there are: {", ".join(ports) or "none"}')
    return ", ".join(port for port in ports if midi.lower() in port.lower())


def _sound(what: str) -> str:
    if what == "none":
        return "off"
    inbox = Inbox()
    sound = Sound(inbox, what)
    time.sleep(LISTENS_S)
    name = sound.name
    sound.close()
    levels = [event.level for event in inbox.drain() if isinstance(event, SoundEvent)]
    return f"{name} is {'heard' if any(levels) else 'here, and silent now'}"
