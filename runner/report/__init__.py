"""`consent report`: one page with pictures, counts only."""
