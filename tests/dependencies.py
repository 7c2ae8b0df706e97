"""What `pyproject.toml` asks for: as a list without torch, or resolved for every Python and system.

python tests/dependencies.py light      prints what tests without torch need, a line each
python tests/dependencies.py resolve    asks uv for wheels alone, everywhere; needs a network
"""

import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
HEAVY = ("torch", "openvino")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# uv's names. The newest glibc that is asked for is Debian 12's.
SYSTEMS = (
    "x86_64-manylinux_2_36",
    "aarch64-manylinux_2_36",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
LIMIT_S = 300.0


def light() -> list[str]:
    """The requirements of the program and its tests but torch and OpenVINO."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras, own = project["optional-dependencies"], f"{project['name']}["
    waiting, found = [*project["dependencies"], f"{own}test]"], []
    while waiting:
        line = waiting.pop(0)
        if line.startswith(own):
            for extra in line.removeprefix(own).rstrip("]").split(","):
                waiting += extras[extra]
        elif not line.startswith(HEAVY):
            found.append(line)
    return list(dict.fromkeys(found))


def refusal(python: str, system: str) -> str:
    """Why all extras cannot be installed there from wheels alone; "" when they can."""
    command = [
        *("uv", "pip", "compile", str(PROJECT), "--all-extras", "--only-binary", ":all:"),
        *("--python-version", python, "--python-platform", system, "--quiet"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return done.stderr.strip() or "refused" if done.returncode else ""


def resolve() -> int:
    """Print a line for each Python on each system; how many were refused."""
    refused = 0
    for python in PYTHONS:
        for system in SYSTEMS:
            reason = refusal(python, system)
            refused += bool(reason)
            print(f"{python:5} {system:24} {reason or 'wheels for all'}", flush=True)
    return refused


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["light"]:
            print("\n".join(light()))
        case ["resolve"]:
            sys.exit(bool(resolve()))
        case _:
            sys.exit(__doc__)
