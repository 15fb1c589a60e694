package secret

import (
	"bytes"
	"strings"
)

// command is a program that takes a password on its command line.
type command struct {
	name  string   // includes the blank after it
	flags []string // flags before the password, or before user:password
	pair  bool     // the argument is user:password
	glued bool     // the password may follow the flag without a blank
}

var commands = []command{
	{"mysql ", []string{"-p"}, false, true}, {"mysqldump ", []string{"-p"}, false, true}, {"mysqladmin ", []string{"-p"}, false, true},
	{"mariadb ", []string{"-p"}, false, true}, {"mongo ", []string{"-p"}, false, false}, {"mongosh ", []string{"-p"}, false, false},
	{"mongodump ", []string{"-p"}, false, true}, {"mongorestore ", []string{"-p"}, false, true},
	{"sshpass ", []string{"-p"}, false, true}, {"redis-cli ", []string{"-a", "--pass"}, false, false},
	{"docker login ", []string{"-p"}, false, false}, {"podman login ", []string{"-p"}, false, false}, {"helm registry login ", []string{"-p"}, false, false},
	{"oc login ", []string{"-p"}, false, false}, {"az login ", []string{"-p"}, false, false}, {"cf login ", []string{"-p"}, false, false},
	{"sqlcmd ", []string{"-P"}, false, true}, {"bcp ", []string{"-P"}, false, true}, {"isql ", []string{"-P"}, false, true},
	{"ldapsearch ", []string{"-w"}, false, true}, {"ldapadd ", []string{"-w"}, false, true}, {"ldapmodify ", []string{"-w"}, false, true},
	{"kinit ", []string{"--password"}, false, false}, {"unzip ", []string{"-P"}, false, true}, {"zip ", []string{"-P"}, false, true}, {"7z ", []string{"-p"}, false, true},
	{"htpasswd ", []string{"-b", "-bc", "-cb", "-nb", "-nbB"}, false, false},
	{"curl ", []string{"-u", "--user", "--proxy-user", "-U"}, true, true}, {"smbclient ", []string{"-U"}, true, false},
	{"http ", []string{"-a", "--auth"}, true, false}, {"ncftpput ", []string{"-p"}, false, false}, {"lftp ", []string{"-u"}, true, false},
	{"net user ", nil, false, false}, {"rabbitmqctl add_user ", nil, false, false}, {"rabbitmqctl change_password ", nil, false, false},
	{"openssl enc ", []string{"-k", "-pass"}, false, false}, {"rsync ", []string{"--password"}, false, false}, {"snowsql ", []string{"-p"}, false, false},
	{"java ", []string{"-storepass", "-keypass"}, false, false}, {"keytool ", []string{"-storepass", "-keypass", "-srcstorepass", "-deststorepass"}, false, false},
	{"jarsigner ", []string{"-storepass", "-keypass"}, false, false}, {"apksigner ", []string{"--ks-pass", "--key-pass"}, false, false},
	{"xfreerdp ", []string{"/p:"}, false, true}, {"rdesktop ", []string{"-p"}, false, false}, {"ipmitool ", []string{"-P"}, false, true},
	{"influx ", []string{"-password", "-t", "--token"}, false, false}, {"cqlsh ", []string{"-p"}, false, false}, {"impala-shell ", []string{"-p"}, false, false},
	{"restic ", []string{"--password"}, false, false}, {"svn ", []string{"--password"}, false, false},
}

// commandKeywords look for a password among the arguments of a program.
func commandKeywords() []keyword {
	list := make([]keyword, len(commands))
	for i, c := range commands {
		list[i] = keyword{c.name, "password", c.match}
	}
	for _, c := range commands {
		if name := strings.TrimSuffix(c.name, " "); c.flags != nil && !strings.Contains(name, " ") && name != "htpasswd" {
			list = append(list, keyword{name + `", "`, "password", c.array}, keyword{name + `","`, "password", c.array})
		}
	}
	return list
}

const maxLine = 1 << 10 // bytes of a command with its arguments

