package events

// RepoSubmitted asks for a repository to be indexed at a ref. Any system may
// publish it; it is the only event that leat accepts from outside.
type RepoSubmitted struct {
	Tenant string `json:"tenant,omitempty" jsonschema:"Owner of the repository. Must equal the last token of the subject; taken from there when empty."`
	URL    string `json:"url" jsonschema:"The git URL: https, ssh or git@host:path; a local path or file:// where the configuration allows it. Never with a password or token in it."`
	Ref    string `json:"ref,omitempty" jsonschema:"Branch, tag, full ref name, or a commit in hex. Empty: the remote's default branch."`
}

// Document holds the fields that every event about a document has.
type Document struct {
	Tenant     string `json:"tenant" jsonschema:"Owner of the repository."`
	Repository string `json:"repository" jsonschema:"Repository id (UUID), derived from tenant and URL."`
	Track      string `json:"track" jsonschema:"Track id (UUID), derived from repository and ref."`
	Document   string `json:"document" jsonschema:"Document id (UUID), derived from track and path."`
	Ref        string `json:"ref" jsonschema:"Full name of the ref, for example refs/heads/main."`
	Commit     string `json:"commit" jsonschema:"Commit of the snapshot, in hex."`
	Path       string `json:"path" jsonschema:"Path in the commit's tree, with secrets masked. What is not UTF-8 in it appears as U+FFFD."`
	Revision   int64  `json:"revision" jsonschema:"Revision of the snapshot that last changed the document. The highest wins."`
}

// DocumentChunked says that a document's blob and chunks are stored and that
// texts among them may lack vectors.
type DocumentChunked struct {
	Document
	Blob     string `json:"blob" jsonschema:"SHA-256 of the content, in hex."`
	Language string `json:"language,omitempty" jsonschema:"Language of the content, as go-enry names it. Empty: unknown."`
	Chunks   int    `json:"chunks" jsonschema:"Number of chunks. 0: an empty file."`
}

// DocumentRemoved says that a document left its track. It is published on the
// document's subject of the chunked and the embedded stream, so that it
// replaces the document's last event there.
type DocumentRemoved struct {
	Document
}

// DocumentEmbedded says that every chunk of a document has its vector.
type DocumentEmbedded struct {
	Document
	Blob     string `json:"blob" jsonschema:"SHA-256 of the content, in hex."`
	Embedder string `json:"embedder" jsonschema:"Name of the embedder, for example local-384."`
	Chunks   int    `json:"chunks" jsonschema:"Number of chunks."`
}

// DocumentIndexed says that a document can be searched, at this revision and
// at no older one.
type DocumentIndexed struct {
	Document
	Blob       string `json:"blob" jsonschema:"SHA-256 of the content, in hex."`
	Generation int64  `json:"generation" jsonschema:"Number of the generation of the index."`
	Chunks     int    `json:"chunks" jsonschema:"Number of points written."`
}

// RepoIndexed says that a snapshot is finished: each of its documents is
// indexed, failed or skipped.
type RepoIndexed struct {
	Tenant     string         `json:"tenant" jsonschema:"Owner of the repository."`
	Repository string         `json:"repository" jsonschema:"Repository id (UUID)."`
	Track      string         `json:"track" jsonschema:"Track id (UUID)."`
	URL        string         `json:"url" jsonschema:"The repository's git URL, without credentials."`
	Ref        string         `json:"ref" jsonschema:"Full name of the ref."`
	Commit     string         `json:"commit" jsonschema:"Commit of the snapshot, in hex."`
	Revision   int64          `json:"revision" jsonschema:"Revision of the snapshot."`
	Generation int64          `json:"generation" jsonschema:"Number of the generation of the index."`
	Documents  DocumentCounts `json:"documents" jsonschema:"What became of the files of the commit's tree."`
}

// DocumentCounts adds up to the files of a commit's tree:
// Indexed + Failed + Skipped.
type DocumentCounts struct {
	Indexed int64 `json:"indexed" jsonschema:"Documents that can be searched."`
	Failed  int64 `json:"failed" jsonschema:"Documents that could not be indexed; leat tries them again."`
	Skipped int64 `json:"skipped" jsonschema:"Files left out, each with a recorded reason."`
}
