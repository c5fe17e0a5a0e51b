"""What to build or reuse, and why: source tree, fingerprints. Pure but for reading git."""
