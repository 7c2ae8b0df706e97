"""Ten thousand datagrams a second of what no OSC program sends: give it PORT and SECONDS."""

import random
import socket
import struct
import sys
import time

RATE_HZ = 10_000
KINDS = (
    lambda r: r.randbytes(r.randrange(0, 200)),
    lambda r: b"/hue\0\0\0\0,f\0\0" + r.randbytes(r.randrange(0, 4)),
    lambda r: b"#bundle\0" + r.randbytes(8) + struct.pack(">i", r.randrange(-9, 2**31 - 1)) * 9,
    lambda r: b"#bundle\0" + b"\0" * 8 + b"\0\0\0\x14#bundle\0" * 90,
    lambda r: b"/" + b"*{?[" * 60 + b"\0\0\0\0,f\0\0\0\0\0\0",
    lambda r: b"/nowhere" + r.randbytes(4).hex().encode() + b"\0" * 4 + b",ifs\0\0\0\0",
    lambda r: b"\0" * 65_000 if r.random() < 0.001 else b"/psi\0\0\0\0,s\0\0oops\0\0\0\0",
)


def main(port: int, seconds: float) -> None:
    """Send in pieces of ten milliseconds."""
    source = random.Random(1)  # noqa: S311
    made = [source.choice(KINDS)(source) for _ in range(2000)]
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begin_s, sent = time.monotonic(), 0
    while (now_s := time.monotonic() - begin_s) < seconds:
        while sent < now_s * RATE_HZ:
            sender.sendto(made[sent % len(made)], ("127.0.0.1", port))
            sent += 1
        time.sleep(0.01)
    print(sent)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
