"""Takes items in, stores them once, makes new ones known."""
