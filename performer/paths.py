"""Where the shipped patches, controller profiles and the starter model lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATCHES = ROOT / "patches"
CONTROLLERS = PATCHES / "controllers"
STARTER_MODEL = ROOT / "models" / "starter.safetensors"
STARTER_PATCH = "drift"


class PathError(ValueError):
    """A name that leads to no file."""


def patch_path(name: str) -> Path:
    """A shipped patch by its name, or any patch by its file; raises `PathError`."""
    path = Path(name)
    if path.suffix == ".toml":
        return path
    shipped = PATCHES / f"{name}.toml"
    if not shipped.is_file():
        names = ", ".join(sorted(file.stem for file in PATCHES.glob("*.toml")))
        raise PathError(f'no patch is called "{name}"; shipped: {names}; or give a .toml file')
    return shipped


def model_file(path: Path) -> Path:
    """The model itself, or the one in the folder of a training run."""
    return path / "model.safetensors" if path.is_dir() else path
