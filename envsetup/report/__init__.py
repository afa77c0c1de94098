"""One format a file, all made from the same Report."""
