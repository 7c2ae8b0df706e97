"""Serving: what watches over an instrument that plays for months with nobody in the room."""
