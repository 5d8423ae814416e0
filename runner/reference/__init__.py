"""Reference data of the project, generated from published facts. Nothing here runs in production."""
