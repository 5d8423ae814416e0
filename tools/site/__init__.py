"""The guides as a site."""
