package testenv

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// PostgresWithTLS starts a Postgres of this machine that speaks TLS itself. It lets nobody in
// without a certificate of the authority in the name of the user leat. It returns the URL of a
// database, without parameters. It skips the test if there is no Postgres.
func PostgresWithTLS(t testing.TB, a *Authority) string {
	t.Helper()
	bin := postgresBinaries()
	if bin == "" {
		t.Skip("no binaries of Postgres on this machine")
	}
	dir, owner := ownedDir(t)
	data := filepath.Join(dir, "data")
	runAs(t, owner, filepath.Join(bin, "initdb"), "-D", data, "--no-sync", "--username=leat", "--auth=trust", "--encoding=UTF8", "--locale=C")
	certificate, key := a.Sign(t, "server")
	for name, file := range map[string]string{"server.pem": certificate, "server.key": key, "ca.pem": a.CA} {
		give(t, owner, filepath.Join(data, name), read(t, file))
	}
	give(t, owner, filepath.Join(data, "pg_hba.conf"), []byte("hostssl all leat 127.0.0.1/32 cert clientcert=verify-full\n"))
	port := portOf(FreeAddress(t))
	ready := func() error {
		content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
		if err == nil && !bytes.Contains(content, []byte("\nready")) {
			err = fmt.Errorf("postgres is not ready")
		}
		return err
	}
	begin(t, owner, dir, ready, filepath.Join(bin, "postgres"), "-D", data,
		"-c", "listen_addresses=127.0.0.1", "-c", "port="+port, "-c", "unix_socket_directories="+data, "-c", "fsync=off",
		"-c", "ssl=on", "-c", "ssl_cert_file=server.pem", "-c", "ssl_key_file=server.key", "-c", "ssl_ca_file=ca.pem")
	return "postgres://leat@127.0.0.1:" + port + "/postgres"
}

// postgresBinaries returns the directory of the newest Postgres of this machine, or "".
func postgresBinaries() string {
	if dir := os.Getenv("LEAT_POSTGRES_BIN"); dir != "" {
		return dir
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	if len(dirs) == 0 {
		return ""
	}
	return slices.MaxFunc(dirs, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
}

// QdrantWithTLS starts a Qdrant that speaks TLS itself, and returns its URL. It skips the test if
// no Qdrant is installed.
func QdrantWithTLS(t testing.TB, a *Authority) string {
	t.Helper()
	program := qdrantProgram(t)
	dir := t.TempDir()
	certificate, key := a.Sign(t, "qdrant")
	grpc, web := FreeAddress(t), FreeAddress(t)
	config := filepath.Join(dir, "config.yaml")
	content := fmt.Sprintf("storage: {storage_path: %q, snapshots_path: %q}\nservice: {host: 127.0.0.1, http_port: %s, grpc_port: %s, enable_tls: true, verify_https_client_certificate: true}\ntls: {cert: %q, key: %q, ca_cert: %q}\ntelemetry_disabled: true\n",
		filepath.Join(dir, "storage"), filepath.Join(dir, "snapshots"), portOf(web), portOf(grpc), certificate, key, a.CA)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	begin(t, nil, dir, answersTLS(a, grpc, "h2"), program, "--config-path", config, "--disable-telemetry")
	return "https://" + grpc
}

// MinIOWithTLS starts a MinIO that speaks TLS itself, and returns a bucket that is yet to be made. It
// skips the test if neither LEAT_TEST_MINIO nor the path names one.
func MinIOWithTLS(t testing.TB, a *Authority) Bucket {
	t.Helper()
	program := installed(t, "LEAT_TEST_MINIO", "minio")
	dir := t.TempDir()
	certs := filepath.Join(dir, "certs")
	if err := os.Mkdir(certs, 0o700); err != nil {
		t.Fatal(err)
	}
	certificate, key := a.Sign(t, "minio")
	give(t, nil, filepath.Join(certs, "public.crt"), read(t, certificate))
	give(t, nil, filepath.Join(certs, "private.key"), read(t, key))
	address := FreeAddress(t)
	begin(t, nil, dir, answersTLS(a, address, "http/1.1"), program, "server", "--quiet", "--certs-dir", certs, "--address", address, filepath.Join(dir, "data"))
	return Bucket{"https://" + address + "/leat", "minioadmin", "minioadmin"} // MinIO's own
}

// answersTLS returns a function that fails until a server at the address shows a certificate of the
// authority.
func answersTLS(a *Authority, address, protocol string) func() error {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return func() error {
		conn, err := tls.Dial("tcp", address, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, NextProtos: []string{protocol}})
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// ownedDir makes a directory for a server that refuses to run as root.
func ownedDir(t testing.TB) (string, *syscall.Credential) {
	t.Helper()
	dir, err := os.MkdirTemp("", "leat-secure-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Geteuid() != 0 {
		return dir, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Skip("no user to run Postgres as: neither postgres nor nobody exists")
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	owner := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	chown(t, owner, dir)
	return dir, owner
}

func chown(t testing.TB, owner *syscall.Credential, path string) {
	t.Helper()
	if owner == nil {
		return
	}
	if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
}

func give(t testing.TB, owner *syscall.Credential, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	chown(t, owner, path)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func command(owner *syscall.Credential, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	return cmd
}

func runAs(t testing.TB, owner *syscall.Credential, program string, args ...string) {
	t.Helper()
	if out, err := command(owner, program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
}

// begin starts a server in a directory, waits until it is ready, and ends it with the test.
func begin(t testing.TB, owner *syscall.Credential, dir string, ready func() error, program string, args ...string) {
	t.Helper()
	p := &process{t: t, title: filepath.Base(program), ready: ready, log: filepath.Join(dir, "server.log")}
	cmd := command(owner, program, args...)
	cmd.Dir = dir // Qdrant leaves a file there
	p.runLogged(cmd)
	t.Cleanup(p.interrupt)
	p.Await()
}
