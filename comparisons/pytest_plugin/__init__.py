"""The pytest plugin has a fixture that compares gradients, and reports all that a run compared.

Loaded at every start of pytest in an environment that has it, so it imports nothing heavy; torch
and SymPy come with the first comparison.
"""

from comparisons.pytest_plugin.fixture import compare_gradients
from comparisons.pytest_plugin.hooks import (
    pytest_addoption,
    pytest_configure,
    pytest_report_header,
    pytest_runtest_makereport,
)

__all__ = [
    "compare_gradients",
    "pytest_addoption",
    "pytest_configure",
    "pytest_report_header",
    "pytest_runtest_makereport",
]