// match goes through the arguments, also across lines that a backslash joins.
func (c command) match(text []byte, at, end int) (span, bool) {
	if word.before(text, at) || at > 0 && (text[at-1] == '.' || text[at-1] == '-') {
		return span{}, false
	}
	limit := min(len(text), end+maxLine)
	if c.flags == nil { // net user NAME PASSWORD
		_, _, i := argument(text, end, limit)
		from, to, _ := argument(text, i, limit)
		return judge(text, from, to, isSecret)
	}
	after := 0 // arguments since a flag of htpasswd, which takes a file and a user first
	for i := end; i < limit; {
		from, to, next := argument(text, i, limit)
		if from == to {
			return span{}, false
		}
		i = next
		if after > 0 {
			if after++; after == 4 {
				return judge(text, from, to, isSecret)
			}
			continue
		}
		for _, flag := range c.flags {
			rest, found := bytes.CutPrefix(text[from:to], []byte(flag))
			if c.name == "curl " && bundled(text[from:to]) {
				rest, found = nil, flag == "-u"
			}
			if !found || len(rest) > 0 && !c.glued && rest[0] != '=' {
				continue
			}
			if c.name == "htpasswd " {
				after = 1
				if text[from+1] == 'n' || bytes.Contains(text[from:to], []byte("n")) {
					after = 2 // -n prints the entry and takes no file
				}
				break
			}
			if len(rest) == 0 {
				from, to, _ = argument(text, i, limit)
				return c.judge(text, from, to)
			}
			from = to - len(bytes.TrimPrefix(rest, []byte("=")))
			if q := text[from]; from+1 < to && (q == '"' || q == '\'') && text[to-1] == q {
				from, to = from+1, to-1
			}
			return c.judge(text, from, to)
		}
	}
	return span{}, false
}

// array walks through arguments that are the strings of a list: ["mysql", "-pNAME"].
func (c command) array(text []byte, at, end int) (span, bool) {
	if word.before(text, at) {
		return span{}, false
	}
	limit := min(len(text), end+maxLine)
	given := false // the flag was the string before
	for i := end; i < limit; {
		to := closing(text[:limit], i, '"')
		if to < 0 {
			break
		}
		if given {
			return c.judge(text, i, to)
		}
		for _, flag := range c.flags {
			rest, found := bytes.CutPrefix(text[i:to], []byte(flag))
			switch {
			case !found:
			case len(rest) == 0:
				given = true
			case c.glued || rest[0] == '=':
				return c.judge(text, to-len(bytes.TrimPrefix(rest, []byte("="))), to)
			}
		}
		i = spaces.run(text, to+1, maxPair)
		if i == to+1 || i >= limit || text[i] != '"' {
			break
		}
		i++
	}
	return span{}, false
}

// bundled says whether an argument is several flags of one letter, of which the last takes a
// user's name and password: -sSLu.
func bundled(argument []byte) bool {
	n := len(argument)
	return n > 2 && n < 8 && argument[0] == '-' && argument[n-1] == 'u' && letter.run(argument, 1, n) == n
}

func (c command) judge(text []byte, from, to int) (span, bool) {
	b := text[from:to]
	if c.pair {
		colon := bytes.IndexAny(b, ":%,")
		if colon < 1 {
			return span{}, false
		}
		from += colon + 1
	} else if rest, prefixed := bytes.CutPrefix(b, []byte("pass:")); prefixed {
		from = to - len(rest)
	}
	if from < to && text[from] == '-' {
		return span{}, false
	}
	return judge(text, from, to, isSecret)
}

// argument returns the next argument, without its quotes, and where the one after it may begin. If the command has
// ended, from equals to.
func argument(text []byte, i, limit int) (from, to, next int) {
	for i < limit && (blank[text[i]] || text[i] == '\\' && i+1 < limit && (text[i+1] == '\n' || text[i+1] == '\r')) {
		if text[i] == '\\' {
			i++
			for i < limit && (text[i] == '\n' || text[i] == '\r') {
				i++
			}
			continue
		}
		i++
	}
	if i >= limit || bytes.IndexByte([]byte("\n\r|;&"), text[i]) >= 0 {
		return i, i, i
	}
	if q := text[i]; q == '"' || q == '\'' {
		end := i + 1
		for end < limit && text[end] != q && text[end] != '\n' {
			end++
		}
		return i + 1, end, min(limit, end+1)
	}
	end := i
	for end < limit && text[end] > ' ' && text[end] != ';' && text[end] != '|' {
		if q := text[end]; end > i && (q == '"' || q == '\'' || q == '`') {
			if close := bytes.IndexByte(text[end+1:min(limit, end+maxValue)], q); close >= 0 && text[end-1] != '\\' {
				return i, end + 1 + close, min(limit, end+2+close)
			}
			return i, end, end
		}
		end++
	}
	return i, end, end
}
