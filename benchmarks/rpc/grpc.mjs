// A unary call of gRPC, described by hand: its messages are the same JSON as everybody's.

import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import { argumentOf, reply, request, resultOf } from '../harness/work.mjs'

const toBytes = (text) => Buffer.from(text)
const toText = (bytes) => bytes.toString()

const ECHO = {
  path: '/bench.Bench/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: toBytes,
  requestDeserialize: toText,
  responseSerialize: toBytes,
  responseDeserialize: toText,
}

export function serve() {
  const server = new Server()
  server.addService({ echo: ECHO }, { echo: (call, callback) => callback(null, reply(argumentOf(call.request))) })
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
  })
}

export function client(port) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  return {
    rpc: (text) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(ECHO.path, toBytes, toText, request(text), (error, answer) =>
          error ? reject(error) : resolve(resultOf(answer)),
        )
      }),
  }
}
