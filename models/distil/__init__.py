"""Distilling: a narrower generator that learns to paint what its teacher paints of the same w."""
