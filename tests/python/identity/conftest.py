"""Makes the helpers beside the tests importable, whatever folder pytest starts in."""
