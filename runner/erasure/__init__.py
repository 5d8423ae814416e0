"""A person's request not to be kept: from its first moment to the proof that nothing is left."""
