"""What to do about a collection of images, in sentences."""

from collections.abc import Iterator

from models.preparation import (
    ALIKE,
    ASPECT,
    COPY,
    ENLARGED_MOST,
    SMALL,
    TRANSPARENT,
    UNREADABLE,
    Report,
)

FEW, USABLE, GOOD = 100, 500, 1000
MIXED_GREY = (0.05, 0.95)
MISFITS = {
    "crop": "more than a quarter is cut away; --fit pad keeps all, on black.",
    "pad": "more than a quarter of the canvas stays black; --fit crop fills it.",
    "stretch": "the proportions change by more than a quarter; --fit crop keeps them.",
}


def guidance(report: Report) -> Iterator[str]:
    """First whether there are enough, then what to mend, one sentence each."""
    yield enough(report)
    problems = {problem: len(names) for problem, names in report.problems.items()}
    advice = {
        UNREADABLE: "left out.",
        COPY: "the same file twice is learnt by heart; remove all but one.",
        ALIKE: "keep the best of each group.",
        SMALL: f"enlarged more than {ENLARGED_MOST:g} times for {report.canvas}, which teaches "
        "blur; replace or remove, or choose a smaller --size.",
        ASPECT: MISFITS[report.fit],
        TRANSPARENT: "laid on black.",
    }
    for problem, count in problems.items():
        yield f"{count} {problem}: {advice[problem]}"
    share = _grey_share(report)
    if MIXED_GREY[0] < share < MIXED_GREY[1]:
        yield f"{share:.0%} are grey and the rest in colour: the model will paint both kinds."


def enough(report: Report) -> str:
    """Whether so many different images make a model."""
    count = report.different
    if not report.trainable:
        return "This cannot be trained on: at least 2 images must be readable."
    told = f"{count} different image{'s' * (count != 1)}"
    if count < FEW:
        return f"{told}: too few, the model will mostly repeat them; 100 are a start."
    if count < USABLE:
        return f"{told}: usable; with 1,000 to 3,000 the model invents more."
    if count < GOOD:
        return f"{told}: quite good; with 1,000 to 3,000 the model invents more."
    return f"{told}: good."


def _grey_share(report: Report) -> float:
    grey = sum(picture.grey for picture in report.pictures)
    return grey / max(len(report.pictures), 1)
