"""Performer: a live instrument that plays a GAN."""

__version__ = "0.2.0"
