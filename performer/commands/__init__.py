"""The commands: each composes the rooms it needs, and only when it is called."""
