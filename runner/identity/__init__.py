"""Who is who: people found by what they are known by, and why records are one person."""
