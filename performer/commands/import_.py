"""`performer import`: another program's model brought into ours."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.architectures import channels_of
from models.device import pick_device, prepare
from models.importers.finishing import finish
from models.importers.importing import SUFFIX, Imported, import_model
from models.onnx.design import IDLE, ONNX


def import_(path: Path, out: Path | None, licence: str, console: Console) -> None:
    """Import, print what was found, and finish the model; raises `ImporterError`."""
    out = out or path.with_suffix(SUFFIX)
    with console.status(f"Reading {escape(path.name)}"):
        imported = import_model(path, out, licence)
    console.print(table(imported))
    device = pick_device("auto")
    prepare(device)
    finish(out, device, lambda sentence: console.print(sentence, highlight=False))
    command = f'performer play --model "{out}"'
    console.print(f"Play it: {command}", markup=False, highlight=False, soft_wrap=True)


def table(imported: Imported) -> Table:
    """What was found, and where it was written."""
    manifest, widths = imported.manifest, imported.manifest.widths
    made = Table(box=box.SIMPLE, show_header=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    if origin := manifest.origin:
        made.add_row("Made with", escape(origin.program))
        made.add_row("File", escape(origin.file))
        made.add_row("SHA-256", origin.sha256)
        made.add_row("Licence", escape(origin.licence) or "not told; --licence keeps it")
    made.add_row("Pictures", str(manifest.canvas))
    if widths.classes:
        made.add_row("Classes", f"{widths.classes}, chosen by /class")
    if isinstance(manifest.architecture, ONNX):
        made.add_row("z", str(widths.z_dim))
        made.add_row("Played", IDLE)
    else:
        channels = channels_of(manifest.canvas, widths, manifest.architecture)
        mapping = f"{widths.z_dim}, {widths.w_dim}, {widths.mapping_layers} layers"
        made.add_row("Channels", ", ".join(map(str, channels)))
        made.add_row("z, w, mapping", mapping)
    made.add_row("Model", escape(imported.model))
    if imported.discriminator:
        made.add_row("Discriminator", escape(imported.discriminator))
    return made
