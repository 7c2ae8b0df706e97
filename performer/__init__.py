"""Performer: a live instrument that plays a GAN."""
