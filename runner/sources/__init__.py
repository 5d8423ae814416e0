"""New sources: a file is read, its columns are proposed for the contract, the models written."""
