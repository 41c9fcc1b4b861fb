"""What every test run agrees on: how hard hypothesis tries, and that nothing is left out in CI."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.kit import programs

IN_CI = os.environ.get("CI") == "true"

# deadlines would measure the machine, not the code
settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "fuzz", max_examples=5000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if IN_CI else "default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs("Xvfb", ...)`: left out, by name, where a program is missing; a failure in CI."""
    names = tuple(name for mark in item.iter_markers("needs") for name in mark.args)
    if absent := programs.missing(names):
        pytest.skip(f"needs {', '.join(f'{program.name} ({program.package})' for program in absent)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """In CI a test that was left out has failed, whatever the reason."""
    report: pytest.TestReport = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was left out, and CI leaves nothing out: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> object:
    """The same for a whole file that leaves itself out."""
    report: pytest.CollectReport = yield
    if IN_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was left out, and CI leaves nothing out: {report.longrepr}"
    return report
