"""What an operator leaves alone: refreshes, their record and lock, and how all of it is going."""
