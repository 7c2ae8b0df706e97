"""The ways out to other programs: what each is called, where it works, and what it needs."""

import importlib
import sys
from collections.abc import Callable
from typing import NamedTuple

from performer.extras import install_command
from performer.outputs.camera import CameraSender
from performer.outputs.ndi import NdiSender
from performer.outputs.sharing import Sender, Sharing, SharingError
from performer.outputs.spout import SpoutSender
from performer.outputs.syphon import SyphonSender


class Way(NamedTuple):
    """How to send: `extra` installs `library`, which has builds for Pythons `below` that one.

    `system` is the only `sys.platform` where it works, or "".
    """

    label: str
    library: str
    extra: str
    sender: Callable[[str, tuple[int, int], float], Sender]
    usual_name: str = "Performer"
    system: str = ""
    below: tuple[int, int] = (4, 0)


WAYS = {
    "ndi": Way("NDI", "cyndilib", "ndi", NdiSender),
    "spout": Way("Spout", "SpoutGL", "spout", SpoutSender, system="win32", below=(3, 14)),
    "syphon": Way("Syphon", "syphon", "syphon", SyphonSender, system="darwin"),
    "camera": Way("Camera", "pyvirtualcam", "camera", CameraSender, usual_name=""),
}
SYSTEMS = {"win32": "Windows", "darwin": "macOS"}


def find_way(asked: str) -> tuple[Way, str]:
    """The way and the name of `WAY` or `WAY=NAME`; raises `SharingError` where it cannot work."""
    word, _, name = asked.partition("=")
    if word not in WAYS:
        *most, last = WAYS
        ways = f"{', '.join(most)} or {last}"
        raise SharingError(f'"{word}" is not a way to share the picture; use {ways}')
    way = WAYS[word]
    if way.system not in ("", sys.platform):
        raise SharingError(f"{way.label} works on {SYSTEMS[way.system]} only.")
    try:
        importlib.import_module(way.library)
    except ImportError:
        if sys.version_info >= way.below:
            major, minor = way.below
            raise SharingError(
                f"{way.label} needs the library {way.library}, which has no build for Python "
                f"{major}.{minor} or newer yet: use Python {major}.{minor - 1}."
            ) from None
        raise SharingError(
            f"{way.label} needs the library {way.library}: {install_command(way.extra)}"
        ) from None
    return way, name or way.usual_name


def share(asked: str, hz: float) -> Sharing:
    """Begin to share by `WAY` or `WAY=NAME`; `hz` is the show's rate, for who has to be told."""
    way, name = find_way(asked)
    return Sharing(way.label, lambda size: way.sender(name, size, hz))
