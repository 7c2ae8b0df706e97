"""Where the patches, controller profiles and the starter model lie."""

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
    named = find_patch(what) if path.name == what else None
    if named is not None or path.suffix == ".toml":
        return named or path, model
    if path.suffix == ".safetensors" or path.is_dir():
        if model is not None:
            raise PathError(f"{what} and {model} are both models; name one of them")
        return find_patch(STARTER_PATCH) or PATCHES / f"{STARTER_PATCH}.toml", path
    names = ", ".join(sorted(file.stem for file in PATCHES.glob("*.toml")))
    raise PathError(
        f'no patch is called "{what}"; shipped: {names}; or give a .toml file, a .safetensors '
        "model or the folder of a training run"
    )


def find_patch(name: str) -> Path | None:
    """The patch of a name: the user's own first, then the shipped one."""
    files = (folder / f"{name}.toml" for folder in (user_patches(), PATCHES))
    return next((file for file in files if file.is_file()), None)


def user_patches() -> Path:
    """The folder of the user's own patches and changed copies of shipped ones."""
    if sys.platform == "win32":
        home = Path(os.environ.get("APPDATA", "") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Application Support"
    else:
        home = Path(os.environ.get("XDG_CONFIG_HOME", "") or Path.home() / ".config")
    return home / "performer" / "patches"


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
