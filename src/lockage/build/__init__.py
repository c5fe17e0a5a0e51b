"""Stages one normalised tree an artifact and wraps it as an image, a zip or a layer."""
