package config

import (
	"fmt"
	"os/exec"
	"time"

	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/git/reach"
	"github.com/leatworks/leat/pipeline/lang"
)

// Git says how repositories are fetched and read.
type Git struct {
	Dir        string        `name:"git-dir" env:"LEAT_GIT_DIR" type:"path" placeholder:"DIR" help:"Directory of the bare mirrors. A worker that loses it fetches the repositories again."`
	MaxBytes   int64         `name:"git-max-bytes" env:"LEAT_GIT_MAX_BYTES" default:"4294967296" placeholder:"BYTES" help:"Largest mirror of one repository in bytes (${default})."`
	Timeout    time.Duration `name:"git-timeout" env:"LEAT_GIT_TIMEOUT" default:"10m" help:"Longest time that a fetch may take (${default})."`
	Memory     int64         `name:"git-memory-mib" env:"LEAT_GIT_MEMORY_MIB" default:"512" placeholder:"MIB" help:"Memory in MiB that each git process may write to (${default}). Only Linux enforces it."`
	CPU        time.Duration `name:"git-cpu" env:"LEAT_GIT_CPU" default:"10m" help:"Processor time of each git process (${default}). Only Linux enforces it."`
	Processes  int           `name:"git-processes" env:"LEAT_GIT_PROCESSES" default:"4096" placeholder:"N" help:"Git starts no process or thread while the user has this many (${default}). Only Linux enforces it, and not for root."`
	AllowLocal bool          `name:"git-allow-local" env:"LEAT_GIT_ALLOW_LOCAL" help:"Accept paths of this machine and file:// URLs. Everybody who may submit can then read every repository that this process can read."`
	AllowHTTP  bool          `name:"git-allow-http" env:"LEAT_GIT_ALLOW_HTTP" help:"Accept http:// URLs, which send code and tokens in the clear."`
	AllowGit   bool          `name:"git-allow-git" env:"LEAT_GIT_ALLOW_GIT" help:"Accept git:// URLs, which are neither encrypted nor authenticated."`
	AllowHosts []string      `name:"git-allow-host" env:"LEAT_GIT_ALLOW_HOST" sep:"," placeholder:"HOST[:PORT]" help:"Contact this host even if its address is private or its port is none of 22, 80 and 443. HOST is a name, in which * stands for any characters, an address, or a network such as 10.0.0.0/8; PORT may be *. May be repeated; in the environment, separated by commas."`
	TokenFile  string        `name:"git-token-file" env:"LEAT_GIT_TOKEN_FILE" type:"path" placeholder:"FILE" help:"File of 'host token' or 'host user:token' lines. One host's token can also come from LEAT_GIT_TOKEN_HOST, such as LEAT_GIT_TOKEN_GITHUB_COM."`
	SSHKey     string        `name:"git-ssh-key" env:"LEAT_GIT_SSH_KEY" type:"path" placeholder:"FILE" help:"Private key for ssh. Default: the keys of the agent and of ssh itself."`
	KnownHosts string        `name:"git-known-hosts" env:"LEAT_GIT_KNOWN_HOSTS" type:"path" placeholder:"FILE" help:"Host keys that ssh trusts. Default: ssh's own."`
	PDFToText  string        `name:"pdftotext" env:"LEAT_PDFTOTEXT" type:"path" placeholder:"FILE" help:"Poppler's program that reads PDF. Default: pdftotext in PATH."`
}

// Formats returns how PDF, .docx and HTML files are read.
func (g Git) Formats() extract.Config { return extract.Config{PDFToText: g.PDFToText} }

// Check says what to change. It does not look into Dir, which need not exist.
func (g Git) Check() error {
	if g.MaxBytes < 1 {
		return fmt.Errorf("--git-max-bytes (LEAT_GIT_MAX_BYTES) %d: give 1 or more", g.MaxBytes)
	}
	if g.Timeout <= 0 {
		return fmt.Errorf("--git-timeout (LEAT_GIT_TIMEOUT) %s: give more than 0s", g.Timeout)
	}
	if g.Memory < 0 || g.CPU < 0 || g.Processes < 0 {
		return fmt.Errorf("--git-memory-mib %d, --git-cpu %s, --git-processes %d: give more than 0", g.Memory, g.CPU, g.Processes)
	}
	for _, host := range g.AllowHosts {
		if _, err := reach.ParseRule(host); err != nil {
			return fmt.Errorf("--git-allow-host (LEAT_GIT_ALLOW_HOST) %w", err)
		}
	}
	for _, file := range []struct{ flag, name string }{
		{"--git-token-file (LEAT_GIT_TOKEN_FILE)", g.TokenFile},
		{"--git-ssh-key (LEAT_GIT_SSH_KEY)", g.SSHKey},
		{"--git-known-hosts (LEAT_GIT_KNOWN_HOSTS)", g.KnownHosts},
		{"--pdftotext (LEAT_PDFTOTEXT)", g.PDFToText},
	} {
		if err := readable(file.flag, file.name); err != nil {
			return err
		}
	}
	if _, err := exec.LookPath("git"); err != nil {
		return fmt.Errorf("git is not installed, or not in PATH: install it (%w)", err)
	}
	return nil
}

