#!/usr/bin/env python3
"""qpid-proton at both ends of a router: what it sends it has to get back as it was.

  proton_round_trips.py types PORT         a message for each AMQP type, in all places where it may stand
  proton_round_trips.py large PORT         messages of 10 MB
  proton_round_trips.py links PORT N       N receivers and N senders on one connection, a message for each
  proton_round_trips.py connections PORT N a call over each of N connections, to a server on one more

Writes one JSON object a line: what came back, and what was wrong about it.
"""
import hashlib
import json
import resource
import sys
import uuid

from proton import (UNDESCRIBED, Array, Data, Described, Message, byte, char, decimal32, decimal64, decimal128, float32,
                    int32, short, symbol, timestamp, ubyte, uint, ulong, ushort)
from proton.handlers import MessagingHandler
from proton.reactor import Container

UUID = uuid.UUID('00112233-4455-6677-8899-aabbccddeeff')
SIMPLE = dict(
    null=[None], boolean=[True, False],
    ubyte=[ubyte(0), ubyte(255)], ushort=[ushort(0), ushort(65535)],
    uint=[uint(0), uint(255), uint(256), uint(2**32 - 1)], ulong=[ulong(0), ulong(255), ulong(256), ulong(2**64 - 1)],
    byte=[byte(-128), byte(127)], short=[short(-2**15), short(2**15 - 1)],
    int=[int32(-2**31), int32(-1), int32(127), int32(2**31 - 1)], long=[-2**63, -1, 0, 127, 2**63 - 1],
    float=[float32(-0.5), float32(float('inf'))], double=[3.141592653589793, -0.0, 5e-324],
    decimal32=[decimal32(0x25252525)], decimal64=[decimal64(2**63 + 1)], decimal128=[decimal128(bytes(range(16)))],
    char=[char('A'), char('\U0001f40e')], timestamp=[timestamp(0), timestamp(1732500000000), timestamp(-1)],
    uuid=[UUID], binary=[b'', bytes(range(256)), b'x' * 300], string=['', 'žluťoučký \U0001f40e', 'x' * 300],
    symbol=[symbol(''), symbol('amqp:x'), symbol('s' * 300)])
COMPOUND = dict(
    list=[[], [1, 'two', [ubyte(3), [None, True]]]], map=[{}, {'a': 1, symbol('b'): {'c': [2]}}],
    array=[Array(UNDESCRIBED, Data.INT, int32(1), int32(2)), Array(UNDESCRIBED, Data.STRING, 'a', 'b'),
           Array(symbol('my:type'), Data.ULONG, ulong(1), ulong(2)), Array(UNDESCRIBED, Data.SYMBOL)],
    described=[Described(symbol('my:type'), 'x'), Described(ulong(0x1234), [1])])
IDS = ['text', '', ulong(7), ulong(2**64 - 1), UUID, b'\x00\xff']


def say(**event):
    print(json.dumps(event), flush=True)


