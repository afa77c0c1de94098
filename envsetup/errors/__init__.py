"""From an error text to the rules that it nominates, best first."""
