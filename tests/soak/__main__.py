"""A soak: an installation plays for an hour and more while everything goes wrong around it.

    python tests/soak --minutes 60 --out soak

`soak/log.jsonl` grows as it goes, `soak/report.md` is written at the end. It needs Linux, root (a
small disk of its own is filled), and what the live tests need.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "live"), str(HERE.parent.parent)]

from faults import FAULTS  # noqa: E402
from report import write_report  # noqa: E402
from running import soak  # noqa: E402


def main() -> None:
    """Read the arguments; go into a mount namespace of its own; soak; report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("soak"))
    parser.add_argument("--faults", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--calm", type=float, default=20.0, help="seconds between faults")
    parser.add_argument("--own-mounts", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.own_mounts:
        again = [sys.executable, str(HERE), *sys.argv[1:], "--own-mounts"]
        os.execvp("unshare", ["unshare", "--mount", *again])  # noqa: S606, S607
    options.out.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], check=True)  # noqa: S108
    soak(options.out.resolve(), options.minutes * 60.0, options.faults, options.calm)
    print(write_report(options.out))


if __name__ == "__main__":
    main()
