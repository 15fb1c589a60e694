package secret

import (
	"bytes"
	"strings"
)

// token is a format of a provider: a prefix and a number of random characters.
type token struct {
	rule     string
	of       *class
	min, max int // characters after the prefix
	prefixes []string
}

// tokens are formats that providers publish, or that their scanners' partners
// do. Where a format has grown over time, the bounds hold all of them.
var tokens = []token{
	{"github-token", alnum, 36, 255, []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}},
	{"github-token", word, 36, 255, []string{"github_pat_"}},
	{"gitlab-token", dotted, 20, 320, []string{"glpat-", "gldt-", "glptt-", "glrt-", "glcbt-", "glimt-", "glft-", "glagent-", "gloas-", "glsoat-", "glffct-"}},
	{"gitlab-token", urlSafe, 20, 20, []string{"GR1348941"}},
	{"atlassian-token", dotted, 100, 400, []string{"ATATT3xFf", "ATCTT3xFf"}},
	{"atlassian-token", alnum, 28, 80, []string{"ATBB"}},
	{"aws-access-key", upAlnum, 16, 16, []string{"AKIA", "ASIA", "ABIA", "ACCA"}},
	{"gcp-api-key", urlSafe, 35, 35, []string{"AIza"}},
	{"gcp-oauth", urlSafe, 28, 28, []string{"GOCSPX-"}},
	{"gcp-oauth", dotted, 40, 1024, []string{"ya29."}},
	{"slack-token", urlSafe, 20, 255, []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.xoxp-", "xoxe.xoxb-", "xapp-"}},
	{"stripe-key", alnum, 16, 255, []string{"sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"}},
	{"npm-token", alnum, 36, 36, []string{"npm_"}},
	{"pypi-token", urlSafe, 60, 512, []string{"pypi-AgE"}},
	{"rubygems-token", hexClass, 48, 48, []string{"rubygems_"}},
	{"crates-token", alnum, 32, 32, []string{"cio"}},
	{"nuget-key", lowAlnum, 43, 43, []string{"oy2"}},
	{"docker-token", urlSafe, 27, 64, []string{"dckr_pat_", "dckr_oat_"}},
	{"anthropic-key", urlSafe, 40, 255, []string{"sk-ant-"}},
	{"openai-key", urlSafe, 40, 255, []string{"sk-proj-", "sk-svcacct-", "sk-admin-"}},
	{"openrouter-key", hexClass, 64, 64, []string{"sk-or-v1-"}},
	{"openai-key", alnum, 32, 64, []string{"sk-"}},
	{"huggingface-token", alnum, 34, 34, []string{"hf_"}},
	{"replicate-token", alnum, 37, 37, []string{"r8_"}},
	{"groq-key", alnum, 52, 52, []string{"gsk_"}},
	{"xai-key", alnum, 80, 80, []string{"xai-"}},
	{"perplexity-key", alnum, 40, 64, []string{"pplx-"}},
	{"vault-token", urlSafe, 24, 512, []string{"hvs.", "hvb.", "hvr."}},
	{"twilio-key", hexClass, 32, 32, []string{"SK"}},
	{"mailgun-key", hexClass, 32, 32, []string{"key-"}},
	{"shopify-token", alnum, 32, 32, []string{"shpat_", "shpca_", "shppa_", "shpss_"}},
	{"square-token", urlSafe, 22, 43, []string{"sq0atp-", "sq0csp-", "sq0idp-"}},
	{"digitalocean-token", hexClass, 64, 64, []string{"dop_v1_", "doo_v1_", "dor_v1_"}},
	{"linear-key", alnum, 40, 40, []string{"lin_api_"}},
	{"notion-token", alnum, 43, 50, []string{"ntn_", "secret_"}},
	{"postman-key", urlSafe, 59, 59, []string{"PMAK-"}},
	{"databricks-token", hexClass, 32, 32, []string{"dapi"}},
	{"grafana-token", base64Class, 32, 400, []string{"glc_"}},
	{"grafana-token", word, 41, 41, []string{"glsa_"}},
	{"newrelic-key", upAlnum, 27, 27, []string{"NRAK-"}},
	{"sentry-token", dotted, 60, 400, []string{"sntrys_", "sntryu_"}},
	{"dynatrace-token", dotted, 80, 100, []string{"dt0c01.", "dt0s01."}},
	{"doppler-token", alnum, 40, 44, []string{"dp.pt.", "dp.st.", "dp.sa.", "dp.ct."}},
	{"pulumi-token", hexClass, 40, 40, []string{"pul-"}},
	{"planetscale-token", dotted, 32, 64, []string{"pscale_tkn_", "pscale_pw_", "pscale_oauth_"}},
	{"supabase-key", hexClass, 40, 40, []string{"sbp_"}},
	{"heroku-key", urlSafe, 58, 66, []string{"HRKU-AA"}},
	{"fly-token", base64Class, 80, 1024, []string{"fm2_"}},
	{"age-key", upAlnum, 58, 58, []string{"AGE-SECRET-KEY-1"}},
}

