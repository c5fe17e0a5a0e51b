"""Scripts that the function's own Python runs beside it: standard library only, no part of the package imported."""
