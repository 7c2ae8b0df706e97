"""Who may import whom, read from the source: no breach, and no cycle."""

import ast

import pytest

from tests.import_graph import MODULES, everything, module_level

PURE = {
    "events", "clock", "parameter", "parameters", "controls", "modulators", "patch", "scenes",
    "takeover", "control", "slew", "tempo", "expressions", "addresses", "sources", "schema",
    "checks", "toml_files", "toml_lines", "status", "meter", "cues", "xy", "tick_filter",
    "midi_clock", "link_clock", "taps", "quantise", "effect_parameters", "effects.order",
    "effects.palettes", "relative", "recognition", "learn", "dials", "toml_edit", "patch_edit",
    "lights", "osc_replies", "looper", "priorities", "waves", "oscillators", "followers",
    "envelopes", "formulas", "readings", "ear", "triggers", "modulator_checks", "bends", "pace",
    "crossfade", "autopilot", "house", "governor", "opening_hours", "outline",
    "plain_text",
}  # fmt: skip
HEAVY = {"torch", "pygame", "mido", "jack", "supriya_midi", "pythonosc"}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_there_is_something_to_read() -> None:
    assert {"performer.cli", "performer.engine", "models.networks"} <= MODULES.keys()
    assert "models.canvas" in everything("models.networks")
    assert "performer.commands.play" in everything("performer.cli") - module_level("performer.cli")


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "models")])
def test_models_import_of_performer_only_how_a_library_is_installed(name: str) -> None:
    found = {found for found in everything(name) if within(found, "performer")}
    assert found <= {"performer.extras"}


@pytest.mark.parametrize("room", sorted(PURE))
def test_a_pure_room_knows_no_torch_no_window_and_no_device(room: str) -> None:
    """Neither itself nor through the rooms that it imports."""
    waiting, seen = [f"performer.{room}"], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in MODULES:
            continue
        seen.add(name)
        found = everything(name)
        assert not {each for each in found if within(each, *HEAVY, "models")}, name
        waiting += found
    outside = {name for name in seen if name.removeprefix("performer.") not in PURE}
    assert outside <= {"performer"}, "it imports pure rooms only"


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "performer.inputs")])
def test_inputs_know_events_the_clock_and_each_other(name: str) -> None:
    names = ("events", "clock", "extras", "plain_text", "attended", "postman", "inputs")
    allowed = tuple(f"performer.{name}" for name in names)
    rooms = {found for found in everything(name) if within(found, "performer", "models")}
    assert not {found for found in rooms if not within(found, *allowed)}


def test_each_midi_library_is_imported_in_one_file_where_it_is_used() -> None:
    for library, only in (("jack", "midi_jack"), ("supriya_midi", "midi_rtmidi")):
        users = {name for name in MODULES if any(within(x, library) for x in everything(name))}
        assert users == {f"performer.inputs.{only}"}
        assert not {found for found in module_level(users.pop()) if within(found, library)}
    assert not {name for name in MODULES if any(within(x, "rtmidi") for x in everything(name))}


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "performer.outputs")])
def test_outputs_know_no_engine_and_no_torch(name: str) -> None:
    closed = ("torch", "models", "performer.engine", "performer.stage", "performer.latent",
              "performer.controls", "performer.inputs")  # fmt: skip
    assert not {found for found in everything(name) if within(found, *closed)}


@pytest.mark.parametrize(
    "name", [name for name in MODULES if within(name, "performer.latent", "performer.effects")]
)
def test_latent_and_effects_know_torch_only(name: str) -> None:
    allowed = (
        "performer.parameters", "performer.bends", "performer.latent", "performer.effects",
        "performer.pace"
    )  # fmt: skip
    rooms = {found for found in everything(name) if within(found, "performer", "models")}
    assert not {found for found in rooms if not within(found, *allowed)}


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "performer")])
def test_only_commands_import_models(name: str) -> None:
    if not within(name, "performer.cli", "performer.commands"):
        assert not {found for found in everything(name) if within(found, "models")}


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "performer.panel")])
def test_the_page_knows_the_table_and_no_engine(name: str) -> None:
    """Its process starts in a moment, and nothing that it does can reach the picture."""
    allowed = ("performer.events", "performer.clock", "performer.attended", "performer.postman",
               "performer.panel", "performer.parameter", "performer.parameters",
               "performer.slew", "performer.status")  # fmt: skip
    rooms = {found for found in everything(name) if within(found, "performer", "models")}
    assert not {found for found in rooms if not within(found, *allowed)}
    assert not {found for found in everything(name) if within(found, *HEAVY)}


def test_no_module_imports_itself_in_a_circle() -> None:
    imports = {name: module_level(name) & MODULES.keys() for name in MODULES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        for found in sorted(imports[name]):
            visit(found, (*path, name))
        done.add(name)

    for name in MODULES:
        visit(name, ())


def test_every_module_opens_with_a_sentence() -> None:
    for name, path in MODULES.items():
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said or not path.read_text().strip(), name