// tokenKeywords makes a keyword of each prefix.
func tokenKeywords() []keyword {
	var list []keyword
	for _, t := range tokens {
		for _, prefix := range t.prefixes {
			list = append(list, keyword{word: strings.ToLower(prefix), rule: t.rule, match: t.matcher(prefix)})
		}
	}
	return list
}

// matcher wants the prefix as it is written, at the beginning of a word, and
// the right number of characters that look random.
func (t token) matcher(prefix string) func([]byte, int, int) (span, bool) {
	want := []byte(prefix)
	return func(text []byte, at, end int) (span, bool) {
		if !bytes.Equal(text[at:end], want) || urlSafe.before(text, at) && !escaped(text, at) {
			return span{}, false
		}
		stop := sentence(text, end, t.of.run(text, end, t.max+1))
		n := stop - end
		if n < t.min || n > t.max || stop < len(text) && word[text[stop]] || !random(text[end:stop]) {
			return span{}, false
		}
		return span{start: at, end: stop}, true
	}
}

// sentence takes back the marks at the end: they are the sentence's, not the
// token's.
func sentence(text []byte, at, stop int) int {
	for stop > at && (text[stop-1] == '.' || text[stop-1] == '-') {
		stop--
	}
	return stop
}

// escaped says that the byte before at is the letter of an escape, as in "\n",
// or ends a %-escape, as in "%3D": no part of a word.
func escaped(text []byte, at int) bool {
	return at >= 2 && text[at-2] == '\\' && bytes.IndexByte([]byte("nrt"), text[at-1]) >= 0 || at >= 3 && text[at-3] == '%'
}

// formatKeywords are formats that are more than a prefix.
func formatKeywords() []keyword {
	return []keyword{
		{"sg.", "sendgrid-key", parts("SG.", part{urlSafe, 16, 32}, part{urlSafe, 32, 64})},
		{"eyj", "jwt", jsonWebToken},
		{".atlasv1.", "terraform-token", around(alnum, 14, ".atlasv1.", urlSafe, 60, 70)},
		{"t3blbkfj", "openai-key", around(urlSafe, 20, "T3BlbkFJ", urlSafe, 20, 100)},
		{"azdo", "azure-devops-token", around(alnum, 76, "AZDO", alnum, 4, 4)},
		{"8q~", "azure-client-secret", around(dotted, 3, "8Q~", classOf(digits, lowers, uppers, "_-.~"), 31, 34)},
		{"-us", "mailchimp-key", around(hexClass, 32, "-us", digit, 1, 2)},
		{":aa", "telegram-token", telegram},
		{"accountkey=", "azure-storage-key", after(base64Class, 88, 88)},
		{"sharedaccesskey=", "azure-shared-key", after(base64Class, 44, 44)},
		{"sig=", "azure-sas", after(classOf(digits, lowers, uppers, "%+/="), 44, 60)},
		{"hooks.slack.com/services/", "slack-webhook", after(classOf(digits, uppers, lowers, "/"), 40, 80)},
		{"hooks.slack.com/workflows/", "slack-webhook", after(classOf(digits, uppers, lowers, "/"), 40, 120)},
		{"/api/webhooks/", "discord-webhook", after(classOf(digits, uppers, lowers, "/_-"), 70, 120)},
		{"_auth=", "npm-auth", after(base64Class, 12, 512)},
		{"bearer ", "bearer-token", after(classOf(digits, lowers, uppers, "_-.~+/="), 20, 4096)},
		{"authorization: basic ", "basic-auth", after(base64Class, 12, 512)},
	}
}

