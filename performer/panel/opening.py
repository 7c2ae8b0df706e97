"""Opens the panel: its port, its address, its token, and the QR code that a camera reads."""

import errno
import io
import logging
import socket
from collections.abc import Callable
from functools import partial

from performer.clock import Clock
from performer.events import Inbox
from performer.panel import PanelError
from performer.panel.panel import Panel
from performer.panel.whereabouts import LOOPBACK, own_address

DEFAULT_PORT = 8000
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what --lan asks for


def open_panel(
    inbox: Inbox,
    clock: Clock,
    *,
    title: str,
    osc: tuple[str, int] | None,
    port: int = DEFAULT_PORT,
    token: str | None = None,
    patient: bool = False,
) -> Panel:
    """On this machine alone, or with a `token` for all on its network who have it.

    Raises `PanelError`, one sentence. One that is `patient` waits for a port that is taken.
    """
    bind = partial(_bind, EVERYWHERE if token else LOOPBACK, port)
    listener = _bound(bind, patient)
    host = own_address() if token else LOOPBACK
    found = listener.getsockname()[1] if listener else port
    url = f"http://{host}:{found}/" + (f"?token={token}" if token else "")
    try:
        return Panel(inbox, clock, listener or bind, title, url, token, osc)
    except PanelError:
        if listener is not None:
            listener.close()
        raise


def _bound(bind: Callable[[], socket.socket], patient: bool) -> socket.socket | None:
    try:
        return bind()
    except PanelError as error:
        if not patient:
            raise
        logging.getLogger(__name__).warning("%s; it is tried again until it can", error)
        return None


def as_text(url: str) -> str:
    """The address as a QR code for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(url, micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        reason = "is in use by another program" if taken else f"cannot be opened ({error})"
        raise PanelError(f"page: port {port} {reason}; choose another with --port N") from error
    return listener
