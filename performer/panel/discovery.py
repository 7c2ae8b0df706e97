"""Announces OSCQuery and OSC by zeroconf, so that other programs find the instrument."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from performer.panel.settings import Settings

SERVICES = {"_oscjson._tcp.local.": "http", "_osc._udp.local.": "osc"}
LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def announced(settings: Settings, port: int) -> AsyncIterator[None]:
    """Announce for the length of the block; without the library, or a network, say so once."""
    try:
        from zeroconf.asyncio import AsyncZeroconf
    except ImportError:
        _say("OSCQuery is not announced: pip install performer[discovery]")
        yield
        return
    try:
        found = AsyncZeroconf()
    except OSError as error:
        _say(f"OSCQuery is not announced: {error}")
        yield
        return
    if settings.token is None:
        _keep_inside(found.zeroconf)
    try:
        for info in _services(settings, port):
            await found.async_register_service(info, allow_name_change=True)
        yield
    finally:
        await found.async_close()


def _services(settings: Settings, port: int) -> list[Any]:
    from zeroconf import ServiceInfo

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
            parsed_addresses=own_addresses() if settings.token else [LOOPBACK],
            server=f"performer-{host}-{settings.pid}.local.",
        )
        for kind, own_port in ports.items()
    ]


def _keep_inside(zeroconf: Any) -> None:
    """Let no packet leave this machine: others could reach nothing here.

    A packet that may make no hop (IP_MULTICAST_TTL 0) is heard on this machine alone.
    """
    for transport in zeroconf.engine.senders:
        if transport.sock.family == socket.AF_INET:
            transport.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, bytes(1))
        else:
            hops = getattr(socket, "IPV6_MULTICAST_HOPS", 18)
            transport.sock.setsockopt(socket.IPPROTO_IPV6, hops, 0)


def own_addresses() -> list[str]:
    """This machine's IPv4 addresses on networks; the loopback's where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it asks which way would be taken
            return [probe.getsockname()[0]]
        except OSError:
            return [LOOPBACK]


def _say(sentence: str) -> None:
    logging.getLogger(__name__).warning(sentence)
