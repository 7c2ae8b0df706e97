"""The HUD and the help: everything is on them, in bounds, whatever the show does."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pygame
import pytest

from performer.outputs.bars import (
    COLUMNS,
    COMPACT,
    LARGE,
    LATER,
    Places,
    draw_compact,
    draw_large,
    position,
    short,
    value_text,
)
from performer.outputs.help_overlay import HelpOverlay, address_rows, key_rows
from performer.outputs.hud import Hud
from performer.outputs.learn_panel import LearnPanel
from performer.outputs.lettering import ACCENT, CACHE_SIZE, RED, Lettering
from performer.outputs.overlay import BLANK, Overlay
from performer.outputs.window_keys import Switches
from performer.parameters import BY_NAME, INDEX, TABLE
from performer.status import LearnView

SIZES = [(1280, 720), (1920, 1080), (640, 360), (720, 1280), (200, 100), (1, 1)]


@pytest.fixture(autouse=True)
def fonts() -> Iterator[None]:
    pygame.font.init()
    yield


def drawn(overlay: Hud | HelpOverlay, status=BLANK) -> pygame.Surface:
    surface = pygame.Surface(overlay.window, pygame.SRCALPHA, 32)
    overlay.draw(surface, status)
    return surface


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [Hud, HelpOverlay, LearnPanel])
def test_it_draws_at_any_size_and_only_in_its_areas(kind, size) -> None:
    overlay = kind(size)
    learn = LearnView("style.low", False, "y" * 500, 0.2, 0.1, "root", "z" * 500)
    status = dataclasses.replace(
        BLANK,
        message="x" * 500,
        frozen=True,
        blackout=True,
        learn=learn,
        lamps=("TAKE 100:00", "VIDEO LOST"),
        loop="LOOP 16 REC",
    )
    surface = drawn(overlay, status)
    if size[0] >= 640:
        for area in overlay.areas():
            surface.fill((0, 0, 0, 0), area)
        assert not pygame.surfarray.pixels_alpha(surface).any()


@pytest.mark.parametrize("parameter", TABLE, ids=lambda parameter: parameter.name)
def test_learn_shows_any_parameter_waiting_and_bound(parameter) -> None:
    panel = LearnPanel((1280, 720))
    ends = parameter.minimum, parameter.maximum
    pictures = {
        pygame.image.tobytes(drawn(panel, dataclasses.replace(BLANK, learn=view)), "RGBA")
        for view in (
            LearnView(parameter.name, True, "", *ends, "linear", ""),
            LearnView(parameter.name, False, "knob 1", *ends, "linear", "it was hue"),
        )
    }
    assert len(pictures) == 2


def test_learn_is_over_the_picture_until_it_ends_and_escape_ends_it() -> None:
    overlay, switches = Overlay((640, 360)), Switches(learn=True)
    assert overlay.redraw(switches, 0.0, lambda: BLANK)
    assert overlay.areas == LearnPanel((640, 360)).areas()
    assert not switches.take("escape", True, 0.0) and not switches.closed
    switches.learn = False
    assert switches.take("escape", False, 0.0) and not switches.closed
    assert switches.take("escape", True, 0.0) and switches.closed


def test_every_value_and_toggle_has_a_bar() -> None:
    shown = {p.name for p in LARGE} | {p.name for group in COMPACT for p in group}
    elsewhere = {p.name for p in TABLE if p.kind == "trigger" or p.group == "modulation"}
    assert shown == {p.name for p in TABLE} - elsewhere
    assert [group[0].group for group in COMPACT] == [
        "direction", "coarse", "middle", "fine", "bend"
    ]  # fmt: skip


def test_an_effects_knob_has_its_place_once_it_was_moved_and_keeps_it() -> None:
    places = Places()
    before = list(places.shown)
    values = BLANK.values.copy()
    places.update(values)
    assert places.shown == before and len(before) + len(LATER) == len(LARGE)
    values[INDEX["bloom.amount"]] = 0.5
    places.update(values)
    places.update(BLANK.values)
    assert places.shown == [*before, BY_NAME["bloom.amount"]]


def test_however_many_bars_there_are_each_keeps_the_end_of_its_name() -> None:
    type_ = Lettering((1280, 720))
    assert short(type_, "psi", 25, 500) == "psi"
    for parameter in (p for p in LARGE if "." in p.name):
        name, member = short(type_, parameter.name, 25, 110), parameter.name.rpartition(".")[2]
        assert type_.width(name, 25) <= 112 and name.endswith(f".{member}")
    surface = pygame.Surface((900, 262), pygame.SRCALPHA, 32)
    draw_large(surface, type_, surface.get_rect(), LARGE, BLANK.values)
    lit = (pygame.surfarray.array3d(surface) > 0).any(axis=(1, 2))
    assert lit[0] and np.count_nonzero(np.diff(lit.astype(int)) == 1) == COLUMNS - 1


def test_an_upright_bar_is_lit_once_it_was_moved() -> None:
    def lit(**changes: float) -> bool:
        values = BLANK.values.copy()
        for name, value in changes.items():
            values[INDEX[name.replace("_", ".")]] = value
        surface = pygame.Surface((400, 200), pygame.SRCALPHA, 32)
        draw_compact(surface, Lettering((1280, 720)), surface.get_rect(), values)
        return bool((pygame.surfarray.array3d(surface) == ACCENT).all(axis=2).any())

    assert not lit()
    assert lit(bend_kind_1=5.0) and lit(direction_3=-1.0)


def test_the_badges_of_the_flash_limit_and_the_autopilot_are_drawn() -> None:
    plain = drawn(Hud((1280, 720)))
    for status in (
        dataclasses.replace(BLANK, flash_limit=False),
        dataclasses.replace(BLANK, flashes_held=True),
        dataclasses.replace(BLANK, autopilot=True),
    ):
        surface = drawn(Hud((1280, 720)), status)
        assert pygame.image.tobytes(surface, "RGBA") != pygame.image.tobytes(plain, "RGBA")


def test_values_that_are_no_numbers_do_no_harm() -> None:
    broken = np.full(len(TABLE), np.nan)
    broken[::2] = np.inf
    drawn(Hud((640, 360)), dataclasses.replace(BLANK, values=broken))


def test_text_that_no_font_has_does_no_harm() -> None:
    nasty = "a\0b\nc 日本 \U0001f3b9 \ud800 →"
    events = (nasty, "", nasty * 100)
    status = dataclasses.replace(BLANK, message=nasty, last_events=events, device=nasty)
    drawn(Hud((640, 360)), status)
    assert Lettering((640, 360))._clean("a\0→σ°–…日") == "a?>σ°–…?"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("psi", 0.8, ("0.80", "")),
        ("hue", -24.06, ("-24.1", "°")),
        ("brightness", -0.0004, ("0.00", "")),
        ("seed", 12.5, ("12.50", "")),
        ("style.seed", 2.0, ("2.00", "")),
        ("trails", 0.5, ("0.50", "s")),
        ("mirror", 2.0, ("2", "")),
        ("freeze", 1.0, ("on", "")),
        ("psi", float("nan"), ("?", "")),
    ],
)
def test_a_value_in_figures(name: str, value: float, text: tuple[str, str]) -> None:
    assert value_text(BY_NAME[name], value) == text


def test_a_bar_stays_on_its_track() -> None:
    assert position(BY_NAME["direction.1"], 99.0) == 1.0
    assert position(BY_NAME["direction.1"], 0.0) == 0.5
    assert position(BY_NAME["psi"], -3.0) == 0.0


def test_a_moved_value_changes_the_hud() -> None:
    hud = Hud((1280, 720))
    values = BLANK.values.copy()
    values[7] = values[7] + 0.3
    before = pygame.image.tobytes(drawn(hud), "RGBA")
    after = pygame.image.tobytes(drawn(hud, dataclasses.replace(BLANK, values=values)), "RGBA")
    assert before != after


def test_the_lamps_follow_the_beat_and_the_source_is_named() -> None:
    hud = Hud((1280, 720))
    looks = [(0.1, "own"), (1.1, "own"), (5.9, "own"), (1.1, "MIDI clock"), (math.nan, "own")]
    pictures = [
        pygame.image.tobytes(
            drawn(hud, dataclasses.replace(BLANK, beat=beat, tempo_source=source)), "RGBA"
        )
        for beat, source in looks
    ]
    assert pictures[1] == pictures[2] and len(set(pictures)) == 4


def test_the_cache_is_bounded() -> None:
    lettering = Lettering((640, 360))
    for i in range(CACHE_SIZE + 50):
        lettering.render(str(i), 20, (255, 255, 255))
    assert len(lettering._cache) == CACHE_SIZE


def test_cut_text_fits() -> None:
    lettering = Lettering((1280, 720))
    text = lettering.cut("a long name of a port that nobody can read", 25, 150)
    assert text.endswith("…") and lettering.width(text, 25) <= 150
    assert lettering.cut("short", 25, 150) == "short"


def test_the_help_names_every_key_and_address() -> None:
    keys = dict(key_rows())
    assert keys["Space"] == BY_NAME["freeze"].help
    assert keys["1 – 9"] == "Scene 1 to 9 of the patch."
    assert "Esc, Q" in keys
    addresses = dict(address_rows())
    assert addresses["/psi"] == "0 to 1.5"
    assert addresses["/coarse/1 – 16"] == "-5 to 5 steps"
    assert addresses["/style/…"] == "mix seed low high"
    assert addresses["/blackout"] == "0 or 1"
    assert addresses["/scene/1 – 9"] == "trigger"
    assert addresses["/modulation/…"].startswith("amount ")
    assert addresses["/bend/…"] == "amount kind layer channels"


def test_no_line_of_the_help_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    cut = Lettering.cut

    def noted(self: Lettering, text: str, size: float, width: float) -> str:
        texts.append(cut(self, text, size, width))
        return texts[-1]

    monkeypatch.setattr(Lettering, "cut", noted)
    drawn(HelpOverlay((1280, 720)))
    assert {words for _, words in key_rows()} <= set(texts)
    assert {span for _, span in address_rows()} <= set(texts)


def test_a_message_beside_which_there_is_no_room_stands_below() -> None:
    hud, message = Hud((1280, 720)), "show.toml:8: start.sed: there is no such parameter"
    alone = dataclasses.replace(BLANK, message=message)
    lamps = ("TAKE 12:04", "VIDEO 12:04")
    crowd = dataclasses.replace(alone, lamps=lamps, loop="LOOP 4 REC", storing=True)
    for status, is_below in ((alone, False), (crowd, True)):
        row = pygame.surfarray.array3d(drawn(hud, status))[:, 230:264]
        assert (row.max() > 150) == is_below
        assert (hud.areas()[0].bottom >= 264) == is_below


def test_a_recording_and_a_loop_have_a_lamp_and_each_key_its_own_words() -> None:
    dark = drawn(Hud((1280, 720)))
    for lit in ({"lamps": ("TAKE 0:01",)}, {"loop": "LOOP 4 REC"}):
        surface = drawn(Hud((1280, 720)), dataclasses.replace(BLANK, **lit))
        changed = pygame.surfarray.array3d(surface) != pygame.surfarray.array3d(dark)
        assert changed.any() and (pygame.surfarray.array3d(surface) == RED).all(axis=2).any()
    assert {"O", "I", "U", "R", "V", "1 – 9"} <= {key for key, _ in key_rows()}
