"""Why facts don't decide a rule: at all, so that an error text alone brings it up, or not every case of it."""

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

# -- Why a judge that finds nothing proves nothing: each follows "Facts don't show it, and". ------------

OTHERS = "other packages can have it, whose needs aren't read"
PROGRAM = "a program can bring it about by itself"
SETTINGS = "the shell, service or job that failed can have other settings than those that were read"
BUILDS = "a build or an installation uses tools and settings of its own"
PASSING = "it can be over by the time that facts are read"
PLACES = "it can be in another folder than those that are looked at"
PART = "only one of its causes is read"
OTHER_NODES = "it can be on another node"
COUNTERS = "not every driver tells these counters"
LOG = "not everybody may read the kernel's log, and a restart empties it"
WHY_UNSEEN = (
    OTHERS, PROGRAM, SETTINGS, BUILDS, PASSING, PLACES, PART, OTHER_NODES, COUNTERS, LOG,
)  # fmt: skip
