"""The guard: who is let in, by Host, Origin and token, and how much of it.

A page of another site that a browser has open can send requests here: it is known by its Origin. A
site that makes its own name mean this machine (DNS rebinding) is known by its Host.
"""

import ipaddress
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "performer"
COOKIE_S = 365 * 24 * 3600  # a gallery's tablet starts anew each morning
TOKEN_BYTES = 18
POLICY_VIOLATION = 1008
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def new_token() -> str:
    """144 random bits for a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Guard:
    """Wraps an application. `is_open` says which requests need no token, even with one set."""

    def __init__(
        self, app: App, token: str | None, is_open: Callable[[Scope], bool] = lambda _: False
    ) -> None:
        self._app, self._token, self._is_open = app, token, is_open
        self._names = own_names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        elif refusal:
            await PlainTextResponse(refusal, 403, HEADERS)(scope, receive, send)
        elif scope["type"] == "http" and self._token and "token" in _query(scope):
            await self._welcome(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Why a request is refused, or nothing."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_own_host(host, self._names):
            return "This page is not to be reached by that name."
        if origin is not None and not is_from(origin, host):
            return "This page is not for other sites."
        if self._token is None:
            return ""
        asked = _query(scope).get("token")
        if asked is None and (self._is_open(scope) or self._is(_cookie(headers))):
            return ""
        if asked is not None and self._is(asked):
            return ""
        return "Scan the QR code, or open the address with its token."

    def _is(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), (self._token or "").encode())

    async def _welcome(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the token in a cookie, and take it out of the address."""
        response = RedirectResponse("/", 303, HEADERS)
        token = self._token or ""
        response.set_cookie(COOKIE, token, max_age=COOKIE_S, httponly=True, samesite="lax")
        await response(scope, receive, send)


def _query(scope: Scope) -> dict[str, str]:
    """The fields of an address; none of one that has absurdly many."""
    try:
        pairs = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in pairs.items()}


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _with_headers(send: Send) -> Send:
    own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *own]
        await send(message)

    return sending


def own_names() -> frozenset[str]:
    """The names by which this machine may be reached; an address is always one."""
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name.partition('.')[0]}.local"})


def is_from(origin: str, host: str) -> bool:
    """Whether an Origin header is of the site of a Host header."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def is_own_host(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this machine; an attacker's name never does, an address may."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in names
    return True


class Allowance:
    """How many messages may come: `per_s` on average, `at_once` after a pause."""

    def __init__(
        self, per_s: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._at_once, self._clock = per_s, at_once, clock
        self._left, self._last_s = float(at_once), clock()

    def take(self) -> bool:
        """Whether one more is within it."""
        now_s = self._clock()
        self._left = min(self._left + (now_s - self._last_s) * self._per_s, self._at_once)
        self._last_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
