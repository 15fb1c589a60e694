// Asks a server of leat as an agent does, by the official SDK of TypeScript.
//
// client.mjs DIR stdio COMMAND... | client.mjs DIR http URL TOKEN, with the SDK in
// DIR/node_modules.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [dir, by, to, ...rest] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(createRequire(dir + "/x.js").resolve("@modelcontextprotocol/sdk/" + name)));
const { Client } = await load("client/index.js");
const { StdioClientTransport } = await load("client/stdio.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");

const transport =
  by === "stdio"
    ? new StdioClientTransport({ command: to, args: rest, env: { LEAT_TEST_MCP_SERVE: "1" } })
    : new StreamableHTTPClientTransport(new URL(to), { requestInit: { headers: { Authorization: "Bearer " + rest[0] } } });
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);
console.log("server", client.getServerVersion().name);
const { tools } = await client.listTools();
console.log("tools", ...tools.map((t) => t.name).sort());
const answers = await Promise.all(Array.from({ length: 16 }, () => client.callTool({ name: "status", arguments: {} })));
for (const text of new Set(answers.map((a) => a.content[0].text.trim()))) console.log("status", text);
const bad = await client.callTool({ name: "search", arguments: { nosuch: 1 } });
console.log("refused", bad.isError === true ? "True" : "False");
await client.close();
