"""The command line: what each command is called, asks for and says."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from performer.completion import LikePlay, device_names, patch_names

# Whatever is imported here, each press of Tab in a shell waits for.
if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    help="A live instrument that plays a GAN: MIDI and OSC in, fullscreen visuals out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Device = Annotated[
    str,
    typer.Option(help="auto, cpu, cuda or mps.", metavar="DEVICE", autocompletion=device_names),
]
Osc = Annotated[
    str, typer.Option(help="Where to listen for OSC; 0.0.0.0:9000 for the whole network, or none.")
]
OscFeedback = Annotated[
    str,
    typer.Option(
        help="Who receives changes over OSC: auto (programs on this computer that sent some), "
        "PORT (all that sent some, at that port), HOST:PORT, or none."
    ),
]
Midi = Annotated[str, typer.Option(help="Part of a MIDI port's name; all, or none.")]
Sound = Annotated[
    str, typer.Option(help="The sound input: default, part of a device's name, or a file.")
]
Model = Annotated[
    Path | None, typer.Option(help="A model (.safetensors), or the folder of a training run.")
]
Patch = Annotated[
    str,
    typer.Argument(
        help="A shipped patch by name, a .toml file, a model, or the folder of a training run.",
        metavar="[PATCH]",
        autocompletion=patch_names,
    ),
]
ImagesPath = Annotated[
    Path, typer.Argument(help="A folder of images, or a video; it is never changed.")
]
CanvasSize = Annotated[
    str | None, typer.Option(help="The canvas: N (square) or WxH; 256 if not given.")
]
Frames = Annotated[
    int | None, typer.Option(help="How many frames of a video; 1000 if not given.", min=2)
]


def new_console(*, stderr: bool = False) -> "Console":
    """Where a command speaks."""
    from rich.console import Console

    return Console(stderr=stderr)


def print_version(asked: bool) -> None:
    """Say which version this is, and end."""
    if asked:
        from performer import __version__

        typer.echo(f"performer {__version__}")
        raise typer.Exit


@app.callback()
def performer(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=print_version),
    ] = False,
) -> None:
    """What stands before a command."""


def parse_window(text: str | None) -> tuple[int, int] | None:
    """`WxH` of a window, in pixels."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) < 16384 > int(height) > 0):
        raise typer.BadParameter(f'"{text}" is not a size; write WxH, such as 1280x720')
    return int(width), int(height)


def parse_rate(text: str) -> float | None:
    """Frames a second, 1 to 240; None for `take`."""
    if text == "take":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 1.0 <= rate <= 240.0:
        raise typer.BadParameter(f'"{text}" is not a rate; write 1 to 240, or take')
    return rate


