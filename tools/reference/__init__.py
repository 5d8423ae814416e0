"""Generates reference data from published facts. Nothing here runs in production."""
