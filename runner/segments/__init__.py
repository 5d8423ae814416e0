"""Segments for people: listed, explained, validated, begun."""
