"""What is inside an artifact: SBOMs."""
