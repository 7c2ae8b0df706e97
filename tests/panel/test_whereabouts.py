"""An address on the network that comes late or changes: whoever asks is told the new one."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from performer.panel import discovery, whereabouts
from performer.panel.discovery import announced
from performer.panel.settings import Settings
from performer.panel.whereabouts import LOOPBACK, Signpost, as_now, own_address

URL = f"http://{LOOPBACK}:8123/?token=secret"


class Network:
    """Where this machine is, as it is said to be."""

    def __init__(self) -> None:
        self.address = LOOPBACK

    def __call__(self) -> str:
        return self.address


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    network = Network()
    for module in (whereabouts, discovery):
        monkeypatch.setattr(module, "own_address", network)
        monkeypatch.setattr(module, "LOOK_EVERY_S", 0.05)
    yield network


def test_its_address_is_one() -> None:
    assert len([int(part) for part in own_address().split(".")]) == 4


def test_a_page_is_where_the_machine_is_now(network: Network) -> None:
    assert as_now(URL) == URL
    network.address = "192.168.1.7"
    assert as_now(URL) == "http://192.168.1.7:8123/?token=secret"
    settings = Settings("board", "Still", URL, "secret", None, 1)
    assert settings.url_now == "http://192.168.1.7:8123/?token=secret"
    assert Settings("board", "Still", URL, None, None, 1).url_now == URL


def test_a_signpost_tells_once_each_time_that_the_address_changes(network: Network) -> None:
    told: list[str] = []
    signpost = Signpost(URL, told.append)
    network.address = "192.168.1.7"
    until(lambda: len(told) == 2)
    network.address = LOOPBACK  # the cable is out
    time.sleep(0.3)
    network.address = "10.0.0.3"
    until(lambda: len(told) == 3)
    signpost.close()
    hosts = [url.split("/")[2] for url in told]
    assert hosts == [f"{LOOPBACK}:8123", "192.168.1.7:8123", "10.0.0.3:8123"]


def until(predicate: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10.0
    while not predicate():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_it_is_announced_anew_where_it_is_now(network: Network) -> None:
    zeroconf = pytest.importorskip("zeroconf.asyncio", reason="zeroconf is missing")
    settings = Settings("board", "Whereabouts", URL, "secret", None, 77)
    kind = "_oscjson._tcp.local."

    async def seen(client: object, wanted: str) -> bool:
        for _ in range(100):
            info = await client.async_get_service_info(kind, name, timeout=500)  # type: ignore[attr-defined]
            if info is not None and info.parsed_addresses() == [wanted]:
                return True
            await asyncio.sleep(0.1)
        return False

    (service,) = discovery._services(settings, 8123, LOOPBACK)
    name = service.name

    async def play() -> list[bool]:
        client = zeroconf.AsyncZeroconf()
        try:
            async with announced(settings, 8123):
                first = await seen(client, LOOPBACK)
                network.address = "192.168.1.7"
                return [first, await seen(client, "192.168.1.7")]
        finally:
            await client.async_close()

    assert asyncio.run(play()) == [True, True]
