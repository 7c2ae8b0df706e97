"""OSC addresses: which known addresses a message's address or pattern means (OSC 1.0)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

MAX_LENGTH = 255
MAX_REMEMBERED = 1024
# Patterns that are matched in a frame for the first time: each may take milliseconds.
MAX_NEW = 32
WILDCARDS = frozenset("*?[]{}")


@dataclass(frozen=True, slots=True)
class Characters:
    """One character that is among `chars`, or with `excluded` one that is not."""

    chars: frozenset[str]
    excluded: bool = False

    def reach(self, text: str, i: int) -> int:
        """The places after text[i], as bits."""
        return 1 << i + 1 if i < len(text) and (text[i] in self.chars) != self.excluded else 0


@dataclass(frozen=True, slots=True)
class Words:
    """One of some words."""

    words: tuple[str, ...]

    def reach(self, text: str, i: int) -> int:
        """The places after each word that stands at text[i], as bits."""
        places = 0
        for word in self.words:
            if text.startswith(word, i):
                places |= 1 << i + len(word)
        return places


ANY_RUN = None
Token = Characters | Words | None


class AddressBook:
    """The known addresses, found by address or by pattern, with a bound on the work."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._parts = {address: tuple(address.split("/")[1:]) for address in addresses}
        self._remembered: dict[str, tuple[str, ...]] = {}
        self._new = 0

    def rest(self) -> None:
        """A frame is over: more new patterns may come."""
        self._new = 0

    def find(self, address: str) -> tuple[str, ...]:
        """The known addresses that `address` means.

        None if it is unknown, too long, or one of too many new patterns since `rest`.
        """
        if address in self._parts:
            return (address,)
        if len(address) > MAX_LENGTH or not WILDCARDS.intersection(address):
            return ()
        found = self._remembered.get(address)
        if found is None:
            if self._new >= MAX_NEW:
                return ()
            self._new += 1
            found = self._match(address)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[address] = found
        return found

    def _match(self, pattern: str) -> tuple[str, ...]:
        if not pattern.startswith("/"):
            return ()
        tokens = [tokenize(part) for part in pattern.split("/")[1:]]
        # Many addresses share a part: each is compared once.
        known: dict[tuple[int, str], bool] = {}

        def fits(depth: int, part: str) -> bool:
            if (depth, part) not in known:
                known[depth, part] = matches(tokens[depth], part)
            return known[depth, part]

        return tuple(
            address
            for address, parts in self._parts.items()
            if len(parts) == len(tokens) and all(fits(i, part) for i, part in enumerate(parts))
        )


def tokenize(part: str) -> list[Token]:
    """The elements of one part of a pattern; an unclosed bracket means itself."""
    tokens: list[Token] = []
    i = 0
    while i < len(part):
        char = part[i]
        end = part.find({"[": "]", "{": "}"}[char], i + 1) if char in "[{" else -1
        if char == "*":
            if tokens[-1:] != [ANY_RUN]:
                tokens.append(ANY_RUN)
        elif end > 0:
            inside = part[i + 1 : end]
            tokens.append(_characters(inside) if char == "[" else Words(tuple(inside.split(","))))
            i = end
        else:
            tokens.append(Characters(frozenset(() if char == "?" else char), char == "?"))
        i += 1
    return tokens


def _characters(inside: str) -> Characters:
    """The set written `a-z` or `!a-z`."""
    excluded = inside.startswith("!")
    inside = inside.removeprefix("!")
    chars = set(inside)
    for i in range(1, len(inside) - 1):
        if inside[i] == "-":
            low, high = sorted((ord(inside[i - 1]), ord(inside[i + 1])))
            # Addresses are printable ASCII, so a longer range would be lost work.
            chars.update(map(chr, range(low, min(high, 126) + 1)))
    return Characters(frozenset(chars), excluded)


def matches(tokens: list[Token], text: str) -> bool:
    """Whether the tokens match the whole text.

    All the places that the tokens so far can have reached are kept as the bits of one number,
    so nothing is tried twice: the work is at most len(tokens) * len(text) steps.
    """
    ends = range(len(text) + 1)
    everywhere = (2 << len(text)) - 1
    places = 1
    for token in tokens:
        if token is ANY_RUN:
            places = everywhere & -(places & -places)
        else:
            places = _union(token.reach(text, i) for i in ends if places >> i & 1)
        if not places:
            return False
    return bool(places >> len(text))


def _union(masks: Iterable[int]) -> int:
    """All the bits that are set in any mask."""
    return reduce(or_, masks, 0)
