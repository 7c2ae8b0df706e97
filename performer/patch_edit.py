"""Learnt bindings written into a patch's text, beside its comments and in its layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from performer.patch import parse_patch
from performer.schema import Binding
from performer.toml_edit import append_entry, remove_entry, set_key
from performer.toml_files import PatchError

FIELDS = msgspec.structs.fields(Binding)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the patch's bindings: `before` became `after`; None: it was or is not there."""

    before: Binding | None
    after: Binding | None


def with_edits(text: str, path: Path, edits: Sequence[Edit]) -> str:
    """The text after the edits; `path` names it in errors.

    The file may have been changed by hand since it was read: an edit of a binding that is no
    longer there adds it, or has nothing to take out. Raises PatchError when the text is no patch
    or keeps its bindings where they cannot be changed.
    """
    for edit in edits:
        text = _with_edit(text, path, edit)
    return text


def _with_edit(text: str, path: Path, edit: Edit) -> str:
    bindings = list(parse_patch(text, path).bindings)
    wanted, edited = list(bindings), text
    number = bindings.index(edit.before) + 1 if edit.before in bindings else 0
    try:
        if edit.before is not None and number and edit.after is None:
            edited = remove_entry(text, "bindings", number)
            del wanted[number - 1]
        elif edit.before is not None and number and edit.after is not None:
            for key, value in _changes(edit.before, edit.after).items():
                edited = set_key(edited, "bindings", number, key, value)
            wanted[number - 1] = edit.after
        elif edit.after is not None:
            edited = append_entry(text, "bindings", _said(edit.after))
            wanted.append(edit.after)
        if list(parse_patch(edited, path).bindings) == wanted:
            return edited
    except (KeyError, PatchError):
        pass  # An array in one piece, to which no table can be added.
    raise PatchError(
        f"{path.name}: bindings: learn can change them only where each is written [[bindings]]"
    )


def _said(binding: Binding) -> dict[str, object]:
    """What a binding's entry has to say."""
    values = {field.name: getattr(binding, field.name) for field in FIELDS}
    return {name: value for name, value in values.items() if value is not None}


def _changes(before: Binding, after: Binding) -> dict[str, object | None]:
    """The keys that differ, with their new values."""
    values = {field.name: getattr(after, field.name) for field in FIELDS}
    return {name: value for name, value in values.items() if value != getattr(before, name)}