// after is a number of random characters after the keyword.
func after(of *class, least, most int) func([]byte, int, int) (span, bool) {
	return func(text []byte, _, end int) (span, bool) {
		stop := of.run(text, end, most+1)
		if n := stop - end; n < least || n > most || !random(text[end:stop]) || !mixed(text[end:stop]) {
			return span{}, false
		}
		return span{start: end, end: stop}, true
	}
}

// around is a keyword amid random characters: behind of them before it.
func around(before *class, behind int, middle string, of *class, least, most int) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		start := before.back(text, at, behind)
		if at-start < behind || string(text[at:end]) != middle {
			return span{}, false
		}
		stop := sentence(text, end, of.run(text, end, most+1))
		if n := stop - end; n < least || n > most || !random(text[start:stop]) {
			return span{}, false
		}
		if middle == "T3BlbkFJ" { // of an older format with a longer prefix
			start = urlSafe.back(text, start, 128)
		}
		return span{start: start, end: stop}, true
	}
}

// part is a stretch between dots.
type part struct {
	of       *class
	min, max int
}

// parts is a prefix and stretches of random characters with dots between.
func parts(prefix string, list ...part) func([]byte, int, int) (span, bool) {
	return func(text []byte, at, end int) (span, bool) {
		if string(text[at:end]) != prefix || dotted.before(text, at) && !escaped(text, at) {
			return span{}, false
		}
		for i, p := range list {
			if i > 0 {
				if end == len(text) || text[end] != '.' {
					return span{}, false
				}
				end++
			}
			stop := p.of.run(text, end, p.max+1)
			if n := stop - end; n < p.min || n > p.max || !random(text[end:stop]) {
				return span{}, false
			}
			end = stop
		}
		return span{start: at, end: end}, true
	}
}

// telegram is a bot's number, a colon, and 35 characters that begin with AA.
func telegram(text []byte, at, end int) (span, bool) {
	start := digit.back(text, at, 11)
	stop := urlSafe.run(text, end, 34)
	if n := at - start; n < 8 || n > 10 || stop-end != 33 || string(text[at:end]) != ":AA" || word.before(text, start) && !escaped(text, start) || !random(text[end:stop]) {
		return span{}, false
	}
	return span{start: start, end: stop}, true
}

// maxJWT bounds a part of a JSON web token, in bytes.
const maxJWT = 16 << 10

// jsonWebToken is RFC 7519 in its compact form, signed: "eyJ" is the base64 of
// the opening of a JSON object.
func jsonWebToken(text []byte, at, end int) (span, bool) {
	if string(text[at:end]) != "eyJ" || dotted.before(text, at) && !escaped(text, at) {
		return span{}, false
	}
	for i, least := range [...]int{8, 4, 20} {
		if i > 0 {
			if end == len(text) || text[end] != '.' {
				return span{}, false
			}
			end++
		}
		stop := urlSafe.run(text, end, maxJWT)
		if stop-end < least || i == 1 && !bytes.HasPrefix(text[end:stop], []byte("eyJ")) {
			return span{}, false
		}
		end = stop
	}
	return span{start: at, end: end}, true
}
