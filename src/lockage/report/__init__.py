"""Summaries for people, written on failure too."""
