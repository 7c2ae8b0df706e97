"""Where patches, controller profiles and the starter model lie: those that ship, and the user's."""

import logging
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATCHES = ROOT / "patches"
CONTROLLERS = PATCHES / "controllers"
STARTER_MODEL = ROOT / "models" / "starter.safetensors"
STARTER_PATCH = "drift"
BEST_MODEL = "model.safetensors"
LATEST_MODEL = "latest.safetensors"


class PathError(ValueError):
    """A name that leads to no file."""


def what_to_play(what: str, model: Path | None) -> tuple[Path, Path | None]:
    """The patch and the model, if one is named, of `play WHAT --model MODEL`; raises `PathError`.

    A model, or the folder of a run, is played by the default patch.
    """
    path = Path(what)
    named = named_patch(what) if path.name == what else None
    if named is not None or path.suffix == ".toml":
        return named or path, model
    if path.suffix == ".safetensors" or path.is_dir():
        if model is not None:
            raise PathError(f"{what} and {model} are both models; name one of them")
        return named_patch(STARTER_PATCH) or path, path
    names = ", ".join(sorted(file.stem for file in PATCHES.glob("*.toml")))
    raise PathError(
        f'no patch is called "{what}"; shipped: {names}; or give a .toml file, a .safetensors '
        "model or the folder of a training run"
    )


def named_patch(name: str) -> Path | None:
    """The patch of a name: the user's own, of which the log tells, or else the shipped one."""
    shipped = PATCHES / f"{name}.toml"
    own = user_patch(shipped)
    if own.is_file():
        logging.getLogger(__name__).info("%s is your own: %s", name, own)
        return own
    return shipped if shipped.is_file() else None


def user_patch(path: Path) -> Path:
    """Where a patch is written: in its own file, or in the user's copy of one that ships."""
    is_shipped = path.resolve().parent == PATCHES
    return user_folder() / "patches" / path.name if is_shipped else path


def user_folder() -> Path:
    """The folder for what the user sets, as each system has it."""
    asked = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if asked.is_absolute():
        return asked / "performer"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "performer"
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
        return Path(roaming) / "performer"
    return Path.home() / ".config" / "performer"


def state_folder() -> Path:
    """The folder for what the program itself keeps, as each system has it."""
    asked = Path(os.environ.get("XDG_STATE_HOME", ""))
    if asked.is_absolute():
        return asked / "performer"
    if sys.platform in ("darwin", "win32"):
        return user_folder() / "state"
    return Path.home() / ".local" / "state" / "performer"


def model_file(path: Path) -> Path:
    """The model itself; of a run's folder its best so far, or its first. Raises `PathError`."""
    if not path.is_dir():
        return path
    for name in (BEST_MODEL, LATEST_MODEL):
        if (path / name).is_file():
            return path / name
    raise PathError(
        f"{path} holds no model yet: performer train IMAGES --out {path} writes the first as soon "
        "as it has read the images, and newer ones every few minutes"
    )
