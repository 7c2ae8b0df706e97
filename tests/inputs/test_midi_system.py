"""Which MIDI system is taken: by the computer, by environment variables, and where none answers."""

import subprocess
import sys
import threading

import pytest

from performer.clock import SystemClock
from performer.events import Event
from performer.inputs import InputError, midi_system
from performer.inputs.midi_reader import MidiReader
from performer.inputs.midi_system import System, list_ports, open_system


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the systems that were asked, on Linux, where none answers."""
    names: list[str] = []

    def refuse(system: System) -> str:
        names.append(system.name)
        return "does not answer"

    for variable in (midi_system.VARIABLE, midi_system.MIDO_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(midi_system, "_why_not", refuse)
    monkeypatch.setattr(sys, "platform", "linux")
    return names


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux", ["alsa", "jack"]),
        ("freebsd14", ["alsa", "jack"]),
        ("darwin", ["core"]),
        ("win32", ["winmm"]),
    ],
)
def test_each_computer_has_its_systems_in_an_order(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, platform: str, names: list[str]
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(InputError, match=f"no MIDI system answers.*{names[-1]} does not answer"):
        open_system(SystemClock())
    assert asked == names


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("PERFORMER_MIDI", "jack", ["jack"]),
        ("PERFORMER_MIDI", "ALSA", ["alsa"]),
        ("MIDO_BACKEND", "mido.backends.rtmidi/UNIX_JACK", ["jack"]),
        ("MIDO_BACKEND", "mido.backends.rtmidi/LINUX_ALSA", ["alsa"]),
        ("MIDO_BACKEND", "mido.backends.rtmidi", ["alsa", "jack"]),
        ("MIDO_BACKEND", "", ["alsa", "jack"]),
    ],
)
def test_an_environment_variable_chooses(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, names: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match="no MIDI system answers"):
        open_system(SystemClock())
    assert asked == names


def test_our_own_variable_comes_before_midos(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFORMER_MIDI", "jack")
    monkeypatch.setenv("MIDO_BACKEND", "mido.backends.rtmidi/LINUX_ALSA")
    with pytest.raises(InputError, match="no MIDI system answers"):
        open_system(SystemClock())
    assert asked == ["jack"]


@pytest.mark.parametrize(
    ("variable", "wrong", "allowed"),
    [
        ("PERFORMER_MIDI", "core", "alsa, jack"),
        ("PERFORMER_MIDI", "rtmidi", "alsa, jack"),
        ("MIDO_BACKEND", "mido.backends.portmidi", "rtmidi/LINUX_ALSA, .*rtmidi/UNIX_JACK"),
        ("MIDO_BACKEND", "mido.backends.rtmidi/NO_SUCH", "rtmidi/LINUX_ALSA, .*rtmidi/UNIX_JACK"),
    ],
)
def test_a_wrong_choice_is_named_with_those_allowed(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, wrong)
    with pytest.raises(InputError, match=f"{variable}={wrong} .*there are: .*{allowed}"):
        open_system(SystemClock())
    assert asked == []


def test_what_a_missing_library_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (jack,) = (system for system in midi_system.SYSTEMS if system.name == "jack")
    missing = System("jack", "", "no_such_library", jack.probe, jack.needs, jack.open)
    monkeypatch.setattr(midi_system, "SYSTEMS", (missing,))
    with pytest.raises(InputError, match="jack needs JACK-Client and the system's libjack"):
        open_system(SystemClock())


def test_a_probe_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = System("jack", "", "time", "time.sleep(60)", "", midi_system.SYSTEMS[1].open)
    monkeypatch.setattr(midi_system, "SYSTEMS", (hangs,))
    monkeypatch.setattr(midi_system, "_PROBE_LIMIT_S", 0.2)
    with pytest.raises(InputError, match=r"\(jack does not answer\)"):
        open_system(SystemClock())


def test_the_first_that_answers_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(name: str, probe: str) -> System:
        return System(name, name, "sys", probe, "", lambda clock: name)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(midi_system, "SYSTEMS", (row("alsa", "sys.exit(1)"), row("jack", "")))
    assert open_system(SystemClock()) == "jack"


def test_without_a_midi_system_there_is_a_sentence_and_no_error(asked: list[str]) -> None:
    with pytest.raises(InputError, match="no MIDI system answers"):
        list_ports()
    told: list[tuple[str, tuple[str, ...], list[Event]]] = []
    reader, closing = MidiReader(SystemClock(), None, lambda name: None), threading.Event()

    def tell(events: list[Event]) -> None:
        told.append((reader.status, reader.ports, events))
        closing.set()

    reader.read(closing, tell)
    reader.close()
    ((status, ports, events),) = told
    assert "no MIDI system answers" in status and ports == () and events == []
    assert reader.backend is None


def test_the_process_of_midi_needs_no_torch_and_no_window() -> None:
    """It starts in a moment, and takes little memory; the libraries wait until they are needed."""
    code = "import sys, performer.inputs.midi_process; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(answer.stdout.split())
    assert "performer.inputs.midi_jack" in loaded, answer.stderr
    assert not loaded & {"torch", "numpy", "pygame", "jack", "supriya_midi", "rtmidi"}
