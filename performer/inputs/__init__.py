"""Inputs: each turns one kind of device into timestamped events, and holds no instrument state."""


class InputError(Exception):
    """An input that cannot start; the message is a sentence for the player."""
