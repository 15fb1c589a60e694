package config

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"
)

// catalogue lists the settings that a file may hold.
type catalogue struct {
	sections map[string]map[string]setting // by section and key; "" is the part for all
}

// setting is the setting that a key names.
type setting struct {
	key    string
	flag   *kong.Flag // nil: a secret, which has no flag
	varies bool       // the default differs by program
}

// secrets are the keys without a flag, with the environment variables that take precedence over the
// file. A file holds no secret, but says where it is.
var secrets = map[string][]string{
	"nats-token":     {"LEAT_NATS_TOKEN"},
	"s3-access-key":  {"LEAT_S3_ACCESS_KEY", "AWS_ACCESS_KEY_ID"},
	"s3-secret-key":  {"LEAT_S3_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"},
	"qdrant-api-key": {"LEAT_QDRANT_API_KEY"},
	"secret-key":     {"LEAT_SECRET_KEY"},

	"pack-key":             {"LEAT_PACK_KEY"},
	"backup-s3-access-key": {"LEAT_BACKUP_S3_ACCESS_KEY", "AWS_ACCESS_KEY_ID"},
	"backup-s3-secret-key": {"LEAT_BACKUP_S3_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"},
}

// addresses are the keys of addresses. An address may hold a password, so it may be a reference
// like a secret.
var addresses = []string{"nats-url", "postgres-url", "s3-url", "qdrant-url"}

// settings returns the settings that a file may hold: each flag of a worker with an environment
// variable, and the secrets. They are made once, because each worker's flags need a parser. No
// caller changes them.
var settings = sync.OnceValues(func() (catalogue, error) {
	c := catalogue{map[string]map[string]setting{"": {}, ownSection: {}}}
	client, err := flagsOf(Program{Name: ownSection}, &Client{})
	if err != nil {
		return c, err
	}
	maps.Copy(c.sections[ownSection], client)
	for _, p := range Programs() {
		own, err := flagsOf(p, p.flags())
		if err != nil {
			return c, err
		}
		for key := range secrets {
			own[key] = setting{key: key}
		}
		for key, s := range own {
			before, known := c.sections[""][key]
			s.varies = known && (before.varies || before.standard() != s.standard())
			c.sections[""][key], c.sections[ownSection][key] = s, s
		}
		c.sections[p.Name] = own
	}
	return c, nil
})

// flagsOf returns the settings of a program that have flags.
func flagsOf(p Program, cfg any) (map[string]setting, error) {
	parser, err := p.Parser(cfg, "")
	if err != nil {
		return nil, err
	}
	own := make(map[string]setting)
	for _, flag := range parser.Model.Flags {
		if len(flag.Envs) > 0 && flag.Name != fileFlag {
			own[flag.Name] = setting{key: flag.Name, flag: flag}
		}
	}
	return own, nil
}

// keys returns the keys by the first environment variable of their flags. Only the variable
// identifies a setting, because a command of leat may have another flag with a key's name.
func (c catalogue) keys() map[string]string {
	keys := make(map[string]string)
	for _, section := range c.sections {
		for key, s := range section {
			if s.flag != nil {
				keys[s.flag.Envs[0]] = key
			}
		}
	}
	return keys
}

// fileFlag is the flag that names the file.
const fileFlag = "config"

// unknown says what to write in place of an unknown key.
func (c catalogue) unknown(section, key string) string {
	plain := func(text string) string { return strings.ReplaceAll(strings.ToLower(text), "_", "-") }
	name := strings.TrimPrefix(plain(key), "leat-")
	best, least := "", 3 // at most two letters differ
	for known := range c.sections[section] {
		if d := distance(name, known); d < least || d == least && best != "" && known < best {
			best, least = known, d
		}
	}
	switch {
	case best != "":
		return "there is no such key; did you mean " + best + "?"
	case section != "" && c.sections[""][key] != (setting{}):
		return fmt.Sprintf("it is not a setting of %s; move it out of this section, or remove it", section)
	}
	return "there is no such key; 'leat config show' lists all"
}

// standard returns the default, or "" if there is none.
func (s setting) standard() string {
	if s.flag == nil {
		return ""
	}
	return s.flag.Default
}

// list reports whether the key takes several values.
func (s setting) list() bool { return s.flag != nil && s.flag.Target.Kind() == reflect.Slice }

// refuse says what to write instead of a value that the key does not take. It returns "" if the key
// takes it.
func (s setting) refuse(e entry) string {
	switch {
	case s.flag == nil && !isReference(e.text):
		return "it is a secret, which a file must not hold; write env:NAME or file:PATH"
	case s.flag == nil:
		return ""
	case slices.Contains(addresses, s.key) && isReference(e.text):
		return ""
	case slices.Contains(addresses, s.key) && holdsPassword(e.text):
		return "it holds a password; write env:NAME or file:PATH, and keep the whole address there"
	case isReference(e.text):
		return "only secrets and addresses of stores can be references; write the value itself"
	}
	scratch := reflect.New(s.flag.Target.Type()).Elem()
	value := *s.flag.Value // a parser marks the value that it reads as set
	if err := value.Parse(kong.Scan().PushTyped(e.value(), kong.FlagValueToken), scratch); err != nil {
		return fmt.Sprintf("%.40q is not allowed; write %s", e.text, s.wanted())
	}
	if s.flag.Enum != "" && !s.flag.EnumMap()[e.text] {
		return fmt.Sprintf("%.40q is not allowed; write %s", e.text, s.wanted())
	}
	return ""
}

// wanted describes the values of a key.
func (s setting) wanted() string {
	if s.flag.Enum != "" {
		return "one of " + strings.Join(s.flag.EnumSlice(), ", ")
	}
	switch s.flag.Target.Interface().(type) {
	case bool:
		return "true or false"
	case time.Duration:
		return "a duration, such as 30s, 10m or 24h"
	case int, int64:
		return "a whole number"
	case float64:
		return "a number"
	case Address:
		return addressForm
	}
	return "a value such as " + s.flag.Help
}

// value returns the entry in the form that kong reads.
func (e entry) value() any {
	if e.plain {
		return e.text
	}
	list := make([]any, len(e.list))
	for i, item := range e.list {
		list[i] = item
	}
	return list
}

// holdsPassword reports whether one of several addresses, separated by commas, holds a password.
func holdsPassword(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil || u.User == nil {
			continue
		}
		if _, set := u.User.Password(); set {
			return true
		}
	}
	return false
}

// distance is the number of letters to insert, delete or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, above+1, row[j]+1)
			diagonal = above
		}
	}
	return row[len(b)]
}
