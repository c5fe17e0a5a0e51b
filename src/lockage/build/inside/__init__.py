"""Scripts that the target's own Python runs inside a build: standard library only, no part of the package imported."""
