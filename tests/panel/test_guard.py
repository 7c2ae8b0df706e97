"""The guard: who gets in, by Host, Origin and token, and how many messages."""

import asyncio
from typing import Any

import pytest

from performer.panel.guard import COOKIE, Allowance, Guard, Scope, new_token

TOKEN = new_token()


def asked(
    token: str | None,
    path: str = "/-/live",
    query: str = "",
    kind: str = "http",
    **headers: str,
) -> list[dict[str, Any]]:
    """What a guard answers; status 200 or 101 where it lets in."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        start = "http.response.start" if kind == "http" else "websocket.accept"
        await send({"type": start, "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (n.encode(), v.encode()) for n, v in ({"host": "localhost:8000"} | headers).items()
        ],
    }
    asyncio.run(Guard(app, token, lambda s: s["path"] == "/psi")(scope, receive, send))
    return sent


def is_let_in(*args: Any, **kwargs: Any) -> bool:
    first = asked(*args, **kwargs)[0]
    return first.get("status") == 200


@pytest.mark.parametrize(
    "host, is_own",
    [
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("192.168.1.20:8000", True),
        ("[::1]:8000", True),
        ("evil.example:8000", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("[", False),
        ("a@127.0.0.1@evil.example", False),
    ],
)
def test_a_foreign_name_is_refused(host: str, is_own: bool) -> None:
    assert is_let_in(None, host=host) == is_own


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_foreign_origin_is_refused(kind: str) -> None:
    assert is_let_in(None, kind=kind, origin="http://localhost:8000")
    others = ("http://evil.example", "null", "http://localhost:9999", "http://localhost")
    for origin in (*others, "http://["):
        assert not is_let_in(None, kind=kind, origin=origin)
    assert asked(None, kind="websocket", origin="null")[0]["type"] == "websocket.close"


def test_without_the_token_nobody_gets_in() -> None:
    assert not is_let_in(TOKEN)
    assert not is_let_in(TOKEN, kind="websocket")
    assert not is_let_in(TOKEN, cookie=f"{COOKIE}={TOKEN}x")
    assert not is_let_in(TOKEN, query=f"token={TOKEN[:-1]}")
    assert not is_let_in(TOKEN, path="/psi", query="token=wrong")
    assert not is_let_in(TOKEN, cookie="\u00e9;;=")
    assert not is_let_in(TOKEN, query=f"token={TOKEN}" + 30 * "&a=1")
    assert is_let_in(TOKEN, cookie=f"{COOKIE}={TOKEN}")
    assert is_let_in(TOKEN, kind="websocket", cookie=f"a=b; {COOKIE}={TOKEN}")
    assert is_let_in(TOKEN, path="/psi")  # reading by OSCQuery


def test_the_token_goes_from_the_address_into_a_cookie() -> None:
    start = asked(TOKEN, "/", f"token={TOKEN}")[0]
    headers = dict(start["headers"])
    assert start["status"] == 303 and headers[b"location"] == b"/"
    cookie = headers[b"set-cookie"].decode()
    assert "Max-Age=31536000" in cookie
    assert TOKEN in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert asked(TOKEN, "/", "token=wrong")[0]["status"] == 403


def test_every_answer_forbids_foreign_scripts() -> None:
    for answer in (asked(None), asked(TOKEN)):
        headers = dict(answer[0]["headers"])
        assert b"default-src 'none'" in headers[b"content-security-policy"]
        assert b"unsafe" not in headers[b"content-security-policy"]
        assert headers[b"x-content-type-options"] == b"nosniff"


def test_an_allowance_fills_again() -> None:
    now = [0.0]
    allowance = Allowance(10.0, 3, lambda: now[0])
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.1
    assert allowance.take() and not allowance.take()
    now[0] = 100.0
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
