"""Keeps the frames that the audience sees within the guidelines for photosensitive people."""
