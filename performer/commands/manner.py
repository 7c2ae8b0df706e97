"""The autopilot's manner: gestures out of a file, checked against the parameters that there are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.checkpoint import CheckpointError
from models.gestures.checkpoint import GestureModel, load_gestures
from models.gestures.player import GesturePlayer
from performer.parameters import BY_NAME


@dataclass(frozen=True, slots=True)
class Manner:
    """What the autopilot plays; `after_s` is None where the patch says when it begins."""

    file: Path
    sha256: str
    model: GestureModel
    after_s: float | None

    def player(self, seed: int) -> GesturePlayer:
        """The gestures from their beginning."""
        return GesturePlayer(self.model, seed)


def load_manner(file: Path, after_s: float | None) -> Manner:
    """Read a file of gestures; raises `CheckpointError`."""
    model = load_gestures(file)
    for name in model.manifest.parameters:
        if name not in BY_NAME or BY_NAME[name].kind != "value":
            raise CheckpointError(f"{file}: moves {name[:32]}, which this Performer does not have")
    return Manner(file, hashlib.sha256(file.read_bytes()).hexdigest(), model, after_s)
