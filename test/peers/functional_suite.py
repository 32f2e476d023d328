#!/usr/bin/env python3
"""oslo.messaging's own functional tests (oslo_messaging.tests.functional.test_functional) over an amqp:// URL.

  functional_suite.py --url amqp://127.0.0.1:5672 --addressing-mode legacy|routable|dynamic

Writes one JSON object a line: {"test": "CallTestCase.test_exception", "outcome": "passed" | "failed" | "skipped", "detail": …}, and ends
with pytest's exit status.  The suite takes its URL from the environment, and no query in it: so the default of the driver's option
is set before the driver registers it.  The metrics test needs a service of its own and is left out.
"""
import argparse
import json
import os
import sys

import pytest
from oslo_messaging._drivers.amqp1_driver import opts as amqp_opts


class Report:
    """One line for each test, when its last phase is over."""

    def __init__(self, out):
        self.out, self.outcomes = out, {}

    def pytest_runtest_logreport(self, report):
        test = report.nodeid.split('::', 1)[1].replace('::', '.')
        outcome, details = self.outcomes.get(test, ('passed', []))
        if report.outcome != 'passed':
            outcome = 'failed' if 'failed' in (outcome, report.outcome) else report.outcome
            details = details + [report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext]
        self.outcomes[test] = (outcome, details)
        if report.when == 'teardown':
            self.out.write(json.dumps(dict(test=test, outcome=outcome, detail='\n'.join(details))) + '\n')
            self.out.flush()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--url', required=True)
    ap.add_argument('--addressing-mode', required=True, choices=['legacy', 'routable', 'dynamic'])
    args = ap.parse_args()
    option, = [opt for opt in amqp_opts.amqp1_opts if opt.name == 'addressing_mode']
    option.default = args.addressing_mode
    os.environ.update(RPC_TRANSPORT_URL=args.url, NOTIFY_TRANSPORT_URL=args.url, PYTEST_DISABLE_PLUGIN_AUTOLOAD='1')
    for name in ('AMQP1_BACKEND', 'PYTEST_ADDOPTS'):  # the first would have a test skipped
        os.environ.pop(name, None)
    suite = ['--pyargs', 'oslo_messaging.tests.functional.test_functional', '-k', 'not Metrics']
    quiet = ['-q', '-p', 'no:cacheprovider', '-c', os.devnull, '--rootdir', os.path.dirname(os.path.abspath(__file__))]
    report = Report(os.fdopen(os.dup(1), 'w'))
    os.dup2(2, 1)  # what pytest says itself is for people
    return pytest.main(suite + quiet, plugins=[report])


if __name__ == '__main__':
    sys.exit(main())