@app.command()
def play(
    patch: Patch = "drift",
    model: Model = None,
    deck_b: Annotated[
        Path | None, typer.Option(help="A model for deck B, or the folder of a training run.")
    ] = None,
    windowed: Annotated[bool, typer.Option("--windowed", help="A window, not fullscreen.")] = False,
    size: Annotated[str | None, typer.Option(help="A window of WxH pixels.")] = None,
    display: Annotated[int, typer.Option(help="Which display, counted from 0.", min=0)] = 0,
    osc: Osc = "127.0.0.1:9000",
    osc_feedback: OscFeedback = "auto",
    midi: Midi = "all",
    sound: Sound = "none",
    link: Annotated[
        bool, typer.Option("--link", help="Follow Ableton Link; needs the extra \\[link].")
    ] = False,
    device: Device = "auto",
    seed: Annotated[int | None, typer.Option(help="The picture to start with.", min=0)] = None,
    frames: Annotated[int | None, typer.Option(help="Stop after so many frames.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.", min=0)] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Without any window.")] = False,
    latency: Annotated[
        Literal["low", "smooth"],
        typer.Option(
            help="low: show each frame at once; smooth: one frame later, at a higher frame rate."
        ),
    ] = "low",
    stats: Annotated[
        Path | None, typer.Option(help="At the end write the measurements, as JSON.")
    ] = None,
    take: Annotated[
        Path | None, typer.Option(help="Record the whole show as a take, which can be rendered.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(help="Record a video of the show, a .mp4 or .mkv.")
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(
            help='Opening hours, black outside them: "Mon-Fri 10:00-18:00, Sat 12:00-20:00".'
        ),
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Serve the control page and OSCQuery.")
    ] = False,
    lan: Annotated[
        bool, typer.Option("--lan", help="Open the page to the network; prints a QR code.")
    ] = False,
    port: Annotated[int, typer.Option(help="The page's port.", min=0, max=65_535)] = 8000,
    fit: Annotated[
        Literal["contain", "cover", "stretch"],
        typer.Option(
            help="How the picture fits the window: contain (all of it), cover (cut), or stretch."
        ),
    ] = "contain",
    outputs: Annotated[
        Path | None,
        typer.Option(help="A .toml file of several windows or displays, instead of one."),
    ] = None,
    test_card: Annotated[
        bool,
        typer.Option("--test-card", help="Show a grid instead, to set up screens and projectors."),
    ] = False,
    share: Annotated[
        list[str] | None,
        typer.Option(
            help="Send the picture to other programs: ndi, spout, syphon or camera; "
            "ndi=NAME gives it a name. More than once for several.",
            metavar="WAY",
        ),
    ] = None,
    autopilot: Annotated[
        Path | None,
        typer.Option(help="Gestures for the autopilot, made by train-gesture."),
    ] = None,
    after: Annotated[
        float | None,
        typer.Option(
            help="Seconds without a touch before the autopilot plays; 60 if not given.",
            min=0,
            max=3600,
        ),
    ] = None,
) -> None:
    """Play a patch, fullscreen. Esc twice quits, H shows numbers, F1 shows the keys.

    Given the folder of a run, it plays the best model and follows new ones while it trains.
    """
    from performer.commands.signals import catch_signals

    if after is not None and autopilot is None:
        raise typer.BadParameter("--after is for --autopilot")
    stopped = catch_signals()  # before the slow imports, so that ending is always in order
    from performer.commands.options import Options
    from performer.commands.play import play as run
    from performer.opening_hours import parse_hours

    run(
        Options(
            patch=patch,
            model=model,
            deck_b=deck_b,
            device=device,
            seed=seed,
            windowed=windowed,
            size=parse_window(size),
            display=display,
            headless=headless,
            latency=latency,
            osc=osc,
            osc_feedback=osc_feedback,
            midi=midi,
            sound=sound,
            link=link,
            frames=frames,
            seconds=seconds,
            stats=stats,
            take=take,
            video=video,
            hours=parse_hours(hours) if hours else None,
            page=page,
            lan=lan,
            port=port,
            share=tuple(share or ()),
            fit=fit,
            outputs=outputs,
            test_card=test_card,
            autopilot=autopilot,
            after_s=after,
        ),
        stopped,
    )


@app.command(
    cls=LikePlay,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    options_metavar="[PATCH] [OPTIONS] [OPTIONS OF PLAY]",
)
def serve(
    context: typer.Context,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin as the patch starts, not where the show stood.")
    ] = False,
    fallback: Annotated[
        Path | None,
        typer.Option(help="The model to play when the other cannot be; the starter if not given."),
    ] = None,
    understudy: Annotated[
        bool,
        typer.Option(
            "--understudy/--no-understudy", help="Keep a second instance loaded as standby."
        ),
    ] = True,
    log: Annotated[Path | None, typer.Option(help="The log file; at most 6 MB in 6 files.")] = None,
) -> None:
    """Play a patch for months: after a fault it goes on where it was.

    It takes all options of play. Once it has played it never gives up; Esc twice or Ctrl-C ends it.
    """
    from performer.commands.signals import catch_signals

    stopped = catch_signals()
    from performer.commands.serve import Options
    from performer.commands.serve import serve as run

    asked = play_options(context.args)
    has_window = not (asked["headless"] or asked["windowed"] or asked["size"])
    curtain = (str(asked["display"]), asked["fit"], str(asked["outputs"] or ""))
    options = Options(
        play=tuple(context.args),
        patch=asked["patch"],
        display=asked["display"],
        curtain=curtain if has_window else (),
        understudy=understudy,
        fallback=fallback,
        fresh=fresh,
        log=log,
    )
    sys.exit(run(options, stopped))


