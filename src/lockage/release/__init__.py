"""The release manifest and the store that holds it."""
