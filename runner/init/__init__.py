"""`consent init`: a project of one's own, made from what the package brings."""
