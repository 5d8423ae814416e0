"""Evidence: what sources said, taken back where it was a mistake."""
