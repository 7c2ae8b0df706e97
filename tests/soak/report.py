"""The report of a soak: what happened, what was seen, what was lost, and how it aged."""

import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

WARM_S, LONG_ENOUGH_S = 60.0, 240.0
Lines = list[dict[str, Any]]


def write_report(out: Path) -> str:
    """Make `report.md` of `log.jsonl`; its text."""
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    text = "\n\n".join((_faults(lines), _memory(lines), _frames(lines), _ending(lines))) + "\n"
    (out / "report.md").write_text(text)
    return text


def _of(lines: Lines, kind: str) -> Lines:
    return [line for line in lines if line["kind"] == kind]


def _faults(lines: Lines) -> str:
    faults: dict[str, Lines] = defaultdict(list)
    for line in _of(lines, "fault"):
        faults[line["name"]].append(line)
    rows = [
        "| Fault | Times | What the audience saw | Longest hold, median (worst) | Lost |",
        "|---|---|---|---|---|",
    ]
    for name, each in faults.items():
        seen = ", ".join(dict.fromkeys(one["seen"] for one in each))
        holds_s = [one["hold_s"] for one in each]
        hold = f"{statistics.median(holds_s):.2f} ({max(holds_s):.2f}) s"
        unsettled = sum(one["settled_s"] is None for one in each)
        lost = sum(bool(one["lost"]) for one in each)
        unknown = sum(one["lost"] is None for one in each)
        words = "nothing" if not lost else f"{lost} times"
        words += f"; {unknown} not told" if unknown else ""
        words += f"; {unsettled} times not whole again" if unsettled else ""
        rows.append(f"| {name} | {len(each)} | {seen} | {hold} | {words} |")
    return "\n".join(rows)


def _memory(lines: Lines) -> str:
    lives: dict[tuple[str, int], list[tuple[float, dict[str, int]]]] = defaultdict(list)
    for line in _of(lines, "sample"):
        for part in line["parts"]:
            lives[part["name"], part["pid"]].append((line["at_s"], part))
    rows = [
        "| Process | Lived | RSS warm | RSS at the end | Growth | MiB an hour | Threads | Files |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (name, _), life in sorted(lives.items()):
        warm = [(at, part) for at, part in life if at >= life[0][0] + WARM_S]
        if len(warm) < 10 or life[-1][0] - life[0][0] < LONG_ENOUGH_S:
            continue
        kib = [part["rss_kib"] for _, part in warm]
        first, last = statistics.median(kib[:5]), statistics.median(kib[-5:])
        slope, _ = statistics.linear_regression([at for at, _ in warm], kib)
        threads, files = ([part[key] for _, part in warm] for key in ("threads", "files"))
        rows.append(
            f"| {name} | {(life[-1][0] - life[0][0]) / 60:.0f} min | {first / 1024:.1f} MiB "
            f"| {last / 1024:.1f} MiB | {100 * (last / first - 1):+.2f} % "
            f"| {slope * 3600 / 1024:+.1f} | {min(threads)}-{max(threads)} "
            f"| {min(files)}-{max(files)} |"
        )
    return "\n".join(rows)


def _frames(lines: Lines) -> str:
    late, frames, busy, gaps_s = 0, 0.0, [], 0.0
    samples = _of(lines, "sample")
    for before, after in zip(samples, samples[1:], strict=False):
        calm = not (before["disturbed"] or after["disturbed"])
        same = before["on_air"] == after["on_air"] is not None
        if calm and same and None not in (before["late"], after["late"], after["fps"]):
            seconds = after["at_s"] - before["at_s"]
            gaps_s += seconds
            late += after["late"] - before["late"]
            frames += after["fps"] * seconds
            busy.append(after["busy"])
    if not busy:
        return "No time without a fault."
    return (
        f"Between the faults, {gaps_s / 60:.1f} minutes: {late} late of about {frames:.0f} frames; "
        f"the machine was {100 * statistics.mean(busy):.0f} % busy."
    )


def _ending(lines: Lines) -> str:
    ended = _of(lines, "ended")
    if not ended:
        return "It was cut off."
    took = ended[-1]["took_s"]
    way = f"in order after {took:.1f} s" if took is not None else "only by force"
    return f"SIGTERM ended it {way}; {ended[-1]['left']} processes were left."
