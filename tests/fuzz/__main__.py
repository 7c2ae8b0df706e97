"""Fuzzes by coverage what comes from outside.

    pip install atheris
    python tests/fuzz osc patch --minutes 10
    python tests/fuzz osc patch --keep

Each target in turn is run for so long, in a process of its own that may use 2 GB and two seconds
of the processor an input; without a name all of them. It begins with the corpus, with what earlier
runs reached, and with what is well formed. What it reaches, and what breaks a promise, is left in
`--work`; `--keep` chooses of that the fewest and smallest inputs that reach as much, and makes them
the corpus, which the tests play. What once broke a promise has a name there, and stays.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
CORPUS = HERE / "corpus"
LONGEST = 8192
KEPT_BYTES = 60_000
SIGNS = ("stat::number_of_executed", "stat::peak_rss", "ERROR", "Uncaught", "Error:", "SUMMARY")


def main() -> None:
    """Run the targets one after the other, or keep what they reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--work", type=Path, default=HERE.parent.parent / "build" / "fuzz")
    options = parser.parse_args()
    from targets import all_targets, find

    for name in options.targets or all_targets():
        work = options.work / name
        seed(find(name).seeds(), work / "seeds")
        print(name, *(keep(name, work) if options.keep else run(name, work, options.minutes)))


def seed(inputs: list[bytes], folder: Path) -> None:
    """What is known to be well formed."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs):
        (folder / str(number)).write_bytes(data)


def run(name: str, work: Path, minutes: float) -> list[str]:
    """Fuzz one target; what is worth telling of it."""
    reached = work / "reached"
    reached.mkdir(exist_ok=True)
    flags = [f"-max_total_time={minutes * 60:.0f}", "-timeout=60", "-rss_limit_mb=2048"]
    flags += [f"-max_len={LONGEST}", f"-artifact_prefix={work}/", "-print_final_stats=1"]
    folders = [reached, work / "seeds", CORPUS / name]
    said = fuzzer(name, *flags, *(str(folder) for folder in folders if folder.exists()))
    lines = [line for line in said.splitlines() if any(sign in line for sign in SIGNS)]
    return [f"\n  {line}" for line in lines[:12]]


def keep(name: str, work: Path) -> list[str]:
    """Make the fewest inputs that reach what the seeds do not the corpus of a target."""
    corpus = CORPUS / name
    with tempfile.TemporaryDirectory() as made:
        chosen = Path(made)
        seeds = shutil.copytree(work / "seeds", chosen, dirs_exist_ok=True)
        folders = [folder for folder in (corpus, work / "reached") if folder.exists()]
        fuzzer(name, "-set_cover_merge=1", *map(str, [chosen, *folders]))
        known = {path.name for path in (work / "seeds").iterdir()}
        new = [path.read_bytes() for path in seeds.iterdir() if path.name not in known]
    corpus.mkdir(parents=True, exist_ok=True)
    for path in corpus.glob("[0-9]*"):
        path.unlink()
    left = KEPT_BYTES
    for number, data in enumerate(sorted(new, key=lambda data: (len(data), data))):
        left -= len(data)
        if left >= 0:
            (corpus / f"{number:03}").write_bytes(data)
    return [f"keeps {len(list(corpus.iterdir()))} inputs"]


def fuzzer(name: str, *flags: str) -> str:
    """The fuzzer itself; what it said."""
    command = [sys.executable, str(HERE / "fuzzer.py"), name, *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
