"""Facts of one machine: one family a file."""
