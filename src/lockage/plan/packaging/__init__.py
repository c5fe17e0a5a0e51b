"""Image, zip or layers: ``gather`` reads a function's figures, ``decide`` holds them to ``rules`` and is pure."""
