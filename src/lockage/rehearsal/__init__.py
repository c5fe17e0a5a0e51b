"""The whole path against an embedded AWS on this machine."""
