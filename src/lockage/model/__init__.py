"""The frozen values that all stages speak."""
