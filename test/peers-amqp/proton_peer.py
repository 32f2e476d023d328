#!/usr/bin/env python3
"""qpid-proton as the other end of a test of the AMQP layer.

  proton_peer.py client PORT [USER PASSWORD [MECHANISMS]]
                                               sends to "queue", then receives from a dynamic node of ours
  proton_peer.py server                        listens on a free port, takes what is sent and gives it back

Writes one JSON object a line: what happened. PROTON_PEER_BIG: characters of the large message.
"""
import json
import os
import socket
import sys

from proton import Condition, Delivery, Message, Terminus
from proton.handlers import MessagingHandler
from proton.reactor import Container


def say(**event):
    print(json.dumps(event), flush=True)


BIG = "x" * int(os.environ.get("PROTON_PEER_BIG", "300000"))
BODIES = ["accept", "release", "reject", "modify", BIG]
STATES = {Delivery.ACCEPTED: "accepted", Delivery.RELEASED: "released", Delivery.REJECTED: "rejected",
          Delivery.MODIFIED: "modified"}


class Client(MessagingHandler):
    def __init__(self, port, user=None, password=None, mechanisms="PLAIN"):
        super().__init__(auto_settle=True, prefetch=10)
        self.port, self.user, self.password, self.mechanisms = port, user, password, mechanisms
        self.outcomes, self.lengths, self.sent = [], [], False

    def on_start(self, event):
        options = dict(user=self.user, password=self.password, allowed_mechs=self.mechanisms,
                       allow_insecure_mechs=True) if self.user else dict(allowed_mechs="ANONYMOUS")
        self.connection = event.container.connect(f"127.0.0.1:{self.port}", reconnect=False, heartbeat=1, **options)
        self.sender = event.container.create_sender(self.connection, "queue")

    def on_sendable(self, event):
        if not self.sent:
            self.sent = True
            for body in BODIES:
                event.sender.send(Message(body=body))

    def on_settled(self, event):
        if event.link.is_sender:
            self.outcomes.append(STATES.get(event.delivery.remote_state, "none"))
            if len(self.outcomes) == len(BODIES):
                say(outcomes=self.outcomes)
                event.container.create_receiver(self.connection, None, dynamic=True)

    def on_link_opened(self, event):
        if event.link.is_receiver:
            say(address=event.link.remote_source.address)

    def on_message(self, event):
        self.lengths.append(len(event.message.body))
        if len(self.lengths) == 2:
            say(received=self.lengths)
            event.connection.close()

    def on_transport_error(self, event):
        say(error=str(event.transport.condition))
        event.container.stop()


class Server(MessagingHandler):
    def __init__(self):
        super().__init__(auto_accept=False)
        self.bodies = []

    def on_start(self, event):
        acceptor = event.container.listen("127.0.0.1:0")
        port = acceptor._selectable.fileno() if hasattr(acceptor, "_selectable") else None
        say(port=socket.socket(fileno=os.dup(port)).getsockname()[1])

    def on_link_opening(self, event):
        link = event.link
        if link.is_sender:
            if link.remote_source.address == "nowhere":
                link.source.type = Terminus.UNSPECIFIED
                return
            link.source.address = "made-for-you" if link.remote_source.dynamic else link.remote_source.address
            link.target.address = link.remote_target.address
        else:
            link.target.address = link.remote_target.address
            link.source.address = link.remote_source.address

    def on_link_opened(self, event):
        if event.link.is_sender and event.link.remote_source.address == "nowhere":
            event.link.condition = Condition("amqp:not-found", "no such node")
            event.link.close()
        if event.link.is_sender and event.link.source.address == "made-for-you":
            for body in ("one", BIG):
                event.link.send(Message(body=body))

    def on_link_flow(self, event):
        if event.link.is_sender and event.link.drain_mode:
            event.link.drained()

    def on_message(self, event):
        body = event.message.body
        if body == "release":
            self.release(event.delivery, delivered=False)
        elif body == "reject":
            self.reject(event.delivery)
        elif body == "modify":
            self.release(event.delivery, delivered=True)
        else:
            self.accept(event.delivery)


if __name__ == "__main__":
    handler = Client(*sys.argv[2:]) if sys.argv[1] == "client" else Server()
    Container(handler).run()
