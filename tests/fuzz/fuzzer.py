"""One fuzzer: `python fuzzer.py TARGET` and libFuzzer's own flags; needs atheris."""

import logging
import sys
import time
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
# Of the processor's time; what runs beside must not count. Instrumented code is thrice as slow.
SLOWEST_S = 2.0


def once(data: bytes) -> None:
    """One input: it does what is asked, or is refused as promised."""
    began_s = time.process_time()
    try:
        target.run(data)
    except target.promises:
        pass
    if time.process_time() - began_s > SLOWEST_S:
        raise TimeoutError("it took too long")


if __name__ == "__main__":
    # What libFuzzer calls itself by, where it starts itself anew.
    own = " ".join([sys.executable, *sys.argv[:2]])
    atheris.Setup([own, *sys.argv[2:]], once)
    atheris.Fuzz()
