"""Seeded paintings: the pictures, drawn by this code alone, that the starter model learns."""

from models.painting.folder import paint_folder
from models.painting.painter import paint

__all__ = ["paint", "paint_folder"]
