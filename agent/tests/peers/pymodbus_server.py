"""Serves holding registers over Modbus TCP: PORT UNIT FILE. FILE holds "address value" lines,
addresses that are not in it are refused. Prints the function of every request."""

import asyncio
import sys

from pymodbus.server import StartAsyncTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def registers(path):
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].split()
        if line:
            yield int(line[0], 0), int(line[1], 0)


async def asked(function, start, address, count, current, new):
    print("function", function, flush=True)


async def main(port, unit, path):
    data = [SimData(address, values=value, datatype=DataType.REGISTERS)
            for address, value in registers(path)]
    device = SimDevice(int(unit), simdata=data, action=asked)
    await StartAsyncTcpServer(device, address=("127.0.0.1", int(port)))


asyncio.run(main(*sys.argv[1:]))
