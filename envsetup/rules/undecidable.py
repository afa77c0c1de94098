"""Why no fact decides a rule, so that an error text alone brings it up."""

from __future__ import annotations

RUNNING = "It happens inside your own program while that runs: only its message tells."
OUTSIDE = "It ends a container before anything in it can look; what tells it is the host's."
BUILDING = "It happens while something is built or installed, and leaves nothing to look at."
NETWORK = "Telling it takes the network, which a diagnosis leaves alone."
ELSEWHERE = "It takes the facts of another machine than the one under examination."
NO_FAULT = "It is no fault: to say it of each healthy machine would be noise."
WHY_UNDECIDABLE = (RUNNING, OUTSIDE, BUILDING, NETWORK, ELSEWHERE, NO_FAULT)
DECIDED_OTHERWISE = ""
"""Without a judge, and no less decided: by what `--require` states, or by what checks measured."""
