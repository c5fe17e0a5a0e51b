"""``lockage.yaml`` and local configuration: shape, defaults, loading with line numbers."""
