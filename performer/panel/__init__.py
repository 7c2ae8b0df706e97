"""The panel: the control page and OSCQuery, in a process of its own beside the show."""


class PanelError(Exception):
    """The page cannot open; the message is one sentence for the player."""
