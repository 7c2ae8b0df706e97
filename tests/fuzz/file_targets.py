"""What lies in files: takes and black boxes, states, models, runs, and other programs' models."""

import json
import pickle
import struct
import sys
import zlib
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import torch
from target import Target, folder, in_file, performance, play

from models.checkpoint import METADATA_KEY, CheckpointError, load_checkpoint, save_checkpoint
from models.gestures.checkpoint import GestureManifest, load_gestures, make_generator, save_gestures
from models.history import COLUMNS, History
from models.importers.files import read_pickle_file, read_torch_file
from models.importers.onnx import read_onnx
from models.importers.refusal import ImporterError
from models.inception_weights import load_inception
from models.networks import Widths
from models.saves import Save
from models.saves import read as read_save
from performer.black_box import beginning, continued
from performer.commands.replay import message, told
from performer.events import Event, MidiEvent, OscEvent, PageEvent
from performer.replay import as_played, at_rate
from performer.serving.state import State, read_state
from performer.takes import MAGIC, RECORD, Head, Packer, Take, TakeError

TESTS = Path(__file__).resolve().parents[1]
HEAD = Head("a.toml", "version = 1", {}, "starter", "", False, None, True, "CPU", "0", "2")
MOST_FRAMES = 50
LONGEST_S, FPS = 3600.0, 10.0
WIDTHS = Widths(channel_base=16, channel_max=2, z_dim=4, w_dim=4, mapping_layers=1)
GESTURES = GestureManifest(
    ("hue", "psi"), hidden=8, noise=2, slow=1, rate_hz=10.0, kimg=0.0, loss="x", seed=0, takes=(),
    made="now",
)  # fmt: skip


def _take(path: Path) -> None:
    """It is played as it was, and told as a black box is."""
    take = Take(path)
    times = [moment.now_s for moment in take.moments()]
    if not times:
        return
    told(take, times)
    played, from_s = performance(), (times[-1] - times[0]) / 2
    moments = continued(take.moments(), beginning(take.moments(), from_s))
    for step in islice(as_played(moments), MOST_FRAMES):
        message(step)
        play(played, step.events[:MOST_FRAMES], 1)


def _take_rate(path: Path) -> None:
    """It is rendered at a steady rate: as many frames as its time has."""
    take = Take(path)
    times = [moment.now_s for moment in take.moments()]
    if times and times[-1] - times[0] < LONGEST_S:
        frames = sum(1 for _ in islice(at_rate(take.moments(), FPS), int(2 * LONGEST_S * FPS)))
        if frames > (times[-1] - times[0]) * FPS + 2:
            raise AssertionError(f"{frames} frames")


def _packed(data: bytes, head: bytes = msgspec.msgpack.encode(HEAD)) -> bytes:
    """A take of records whose sums and packing hold."""
    deflate, pieces = zlib.compressobj(wbits=-15), MAGIC
    for plain in (head, data):
        packed = deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)
        pieces += RECORD.pack(len(packed), zlib.crc32(packed)) + packed
    return pieces


def _take_inside(data: bytes) -> None:
    in_file(_take, ".take")(_packed(data))
    in_file(_take_rate, ".take")(_packed(data))


def _take_head(data: bytes) -> None:
    frames = msgspec.msgpack.encode([(0.0, ()), (0.1, ())])
    in_file(_take, ".take")(_packed(frames, data))


def _state(path: Path) -> None:
    state = read_state(path)
    if state is not None:
        play(performance(), [state.stands])


def _events() -> list[Event]:
    return [
        OscEvent(0.0, "/psi", (0.5,), ("127.0.0.1", 9)),
        MidiEvent(0.0, "nano", "cc", 1, 21, 0.5),
        PageEvent(0.0, "hue", 3.0),
        performance().state(0.0),
    ]


def _takes() -> list[bytes]:
    packer = Packer()
    frames = [(number / 30, (event,)) for number, event in enumerate(_events())]
    return [packer.head(HEAD) + packer.frames(frames)[0]]


def _insides() -> list[bytes]:
    kinds = [(0.0, [(kind.__name__, {})]) for kind in get_args(Event)]
    frames = [[(i / 9, [(type(event).__name__, event)])] for i, event in enumerate(_events())]
    return [msgspec.msgpack.encode(each) for each in (*frames, kinds)]


def _heads() -> list[bytes]:
    box = msgspec.structs.replace(HEAD, fault="it fell", log=("a",), ended_unix_s=1e9)
    return [msgspec.msgpack.encode(each) for each in (HEAD, box)]


def _states() -> list[bytes]:
    state = State(1, "a.toml", "version = 1", performance().state(0.0))
    return [msgspec.msgpack.encode(state)]


