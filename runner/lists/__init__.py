"""Lists from elsewhere: which of their rows may be used (`consent filter`)."""
