"""The joint choice over releases and builds, and how each installer says it."""
