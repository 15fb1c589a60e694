package secret

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	one, two := "gh"+"p_16C7e42F292c6912E7710c838347Ae178B4a", "gh"+"p_16C7e42F292c6912E7710c838347Ae178B4b"
	seen := make(map[string]string)
	for _, path := range []string{
		"keys/" + one + ".txt", "keys/" + two + ".txt", one, one + "/a.go", one + "/b.go", "x/DB_PASSWORD=s3cr3tPa55w0rd", one + "/" + two,
	} {
		got := string(Path([]byte(path)))
		if strings.Contains(got, one) || strings.Contains(got, two) || strings.Contains(got, "s3cr3t") || !strings.Contains(got, standIn) {
			t.Errorf("%s is shown as %s", path, got)
		}
		if again := string(Path([]byte(got))); again != got {
			t.Errorf("%s is shown as %s the second time", got, again)
		}
		if other, found := seen[got]; found {
			t.Errorf("%s and %s are both shown as %s", path, other, got)
		}
		seen[got] = path
	}
	for _, path := range []string{"", "README.md", "src/password/token_test.go", "config/secrets.yaml", "a/\xff\xfe"} {
		if got := string(Path([]byte(path))); got != path {
			t.Errorf("%s is shown as %s", path, got)
		}
	}
	if a, b := Path([]byte(one+"/a.go")), Path([]byte(one+"/b.go")); string(a[:len(a)-4]) != string(b[:len(b)-4]) {
		t.Errorf("a directory became two: %s and %s", a, b)
	}
}
