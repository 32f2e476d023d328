#!/usr/bin/env python3
"""Cyrus SASL (libsasl2) as one end of an exchange, without a connection.

  cyrus_peer.py mechanisms                               says what it has: {"mechanisms": [...]}, or {"missing": ...}
  cyrus_peer.py client MECHANISM USER PASSWORD
  cyrus_peer.py server MECHANISM USER PASSWORD FOLDER    knows that user; FOLDER is for its data base

Reads what the other end says and writes what it says itself, one JSON object a line: {"state": "continue", "ok" or "failed",
"data": base64}. The server says {"ready": true} first.
"""
import base64
import ctypes
import json
import sys

OK, CONTINUE = 0, 1
CB_LIST_END, CB_GETOPT, CB_USER, CB_AUTHNAME, CB_PASS = 0, 1, 0x4001, 0x4002, 0x4004
SUCCESS_DATA, SET_CREATE = 0x4, 0x1

GETOPT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
                          ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_uint))
SIMPLE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p),
                          ctypes.POINTER(ctypes.c_uint))
SECRET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int,
                          ctypes.POINTER(ctypes.c_void_p))


class Callback(ctypes.Structure):
    _fields_ = [("id", ctypes.c_ulong), ("proc", ctypes.c_void_p), ("context", ctypes.c_void_p)]


def say(**event):
    print(json.dumps(event), flush=True)


def step(result, data=b""):
    state = {OK: "ok", CONTINUE: "continue"}.get(result, "failed")
    say(state=state, data=base64.b64encode(data).decode())
    return state == "continue"


def heard():
    return base64.b64decode(json.loads(sys.stdin.readline())["data"])


def callbacks(**functions):
    ids = {"getopt": CB_GETOPT, "user": CB_USER, "authname": CB_AUTHNAME, "secret": CB_PASS}
    entries = [Callback(ids[name], ctypes.cast(function, ctypes.c_void_p), None) for name, function in functions.items()]
    return (Callback * (len(entries) + 1))(*entries, Callback(CB_LIST_END, None, None))


def options(values):
    @GETOPT
    def getopt(_context, _plugin, option, result, length):
        value = values.get(option)
        if value is None:
            return -1
        result[0] = value
        if length:
            length[0] = len(value)
        return OK
    return getopt


def mechanisms(sasl):
    sasl.sasl_client_init(None)
    sasl.sasl_global_listmech.restype = ctypes.POINTER(ctypes.c_char_p)
    names = sasl.sasl_global_listmech()
    found = []
    while names and names[len(found)]:
        found.append(names[len(found)].decode())
    say(mechanisms=found)


def client(sasl, mechanism, user, password):
    @SIMPLE
    def name(_context, _id, result, length):
        result[0] = user
        if length:
            length[0] = len(user)
        return OK

    # struct sasl_secret: its length, then the bytes
    secret = ctypes.create_string_buffer(len(password).to_bytes(ctypes.sizeof(ctypes.c_ulong), sys.byteorder) + password)

    @SECRET
    def password_of(_connection, _context, _id, result):
        result[0] = ctypes.addressof(secret)
        return OK

    table = callbacks(user=name, authname=name, secret=password_of)
    sasl.sasl_client_init(table)
    connection, out, length = ctypes.c_void_p(), ctypes.c_char_p(), ctypes.c_uint()
    result = sasl.sasl_client_new(b"amqp", b"localhost", None, None, table, SUCCESS_DATA, ctypes.byref(connection))
    if result == OK:
        result = sasl.sasl_client_start(connection, mechanism, None, ctypes.byref(out), ctypes.byref(length), None)
    while step(result, ctypes.string_at(out, length.value) if out else b""):
        challenge = heard()
        result = sasl.sasl_client_step(connection, challenge, len(challenge), None, ctypes.byref(out), ctypes.byref(length))


def server(sasl, mechanism, user, password, folder):
    values = {b"sasldb_path": folder + b"/sasldb2", b"auxprop_plugin": b"sasldb", b"pwcheck_method": b"auxprop",
              b"mech_list": mechanism}
    getopt = options(values)
    table = callbacks(getopt=getopt)
    sasl.sasl_server_init(table, b"omsg-test")
    connection, out, length = ctypes.c_void_p(), ctypes.c_char_p(), ctypes.c_uint()
    result = sasl.sasl_server_new(b"amqp", b"localhost", b"localhost", None, None, table, SUCCESS_DATA,
                                  ctypes.byref(connection))
    if result == OK:
        result = sasl.sasl_setpass(connection, user, password, len(password), None, 0, SET_CREATE)
    say(ready=result == OK)
    first = heard()
    result = sasl.sasl_server_start(connection, mechanism, first, len(first), ctypes.byref(out), ctypes.byref(length))
    while step(result, ctypes.string_at(out, length.value) if out else b""):
        response = heard()
        result = sasl.sasl_server_step(connection, response, len(response), ctypes.byref(out), ctypes.byref(length))


def main():
    try:
        sasl = ctypes.CDLL("libsasl2.so.2")
    except OSError as error:
        return say(missing=str(error))
    {"mechanisms": mechanisms, "client": client, "server": server}[sys.argv[1]](sasl, *[argument.encode() for argument in sys.argv[2:]])


main()
