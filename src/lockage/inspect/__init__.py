"""What is inside an artifact, and whether it runs: SBOMs, native code, functions on their probes."""
