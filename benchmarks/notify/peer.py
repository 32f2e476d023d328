#!/usr/bin/python3
"""One end of the benchmark with Python's oslo.messaging: peer.py consumer|publisher URL.

Says {} when it is ready, then answers each line of JSON on stdin with one on stdout:

  {"command": "measure", "inFlight": 64, "milliseconds": 1000}   of a publisher: so many threads publish for so long
  {"command": "received", "count": 7, "sum": 28}                 of a consumer: waits until so many have come

An answer with "error" says what went wrong.
"""
import json
import logging
import os
import sys
import threading
import time

TOPIC = 'bench'
DEADLINE_S = 25
# Publishing swallows and logs what goes wrong.
failures = []


def say(answer):
    sys.stdout.write(json.dumps(answer) + '\n')
    sys.stdout.flush()


try:
    from oslo_config import cfg
    import oslo_messaging as om
    import proton  # noqa: F401
    import pyngus  # noqa: F401
except ImportError as ex:
    say({'error': '%s has no module %s' % (sys.executable, ex.name)})
    sys.exit(1)


class Failures(logging.Handler):
    def emit(self, record):
        failures.append(record.getMessage())


def transport_of(url):
    conf = cfg.ConfigOpts()
    conf([], project='bench', prog='bench', default_config_files=[])
    return om.get_notification_transport(conf, url=url)


class Consumer:
    """Counts what has come since it was last asked."""

    def __init__(self, url):
        self.changed = threading.Condition()
        self.count = self.sum = self.at = 0
        self.listener = om.get_notification_listener(transport_of(url), [om.Target(topic=TOPIC)], [self],
                                                     executor='threading')
        self.listener.start()

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        with self.changed:
            self.count += 1
            self.sum += payload['number']
            self.at = time.monotonic() * 1000
            self.changed.notify()

    def received(self, count, sum):
        with self.changed:
            if not self.changed.wait_for(lambda: self.count >= count, DEADLINE_S):
                raise RuntimeError('%d of %d have come' % (self.count, count))
            if (self.count, self.sum) != (count, sum):
                raise RuntimeError('%d have come, not the %d that were published' % (self.count, count))
            answer = {'count': self.count, 'at': self.at}
            self.count = self.sum = 0
            return answer


class Publisher:
    def __init__(self, url):
        self.notifier = om.Notifier(transport_of(url), publisher_id='bench.one', driver='messagingv2', topics=[TOPIC])
        self.text = 'x' * 128
        self.numbers = threading.Lock()
        self.last = 0

    def next_number(self):
        with self.numbers:
            self.last += 1
            return self.last

    def measure(self, inFlight, milliseconds):
        latencies = []
        sums = []
        started = time.monotonic()
        until = started + milliseconds / 1000

        def work():
            total = 0
            while True:
                before = time.monotonic()
                if before >= until:
                    break
                number = self.next_number()
                self.notifier.info({}, 'bench.happened', {'number': number, 'text': self.text})
                latencies.append((time.monotonic() - before) * 1000)
                total += number
            sums.append(total)

        threads = [threading.Thread(target=work) for _ in range(inFlight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = time.monotonic()
        if failures:
            raise RuntimeError(failures[0])
        latencies.sort()
        at = lambda share: latencies[min(len(latencies) - 1, int(len(latencies) * share))]
        return {'count': len(latencies), 'sum': sum(sums), 'started': started * 1000, 'ended': ended * 1000,
                'p50': at(0.5), 'p90': at(0.9), 'p99': at(0.99)}


def main(role, url):
    logging.getLogger().addHandler(Failures(logging.ERROR))
    end = Consumer(url) if role == 'consumer' else Publisher(url)
    say({})
    for line in sys.stdin:
        asked = json.loads(line)
        command = asked.pop('command')
        try:
            say(getattr(end, command)(**asked))
        except Exception as ex:
            say({'error': '%s: %s' % (type(ex).__name__, ex)})


main(*sys.argv[1:])
os._exit(0)
