"""What Tab offers in a shell: of patches and devices the names, of files what the shell offers."""

from typing import Any

from typer.core import TyperCommand

from performer.paths import PATCHES, user_folder

DEVICES = ("auto", "cpu", "cuda", "mps")


def device_names(incomplete: str) -> list[str]:
    """The devices that begin so."""
    return [name for name in DEVICES if name.startswith(incomplete)]


def patch_names(incomplete: str) -> list[str]:
    """The shipped patches and the user's own that begin so; none where a path is being written."""
    folders = (PATCHES, user_folder() / "patches")
    names = {file.stem for folder in folders for file in folder.glob("*.toml")}
    return sorted(name for name in names if name.startswith(incomplete))


class LikePlay(TyperCommand):
    """A command that also takes what `play` takes, and passes it on unread."""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Its own options, those of `play`, and the patches."""
        play = ctx.parent.command.commands["play"]
        found = [
            *super().shell_complete(ctx, incomplete),
            *play.shell_complete(ctx, incomplete),
            *play.params[0].shell_complete(ctx, incomplete),
        ]
        return list({item.value: item for item in reversed(found)}.values())
