// Keeps a claude-context ready and does what each line of standard input asks for.
//
// Arguments: the directory of the files, the address of Milvus, and the address of the
// embedder's API. The package is looked for from the working directory. The home directory
// takes its snapshots.
//
// A line is a JSON object with "do": update, search or count. The answer is one line of JSON.
//
// The first update of all indexes everything, and later ones look for changes, as the package's
// own MCP server does.

"use strict";

const readline = require("node:readline");
const { createRequire } = require("node:module");

// The package logs to standard output, which is for answers here.
const answer = (value) => process.stdout.write(JSON.stringify(value) + "\n");
console.log = console.info = console.debug = console.warn = console.error;

const { Context, FileSynchronizer, MilvusVectorDatabase, OpenAIEmbedding } =
  createRequire(process.cwd() + "/")("@zilliz/claude-context-core");

const [files, milvus, api] = process.argv.slice(2);

// Milvus takes the metric of a sparse field from its index. Milvus Lite wants it said in each search.
class Milvus extends MilvusVectorDatabase {
  async initializeClient(address) {
    await super.initializeClient(address);
    const search = this.client.search.bind(this.client);
    this.client.search = (request) => {
      for (const part of request.data) {
        if (part.anns_field === "sparse_vector") {
          part.metric_type = "BM25";
        }
      }
      return search(request);
    };
  }
}

const database = new Milvus({ address: milvus });
const context = new Context({
  embedding: new OpenAIEmbedding({ apiKey: "none", baseURL: api, model: "local-384" }),
  vectorDatabase: database,
});
const collection = context.getCollectionName(files);

const verbs = {
  async update() {
    if (await context.hasIndex(files)) {
      return context.reindexByChange(files);
    }
    const synchronizer = new FileSynchronizer(files, await context.getEffectiveIgnorePatterns(files), context.getEffectiveSupportedExtensions());
    await synchronizer.initialize();
    context.setSynchronizer(collection, synchronizer);
    return context.indexCodebase(files);
  },
  async search({ text }) {
    const found = await context.semanticSearch(files, text, 10, 0);
    return { hits: found.map((hit) => ({ path: hit.relativePath, text: hit.content })) };
  },
  async count() {
    const rows = await database.query(collection, "", ["relativePath"]);
    return { chunks: rows.length, files: new Set(rows.map((row) => row.relativePath)).size };
  },
};

(async () => {
  await database.listCollections();
  answer({ ready: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      answer(await verbs[request.do](request));
    } catch (error) {
      answer({ error: String(error) });
    }
  }
  process.exit(0);
})();
