"""The API that shows items."""