// Config returns the configuration of package git.
func (g Git) Config() git.Config {
	return git.Config{
		Dir: g.Dir, MaxBytes: g.MaxBytes, FetchTimeout: g.Timeout, MaxMemory: g.Memory << 20, MaxCPU: g.CPU, MaxProcesses: g.Processes, AllowLocal: g.AllowLocal, AllowHTTP: g.AllowHTTP, AllowGit: g.AllowGit,
		AllowHosts: g.AllowHosts,
		TokenFile:  g.TokenFile, KeyFile: g.SSHKey, KnownHosts: g.KnownHosts,
	}
}

// Filter says which files are indexed. A glob may hold commas, so in the environment line ends
// separate globs.
type Filter struct {
	MaxFileBytes int64    `env:"LEAT_MAX_FILE_BYTES" default:"1048576" placeholder:"BYTES" help:"Largest text that is indexed, in bytes (${default})."`
	MaxFiles     int64    `env:"LEAT_MAX_FILES" default:"500000" placeholder:"N" help:"Largest number of files of a commit (${default}). A commit with more is rejected before any file is read."`
	MaxPathBytes int64    `env:"LEAT_MAX_PATH_BYTES" default:"67108864" placeholder:"BYTES" help:"Largest size in bytes of all paths of a commit together (${default})."`
	MaxDocument  int64    `name:"max-document-bytes" env:"LEAT_MAX_DOCUMENT_BYTES" default:"16777216" placeholder:"BYTES" help:"Largest PDF or .docx that is read, in bytes (${default}). Each ingest may hold one in memory."`
	Include      []string `env:"LEAT_INCLUDE" sep:"\n" placeholder:"GLOB" help:"Index only paths that match, such as 'src/**'. May be repeated; in the environment, one a line."`
	Exclude      []string `env:"LEAT_EXCLUDE" sep:"\n" placeholder:"GLOB" help:"Leave out paths that match. May be repeated; in the environment, one a line."`
	Vendored     bool     `env:"LEAT_VENDORED" help:"Index vendored code too."`
	Generated    bool     `env:"LEAT_GENERATED" help:"Index generated files too."`
	Minified     bool     `env:"LEAT_MINIFIED" help:"Index minified scripts and style sheets too."`
	LockFiles    bool     `env:"LEAT_LOCK_FILES" help:"Index package managers' lock files too."`
	Data         bool     `name:"data-dumps" env:"LEAT_DATA_DUMPS" help:"Index dumps of data too."`
	UTF8Only     bool     `name:"utf8-only" env:"LEAT_UTF8_ONLY" help:"Leave out text that is not UTF-8 instead of decoding it."`
	NoPDF        bool     `name:"no-pdf" env:"LEAT_NO_PDF" help:"Leave out PDF files."`
	NoDocx       bool     `name:"no-docx" env:"LEAT_NO_DOCX" help:"Leave out Word's .docx files."`
	HTMLSource   bool     `name:"html-source" env:"LEAT_HTML_SOURCE" help:"Index the source of HTML pages instead of their text."`
	NoDocs       bool     `name:"no-documentation" env:"LEAT_NO_DOCUMENTATION" help:"Leave out documentation and prose."`
	NoMarkup     bool     `name:"no-markup" env:"LEAT_NO_MARKUP" help:"Leave out HTML, CSS and other markup."`
}

// Check says what to change.
func (f Filter) Check() error {
	if f.MaxFileBytes < 1 {
		return fmt.Errorf("--max-file-bytes (LEAT_MAX_FILE_BYTES) %d: give 1 or more", f.MaxFileBytes)
	}
	if f.MaxDocument < 1 || f.MaxDocument > extract.MaxSize {
		return fmt.Errorf("--max-document-bytes (LEAT_MAX_DOCUMENT_BYTES) %d: give 1 to %d", f.MaxDocument, extract.MaxSize)
	}
	for _, list := range []struct {
		flag string
		lang.Config
	}{
		{"--include (LEAT_INCLUDE)", lang.Config{Include: f.Include}},
		{"--exclude (LEAT_EXCLUDE)", lang.Config{Exclude: f.Exclude}},
	} {
		if err := list.Check(); err != nil {
			return fmt.Errorf("%s: %w", list.flag, err)
		}
	}
	return nil
}

// Config returns the configuration of package lang.
func (f Filter) Config() lang.Config {
	return lang.Config{
		MaxBytes: f.MaxFileBytes, Include: f.Include, Exclude: f.Exclude,
		Vendored: f.Vendored, Generated: f.Generated, Minified: f.Minified, LockFiles: f.LockFiles, Data: f.Data, UTF8Only: f.UTF8Only,
		MaxDocument: f.MaxDocument, NoPDF: f.NoPDF, NoDocx: f.NoDocx, HTMLSource: f.HTMLSource, NoDocumentation: f.NoDocs, NoMarkup: f.NoMarkup,
	}
}