def _with_manifest(key: str, seed: Callable[[], bytes], read: Callable[[Path], object]) -> Target:
    """A file whose every tensor is right; the fuzzed bytes are its metadata's text under `key`."""

    def run(data: bytes) -> None:
        header, weights = _split(seed())
        header["__metadata__"] = {key: data.decode("utf-8", "replace")}
        packed = json.dumps(header).encode()
        in_file(read, ".safetensors")(struct.pack("<Q", len(packed)) + packed + weights)

    return Target(run, FILES, lambda: [_split(seed())[0]["__metadata__"][key].encode()])


def _split(file: bytes) -> tuple[dict[str, dict[str, str]], bytes]:
    """The header of a .safetensors file, and the bytes of its tensors."""
    size = struct.unpack_from("<Q", file)[0]
    return json.loads(file[8 : 8 + size]), file[8 + size :]


def _headed(data: bytes) -> None:
    """A header of any JSON, with its length right and some bytes behind it."""
    in_file(load_checkpoint, ".safetensors")(struct.pack("<Q", len(data)) + data + bytes(32))


def _headers() -> list[bytes]:
    tensor = {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}
    text = _split(_model())[0]["__metadata__"]
    return [json.dumps({"__metadata__": text, "performer.directions": tensor}).encode()]


@cache
def _model() -> bytes:
    sys.path.insert(0, str(TESTS / "models"))
    import tiny

    path = folder() / "seed.safetensors"
    made = tiny.generator(widths=WIDTHS)
    save_checkpoint(path, made, tiny.manifest(name="tiny", widths=WIDTHS), torch.zeros(2, 4))
    return path.read_bytes()


@cache
def _gestures() -> bytes:
    path = folder() / "seed.safetensors"
    save_gestures(path, make_generator(GESTURES), GESTURES)
    return path.read_bytes()


@cache
def _save() -> bytes:
    sys.path.insert(0, str(TESTS / "models"))
    import tiny
    from safetensors.torch import save

    save_told = msgspec.json.encode(Save(tiny.recipe(), tiny.IMAGES, 1.0, 0)).decode()
    return bytes(save({"a": torch.zeros(2)}, {"save": save_told}))


def _history(path: Path) -> None:
    history = History(path, "8x8")
    assert history.best is None or history.watch.flags is not None


def _tables() -> list[bytes]:
    row = ["1.0", "8x8", *["0.5"] * (len(COLUMNS) - 4), "0", "0.1"]
    return ["\n".join(",".join(each) for each in (COLUMNS, row, row)).encode()]


def _pickles() -> list[bytes]:
    made = [{"a": [1, 2.5, "x", None, (True, b"y")]}, {"w": np.zeros((2, 3), np.float32)}]
    return [pickle.dumps(each, protocol) for each in made for protocol in (2, 4)]


def _torch_files() -> list[bytes]:
    path, made = folder() / "seed.pt", []
    for is_zip in (True, False):
        torch.save({"g": {"w": torch.ones(2, 3)}}, path, _use_new_zipfile_serialization=is_zip)
        made.append(path.read_bytes())
    return made


def _onnx_files() -> list[bytes]:
    sys.path.insert(0, str(TESTS / "models" / "onnx"))
    from onnx_files import Net

    nets = (Net(), Net(told="number"), Net(noise="RandomNormalLike"), Net(pixels=True))
    return [net.write(folder() / "seed.onnx").read_bytes() for net in nets]


FILES = (CheckpointError, ImporterError)

TARGETS: dict[str, Target] = {
    "take": Target(in_file(_take, ".take"), (TakeError,), _takes),
    "take-inside": Target(_take_inside, (TakeError,), _insides),
    "take-head": Target(_take_head, (TakeError,), _heads),
    "state": Target(in_file(_state, ".state"), (), _states),
    "checkpoint": Target(in_file(load_checkpoint, ".safetensors"), FILES, lambda: [_model()]),
    "checkpoint-head": Target(_headed, FILES, _headers),
    "manifest": _with_manifest(METADATA_KEY, _model, load_checkpoint),
    "gesture-manifest": _with_manifest("performer.gestures", _gestures, load_gestures),
    "save": _with_manifest("save", _save, read_save),
    "history": Target(in_file(_history, ".csv"), (), _tables),
    "pickle": Target(in_file(read_pickle_file, ".pkl"), FILES, _pickles),
    "torch": Target(in_file(read_torch_file, ".pt"), FILES, _torch_files),
    "inception": Target(in_file(load_inception, ".pth"), FILES, _torch_files),
    "onnx": Target(in_file(read_onnx, ".onnx"), FILES, _onnx_files),
}
