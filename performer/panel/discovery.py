"""Announces OSCQuery and OSC by zeroconf, so that other programs find the instrument."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import zeroconf
from zeroconf import ServiceInfo, Zeroconf
from zeroconf.asyncio import AsyncZeroconf

from performer.panel.settings import Settings
from performer.panel.whereabouts import LOOK_EVERY_S, LOOPBACK, own_address

SERVICES = {"_oscjson._tcp.local.": "http", "_osc._udp.local.": "osc"}


@asynccontextmanager
async def announced(settings: Settings, port: int) -> AsyncIterator[None]:
    """Announce for the length of the block, anew where this machine's address has changed."""
    announcing = asyncio.create_task(_announce(settings, port))
    try:
        yield
    finally:
        announcing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await announcing


async def _announce(settings: Settings, port: int) -> None:
    """Until it is cancelled; without a network, say so once."""
    said = ""
    while True:
        address = _address(settings)
        try:
            async with _registered(settings, port, address):
                while _address(settings) in (address, LOOPBACK):
                    await asyncio.sleep(LOOK_EVERY_S)
        except (OSError, zeroconf.Error) as error:
            if str(error) != said:
                said = str(error)
                _say(f"OSCQuery is not announced: {error}")
            await asyncio.sleep(LOOK_EVERY_S)


def _address(settings: Settings) -> str:
    return own_address() if settings.token else LOOPBACK


@asynccontextmanager
async def _registered(settings: Settings, port: int, address: str) -> AsyncIterator[None]:
    found = AsyncZeroconf()
    try:
        if settings.token is None:
            _keep_inside(found.zeroconf)
        for info in _services(settings, port, address):
            await found.async_register_service(info, allow_name_change=True)
        yield
    finally:
        await found.async_close()


def _services(settings: Settings, port: int, address: str) -> list[ServiceInfo]:
    ports = {"_oscjson._tcp.local.": port}
    if settings.osc is not None:
        ports["_osc._udp.local."] = settings.osc[1]
    host = socket.gethostname().partition(".")[0]
    name = f"{settings.title} ({host})".replace(".", " ")[:60]
    return [
        ServiceInfo(
            kind,
            f"{name}.{kind}",
            port=own_port,
            parsed_addresses=[address],
            server=f"performer-{host}-{settings.pid}.local.",
        )
        for kind, own_port in ports.items()
    ]


def _keep_inside(announcer: Zeroconf) -> None:
    """Let no packet leave this machine: others could reach nothing here.

    A packet that may make no hop (IP_MULTICAST_TTL 0) is heard on this machine alone.
    """
    for transport in announcer.engine.senders:
        if transport.sock.family == socket.AF_INET:
            transport.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, bytes(1))
        else:
            hops = getattr(socket, "IPV6_MULTICAST_HOPS", 18)
            transport.sock.setsockopt(socket.IPPROTO_IPV6, hops, 0)


def _say(sentence: str) -> None:
    logging.getLogger(__name__).warning(sentence)
