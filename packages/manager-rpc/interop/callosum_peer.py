"""
One end of an interop test: a real callosum peer, of whichever version this Python has.

    callosum_peer.py client ADDRESS    calls what it reads, one JSON object a line, and prints one line for each answer
    callosum_peer.py server            prints its address, and serves a few functions until stdin ends

Bytes travel in JSON as {"$bytes": "hex"}.
"""

import asyncio
import json
import socket
import sys

import msgpack
from callosum.lower.zeromq import ZeroMQAddress, ZeroMQRPCTransport
from callosum.rpc import Peer, RPCUserError


def peer(**where):
    return Peer(
        **where,
        transport=ZeroMQRPCTransport,
        serializer=lambda value: msgpack.packb(value, use_bin_type=True),
        deserializer=lambda data: msgpack.unpackb(data, raw=False, use_list=False),
    )


def from_json(value):
    if isinstance(value, dict) and "$bytes" in value:
        return bytes.fromhex(value["$bytes"])
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


def to_json(value):
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


async def call(connection, request):
    body = {"args": from_json(request["args"]), "kwargs": from_json(request.get("kwargs", {}))}
    order_key = "" if request.get("okey") == "str" else b""
    try:
        result = await connection.invoke(
            request["method"], body, order_key=order_key, invoke_timeout=request.get("timeout", 20)
        )
        answer = {"result": to_json(result)}
    except RPCUserError as error:
        answer = {"failure": list(error.args)}
    except asyncio.TimeoutError:
        answer = {"timeout": True}
    except Exception as error:
        answer = {"crash": repr(error)}
    print(json.dumps({"id": request["id"], **answer}), flush=True)


async def client(address):
    loop = asyncio.get_running_loop()
    tasks = set()
    async with peer(connect=ZeroMQAddress(address), invoke_timeout=20) as connection:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            tasks.add(asyncio.create_task(call(connection, json.loads(line))))
        if tasks:
            await asyncio.wait(tasks)


async def ping(request):
    return request.body["args"][0]


async def everything(request):
    return {"args": request.body["args"], "kwargs": request.body["kwargs"], "big": 2**63, "float": 2.0, "nil": None}


async def fail(request):
    raise ValueError("it's wrong", 7)


async def slow(request):
    await asyncio.sleep(request.body["args"][0])
    return "late"


async def server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    listener = peer(bind=ZeroMQAddress(address))
    for function in (ping, everything, fail, slow):
        listener.handle_function(function.__name__, function)
    async with listener:
        print(address, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(client(sys.argv[2]) if sys.argv[1] == "client" else server())
