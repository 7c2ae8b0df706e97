"""The mirror: a whole picture or none, whoever writes and whatever lies in the file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.serving.mirror import (
    HEADER,
    MEMORY,
    VARIABLE,
    WRITES,
    Mirror,
    given_mirror,
    make_mirror,
)

WRITER = """
import sys
import numpy as np
from pathlib import Path
from performer.serving.mirror import Mirror
mirror = Mirror(Path(sys.argv[1]))
for i in range(3000):
    mirror.show(np.full((64, 64, 3), i % 251, np.uint8))
    mirror.beat()
"""


MAKER = """
import time
from performer.serving.mirror import make_mirror
print(make_mirror().path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    made = make_mirror()
    yield made
    made.path.unlink()


def test_what_is_shown_is_seen_in_another_mapping(mirror: Mirror) -> None:
    other = Mirror(mirror.path)
    assert other.picture() is None and other.pulse == 0
    image = np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    mirror.show(image)
    mirror.beat()
    seen = other.picture()
    assert seen is not None and np.array_equal(seen, image) and other.pulse == 1
    mirror.show(image[:5])
    smaller = other.picture()
    assert smaller is not None and np.array_equal(smaller, image[:5])


def test_the_pulse_goes_on_where_the_one_before_left_it(mirror: Mirror) -> None:
    mirror.beat()
    Mirror(mirror.path).beat()
    assert mirror.pulse == 2


def test_no_picture_is_torn_while_another_process_writes(mirror: Mirror) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(mirror.path)])
    seen = 0
    while writer.poll() is None:
        picture = mirror.picture()
        if picture is not None:
            seen += 1
            assert picture.min() == picture.max()
    assert seen and mirror.pulse == 3000 and writer.returncode == 0


def test_a_writer_that_died_while_writing_leaves_no_half_picture(mirror: Mirror) -> None:
    mirror.show(np.zeros((4, 4, 3), np.uint8))
    with mirror.path.open("r+b") as file:
        file.seek(WRITES)
        file.write((7).to_bytes(8, "little"))
    assert mirror.picture() is None
    mirror.show(np.ones((4, 4, 3), np.uint8))
    again = mirror.picture()
    assert again is not None and again.all()


@given(st.binary(min_size=HEADER.size, max_size=200))
def test_whatever_lies_in_the_file_is_a_picture_or_none(content: bytes) -> None:
    path = make_mirror().path
    path.write_bytes(content)
    try:
        picture = Mirror(path).picture()
        assert picture is None or picture.size <= len(content)
    finally:
        path.unlink()


def test_a_process_without_a_mirror_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mirror: Mirror
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert given_mirror() is None
    monkeypatch.setenv(VARIABLE, os.fspath(tmp_path / "gone"))
    assert given_mirror() is None
    (tmp_path / "short").write_bytes(b"12")
    monkeypatch.setenv(VARIABLE, os.fspath(tmp_path / "short"))
    assert given_mirror() is None
    monkeypatch.setenv(VARIABLE, os.fspath(mirror.path))
    assert given_mirror() is not None


def test_each_count_is_its_own(mirror: Mirror) -> None:
    mirror.tell_ready()
    mirror.tell_curtain()
    mirror.tell_curtain()
    assert (mirror.pulse, mirror.writes, mirror.curtains, mirror.ready) == (0, 0, 2, 1)


def test_what_a_killed_process_left_is_removed() -> None:
    killed = subprocess.Popen([sys.executable, "-c", MAKER], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    with killed:
        orphan = Path(killed.stdout.readline().strip())
        make_mirror().path.unlink()
        assert orphan.exists()
        killed.kill()
        killed.wait()
    make_mirror().path.unlink()
    assert orphan.exists() == (orphan.parent != MEMORY)


def test_it_is_closed_before_its_file_goes() -> None:
    mirror = make_mirror()
    mirror.show(np.full((4, 4, 3), 7, np.uint8))
    assert mirror.picture() is not None
    mirror.remove()
    assert not mirror.path.exists()
    with pytest.raises(ValueError, match="closed"):
        mirror.beat()
    mirror.remove()  # There is nothing left to remove, which is no error.
