package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/host"
	"github.com/leatworks/leat/pipeline/git"
)

// tools looks for the programs that an ingestor runs.
func (l *look) tools(ctx context.Context) {
	dir, err := os.MkdirTemp("", "leat-doctor-")
	if err != nil {
		l.add("git", Skipped, err.Error(), "")
	} else {
		defer os.RemoveAll(dir)
		if _, err := git.New(git.Config{Dir: dir}); err != nil {
			l.failed("git", err, "install git where ingestors and syncers run")
		} else {
			l.add("git", Good, firstLine(ctx, "git", "--version"), "")
		}
	}
	program := l.PDFToText
	if program == "" {
		program = "pdftotext"
	}
	if found, err := exec.LookPath(program); err != nil {
		l.add("pdftotext", Warning, "poppler's pdftotext is missing on this machine", "install the same version of poppler-utils on all ingestors, or leave PDF out with --no-pdf")
	} else {
		l.add("pdftotext", Good, firstLine(ctx, found, "-v"), "")
	}
}

// firstLine is the first line that a program prints.
func firstLine(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	line, _, _ := strings.Cut(string(out), "\n")
	if err != nil && line == "" {
		return err.Error()
	}
	return line
}

func (l *look) disks(context.Context) {
	for _, disk := range []struct{ what, dir string }{{"mirrors", l.Dir}, {"data", l.DataDir}, {"temporary files", os.TempDir()}} {
		if disk.dir == "" {
			continue
		}
		used, free, ok := host.Disk(disk.dir)
		switch text := fmt.Sprintf("%s: %.0f %% used, %s free", disk.what, 100*used, bytes(free)); {
		case !ok:
			l.add("disk", Skipped, disk.what+": "+disk.dir+" cannot be looked at", "")
		case used > 0.95:
			l.add("disk", Wrong, text, "see docs/runbooks/disk-full.md")
		case used > nearlyFull:
			l.add("disk", Warning, text, "see docs/runbooks/disk-full.md")
		default:
			l.add("disk", Good, text, "")
		}
	}
}

// certificates checks when the certificates of servers end, and the ones that leat shows to them.
func (l *look) certificates(ctx context.Context) {
	for _, p := range l.Peers() {
		if end, secure, err := host.CertificateEnd(ctx, p.URL); secure {
			l.certificate(p.Name, end, err, "check that it speaks TLS at this address")
		}
	}
	for _, p := range l.Peers() {
		if end, shown, err := p.TLS.End(); shown {
			l.certificate("leat's own for "+p.Name, end, err, "correct --"+p.Name+"-tls-certificate and --"+p.Name+"-tls-key")
		}
	}
}

// certificate adds the time at which a certificate ends. If err says that it cannot be read, it
// adds what to do.
func (l *look) certificate(name string, end time.Time, err error, do string) {
	switch left := time.Until(end); {
	case err != nil:
		l.add("certificate", Wrong, name+": "+err.Error(), do)
	case left < 0:
		l.add("certificate", Wrong, fmt.Sprintf("%s: it ended on %s", name, end.Format(time.DateOnly)), "renew it")
	case left < nearlyExpired:
		l.add("certificate", Warning, fmt.Sprintf("%s: it ends on %s", name, end.Format(time.DateOnly)), "renew it")
	default:
		l.add("certificate", Good, fmt.Sprintf("%s: it ends on %s", name, end.Format(time.DateOnly)), "")
	}
}

// embedders asks the model of the index for one vector.
func (l *look) embedders(ctx context.Context) {
	if l.stores.Catalog == nil {
		return
	}
	active, err := l.stores.Catalog.Generations.Active(ctx)
	if err != nil {
		return // the look at Qdrant has reported it
	}
	model, err := l.OpenEmbedder(active.Embedder.Name, nil, l.log)
	if err != nil {
		l.failed("embedder", err, "correct --embedders-file and the keys that it names")
		return
	}
	if remote, ok := model.(interface{ Probe(context.Context) error }); ok {
		if err := remote.Probe(ctx); err != nil {
			l.failed("embedder", err, "see docs/runbooks/provider-refuses.md")
			return
		}
	}
	l.add("embedder", Good, active.Embedder.Name+" answers", "")
}
