"""The pickle reader: data comes out as it went in, and whatever else is refused and never run."""

import math
import os
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from watching import nothing_runs

from models.importers import budget
from models.importers.files import read_pickle_file
from models.importers.refusal import ImporterError


def read(tmp_path: Path, content: bytes) -> Any:
    path = tmp_path / "file.pkl"
    path.write_bytes(content)
    with nothing_runs():
        return read_pickle_file(path)


def refusal(tmp_path: Path, content: bytes) -> str:
    """The sentence with which a pickle is refused."""
    with pytest.raises(ImporterError) as error:
        read(tmp_path, content)
    sentence = str(error.value)
    assert sentence.startswith(f"{tmp_path / 'file.pkl'}: ") and "\n" not in sentence
    assert sentence.isprintable() and error.value.__cause__ is None
    assert not (tmp_path / "executed").exists()
    return sentence


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 500), 1 << 500)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(value=plain, protocol=st.integers(2, 5))
def test_plain_data_comes_out_as_it_went_in(
    value: Any, protocol: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = pickle.dumps(value, protocol=protocol)
    assert read(tmp_path_factory.getbasetemp(), content) == value


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_containers_and_numbers_of_model_files_become_plain(protocol: int, tmp_path: Path) -> None:
    value = {
        "dict": OrderedDict(a=1, b=[2, 3]),
        "set": {7},
        "bytes": b"\x00\xff",
        "number": np.float32(0.5),
        "count": np.int64(3),
    }
    held = read(tmp_path, pickle.dumps(value, protocol=protocol))
    assert held["dict"] == {"a": 1, "b": [2, 3]}
    assert (held["set"], bytes(held["bytes"])) == ([7], b"\x00\xff")
    assert (held["number"], held["count"]) == (0.5, 3)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_shape_and_order(protocol: int, order: Any, tmp_path: Path) -> None:
    values = np.asarray(np.arange(24, dtype=np.float64).reshape(2, 3, 4), order=order)
    held = read(tmp_path, pickle.dumps([values], protocol=protocol))
    assert np.array_equal(held[0].tensor().numpy(), values)


def test_attributes_of_a_dict_are_left_out(tmp_path: Path) -> None:
    class_of_torch = OrderedDict(a=1)
    class_of_torch._metadata = OrderedDict(x=1)  # type: ignore[attr-defined]
    assert read(tmp_path, pickle.dumps(class_of_torch, protocol=2)) == {"a": 1}


class Calls:
    """Its pickle calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any, state: Any = None) -> None:
        self.told = (function, arguments, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.told


def calls(module: str, name: str, *arguments: bytes) -> bytes:
    """The instructions of a call, its arguments given as instructions."""
    return b"c" + f"{module}\n{name}\n".encode() + b"(" + b"".join(arguments) + b"tR"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


TOUCH = text("touch executed")
DICT = b"ccollections\nOrderedDict\n)R"
ARRAY = calls("numpy._core.multiarray", "_reconstruct", b"cnumpy\nndarray\n", b"(K\x00t", b"C\x01b")
HOSTILE: dict[str, tuple[bytes, str]] = {
    "os.system": (calls("os", "system", TOUCH), "asks for os.system, which"),
    "posix.system": (calls("posix", "system", TOUCH), "asks for posix.system"),
    "eval": (calls("builtins", "eval", text("1")), "asks for builtins.eval"),
    "exec of old": (calls("__builtin__", "exec", text("1")), "asks for __builtin__.exec"),
    "getattr": (calls("builtins", "getattr", DICT, text("clear")), "asks for builtins.getattr"),
    "torch.load": (calls("torch", "load", TOUCH), "asks for torch.load"),
    "a part of what is known": (b"ccollections\nOrderedDict.__init__\n.", "asks for collections."),
    "a module of what is known": (b"c\nOrderedDict\n.", "asks for .OrderedDict"),
    "a name above what is known": (b"cnumpy.core\nmultiarray.scalar\n.", "asks for numpy.core."),
    "global from the stack": (text("os") + text("system") + b"\x93.", "asks for os.system"),
    "a name that is a number": (b"K\x01K\x02\x93.", "asks for a name that is none"),
    "a name with a line in it": (text("a\x1b[31m\nb") + text("x") + b"\x93.", "\\x1b[31m\\nb.x"),
    "a name of any length": (b"c" + b"a" * 1_000_000 + b"\nb\n.", "cut short or damaged"),
    "a call of a call": (DICT + b")R.", "calls what is no function"),
    "a call of a class": (b"cargparse\nNamespace\n)R.", "calls what is no function"),
    "a call of a number": (b"K\x01)R.", "calls what is no function"),
    "a call without a tuple": (b"ccollections\nOrderedDict\n]R.", "calls what is no function"),
    "a dict of something": (calls("collections", "OrderedDict", DICT) + b".", "a strange dict"),
    "a set of something": (calls("builtins", "set", text("abc")) + b".", "a strange set"),
    "another encoding": (
        calls("_codecs", "encode", text("a"), text("hex")) + b".",
        "strange bytes",
    ),
    "text beyond latin1": (
        calls("_codecs", "encode", text("€"), text("latin1")) + b".",
        "strange bytes",
    ),
    "new of a function": (b"c_codecs\nencode\n)\x81.", "makes an object of what is no class"),
    "new with arguments": (b"ccollections\nOrderedDict\nK\x01\x85\x81.", "makes an object of"),
    "state of a number": (b"K\x01}b.", "a state to what has none"),
    "state of a list": (b"]}b.", "a state to what has none"),
    "state of a global": (b"ccollections\nOrderedDict\n}b.", "a state to what has none"),
    "slots of a dict": (DICT + b"N}\x86b.", "a state to what has none"),
    "a strange state": (b"cargparse\nNamespace\n)\x81N}\x86b.", "a strange state to a Namespace"),
    "persistent id": (text("storage") + b"Q.", "points outside of itself"),
    "textual persistent id": (b"Pos.system\n.", "instruction 0x50"),
    "INST": (b"(ios\nsystem\n.", "instruction 0x69"),
    "OBJ": (b"(cos\nsystem\no.", "asks for os.system"),
    "extension": (b"\x82\x01.", "instruction 0x82"),
    "next buffer": (b"\x97.", "instruction 0x97"),
    "duplicate": (b"K\x012.", "instruction 0x32"),
    "long text of a number": (b"I" + b"9" * 5000 + b"\n.", "instruction 0x49"),
    "protocol 0": (b"\x80\x00N.", "pickle protocol"),
    "protocol 9": (b"\x80\x09N.", "pickle protocol"),
    "nothing": (b"", "cut short"),
    "no end": (b"N", "cut short"),
    "underflow": (b".", "uses what it has not made"),
    "underflow below a mark": (b"K\x01(\x85.", "uses what it has not made"),
    "no mark": (b"t.", "uses what it has not made"),
    "nothing remembered": (b"h\x07.", "uses what it has not made"),
    "nothing to remember": (b"q\x07.", "uses what it has not made"),
    "bytes without end": (b"\x8e" + b"\xff" * 8 + b".", "cut short"),
    "bytes of 4 GiB": (b"B\xff\xff\xff\xffabc.", "cut short"),
    "text of 2 EiB": (b"\x8d" + struct.pack("<Q", 1 << 61) + b"abc.", "cut short"),
    "text that is none": (b"X\x02\x00\x00\x00\xff\xfe.", "text that is none"),
    "a tuple as a key": (b"}K\x01\x85K\x01s.", "whose keys are neither"),
    "a huge number as a key": (b"}\x8a\x09" + b"\xff" * 8 + b"\x00K\x01s.", "whose keys are"),
    "an odd dict": (b"}(K\x01u.", "fills what is no dict"),
    "a list as a dict": (b"]K\x01K\x02s.", "fills what is no dict"),
    "a dict as a list": (b"}K\x01a.", "lengthens what is no list"),
    "a list in itself": (b"]q\x00h\x00a.", "holds itself"),
    "a dict in itself": (b"}q\x00K\x01h\x00s.", "holds itself"),
    "an object in itself": (b"cargparse\nNamespace\n)\x81q\x00}K\x01h\x00sb.", "holds itself"),
    "too deep": (b"]" * 100_000 + b"a" * 99_999 + b".", "too deep"),
    "too deep, in tuples": (b")" + b"\x85" * 100_000 + b".", "too deep"),
    "unfolds without end": (b"]" + b"q\x00]h\x00ah\x00a" * 60 + b".", "too deep, or holds itself"),
    "an array of objects": (
        calls("numpy", "dtype", text("O8"), b"\x89", b"\x88") + b".",
        "numpy numbers of a strange type",
    ),
    "an array of the other end": (
        calls("numpy", "dtype", text("f4"), b"\x89", b"\x88")
        + b"(K\x03" + text(">") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb.",
        "numpy numbers of a strange type",
    ),
    "an array larger than its bytes": (
        ARRAY + b"(K\x01(M\xff\xffM\xff\xfft"
        + calls("numpy", "dtype", text("f8"), b"\x89", b"\x88") + b"\x89C\x08abcdefghtb.",
        "larger or smaller than its bytes",
    ),
    "an array of negative size": (
        ARRAY + b"(K\x01(J\xff\xff\xff\xfft"
        + calls("numpy", "dtype", text("f8"), b"\x89", b"\x88") + b"\x89C\x08abcdefghtb.",
        "whose sizes are no numbers",
    ),
    "an array of a strange kind": (
        calls("numpy._core.multiarray", "_reconstruct", DICT, b"(K\x00t", b"C\x01b") + b".",
        "a strange array",
    ),
    "a state of an array": (ARRAY + b"}b.", "a strange array"),
    "a module of another version": (
        calls(
            "torch_utils.persistence", "_reconstruct_persistent_obj",
            b"}(" + text("type") + text("class") + text("version") + b"K\x07" + b"u",
        ) + b".",
        "a module of an unknown version",
    ),
    "a stream within a stream": (
        calls("torch.storage", "_load_from_bytes", b"C\x05\x80\x02K\x01.") + b".",
        "an unknown format",
    ),
    "a storage of text": (
        calls("torch.storage", "_load_from_bytes", text("abc")) + b".",
        "a strange storage",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused_and_nothing_runs(name: str, tmp_path: Path) -> None:
    content, words = HOSTILE[name]
    assert words in refusal(tmp_path, content)


def test_what_python_itself_would_run_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    for bomb in (
        Calls(os.system, f"touch {trace}"),
        Calls(open, str(trace), "w"),
        Calls(eval, f"open({str(trace)!r}, 'w')"),
        Calls(OrderedDict, state=Calls(os.system, f"touch {trace}")),
    ):
        for protocol in (2, 3, 4, 5):
            assert "asks for" in refusal(tmp_path, pickle.dumps({"G_ema": bomb}, protocol))
    pickle.loads(pickle.dumps(Calls(open, str(trace), "w"))).close()  # noqa: S301
    assert trace.exists(), "and it would have run"


def test_it_gives_up_after_so_many_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS", 1000)
    assert "more steps" in refusal(tmp_path, b"N" + b"q\x00" * 1000 + b".")


def test_text_that_multiplies_is_refused(tmp_path: Path) -> None:
    """Remembered once, encoded again and again: a few bytes each time."""
    once = text("a" * 100_000) + b"q\x00"
    again = b"c_codecs\nencode\nh\x00" + text("latin1") + b"\x86R"
    content = once + again * 100 + b"."
    assert "more memory than its own size" in refusal(tmp_path, content)


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    content = pickle.dumps({"a": [1, (2.5, "text")], "b": np.arange(3)}, protocol=4)
    for length in range(len(content)):
        refusal(tmp_path, content[:length])


def test_a_shared_list_is_read_where_it_occurs(tmp_path: Path) -> None:
    shared = [1, 2]
    assert read(tmp_path, pickle.dumps([shared, shared, {"a": shared}])) == [
        [1, 2],
        [1, 2],
        {"a": [1, 2]},
    ]


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        read(folder, b"\x80\x04" + content)
    except ImporterError as error:
        assert str(error).isprintable()


def test_infinite_numbers_are_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, pickle.dumps([math.inf])) == [math.inf]
