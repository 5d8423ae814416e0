"""The commands of `consent`, one file per part of the work; `runner.cli` joins them."""
