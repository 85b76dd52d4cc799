"""Requests per second and p99 of /v1/classify, beside a bare FastAPI endpoint that echoes the same body."""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

from fastapi import FastAPI

CONNECTIONS, SECONDS, ROUNDS = 8, 5.0, 3
BODY = json.dumps(
    {
        "text": "Hello, I bought the blue kettle twice by mistake. Please cancel one of them before it ships. Thanks!",
        "marketplace": "US",
        "order": {"status": "Unshipped"},
    }
).encode()


def echo() -> FastAPI:
    """Build the peer."""
    app = FastAPI()

    @app.post("/echo")
    async def answer(body: dict[str, Any]) -> dict[str, Any]:
        return body

    return app


def start(factory: str) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{factory} did not start")


async def one_connection(port: int, path: str, until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    request = head.encode() + BODY
    while (started := time.perf_counter()) < until:
        writer.write(request)
        header = await reader.readuntil(b"\r\n\r\n")
        if not header.startswith(b"HTTP/1.1 200"):
            raise SystemExit(header.decode())
        length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - started)
    writer.close()


async def load(port: int, path: str, seconds: float) -> list[float]:
    times: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(one_connection(port, path, until, times) for _ in range(CONNECTIONS)))
    return times


def main() -> None:
    servers = {"/v1/classify": start("service.app:create_app"), "/echo": start("tests.benchmarks.http_load:echo")}
    results: dict[str, list[tuple[float, float]]] = {path: [] for path in servers}
    try:
        for path, (_, port) in servers.items():
            asyncio.run(load(port, path, 1.0))  # warm up
        for _ in range(ROUNDS):
            for path, (_, port) in servers.items():
                times = asyncio.run(load(port, path, SECONDS))
                results[path].append((len(times) / SECONDS, statistics.quantiles(times, n=100)[98]))
    finally:
        for process, _ in servers.values():
            process.terminate()
    print(f"{CONNECTIONS} connections, one worker, {ROUNDS} rounds of {SECONDS:.0f} s each, in turn; medians")
    medians = {
        path: [statistics.median(column) for column in zip(*rows, strict=True)] for path, rows in results.items()
    }
    for path, (rate, p99) in medians.items():
        print(f"{path:13s} {rate:8,.0f} requests per second, p99 {1000 * p99:6.1f} ms")
    ours, peer = medians["/v1/classify"], medians["/echo"]
    print(f"ratio: {ours[0] / peer[0]:.2f} of the requests, {ours[1] / peer[1]:.2f} times the p99")


if __name__ == "__main__":
    main()
