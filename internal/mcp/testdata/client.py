"""Asks a server of leat as an agent does, by the official SDK of Python.

client.py stdio COMMAND... | client.py http URL TOKEN
"""

import asyncio
import sys

import httpx2
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


async def ask(streams):
    async with ClientSession(streams[0], streams[1]) as session:
        hello = await session.initialize()
        print("server", hello.server_info.name)
        tools = await session.list_tools()
        print("tools", *sorted(t.name for t in tools.tools))
        answers = await asyncio.gather(*(session.call_tool("status", {}) for _ in range(16)))
        for text in sorted({a.content[0].text.strip() for a in answers}):
            print("status", text)
        bad = await session.call_tool("search", {"nosuch": 1})
        print("refused", bad.is_error)


async def main():
    if sys.argv[1] == "stdio":
        async with stdio_client(StdioServerParameters(command=sys.argv[2], args=sys.argv[3:], env={"LEAT_TEST_MCP_SERVE": "1"})) as streams:
            await ask(streams)
        return
    async with httpx2.AsyncClient(headers={"Authorization": "Bearer " + sys.argv[3]}) as client:
        async with streamable_http_client(sys.argv[2], http_client=client) as streams:
            await ask(streams)


asyncio.run(main())
