"""Facts of one machine: one family a file, each a function from a Host to facts.

A probe never raises for what a machine does: what it can't read is `Unreadable`. `snapshot.py` asks them all.
"""
