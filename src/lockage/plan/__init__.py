"""What to build or reuse, and why: ``gather`` reads git, files and the engine's word, the rest is pure."""
