"""Parameters, keys and messages that the manual names are those of the program."""

import ast
import re

import pytest
from manual import PAGES, ROOT, spans

from performer.commands.params import as_markdown
from performer.effects.order import ORDER
from performer.parameters import BY_ADDRESS, BY_NAME, TABLE
from performer.patch import load_controller
from performer.paths import CONTROLLERS, PATCHES
from performer.sources import parse_source
from performer.triggers import parse_trigger

FAMILIES = {re.sub(r"/\d+", "/N", address) for address in BY_ADDRESS}
NOT_PARAMETERS = {"/", "/fader/1", "/bin/sh", "/home/gallery/performer"}
ADDRESSES = sorted(
    {
        (page, address)
        for page in PAGES
        for text in (*spans(page), *re.findall(r"(?<=127.0.0.1 9000 ).*", PAGES[page]))
        for address in re.findall(r"^/[a-z_]+(?:/[a-z_0-9]+)*(?=$|[ `])", text)
    }
    - {(page, address) for page in PAGES for address in NOT_PARAMETERS}
)
MESSAGES = [
    message
    for row in re.findall(r"^\| (.*?) \|", PAGES["docs/troubleshooting.md"], re.MULTILINE)
    for message in re.findall(r"`([^`]+)`", row)
    if " " in message and "requires a different Python" not in message
]


def test_its_parameter_table_is_the_programs() -> None:
    assert as_markdown() in PAGES["docs/parameters.md"]


def test_there_are_addresses_and_messages() -> None:
    assert len(ADDRESSES) >= 60 and len(MESSAGES) >= 8


@pytest.mark.parametrize(("page", "address"), ADDRESSES)
def test_an_address_is_a_parameters(page: str, address: str) -> None:
    assert (
        address in BY_ADDRESS
        or re.sub(r"/\d+", "/N", address) in FAMILIES
        or any(known.startswith(f"{address}/") for known in BY_ADDRESS)
    )


def test_every_key_is_told() -> None:
    told = {span.lower() for span in spans("docs/playing.md")}
    keys = {p.key for p in TABLE if p.key}
    assert {key for key in keys if not key.isdigit()} <= told
    assert {"1", "9"} <= {digit for span in told for digit in re.findall(r"\d", span)}
    assert {"esc", "q", "f", "f11", "alt+enter", "h", "m", "f1", "/", "?"} <= told


def test_every_effect_has_a_row_in_its_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `/", PAGES["docs/effects.md"], re.MULTILINE)
    assert tuple(rows) == ORDER


@pytest.mark.parametrize("path", sorted(CONTROLLERS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_known_controller_is_told(path: object) -> None:
    name = load_controller(path).name  # type: ignore[arg-type]
    assert f"| {name} |" in PAGES["docs/midi.md"]


def test_every_patch_is_told() -> None:
    assert {path.stem for path in PATCHES.glob("*.toml")} <= set(spans("docs/playing.md"))


def test_sources_and_triggers_are_read() -> None:
    sources = re.findall(r"`\"([^\"`]+)\"`", _table("docs/patches.md", "`source =`"))
    assert len(sources) >= 10
    for words in sources:
        parse_source(words)
    page = PAGES["docs/modulation.md"]
    (sentence,) = re.findall(r"`trigger =` takes (.*?)\n\n", page, re.DOTALL)
    triggers = re.findall(r"`\"([^\"`]+)\"`", sentence)
    assert len(triggers) >= 8
    for words in triggers:
        parse_trigger(words)


def test_what_a_table_calls_a_parameter_is_one() -> None:
    names = set(re.findall(r"parameter = \"([a-z._0-9]+)\"", "\n".join(PAGES.values())))
    named = {name for name in names if not re.match(r"modulation\.[a-z]", name)}
    assert named <= BY_NAME.keys()


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_of_the_programs(message: str) -> None:
    words = re.sub(r" \d+$", " ", message)
    for part in words.split("; "):
        assert any(part in text for text in TEXTS), part


def _table(page: str, heading: str) -> str:
    return PAGES[page].partition(heading)[2].partition("\n\n")[0]


def _texts() -> set[str]:
    """All texts in the source; what is put into one at run time parts it."""
    found = set()
    for path in (*ROOT.glob("performer/**/*.py"), *ROOT.glob("models/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


TEXTS = _texts()
