"""A patch's file while it is played: what the player stores is written there, remarks kept."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from performer.patch import parse_patch
from performer.patch_edit import Edit, with_edits
from performer.paths import user_patch
from performer.schema import Patch, Scene
from performer.toml_files import PatchError, join, read_text

Table = MutableMapping[str, Any]
FIELDS = tuple(name for name in Scene.__struct_fields__ if name != "values")
NO_SCENE = Scene()
LONGEST_S = 30.0


class PatchFile:
    """The file at `path`; from the first change on, of a shipped patch, the user's copy of it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def store_scene(self, key: str, scene: Scene) -> None:
        """Make a scene the patch's [scenes.KEY]; raises PatchError."""
        self.change(
            lambda data: _set_scene(data, key, scene),
            lambda patch: msgspec.structs.replace(patch, scenes=patch.scenes | {key: scene}),
        )

    def store_scene_beside(self, key: str, scene: Scene) -> None:
        """`store_scene` in a process of its own, which it waits for.

        Reading the file with its remarks keeps Python busy longer than a frame: in a thread of
        this process it would hold up the frame loop.
        """
        command = [sys.executable, "-P", "-m", __name__, str(self.path), key]
        written = msgspec.json.encode(scene)
        try:
            done = subprocess.run(  # noqa: S603, this program itself
                command, input=written, capture_output=True, timeout=LONGEST_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PatchError(f"{self.path.name}: cannot be written: {error}") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise PatchError(said[-1] if said else f"{self.path.name}: cannot be written")
        self.path = user_patch(self.path)

    def change(self, write: Callable[[Table], None], meant: Callable[[Patch], Patch]) -> None:
        """Let `write` change the file's tables; raises PatchError, and then nothing has changed.

        `meant` tells what patch shall come of it: a file written in a way that tomlkit gets
        wrong is left alone.
        """
        text = self._read()
        wanted = meant(parse_patch(text, self.path))
        try:
            data = tomlkit.parse(text)
            write(data)
            written = tomlkit.dumps(data)
        except (TOMLKitError, ValueError, TypeError, KeyError) as error:
            raise PatchError(f"{self.path.name}: cannot be changed: {error}") from None
        if parse_patch(written, self.path) != wanted:
            raise PatchError(f"{self.path.name}: is written in a way that cannot be changed safely")
        self._write(written)

    def edit_bindings(self, edits: Sequence[Edit]) -> None:
        """Change bindings; raises PatchError, and then nothing has changed."""
        self._write(with_edits(self._read(), self.path, edits))

    def _read(self) -> str:
        """The text to change: the user's copy, if there is one."""
        copy = user_patch(self.path)
        return read_text(copy if copy.is_file() else self.path)

    def _write(self, text: str) -> None:
        target = user_patch(self.path)
        try:
            _replace(target, text)
        except OSError as error:
            raise PatchError(f"{target}: cannot be written: {error.strerror}") from None
        self.path = target


def _set_scene(data: Table, key: str, scene: Scene) -> None:
    scenes = data.setdefault("scenes", tomlkit.table(is_super_table=True))
    is_new = key not in scenes
    if is_new:
        scenes[key] = tomlkit.table()
    table = scenes[key]
    for name in FIELDS:
        _set(table, name, getattr(scene, name), getattr(NO_SCENE, name))
    _set_values(table, {name: _short(value) for name, value in scene.values.items()})
    if is_new:
        table.add(tomlkit.nl())


def _set(table: Table, name: str, value: object, default: object) -> None:
    """Write only what says something else, so that all remarks stay."""
    if table.get(name, default) == value:
        return
    if value == default:
        del table[name]
    else:
        table[name] = value


def _set_values(table: Table, values: Mapping[str, float]) -> None:
    held = table.get("values")
    if held is None or isinstance(held, InlineTable):
        # No remark can stand inside of one, so it is written anew.
        table["values"] = tomlkit.inline_table()
        table["values"].update(values)
        return
    left = dict(values)
    for name, parent, key in list(_leaves(held)):
        if name not in left:
            del parent[key]
        elif parent[key] != left.pop(name):
            parent[key] = values[name]
    held.update(left)


def _short(value: float) -> float:
    """8 instead of 8.0."""
    return int(value) if float(value).is_integer() else value


def _leaves(table: Table, before: str = "") -> Iterator[tuple[str, Table, str]]:
    """Each value's dotted name, the table that holds it, and its key there."""
    for key, value in table.items():
        if isinstance(value, MutableMapping):
            yield from _leaves(value, join(before, key))
        else:
            yield join(before, key), table, key


def _replace(path: Path, text: str) -> None:
    """Write a whole file or nothing; through a link, the file that it leads to."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def main() -> None:
    """Store the scene that stands on the standard input as JSON: PATH KEY."""
    if hasattr(os, "nice"):
        os.nice(10)
    path, key = sys.argv[1:]
    scene = msgspec.json.decode(sys.stdin.buffer.read(), type=Scene)
    try:
        PatchFile(Path(path)).store_scene(key, scene)
    except PatchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