def play_options(arguments: list[str]) -> dict[str, Any]:
    """What the arguments of `play` ask for; what is wrong with them is said as `play` does."""
    commands: Any = typer.main.get_command(app)
    play = commands.commands["play"]
    asked: dict[str, Any] = play.make_context("performer serve", list(arguments)).params
    return asked


@app.command()
def render(
    take: Annotated[Path, typer.Argument(help="A take, as play --take records it.")],
    out: Annotated[
        Path, typer.Option(help="The video to write: .mp4, .mkv, .mov, or an animated .webp.")
    ],
    size: Annotated[
        str | None, typer.Option(help="WxH in pixels; that of the model if not given.")
    ] = None,
    fps: Annotated[
        str, typer.Option(help="Frames a second, or take for exactly the show's frames.")
    ] = "60",
    sound: Annotated[
        Path | None, typer.Option(help="A sound file; it starts where the recording starts.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Another model than the take's, or a run's folder.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Render a take as a video, at leisure: larger, at a steady rate, with its sound.

    Where the recording was paused the video goes on without the pause. Ctrl-C ends it early.
    """
    from performer.commands.signals import catch_signals

    stopped = catch_signals()
    from performer.commands.render import Options
    from performer.commands.render import render as run

    rate, window = parse_rate(fps), parse_window(size)
    run(Options(take, out, window, rate, sound, model, device), new_console(), stopped)


@app.command()
def replay(
    box: Annotated[
        Path | None,
        typer.Argument(help="A black box or a take; the newest black box if not given."),
    ] = None,
    at: Annotated[
        float,
        typer.Option(help="Begin this many seconds after the start; below 0, before the end."),
    ] = 0.0,
    report: Annotated[bool, typer.Option("--report", help="Only print the report.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="Another model than the take's, or a run's folder.")
    ] = None,
    device: Device = "auto",
    windowed: Annotated[bool, typer.Option("--windowed", help="A window, not fullscreen.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="Without any window.")] = False,
) -> None:
    """Play the last minutes before a fault again, and print what is known of it.

    Every show keeps its last five minutes; after a fault they stay on disk.
    """
    from performer.commands.signals import catch_signals

    stopped = catch_signals()
    from performer.commands.replay import Options
    from performer.commands.replay import replay as run

    console = new_console()
    run(
        Options(box, at, report, model, device, windowed, headless),
        lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True),
        stopped,
    )


@app.command()
def images(
    images: ImagesPath,
    size: CanvasSize = None,
    fit: Annotated[str, typer.Option(help="crop, pad (with black) or stretch.")] = "crop",
    frames: Frames = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a contact sheet, a .png, that shows what is wrong.")
    ] = None,
) -> None:
    """Look through images before training: what is there, and what is wrong."""
    from performer.commands.images import images as run

    if not run(images, size, fit, frames, sheet, new_console()):
        raise typer.Exit(1)


@app.command()
def train(
    images: ImagesPath,
    out: Annotated[Path, typer.Option(help="The folder of the run.")],
    size: CanvasSize = None,
    fit: Annotated[
        str | None, typer.Option(help="crop (the default), pad (with black) or stretch.")
    ] = None,
    frames: Frames = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed, the same run; 0 if not given.", min=0)
    ] = None,
    device: Device = "auto",
    kimg: Annotated[
        float | None, typer.Option(help="Stop after so many thousand images.", min=0)
    ] = None,
    hours: Annotated[float | None, typer.Option(help="Stop after so long.", min=0)] = None,
    loss: Annotated[
        str | None, typer.Option(help="nonsaturating (the default), minimax, hinge or rp.")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(help="none, diffaugment or ada; if not given, by the number of images."),
    ] = None,
    ada_target: Annotated[
        float | None,
        typer.Option(
            help="ADA's target for the discriminator's certainty; 0.6 if not given.", min=0, max=1
        ),
    ] = None,
    ada_kimg: Annotated[
        float | None,
        typer.Option(
            help="Thousand images until ADA may reach full strength; 100 if not given.", min=1
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.", min=2)] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Adam's step size; 0.002 if not given.", min=0)
    ] = None,
    r1_gamma: Annotated[
        float | None, typer.Option(help="Weight of R1, and of R2 with rp.", min=0)
    ] = None,
    stages: Annotated[
        int | None,
        typer.Option(help="How many sizes to grow through; 1 is the whole canvas at once.", min=1),
    ] = None,
    frozen_layers: Annotated[
        int | None,
        typer.Option(help="Discriminator layers to freeze; 10 or fewer with --from.", min=0),
    ] = None,
    path_length_weight: Annotated[
        float | None,
        typer.Option(help="Weight of path-length regularisation; off if not given, try 2.", min=0),
    ] = None,
    channel_base: Annotated[int | None, typer.Option(help="Width of the networks.", min=8)] = None,
    channel_max: Annotated[int | None, typer.Option(help="Their widest layer.", min=8)] = None,
    mirror: Annotated[
        bool | None, typer.Option("--mirror/--no-mirror", help="Also show images mirrored.")
    ] = None,
    noise: Annotated[
        bool | None,
        typer.Option("--noise/--no-noise", help="Give the model noise inputs for fine texture."),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="float32, bfloat16 or float16; if not given, what is fastest here."),
    ] = None,
    licence: Annotated[str, typer.Option(help="The images' licence, kept in the model.")] = "",
    source: Annotated[str, typer.Option(help="Where they are from, kept in the model.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run.")] = False,
    best: Annotated[
        bool, typer.Option("--best", help="Resume from the best save; later ones are removed.")
    ] = False,
    changed_images: Annotated[
        bool, typer.Option("--changed-images", help="Resume although the images have changed.")
    ] = False,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop when more training would hurt.")
    ] = False,
    start_from: Annotated[
        Path | None, typer.Option("--from", help="Start from a model or run of the same size.")
    ] = None,
    grow: Annotated[
        Path | None, typer.Option(help="Start from a model or run of the same or a smaller size.")
    ] = None,
) -> None:
    """Train a GAN on your own images. Ctrl-C saves and says how to go on."""
    from performer.commands.signals import catch_signals

    stopped = catch_signals()  # before the slow imports, so that ending is always in order
    from performer.commands.train import Options
    from performer.commands.train import train as run

    asked = {
        "seed": seed,
        "loss": loss,
        "augment": augment,
        "ada_target": ada_target,
        "ada_kimg": ada_kimg,
        "batch": batch,
        "learning_rate": learning_rate,
        "r1_gamma": r1_gamma,
        "stages": stages,
        "frozen_layers": frozen_layers,
        "path_length_weight": path_length_weight,
        "channel_base": channel_base,
        "channel_max": channel_max,
        "mirror": mirror,
        "noise": noise,
        "precision": precision,
    }
    run(
        Options(
            images=images,
            out=out,
            size=size,
            fit=fit,
            frames=frames,
            device=device,
            kimg=kimg,
            hours=hours,
            stop_early=stop_early,
            licence=licence,
            source=source,
            resume=resume,
            best=best,
            changed_images=changed_images,
            grow=grow,
            start_from=start_from,
            asked={name: value for name, value in asked.items() if value is not None},
        ),
        new_console(),
        stopped,
    )


@app.command("train-gesture")
def train_gesture(
    takes: Annotated[list[Path], typer.Argument(help="Takes, as play --take records them.")],
    out: Annotated[Path, typer.Option(help="The gestures to write, a .safetensors.")],
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="A take to compare with, not trained on; may be given several times."),
    ] = None,
    minutes: Annotated[float, typer.Option(help="How long to train.", min=0)] = 10.0,
    loss: Annotated[
        Literal["nonsaturating", "minimax", "hinge", "rp"], typer.Option(help="The loss.")
    ] = "nonsaturating",
    seed: Annotated[int, typer.Option(help="The same seed, the same run.", min=0)] = 0,
) -> None:
    """Learn from takes how you move parameters. Ctrl-C ends early and keeps the best so far.

    The result plays when nobody touches anything: performer play --autopilot OUT.
    """
    from performer.commands.signals import catch_signals

    stopped = catch_signals()
    from models.gestures.recipe import GestureRecipe
    from performer.commands.train_gesture import Options
    from performer.commands.train_gesture import train_gesture as run

    recipe = GestureRecipe(loss=loss, seed=seed)
    run(Options(tuple(takes), out, tuple(held_out or ()), minutes, recipe), new_console(), stopped)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A .pkl or .pt of StyleGAN, or an .onnx of any GAN.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The model to write; FILE as .safetensors if not given.")
    ] = None,
    licence: Annotated[str, typer.Option(help="The model's licence, kept in it.")] = "",
) -> None:
    """Bring in a model of another program: StyleGAN2 or 3, or any generator as ONNX."""
    from performer.commands.import_ import import_ as run

    run(file, out, licence, new_console())


@app.command()
def distil(
    model: Annotated[Path, typer.Argument(help="A StyleGAN2 model, or the folder of a run.")],
    target: Annotated[
        str, typer.Option(help="The machine it is for, at 30 frames/s: cpu, or gpu (a laptop's).")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The student's folder; beside MODEL if not given.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="Stop after so long.", min=0)] = None,
    kimg: Annotated[
        float | None, typer.Option(help="Stop after so many thousand pictures.", min=0)
    ] = None,
    channel_base: Annotated[
        int | None, typer.Option(help="Width of the student, instead of what suits the target.")
    ] = None,
    channel_max: Annotated[int | None, typer.Option(help="Its widest layer.", min=8)] = None,
    device: Device = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run.")] = False,
) -> None:
    """Distil a model into a narrower one for a smaller machine. No images needed.

    Ctrl-C saves and says how to go on.
    """
    from performer.commands.signals import catch_signals

    stopped = catch_signals()  # before the slow imports, so that ending is always in order
    from performer.commands.distil import Options
    from performer.commands.distil import distil as run

    run(
        Options(
            model=model,
            target=target,
            out=out,
            hours=hours,
            kimg=kimg,
            channel_base=channel_base,
            channel_max=channel_max,
            device=device,
            resume=resume,
        ),
        new_console(),
        stopped,
    )


@app.command()
def measure(
    model: Annotated[Path, typer.Argument(help="A model, or the folder of a training run.")],
    images: Annotated[Path, typer.Argument(help="The folder of images it was trained on.")],
    count: Annotated[int, typer.Option(help="How many pictures to draw.", min=10)] = 1000,
    device: Device = "auto",
    inception: Annotated[
        Path | None,
        typer.Option(help="Inception v3 weights (.pth, .safetensors): adds FID and KID."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """Measure a model against its images: likeness, variety, and whether it only copies."""
    from performer.commands.measure import measure as run

    run(model, images, count, device, json, new_console(), inception)


@app.command()
def params(
    json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """Show every parameter: name, OSC address, range, default, unit."""
    from performer.commands.params import as_json, as_table

    if json:
        print(as_json())
    else:
        new_console().print(as_table())


@app.command()
def check(
    patch: Patch = "drift",
    model: Model = None,
    osc: Osc = "127.0.0.1:9000",
    midi: Midi = "all",
    sound: Sound = "none",
    device: Device = "auto",
) -> None:
    """Check everything before the show: ok or no for each part."""
    from performer.commands.check import check as run

    if not run(patch, model, osc, midi, sound, device, new_console()):
        raise typer.Exit(1)


@app.command()
def bench(
    patch: Patch = "drift",
    model: Model = None,
    device: Device = "auto",
    rounds: Annotated[int, typer.Option(help="Rounds; each measures every case once.", min=3)] = 9,
    train: Annotated[
        bool, typer.Option("--train", help="Measure training instead of playing.")
    ] = False,
    engine: Annotated[
        bool, typer.Option("--engine", help="Measure the engines beside each other.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Measure what the control page does to the frames.")
    ] = False,
    swaps: Annotated[
        bool, typer.Option("--swaps", help="Measure what swaps and saved patches do to the frames.")
    ] = False,
    hz: Annotated[float, typer.Option(help="With --swaps: frames a second.", min=1.0)] = 60.0,
    official: Annotated[
        Path | None,
        typer.Option(help="With --engine: a copy of the authors' code, measured too."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Measure this machine: the generator, the rest of a frame, a flood of messages."""
    if engine or official:
        from performer.commands.bench_engine import bench_engine

        bench_engine(rounds, official, json, new_console(), device)
        return
    if page:
        from performer.commands.bench_page import bench_page

        bench_page(patch, model, device, rounds, json, new_console())
        return
    if swaps:
        from performer.commands.bench_swaps import bench_swaps

        bench_swaps(patch, model, device, hz, json, new_console())
        return
    if train:
        from performer.commands.bench_train import bench_train

        bench_train(device, rounds, json, new_console())
        return
    from performer.commands.bench import bench as run

    run(patch, model, device, rounds, json, new_console())


@app.command()
def paint(
    out: Annotated[Path, typer.Argument(help="The folder to paint into.")],
    count: Annotated[int, typer.Option(help="How many pictures.", min=1)] = 4800,
    size: Annotated[str, typer.Option(help="WxH in pixels.")] = "512x288",
    seed: Annotated[int, typer.Option(help="The same seed, the same pictures.", min=0)] = 1,
) -> None:
    """Paint the images on which the starter model was trained."""
    from performer.commands.paint import paint as run

    run(out, count, parse_window(size) or (512, 288), seed, new_console())


def expected_errors() -> tuple[type[Exception], ...]:
    """The errors that are one sentence for the user, of the rooms that were entered."""
    names = (
        ("models.canvas", "CanvasError"),
        ("models.checkpoint", "CheckpointError"),
        ("models.device", "DeviceError"),
        ("models.image_source", "DatasetError"),
        ("models.importers.refusal", "ImporterError"),
        ("models.metrics", "MetricsError"),
        ("models.checkpoint", "SaveError"),
        ("models.division", "TrainingError"),
        ("models.ranks", "RanksError"),
        ("performer.commands.bench_engine", "BenchError"),
        ("performer.inputs", "InputError"),
        ("performer.outputs.base", "DisplayError"),
        ("performer.panel", "PanelError"),
        ("performer.outputs.sharing", "SharingError"),
        ("performer.patch", "PatchError"),
        ("performer.paths", "PathError"),
        ("performer.opening_hours", "HoursError"),
        ("performer.takes", "TakeError"),
        ("performer.outputs.movie", "MovieError"),
    )
    return tuple(
        getattr(sys.modules[module], name) for module, name in names if module in sys.modules
    )


def main() -> None:
    """The entry point: every failure is a sentence, and exit status 1."""
    try:
        app()
    except expected_errors() as error:
        _complain(str(error))
    except Exception as error:
        _complain(f"Performer stopped: {type(error).__name__}: {error}")
        _complain(f"Details: {_write_report()}")
    else:
        return
    sys.exit(1)


def _complain(sentence: str) -> None:
    from performer.plain_text import printable_lines
    from performer.screen_log import flush_log

    flush_log()
    plain = printable_lines(sentence)
    new_console(stderr=True).print(
        plain, style="red", markup=False, highlight=False, soft_wrap=True
    )


def _write_report() -> str:
    """The traceback goes to a file: it helps us, not the player."""
    import os
    import tempfile
    import traceback

    handle, path = tempfile.mkstemp(prefix="performer-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        traceback.print_exc(file=file)
    return path
