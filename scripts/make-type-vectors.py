#!/usr/bin/python3
"""Writes test/vectors/types/types.json: AMQP values of every type, encoded by qpid-proton.

Every entry has the bytes as proton writes them and, beside them, what was put in:
[type, value], where integers of 64 bits and numbers that JSON lacks are texts, binary, uuid and decimals are hex,
a map is a list of pairs, a described value is {descriptor, value} and an array {type, descriptor, values}.

Run it with a Python that has qpid-proton: scripts/make-type-vectors.py
"""
import json
import os
import uuid

from proton import VERSION, Data, Message, symbol, ulong

OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'test', 'vectors', 'types', 'types.json')

def put(data, value):
    """Puts a value given as (type, value) into a proton.Data."""
    kind, content = value
    if kind == 'null':
        data.put_null()
    elif kind in ('ulong', 'long', 'timestamp'):
        getattr(data, 'put_' + kind)(int(content))
    elif kind in ('float', 'double'):
        getattr(data, 'put_' + kind)(float(content))
    elif kind == 'boolean':
        data.put_bool(content)
    elif kind == 'uuid':
        data.put_uuid(uuid.UUID(hex=content))
    elif kind in ('decimal32', 'decimal64'):
        getattr(data, 'put_' + kind)(int(content, 16))
    elif kind in ('binary', 'decimal128'):
        getattr(data, 'put_' + kind)(bytes.fromhex(content))
    elif kind == 'described':
        data.put_described()
        nested(data, [content['descriptor'], content['value']])
    elif kind == 'list':
        data.put_list()
        nested(data, content)
    elif kind == 'map':
        data.put_map()
        nested(data, [item for pair in content for item in pair])
    elif kind == 'array':
        put_array(data, content)
    else:
        getattr(data, 'put_' + kind)(content)


def put_array(data, content):
    descriptor = content['descriptor']
    code = Data.BOOL if content['type'] == 'boolean' else getattr(Data, content['type'].upper())
    data.put_array(descriptor is not None, code)
    nested(data, ([descriptor] if descriptor else []) + [(content['type'], value) for value in content['values']])


def nested(data, values):
    data.enter()
    for value in values:
        put(data, value)
    data.exit()


def vector(name, *values):
    data = Data()
    for value in values:
        put(data, value)
    return {'name': name, 'hex': data.encode().hex(), 'values': values}


def array(kind, values, descriptor=None):
    return ('array', {'type': kind, 'descriptor': descriptor, 'values': values})


def described(descriptor, value):
    return ('described', {'descriptor': descriptor, 'value': value})


