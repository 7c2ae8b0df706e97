"""Generators on a graphics card: half precision, and the whole frame as one captured graph."""
