"""Says whether a text speaks well or ill."""