def vectors():
    long_text = 'oslo ' * 60
    deep = ('list', [('list', [('list', []), ('map', [[('symbol', 'a'), ('list', [('null', None)])]])])])
    return [
        vector('null', ('null', None)),
        vector('boolean', ('boolean', True), ('boolean', False)),
        vector('ubyte', *[('ubyte', n) for n in (0, 1, 127, 128, 255)]),
        vector('ushort', *[('ushort', n) for n in (0, 255, 256, 65535)]),
        vector('uint', *[('uint', n) for n in (0, 1, 255, 256, 2147483648, 4294967295)]),
        vector('ulong', *[('ulong', str(n)) for n in (0, 1, 255, 256, 2**32, 2**53 - 1, 2**53, 2**63, 2**64 - 1)]),
        vector('byte', *[('byte', n) for n in (0, 1, -1, 127, -128)]),
        vector('short', *[('short', n) for n in (0, -1, 32767, -32768)]),
        vector('int', *[('int', n) for n in (0, 1, -1, 127, 128, -128, -129, 2147483647, -2147483648)]),
        vector('long', *[('long', str(n)) for n in (0, -1, 127, 128, -128, -129, 2**31, -2**31 - 1, 2**53 - 1, 2**53, -2**53 + 1, -2**53, 2**63 - 1, -2**63)]),
        vector('float', *[('float', t) for t in ('0.0', '-0.0', '0.125', '-1.5', 'inf', '-inf', 'nan')]),
        vector('double', *[('double', t) for t in ('0.0', '-0.0', '0.1', '-1.5', '1.7976931348623157e308', '5e-324', 'inf', '-inf', 'nan')]),
        vector('decimal', ('decimal32', '22500001'), ('decimal64', '2238000000000001'), ('decimal128', '22080000000000000000000000000001')),
        vector('char', *[('char', c) for c in ('a', '\u20ac', '\U0001f600')]),
        vector('timestamp', *[('timestamp', str(n)) for n in (0, 1764000000123, -1, 8640000000000000, 8640000000000001, 2**63 - 1, -2**63)]),
        vector('uuid', ('uuid', '00112233445566778899aabbccddeeff')),
        vector('binary', ('binary', ''), ('binary', '0001fe00ff'), ('binary', 'ab' * 255), ('binary', 'cd' * 256)),
        vector('string', ('string', ''), ('string', 'oslo'), ('string', 'z\u00fcrich \u20ac \U0001f600'), ('string', long_text)),
        vector('symbol', ('symbol', ''), ('symbol', 'amqp:not-found'), ('symbol', 's' * 300)),
        vector('list', ('list', []), ('list', [('int', 32), ('string', 'foo'), ('boolean', True)]), deep, ('list', [('ubyte', n % 256) for n in range(300)])),
        vector('map', ('map', []), ('map', [[('string', 'one'), ('int', 1)], [('string', 'two'), ('int', 2)]]), ('map', [[('int', 1), ('string', 'one')]])),
        vector('described', described(('symbol', 'oslo:thing'), ('string', 'value')), described(('int', 12), ('int', 13)),
               described(('ulong', '119'), described(('symbol', 'inner'), ('list', [('null', None)])))),
        vector('array', array('int', list(range(-50, 50))), array('string', ['a', 'b', long_text]), array('symbol', ['x', 'yy']), array('int', []),
               array('boolean', [True, False, True]), array('ulong', ['0', '18446744073709551615']), array('double', ['0.5', '-2.0']),
               array('uuid', ['00112233445566778899aabbccddeeff']), array('binary', ['00ff'])),
        vector('described_array', array('int', list(range(10)), ('symbol', 'int-array'))),
        vector('array_of_compounds', array('list', [[('int', 1)], [('string', 'x'), ('null', None)]]), array('map', [[[('string', 'k'), ('uint', 7)]]])),
    ]


def message():
    m = Message(body={'n': ulong(7), symbol('s'): [1, None, True]})
    m.durable, m.priority, m.ttl, m.first_acquirer, m.delivery_count = True, 7, 2.5, True, 3
    m.id, m.correlation_id = uuid.UUID(hex='00112233445566778899aabbccddeeff'), ulong(2**63)
    m.user_id, m.address, m.subject, m.reply_to = b'guest', 'to', 'subject', 'reply'
    m.content_type, m.content_encoding = 'application/json', 'utf-8'
    m.expiry_time, m.creation_time = 1764000001.5, 1764000000.25
    m.group_id, m.group_sequence, m.reply_to_group_id = 'group', 9, 'reply-group'
    m.instructions, m.annotations, m.properties = {'x-in': 1}, {'x-an': 'text'}, {'key': 'value', 'count': 3}
    return {
        'hex': m.encode().hex(),
        'header': {'durable': True, 'priority': 7, 'ttl': 2500, 'firstAcquirer': True, 'deliveryCount': 3},
        'deliveryAnnotations': {'x-in': 1},
        'messageAnnotations': {'x-an': 'text'},
        'properties': {
            'messageId': '00112233-4455-6677-8899-aabbccddeeff', 'userId': b'guest'.hex(), 'to': 'to', 'subject': 'subject', 'replyTo': 'reply',
            'correlationId': str(2**63), 'contentType': 'application/json', 'contentEncoding': 'utf-8', 'absoluteExpiryTime': 1764000001500,
            'creationTime': 1764000000250, 'groupId': 'group', 'groupSequence': 9, 'replyToGroupId': 'reply-group',
        },
        'applicationProperties': {'key': 'value', 'count': 3},
    }


def main():
    os.makedirs(os.path.dirname(OUTPUT), exist_ok=True)
    document = {'generated_by': 'qpid-proton ' + '.'.join(map(str, VERSION)), 'vectors': vectors(), 'message': message()}
    with open(OUTPUT, 'w', encoding='utf-8') as file:
        json.dump(document, file, indent=1)
        file.write('\n')


main()
