"""Keeps a cocoindex flow ready and does what each line of standard input asks for.

Arguments: the directory of the files, the directory of the stores, the address of the
embedder's API, and the ends of the names of the files to read, separated by commas.

A line is a JSON object with "do": update, search or count. The answer is one line of JSON.

The flow follows the shape of cocoindex' own example of code in LanceDB: files are split
by the splitter that knows languages, and rows go into a local LanceDB. The embedder asks
the API in batches. Like cocoindex' own embedders, it remembers the vector of a text.
"""

import asyncio
import http.client
import json
import pathlib
import sys
import threading
import urllib.parse
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

import cocoindex as coco
from cocoindex.connectors import lancedb, localfs
from cocoindex.ops.text import RecursiveSplitter, detect_code_language
from cocoindex.resources.chunk import Chunk
from cocoindex.resources.file import FileLike, PatternFilePathMatcher
from cocoindex.resources.id import IdGenerator
from cocoindex.resources.schema import VectorSchema

FILES, STATE, API, SUFFIXES = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4].split(",")
TABLE = "chunks"
BATCH = 64


class Embedder:
    """Embeds by an OpenAI-compatible API, over one connection for each thread."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.local = threading.local()

    def __getstate__(self) -> dict[str, str]:
        return {"api": self.api}

    def __setstate__(self, state: dict[str, str]) -> None:
        self.__init__(state["api"])

    def ask(self, texts: list[str]) -> list[NDArray[np.float32]]:
        url = urllib.parse.urlsplit(self.api)
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(url.hostname, url.port)
        body = json.dumps({"model": "local-384", "input": texts, "encoding_format": "float"})
        self.local.connection.request("POST", url.path + "/embeddings", body, {"Content-Type": "application/json"})
        answer = self.local.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the embedder answered {answer.status}: {content[:200]!r}")
        return [np.array(one["embedding"], dtype=np.float32) for one in json.loads(content)["data"]]

    @coco.fn.as_async(batching=True, max_batch_size=BATCH)
    def batch(self, texts: list[str]) -> list[NDArray[np.float32]]:
        return self.ask(texts)

    @coco.fn(memo=True)
    async def embed(self, text: str) -> NDArray[np.float32]:
        return await self.batch(text)

    async def __coco_vector_schema__(self) -> VectorSchema:
        return VectorSchema(dtype=np.dtype(np.float32), size=384)


DB = coco.ContextKey[lancedb.LanceAsyncConnection]("db")
EMBEDDER = coco.ContextKey[Embedder]("embedder")
SPLITTER = RecursiveSplitter()


@dataclass
class Row:
    id: int
    path: str
    text: str
    embedding: Annotated[NDArray, EMBEDDER]
    first: int
    last: int


@coco.fn
async def index_chunk(chunk: Chunk, path: pathlib.PurePath, ids: IdGenerator, table: lancedb.TableTarget[Row]) -> None:
    table.declare_row(row=Row(
        id=await ids.next_id(chunk.text), path=str(path), text=chunk.text,
        embedding=await coco.use_context(EMBEDDER).embed(chunk.text),
        first=chunk.start.line, last=chunk.end.line,
    ))


@coco.fn(memo=True)
async def index_file(file: FileLike, table: lancedb.TableTarget[Row]) -> None:
    text = await file.read_text()
    language = detect_code_language(filename=file.file_path.path.name)
    chunks = SPLITTER.split(text, chunk_size=1000, min_chunk_size=300, chunk_overlap=300, language=language)
    await coco.map(index_chunk, chunks, file.file_path.path, IdGenerator(), table)


@coco.fn
async def index(files: pathlib.Path) -> None:
    table = await lancedb.mount_table_target(
        DB, table_name=TABLE, table_schema=await lancedb.TableSchema.from_class(Row, primary_key=["id"]),
    )
    matcher = PatternFilePathMatcher(included_patterns=["**/*" + s for s in SUFFIXES], excluded_patterns=["**/.git"])
    walk = localfs.walk_dir(files, recursive=True, path_matcher=matcher)
    await coco.mount_each(index_file, walk.items(), table)


async def main() -> None:
    connection = await lancedb.connect_async(str(STATE / "lancedb"))
    embedder = Embedder(API)

    @coco.lifespan
    async def lifespan(builder: coco.EnvironmentBuilder):
        builder.settings.db_path = STATE / "cocoindex.db"
        builder.provide(DB, connection)
        builder.provide(EMBEDDER, embedder)
        yield

    app = coco.App(coco.AppConfig(name="Peer"), index, FILES)

    async def search(text: str) -> dict:
        table = await connection.open_table(TABLE)
        vector = (await asyncio.to_thread(embedder.ask, [text]))[0]
        found = await (await table.search(vector, vector_column_name="embedding")).limit(10).to_list()
        return {"hits": [{"path": hit["path"], "text": hit["text"]} for hit in found]}

    async def count() -> dict:
        table = await connection.open_table(TABLE)
        rows = await table.query().select(["path"]).to_list()
        return {"chunks": len(rows), "files": len({row["path"] for row in rows})}

    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        try:
            if request["do"] == "update":
                await app.update()
                answer = {}
            elif request["do"] == "search":
                answer = await search(request["text"])
            else:
                answer = await count()
        except Exception as error:  # the harness shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