def same(a, b):
    """Equal, and of one type, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items()))
    if isinstance(a, Array):
        return (a.descriptor, a.type) == (b.descriptor, b.type) and same(a.elements, b.elements)
    if isinstance(a, Described):
        return same(a.descriptor, b.descriptor) and same(a.value, b.value)
    return a == b and repr(a) == repr(b)


class RoundTrips(MessagingHandler):
    """Sends them one after the other to a receiver on another connection, which accepts; gives [(sent, got)]."""

    def __init__(self, port, address, messages):
        super().__init__()
        self.port, self.address, self.messages, self.came, self.sent = port, address, messages, [], 0

    def on_start(self, event):
        connect = lambda: event.container.connect('127.0.0.1:%s' % self.port, reconnect=False, allowed_mechs='ANONYMOUS')
        event.container.create_receiver(connect(), self.address)
        self.sender = event.container.create_sender(connect(), self.address)

    def on_sendable(self, event):
        if self.sent == len(self.came) < len(self.messages):
            event.sender.send(self.messages[self.sent])
            self.sent += 1

    def on_message(self, event):
        self.came.append(event.message)

    def on_accepted(self, event):
        if len(self.came) == len(self.messages):
            event.container.stop()
        else:
            self.on_sendable(event)

    def run(self):
        Container(self).run()
        return list(zip(self.messages, self.came))


def types(port):
    for name, values in {**SIMPLE, **COMPOUND}.items():
        messages = []
        for value in values:
            message = Message(body=value, instructions={symbol('x-opt'): value}, annotations={symbol('x-opt'): value})
            if name in SIMPLE:
                message.properties = {'value': value}
            messages.append(message)
        places = ('body', 'instructions', 'annotations', 'properties')
        wrong = [[place, repr(getattr(sent, place)), repr(getattr(got, place))]
                 for sent, got in RoundTrips(port, 'types.' + name, messages).run()
                 for place in places if not same(getattr(sent, place), getattr(got, place))]
        say(type=name, count=len(values), wrong=wrong)
    messages = [Message(body=body, inferred=True) for body in (b'', bytes(range(256)), [], [1, 'two', None])]
    wrong = [[repr(sent.body), repr(got.body)] for sent, got in RoundTrips(port, 'types.body', messages).run()
             if not (got.inferred and same(sent.body, got.body))]
    say(type='data and sequence', count=len(messages), wrong=wrong)
    messages = [Message(id=i, correlation_id=i, body='x') for i in IDS]
    wrong = [[repr(sent.id), repr(got.id), repr(got.correlation_id)]
             for sent, got in RoundTrips(port, 'types.id', messages).run()
             if not (same(sent.id, got.id) and same(sent.id, got.correlation_id))]
    say(type='message-id', count=len(IDS), wrong=wrong)


def large(port):
    digest = lambda message: hashlib.sha256(message.body).hexdigest()
    messages = [Message(body=bytes([seed]) * (10 * 1024 * 1024)) for seed in range(3)]
    pairs = RoundTrips(port, 'large', messages).run()
    say(large=len(pairs), same=all(digest(sent) == digest(got) for sent, got in pairs))


class Links(MessagingHandler):
    def __init__(self, port, count):
        super().__init__()
        self.port, self.count, self.opened, self.came, self.settled = port, int(count), 0, [], 0

    def on_start(self, event):
        self.connection = event.container.connect('127.0.0.1:%s' % self.port, reconnect=False, allowed_mechs='ANONYMOUS')
        for n in range(self.count):
            event.container.create_receiver(self.connection, 'link.%d' % n, name='down %d' % n)

    def on_link_opened(self, event):
        if event.link.is_sender:
            return
        self.opened += 1
        if self.opened == self.count:
            for n in range(self.count):
                event.container.create_sender(self.connection, 'link.%d' % n, name='up %d' % n)

    def on_sendable(self, event):
        if not getattr(event.sender, 'used', False):
            event.sender.used = True
            event.sender.send(Message(body=event.sender.target.address))

    def on_message(self, event):
        self.came.append((event.receiver.source.address, event.message.body))

    def on_accepted(self, event):
        self.settled += 1
        if self.settled == self.count:
            say(links=len(set(self.came)), same=all(address == body for address, body in self.came))
            event.container.stop()


class Connections(MessagingHandler):
    def __init__(self, port, count):
        super().__init__()
        self.url, self.count, self.answers = '127.0.0.1:%s' % port, int(count), []

    def connect(self, container):
        return container.connect(self.url, reconnect=False, allowed_mechs='ANONYMOUS')

    def on_start(self, event):
        server = self.connect(event.container)
        self.replies = event.container.create_sender(server, None)
        self.requests = event.container.create_receiver(server, 'echo')

    def on_link_opened(self, event):
        if event.link == self.requests:
            for n in range(self.count):
                event.container.create_receiver(self.connect(event.container), None, dynamic=True, name=str(n))
        elif event.link.is_receiver:
            sender = event.container.create_sender(event.connection, 'echo')
            sender.request = Message(body=event.link.name, reply_to=event.link.remote_source.address)

    def on_sendable(self, event):
        request = getattr(event.sender, 'request', None)
        if request:
            event.sender.request = None
            event.sender.send(request)

    def on_message(self, event):
        if event.receiver == self.requests:
            self.replies.send(Message(address=event.message.reply_to, body='re: ' + event.message.body))
            return
        self.answers.append((event.receiver.name, event.message.body))
        if len(self.answers) == self.count:
            say(connections=len(set(self.answers)), same=all('re: ' + n == body for n, body in self.answers))
            event.container.stop()


if __name__ == '__main__':
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    what, *args = sys.argv[1:]
    if what == 'types':
        types(*args)
    elif what == 'large':
        large(*args)
    else:
        Container(Links(*args) if what == 'links' else Connections(*args)).run()
