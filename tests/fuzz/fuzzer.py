"""One fuzzer: `python fuzzer.py TARGET` and libFuzzer's own flags; needs atheris."""

import logging
import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzzing needs atheris: pip install atheris")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["performer", "models"]):
    from targets import find

    target = find(sys.argv[1])

logging.disable()


def once(data: bytes) -> None:
    """One input: it does what is asked, or is refused as promised."""
    try:
        target.run(data)
    except target.promises:
        return


if __name__ == "__main__":
    # What libFuzzer calls itself by, where it starts itself anew.
    own = " ".join([sys.executable, *sys.argv[:2]])
    atheris.Setup([own, *sys.argv[2:]], once)
    atheris.Fuzz()
