"""What can be wrong with an environment: a folder a family, one rule a file.

`definition` says what a rule is, `registry` finds them all, `engine` judges by them, `suppress` decides
which finding explains another, `shared` holds what several rules need.
"""

from __future__ import annotations

from envsetup.rules.definition import (
    Draft,
    Rule,
    Symptom,
    Undecidable,
    fact_evidence,
    rule,
    text_rule,
)

__all__ = ["Draft", "Rule", "Symptom", "Undecidable", "fact_evidence", "rule", "text_rule"]
