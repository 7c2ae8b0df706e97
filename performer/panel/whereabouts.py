"""Where this machine is reached on its network: an address that may come late, or change.

After a power cut a router may be slower to start than we are.
"""

import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
LOOK_EVERY_S = 5.0


def own_address() -> str:
    """This machine's IPv4 address on its network; the loopback's where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it asks which way would be taken
            return str(probe.getsockname()[0])
        except OSError:
            return LOOPBACK


def as_now(url: str) -> str:
    """The same place at the address that this machine has now, if it has one."""
    address, parts = own_address(), urlsplit(url)
    if address == LOOPBACK:
        return url
    return parts._replace(netloc=f"{address}:{parts.port}").geturl()


class Signpost:
    """Tells in a thread where a page on the network is, at once and whenever that changes."""

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        self._url, self._tell = url, tell
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="signpost", daemon=True)
        self._tell(url)
        self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            before, self._url = self._url, as_now(self._url)
            if self._url != before:
                self._tell(self._url)
