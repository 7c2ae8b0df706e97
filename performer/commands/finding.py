"""Finding how a model is played best here, in a process that gives way to the show.

It imports nothing heavy before it has given way: to read torch alone would take the show a second.
"""

import logging
import os
import sys
from pathlib import Path

LEAST_PRIORITY = 19


def find(path: Path, device_name: str) -> None:
    """Try a model out; what was found is kept on disk."""
    _give_way()
    logging.disable()
    from models.checkpoint import load_checkpoint
    from models.device import pick_device, prepare
    from models.engines import runtime_for

    device = pick_device(device_name)
    prepare(device)
    generator, manifest, directions = load_checkpoint(path)
    runtime_for(generator, device, directions, name=manifest.name)


def _give_way() -> None:
    """Take what the show leaves of the processor: where it can be so, nothing else."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(LEAST_PRIORITY)
