"""How to install an optional library here: a command that works from where the user stands."""

import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

DISTRIBUTION = "performer-gan"
SOURCE = Path(__file__).parents[1]


def install_command(extra: str) -> str:
    """The command that installs an extra's libraries beside this program, such as `video`.

    It names the libraries themselves, so it needs neither this program's source nor its entry in
    a package index. Environments made by uv have no pip; there uv does the work.
    """
    libraries = " ".join(f'"{library}"' for library in _libraries(extra))
    if has_pip():
        return f"{python_command()} -m pip install {libraries}"
    return f"uv pip install --python {python_command()} {libraries}"


def has_pip() -> bool:
    """Whether this program's environment can install by itself."""
    return importlib.util.find_spec("pip") is not None


def python_command() -> str:
    """The Python of this program's environment, as a shell takes it from the current folder."""
    return _quoted(_short(Path(sys.executable)))


def _libraries(extra: str) -> list[str]:
    """What `pyproject.toml` asks for under an extra; the source itself where none is installed."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return [f"{_short(SOURCE)}[{extra}]"]
    split = [requirement.partition(";") for requirement in requirements]
    return [
        library.strip()
        for library, _, marker in split
        if f'extra == "{extra}"' in marker.replace("'", '"')
    ]


def _short(path: Path) -> Path:
    """Relative to the current folder where that is above it: `.venv/bin/python`."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _quoted(path: Path) -> str:
    text = str(path)
    if " " not in text:
        return text
    # PowerShell starts a quoted program by & alone; cmd does not know &, but few use it.
    return f'& "{text}"' if os.name == "nt" else f'"{text}"'
