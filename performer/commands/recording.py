"""What keeps a show: its take and its video."""

from collections.abc import Callable
from contextlib import ExitStack

from performer.commands.instrument import Instrument
from performer.commands.options import Options
from performer.commands.taking import free_name, head_of, numbered
from performer.events import RestoreEvent
from performer.outputs.base import Recorder
from performer.outputs.film import FilmRecorder
from performer.outputs.movie import check_new_movie
from performer.outputs.take_file import TakeFile
from performer.paths import state_folder


def open_recorders(
    options: Options,
    instrument: Instrument,
    state: Callable[[float], RestoreEvent],
    parts: ExitStack,
) -> tuple[Recorder, ...]:
    """Both, open until `parts` closes; raises `TakeError` and `MovieError`.

    `state` tells where all stands at a time.
    """
    stem, video = instrument.patch.name, options.video
    if video is not None:
        check_new_movie(video)
    take = TakeFile(
        lambda: head_of(instrument, options.seed, options.take is not None),
        options.take,
        lambda: numbered(options.take) if options.take else free_name(stem, ".take"),
        state_folder(),
        state,
    )
    film = FilmRecorder(lambda: numbered(video) if video else free_name(stem, ".mp4"))
    parts.callback(take.close)
    parts.callback(film.close)
    take.start()
    return take, film
