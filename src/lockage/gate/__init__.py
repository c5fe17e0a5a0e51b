"""Findings, policy and exceptions in; a verdict out."""
