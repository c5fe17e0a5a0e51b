"""The API by which accounts are registered."""
