"""What developers run to make files of the repository. No user runs it."""
