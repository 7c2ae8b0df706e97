"""What a show that goes on does without: a part that is gone is no reason for a dark room."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from performer.commands.options import Options
from performer.commands.screens import outputs_of
from performer.outputs.base import DisplayError
from performer.paths import state_folder

T = TypeVar("T")


class DoingWithout:
    """Opens parts of a show; one that has played before goes on without those that fail."""

    def __init__(self, goes_on: Callable[[], bool]) -> None:
        """`goes_on` tells whether it has played before; one that waits may learn it later."""
        self._goes_on = goes_on

    def open(self, part: Callable[[], T], without: str) -> T | None:
        """What `part` gives; None, said with `without`, where a show that goes on lacks it.

        Raises what `part` does in a show that has not played yet.
        """
        try:
            return part()
        except (ValueError, OSError, DisplayError) as error:
            if not self._goes_on():
                raise
            logging.getLogger(__name__).warning("%s; %s", error, without)
            return None

    def options(self, options: Options) -> Options:
        """What of the files that are asked for can be; raises as `open` does."""
        if self.open(lambda: outputs_of(options), "one display is filled") is None:
            options = replace(options, outputs=None)
        return replace(options, take=self._placed(options.take), video=self._placed(options.video))

    def _placed(self, path: Path | None) -> Path | None:
        """The path, or one in the state folder where its own folder is gone."""
        if path is None or not self._goes_on() or os.access(path.absolute().parent, os.W_OK):
            return path
        elsewhere = state_folder() / path.name
        logging.getLogger(__name__).warning("%s cannot be written; it is %s now", path, elsewhere)
        return elsewhere
