package blob_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/blob"
)

// The S3 server of the tests is the one that the environment names, else versitygw in a child process. versitygw
// changes the working directory, admits one instance in a process, and leaves goroutines that goleak would report.
var (
	serverURL = os.Getenv("LEAT_TEST_S3_URL") // http://host:port
	accessKey = cmp.Or(os.Getenv("LEAT_TEST_S3_ACCESS_KEY"), "leat-test")
	secretKey = cmp.Or(os.Getenv("LEAT_TEST_S3_SECRET_KEY"), "leat-test-secret")
)

const serveEnv = "LEAT_TEST_S3_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		if err := serve(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(runWithServer(m))
}

func runWithServer(m *testing.M) int {
	if serverURL != "" {
		return runAndFindLeaks(m)
	}
	dir, err := os.MkdirTemp("", "leat-blob-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), serveEnv+"="+dir)
	child.Stderr = os.Stderr
	stdin, _ := child.StdinPipe()    // the child ends when this closes, however we end
	reader, writer, err := os.Pipe() // standard output carries the server's banner
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer reader.Close()
	child.ExtraFiles = []*os.File{writer}
	err = child.Start()
	writer.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = child.Wait() }()
	defer stdin.Close()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		fmt.Fprintln(os.Stderr, "the S3 server did not start:", err)
		return 1
	}
	serverURL = strings.TrimSpace(line)
	return runAndFindLeaks(m)
}

func runAndFindLeaks(m *testing.M) int {
	code := m.Run()
	if err := leak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// serve runs versitygw until standard input closes. It writes its URL to the first inherited file.
func serve(dir string) error {
	store, err := posix.New(dir, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: 5 << 30})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go announce(ctx, address)
	return embedgw.RunVersityGW(ctx, store, &embedgw.Config{
		RootUserAccess: accessKey, RootUserSecret: secretKey,
		Ports: []string{address}, MaxConnections: 256, MaxRequests: 256, MultipartMaxParts: 10000,
		Quiet: true, KeepAlive: true, DisableACLs: true,
	})
}

// announce writes the URL once the server accepts connections. versitygw has no signal of its own for that.
func announce(ctx context.Context, address string) {
	for ctx.Err() == nil {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			ready := os.NewFile(3, "ready")
			fmt.Fprintln(ready, "http://"+address)
			ready.Close()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// config returns a configuration with a bucket that no other test uses.
func config() blob.Config {
	return blob.Config{
		URL:       serverURL + "/" + strings.ToLower(rand.Text()) + "/deep/er",
		AccessKey: accessKey, SecretKey: secretKey,
		CreateBucket: true,
		Timeout:      10 * time.Second,
	}
}

func open(tb testing.TB, cfg blob.Config) *blob.Store {
	tb.Helper()
	store, err := blob.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(store.Close)
	return store
}

// raw is a bare client for operations that the store refuses, behind its back.
type raw struct {
	tb     testing.TB
	client minio.Core
	bucket string
	prefix string
}

func bare(tb testing.TB, cfg blob.Config) raw {
	tb.Helper()
	rest := strings.TrimPrefix(cfg.URL, serverURL+"/")
	bucket, prefix, _ := strings.Cut(rest, "/")
	transport := &http.Transport{DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	client, err := minio.NewCore(strings.TrimPrefix(serverURL, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: blob.DefaultRegion, Transport: transport,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return raw{tb, *client, bucket, prefix + "/"}
}

func (r raw) put(key string, body []byte) {
	r.tb.Helper()
	_, err := r.client.PutObject(r.tb.Context(), r.bucket, r.prefix+key, strings.NewReader(string(body)), int64(len(body)),
		"", "", minio.PutObjectOptions{DisableContentSha256: true})
	if err != nil {
		r.tb.Fatal(err)
	}
}

func (r raw) get(key string) []byte {
	r.tb.Helper()
	body, _, _, err := r.client.GetObject(r.tb.Context(), r.bucket, r.prefix+key, minio.GetObjectOptions{})
	if err != nil {
		r.tb.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		r.tb.Fatal(err)
	}
	return data
}
